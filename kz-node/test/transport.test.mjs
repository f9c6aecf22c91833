// What the guard does with transports and messages that it cannot let pass.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IncomingMessage, ServerResponse } from 'node:http';
import { McpServer, Server as SecondServer, WebStandardStreamableHTTPServerTransport, createMcpHandler } from '@modelcontextprotocol/server';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { open } from '../js/index.mjs';
import { made, manifest, withManifest } from './made.mjs';

const canary = made('transport');
process.env.KZ_TEST_CANARY = canary;
const secrets = await open(manifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n'));
const second = () => new SecondServer({ name: 'test', version: '1' }, { capabilities: { logging: {} } });
const server = () => new Server({ name: 'test', version: '1' }, { capabilities: { logging: {} } });

const others = {
  'streamable HTTP, sdk 1.x': [server, () => new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })],
  'SSE, sdk 1.x': [server, () => new SSEServerTransport('/messages', new ServerResponse(new IncomingMessage()))],
  'streamable HTTP, server 2.x': [second, () => new WebStandardStreamableHTTPServerTransport({})],
  'one of its own': [server, () => ({ start: async () => {}, send: async () => {}, close: async () => {} })],
};

for (const [name, [make, transport]] of Object.entries(others)) {
  test(`refused, loudly: ${name}`, async () => {
    await assert.rejects(secrets.guard(make()).connect(transport()), (error) => error.code === 'unsupported');
  });
  test(`refused when it is connected already: ${name}`, async () => {
    const one = make();
    await one.connect(transport());
    assert.throws(() => secrets.guard(one), (error) => error.code === 'unsupported');
  });
}

test('a handler of HTTP requests answers none with a guarded server', async () => {
  const ask = async (guard) => {
    const handler = createMcpHandler(() => {
      const one = guard(new McpServer({ name: 'test', version: '1' }));
      one.registerTool('tell', {}, () => ({ content: [{ type: 'text', text: canary }] }));
      return one;
    });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'tell', arguments: {} } });
    const response = await handler.fetch(new Request('http://127.0.0.1/mcp', { method: 'POST', headers, body }));
    return response.text();
  };
  assert.ok((await ask((one) => one)).includes(canary), 'not probed');
  const said = await ask((one) => secrets.guard(one));
  assert.ok(!said.includes(canary), said);
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

test('ids and progress tokens of the client come back as they are, also when thousands came since', async () => {
  const [client, transport] = InMemoryTransport.createLinkedPair();
  const one = server();
  one.fallbackRequestHandler = async ({ params }, { sendNotification }) => {
    const { progressToken } = params?._meta ?? {};
    if (progressToken !== undefined) await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1, message: canary } });
    return { said: params?.silent ? 'nothing' : canary };
  };
  await secrets.guard(one).connect(transport);
  const asked = [`first ${canary}`, ...Array.from({ length: 1500 }, (_, id) => `${id} ${canary}`), 7, 'last'];
  const read = [];
  const answered = new Promise((resolve) => {
    let answers = 0;
    client.onmessage = (message) => read.push(message) && message.method === undefined && (answers += 1) === asked.length && resolve();
  });
  await client.start();
  const ask = (id, params) => client.send({ jsonrpc: '2.0', id, method: 'test/ask', params });
  // Asked first, and answered when the others are under way.
  await ask(`first ${canary}`, { _meta: { progressToken: `token ${canary}` } });
  for (let id = 0; id < 1500; id += 1) await ask(`${id} ${canary}`, { silent: true });
  await ask(7, {});
  await ask('last', {});
  await answered;
  const progress = read.find(({ method }) => method === 'notifications/progress');
  assert.deepEqual([progress.params.progressToken, progress.params.message], [`token ${canary}`, '[REDACTED:CANARY]']);
  const ids = read.filter(({ result }) => result !== undefined).map(({ id }) => id);
  assert.equal(ids.length, asked.length);
  assert.ok(asked.every((id) => ids.includes(id)), 'an id was changed');
  const said = read.filter(({ id }) => id === 7 || id === 'last').map(({ result }) => result.said);
  assert.deepEqual(said, ['[REDACTED:CANARY]', '[REDACTED:CANARY]']);
  // One that nobody sent is not answered under.
  await transport.send({ jsonrpc: '2.0', id: `other ${canary}`, result: {} });
  assert.ok(read.at(-1).error !== undefined && !JSON.stringify(read.at(-1)).includes(canary));
});

