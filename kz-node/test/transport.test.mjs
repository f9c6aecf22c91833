// What the guard does with transports and messages that it cannot let pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { open } from '../js/index.mjs';
import { made, manifest } from './made.mjs';

const canary = made('transport');
process.env.KZ_TEST_CANARY = canary;
const secrets = await open(manifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n'));
const server = () => new Server({ name: 'test', version: '1' }, { capabilities: { logging: {} } });

test('HTTP is refused, loudly', async () => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await assert.rejects(secrets.guard(server()).connect(transport), (error) => error.code === 'unsupported');
});

test('what is no server is refused', () => {
  for (const other of [{}, null, { connect() {} }, 'server']) {
    assert.throws(() => secrets.guard(other), (error) => error.code === 'unsupported');
  }
});

test('guarding twice is guarding once, and gives the same object', () => {
  const one = server();
  assert.equal(secrets.guard(one), one);
  const { connect } = one;
  assert.equal(secrets.guard(one).connect, connect);
});

test('a server that is connected already is guarded too', async () => {
  const [client, transport] = InMemoryTransport.createLinkedPair();
  const one = server();
  await one.connect(transport);
  const read = [];
  client.onmessage = (message) => read.push(message);
  await client.start();
  secrets.guard(one);
  await one.sendLoggingMessage({ level: 'info', data: canary });
  assert.deepEqual(read.map((message) => message.params.data), ['[REDACTED:CANARY]']);
});

test('a request that is withheld fails its sender', async () => {
  const [client, transport] = InMemoryTransport.createLinkedPair();
  const read = [];
  client.onmessage = (message) => read.push(message);
  await client.start();
  await secrets.guard(server()).connect(transport);
  const request = { jsonrpc: '2.0', id: canary, method: 'ping' };
  await assert.rejects(transport.send(request), (error) => error.code === 'invalid');
  assert.equal(read.length, 1);
  assert.ok(!JSON.stringify(read).includes(canary));
});
