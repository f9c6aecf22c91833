// A secret cannot be printed by accident.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { Worker, MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { open, KzError, MissingSecretsError, ConfigError, UnknownSecretError } from '../js/index.mjs';
import { made, manifest } from './made.mjs';

const canary = made('secret');
process.env.KZ_TEST_CANARY = canary;
const secrets = await open(manifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\nABSENT = { provider = "env", ref = "KZ_TEST_ABSENT", optional = true }\n'));
const secret = secrets.get('CANARY');

function throughPort(value) {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const { message } = receiveMessageOnPort(port2);
  port1.close();
  return message;
}

const ways = {
  inspect: () => inspect(secret),
  'inspect with everything': () => inspect({ deep: [{ secret, secrets }] }, { depth: Infinity, showHidden: true, getters: true, customInspect: true }),
  'inspect without custom': () => inspect(secret, { depth: Infinity, showHidden: true, customInspect: false }),
  JSON: () => JSON.stringify({ secret, secrets }),
  template: () => `${secret}`,
  concatenation: () => 'x' + secret,
  String: () => String(secret),
  format: () => format('%s %o %O %j %d', secret, secret, secret, secret, secret),
  structuredClone: () => inspect(structuredClone(secret), { showHidden: true }),
  'message port': () => inspect(throughPort(secret), { showHidden: true }),
  serialize: () => inspect([deserialize(serialize(Object(secret))), serialize(secret).toString('latin1')], { showHidden: true }),
  'structuredClone inside others': () => inspect(structuredClone({ list: [{ secret }], map: new Map([['secret', secret]]) }), { depth: Infinity, showHidden: true }),
  'structuredClone of all': () => inspect(structuredClone(secrets), { showHidden: true }),
  'inspect, proxied': () => inspect(new Proxy(secret, {}), { showProxy: true, showHidden: true, depth: Infinity }),
  'for in': () => { let keys = ''; for (const key in secret) keys += key + secret[key]; return keys; },
  assign: () => inspect(Object.assign({}, secret), { showHidden: true }),
  spread: () => inspect({ ...secret }, { showHidden: true }),
  entries: () => inspect(Object.entries(secret)),
  descriptors: () => inspect(Object.getOwnPropertyDescriptors(secret)),
  error: () => inspect(new Error(`with ${secret}`, { cause: secret })),
};

for (const [name, way] of Object.entries(ways)) {
  test(`not shown by ${name}`, () => assert.ok(!way().includes(canary)));
}

test('text forms show the name', () => {
  for (const name of ['inspect', 'template', 'String', 'JSON']) assert.match(ways[name](), /\[REDACTED:CANARY\]/);
});

test('expose reads it', () => {
  assert.equal(secret.expose(), canary);
  assert.equal(Buffer.from(secret.exposeBytes()).toString(), canary);
});

test('a worker sees neither what it is given nor what it is sent', async () => {
  const program = `
    const { inspect } = require('node:util');
    const { parentPort, workerData } = require('node:worker_threads');
    const all = { depth: Infinity, showHidden: true, customInspect: false };
    parentPort.once('message', (message) => parentPort.postMessage(inspect([workerData, message], all)));
  `;
  const worker = new Worker(program, { eval: true, workerData: { secret, plain: 'given' } });
  worker.postMessage({ list: [secret], plain: 'sent' });
  const [text] = await once(worker, 'message');
  assert.match(text, /given.*sent/s);
  assert.ok(!text.includes(canary), text);
});

test('a secret cannot be changed', () => {
  assert.throws(() => { secret.name = 'other'; }, TypeError);
  assert.throws(() => { secret.toString = () => canary; }, TypeError);
  assert.ok(Object.isFrozen(secret));
});

test('the contract of get and find', () => {
  assert.equal(secrets.find('ABSENT'), undefined);
  assert.throws(() => secrets.get('ABSENT'), (e) => e instanceof KzError && e.code === 'missing');
  assert.throws(() => secrets.get('UNDECLARED'), (e) => e instanceof UnknownSecretError && e.code === 'unknown_secret');
  assert.throws(() => secrets.find('UNDECLARED'), UnknownSecretError);
  assert.match(secrets.summary().CANARY, /^set\(\d+ chars\) from env$/);
});

test('errors have a code and names, and no value', async () => {
  await assert.rejects(open(manifest('[secrets]\nA = "env://KZ_TEST_NOT_SET"\nB = "env://KZ_TEST_NOT_SET_EITHER"\n')), (e) => {
    assert.ok(e instanceof MissingSecretsError);
    assert.deepEqual(e.names, ['A', 'B']);
    assert.match(e.message, /^kz: 2 of 2 secrets failed \(/);
    return true;
  });
  await assert.rejects(open(manifest(`[secrets]\nA = "${canary}"\n`)), (e) => {
    assert.ok(e instanceof ConfigError);
    assert.equal(e.code, 'config');
    assert.ok(!e.message.includes(canary));
    return true;
  });
});

test('closing ends reading, not redacting', async () => {
  const other = await open(manifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n'));
  const { redactor } = other;
  await other.close();
  assert.throws(() => other.get('CANARY'), (e) => e.code === 'closed');
  assert.equal(redactor.redact(canary), '[REDACTED:CANARY]');
});