test('a second guard adds its secrets, before and after the server is connected', async () => {
  const values = ['one', 'two', 'three'].map(made);
  const [first, second, third] = await Promise.all(values.map((value, index) => {
    process.env[`KZ_TEST_VALUE_${index}`] = value;
    return open(manifest(`[secrets]\nVALUE_${index} = "env://KZ_TEST_VALUE_${index}"\n`));
  }));
  const [client, transport] = InMemoryTransport.createLinkedPair();
  const one = server();
  second.guard(first.guard(one));
  await one.connect(transport);
  third.guard(one);
  const read = [];
  client.onmessage = (message) => read.push(message);
  await client.start();
  await one.sendLoggingMessage({ level: 'info', data: values });
  await one.sendLoggingMessage({ level: 'info', data: 'clean' });
  assert.deepEqual(read.map((message) => message.params.data), [['[REDACTED:VALUE_0]', '[REDACTED:VALUE_1]', '[REDACTED:VALUE_2]'], 'clean']);
  await Promise.all([first, second, third].map((opened) => opened.close()));
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

test('a message of any length is looked at to its end, and leaves as it is where nothing is found', async () => {
  const [client, transport] = InMemoryTransport.createLinkedPair();
  await secrets.guard(server()).connect(transport);
  const read = [];
  client.onmessage = (message) => read.push(message.params.data);
  await client.start();
  const tell = (data) => transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
  const around = (length) => [-99, -98, -97, -96, -95, -94, -93, -92, 0].map((more) => length + more);
  for (const character of ['a', 'é', '€', '😀', '\ud800']) {
    for (const length of [10, ...around(65536), ...around(4 * 65536), 16 * 65536]) {
      const text = 'a'.repeat(length % 4) + character.repeat(length / Buffer.byteLength(character));
      await tell(text);
      await tell(text + canary);
      assert.ok(read.pop() === `${text}[REDACTED:CANARY]` && read.pop() === text, `${character} ${length}`);
    }
  }
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

test('lines that are written to the real stdout', async () => {
  const program = fileURLToPath(new URL('./fixtures/lines.mjs', import.meta.url));
  const run = (guard) =>
    new Promise((resolve) => {
      const env = withManifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', { KZ_TEST_CANARY: canary, KZ_TEST_GUARD: guard });
      const child = execFile(process.execPath, [program], { env }, (_, stdout, stderr) => resolve({ stdout, stderr }));
      // A server ends when its client leaves; until then it is not done.
      child.stderr.on('data', (said) => String(said).includes('done') && child.stdin.end());
    });
  const [bare, guarded] = await Promise.all([run('0'), run('1')]);
  assert.match(bare.stderr, /^meanwhile .*\ndone\n$/s);
  for (const word of ['id', 'stray', 'meanwhile', 'closed']) assert.ok(bare.stdout.includes(`${word} ${canary}`), `${word} was not probed: ${bare.stdout}`);
  assert.ok(!(guarded.stdout + guarded.stderr).includes(canary), guarded.stdout + guarded.stderr);
  assert.match(guarded.stderr, /^withheld invalid\nmeanwhile \[REDACTED:CANARY\]\ndone\n$/);
  const lines = guarded.stdout.trimEnd().split('\n');
  assert.equal(lines.length, bare.stdout.trimEnd().split('\n').length);
  assert.ok(lines.includes('stray [REDACTED:CANARY]') && lines.includes('meanwhile [REDACTED:CANARY]'));
  for (const line of lines.filter((line) => line.startsWith('{'))) assert.equal(JSON.parse(line).jsonrpc, '2.0');
});

test('a message that is sent on behalf of another object is looked at where that writes to', async () => {
  const transport = new StdioServerTransport();
  await secrets.guard(server()).connect(transport);
  const out = new PassThrough();
  const other = Object.create(transport, { _stdout: { value: out } });
  await other.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: canary } });
  await transport.close();
  out.end();
  assert.equal(JSON.parse(await text(out)).params.data, '[REDACTED:CANARY]');
});

test('a transport over other streams sends what was looked at', async () => {
  const out = new PassThrough();
  const transport = new StdioServerTransport(new PassThrough(), out);
  await secrets.guard(server()).connect(transport);
  let looks = 0;
  const data = { toJSON: () => ((looks += 1) > 1 ? canary : 'clean') };
  await transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
  await transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: canary } });
  out.end();
  assert.deepEqual((await text(out)).trim().split('\n').map((line) => JSON.parse(line).params.data), ['clean', '[REDACTED:CANARY]']);
});
