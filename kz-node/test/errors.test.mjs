// Real errors, as libraries throw them: the secret goes, the type and the rest stay.
import assert from 'node:assert/strict';
import { exec, execFile, execFileSync, execSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { inspect, promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import axios, { AxiosError } from 'axios';
import pg from 'pg';
import { Redactor } from '../js/index.mjs';
import { made } from './made.mjs';

const { redactError } = createRequire(import.meta.url)('../js/guard/error.cjs');
const { nativeOf } = createRequire(import.meta.url)('../js/redactor.cjs');
const canary = made('error');
const redactor = new Redactor({ CANARY: canary });
const adapter = { redact: (text) => redactor.redact(text), redactBytes: (bytes) => nativeOf(redactor).redactUtf8(bytes) };
const redact = (value) => redactError(value, adapter);
const everything = { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null };

/** Whatever a person or a logger could print of it. */
function shown(value) {
  const own = Object.getOwnPropertyNames(Object(value)).map((name) => value[name]);
  const json = (part) => {
    try {
      return JSON.stringify(part);
    } catch {
      return '';
    }
  };
  return [inspect(value, everything), String(value), json(value), ...own.map((part) => `${inspect(part, everything)}${json(part)}`)].join('\n');
}

const upstream = createServer((request, response) => response.writeHead(401, { 'x-echo': request.headers.authorization ?? '' }).end('{"error":"denied"}'));
upstream.listen(0, '127.0.0.1');
await once(upstream, 'listening');
after(() => upstream.close());
const url = `http://127.0.0.1:${upstream.address().port}/items`;

async function caught(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'it did not fail' });
}

/** Name → how it fails, what it is, and what must be there still. */
const failures = {
  axios: [
    () => axios.get(url, { headers: { Authorization: `Bearer ${canary}` } }),
    AxiosError,
    (error) => {
      assert.equal(error.config.url, url);
      assert.equal(error.config.headers.Authorization, 'Bearer [REDACTED:CANARY]');
      assert.equal(error.response.status, 401);
      assert.equal(error.code, 'ERR_BAD_REQUEST');
      assert.ok(axios.isAxiosError(error));
    },
  ],
  'axios, nobody listens': [
    () => axios.post('http://127.0.0.1:1/', { password: canary }, { auth: { username: 'app', password: canary } }),
    AxiosError,
    (error) => assert.equal(error.config.auth.username, 'app'),
  ],
  exec: [
    () => promisify(exec)(`echo ${canary}; echo again ${canary} >&2; exit 3`),
    Error,
    (error) => {
      assert.equal(error.code, 3);
      assert.equal(error.cmd, 'echo [REDACTED:CANARY]; echo again [REDACTED:CANARY] >&2; exit 3');
      assert.equal(error.stdout, '[REDACTED:CANARY]\n');
      assert.equal(error.stderr, 'again [REDACTED:CANARY]\n');
    },
  ],
  execFile: [() => promisify(execFile)(process.execPath, ['-e', 'process.exit(4)', canary]), Error, (error) => assert.equal(error.code, 4)],
  execSync: [
    () => execSync(`echo ${canary} >&2; exit 5`, { stdio: 'pipe' }),
    Error,
    (error) => {
      assert.equal(error.status, 5);
      assert.equal(error.stderr.toString(), '[REDACTED:CANARY]\n');
      assert.ok(Buffer.isBuffer(error.output[2]));
    },
  ],
  'execFileSync that is not there': [
    () => execFileSync('/nowhere/psql', [`postgres://app:${canary}@db/app`]),
    Error,
    (error) => {
      assert.equal(error.code, 'ENOENT');
      assert.match(error.spawnargs[0], /^postgres:.*\[REDACTED:CANARY\]@db\/app$/);
    },
  ],
  'spawn that is not there': [
    async () => Promise.reject((await once(spawn('/nowhere/psql', ['--password', canary]), 'error'))[0]),
    Error,
    (error) => assert.deepEqual([error.syscall, error.spawnargs], ['spawn /nowhere/psql', ['--password', '[REDACTED:CANARY]']]),
  ],
  'pg, with what it was called with': [
    async () => {
      const config = { connectionString: `postgres://app:${canary}@127.0.0.1:1/app` };
      const error = await caught(() => new pg.Client(config).connect());
      throw Object.assign(error, { config, client: new pg.Client(config) });
    },
    Error,
    (error) => {
      assert.equal(error.code, 'ECONNREFUSED');
      assert.match(error.config.connectionString, /^postgres:.*\[REDACTED:CANARY\]@127.0.0.1:1\/app$/);
      assert.equal(error.client.port, 1);
    },
  ],
  'pg, as the server says it': [
    () => {
      const error = new pg.DatabaseError(`role "${canary}" does not exist`, 90, 'error');
      throw Object.assign(error, { severity: 'FATAL', code: '28000', detail: `with ${canary}` });
    },
    pg.DatabaseError,
    (error) => assert.deepEqual([error.severity, error.code, error.detail, error.length], ['FATAL', '28000', 'with [REDACTED:CANARY]', 90]),
  ],
  URL: [() => new URL(`postgres//app:${canary}@db/app`), TypeError, (error) => assert.equal(error.code, 'ERR_INVALID_URL')],
  fetch: [
    () => fetch(url, { headers: { authorization: `Bearer ${canary}\nx` } }),
    TypeError,
    () => {},
  ],
  'a cause, and errors in an error': [
    () => {
      throw new AggregateError([new RangeError(canary), canary], canary, { cause: new SyntaxError(canary) });
    },
    AggregateError,
    (error) => assert.ok(error.errors[0] instanceof RangeError && error.cause instanceof SyntaxError),
  ],
  DOMException: [
    () => {
      throw new DOMException(canary, 'AbortError');
    },
    DOMException,
    (error) => assert.deepEqual([error.name, error.code], ['AbortError', DOMException.ABORT_ERR]),
  ],
  'from another realm': [() => runInNewContext('throw new RangeError(canary)', { canary }), undefined, (error) => assert.equal(error.name, 'RangeError')],
};

for (const [name, [fail, type, check]] of Object.entries(failures)) {
  test(`${name}: the secret goes, the type stays`, async () => {
    const error = await caught(fail);
    const { constructor } = error;
    assert.ok(shown(error).includes(canary), `not probed: ${shown(error)}`);
    const redacted = redact(error);
    assert.equal(redacted, error, 'it is the same error');
    assert.equal(redacted.constructor, constructor);
    if (type !== undefined) assert.ok(redacted instanceof type);
    assert.ok(!shown(redacted).includes(canary), shown(redacted));
    assert.match(shown(redacted), /\[REDACTED:CANARY\]/);
    check(redacted);
    assert.equal(shown(redact(redacted)), shown(redacted), 'redacting twice changes nothing');
  });
}

class Refused extends Error {
  #canary = canary;
  get detail() {
    return this.#canary;
  }
}

class Client {
  #password = canary;
  host = 'db';
  [inspect.custom]() {
    return `Client { ${this.host}, ${this.#password} }`;
  }
}

const hanging = {
  map: new Map([['key', canary], [canary, 1]]),
  set: new Set([[canary]]),
  buffer: Buffer.from(canary),
  bytes: new TextEncoder().encode(canary),
  'array buffer': new TextEncoder().encode(canary).buffer,
  url: new URL(`postgres://app:${canary}@db/app`),
  headers: new Headers({ authorization: `Bearer ${canary}` }),
  parameters: new URLSearchParams({ token: canary }),
  expression: new RegExp(canary),
  'boxed text': new String(canary),
  'a promise of it': Promise.resolve(canary),
  'a class that prints it': new Client(),
  'a getter': Object.defineProperty({ host: 'db' }, 'password', { enumerable: true, get: () => canary }),
  'a key': { [canary]: 1 },
  'a symbol': { [Symbol(canary)]: 1 },
  'far down': Array.from({ length: 10_000 }).reduce((inner) => ({ inner }), canary),
  'an inspector that throws': Object.assign(Object.create({ [inspect.custom]() { throw new Error(canary); } }), { value: canary }),
  'a null prototype': Object.assign(Object.create(null), { canary }),
  'a proxy': new Proxy({ canary }, {}),
};

for (const [name, value] of Object.entries(hanging)) {
  test(`an error with ${name}: nothing of it is left`, () => {
    const error = redact(Object.assign(new RangeError('failed'), { value }));
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, 'failed');
    const text = inspect(error, { ...everything, depth: name === 'far down' ? 30 : Infinity });
    assert.ok(!text.includes(canary), text);
    if (name !== 'far down') assert.ok(!inspect(error, { ...everything, getters: true }).includes(canary));
    if (name === 'far down') {
      let { value: inner } = error;
      while (typeof inner !== 'string') inner = inner.inner;
      assert.equal(inner, '[REDACTED:CANARY]');
    }
  });
}

test('what holds no secret stays what it is', () => {
  const parts = { date: new Date(), url: new URL('http://127.0.0.1/'), map: new Map([[1, 2]]), list: [1, { a: 2 }], bytes: Buffer.from('x'), fn() {} };
  const error = redact(Object.assign(new Error(canary), parts));
  for (const [name, part] of Object.entries(parts)) assert.equal(error[name], part, name);
});

test('the original of what hangs on it stays as it was', () => {
  const config = { headers: { authorization: canary } };
  const error = redact(Object.assign(new Error('failed'), { config }));
  assert.equal(error.config.headers.authorization, '[REDACTED:CANARY]');
  assert.equal(config.headers.authorization, canary);
});

test('what is too much to be looked at is not shown', () => {
  const value = Array.from({ length: 30_000 }, (_, index) => ({ index, canary }));
  const error = redact(Object.assign(new Error('failed'), { value }));
  assert.equal(error.value.length, value.length);
  assert.deepEqual(error.value[1], { index: 1, canary: '[REDACTED:CANARY]' });
  assert.equal(error.value.at(-1), '[REDACTED:error]');
});

test('circles are kept', () => {
  const error = Object.assign(new Error(canary), { request: { canary } });
  error.request.response = { error, request: error.request };
  redact(error);
  assert.equal(error.request.response.request, error.request);
  assert.equal(error.request.response.error, error);
  assert.equal(error.request.canary, '[REDACTED:CANARY]');
});

test('of a frozen error a twin of the same type is given', () => {
  const frozen = Object.freeze(Object.assign(new Refused(canary), { code: 'E', config: { canary } }));
  const error = redact(frozen);
  assert.ok(error instanceof Refused && error.code === 'E');
  assert.ok(!inspect(error, everything).includes(canary), inspect(error));
});

test('what is no error is copied where it holds a secret', () => {
  assert.equal(redact(canary), '[REDACTED:CANARY]');
  assert.equal(redact(undefined), undefined);
  assert.deepEqual(redact({ a: [canary, 1, null] }), { a: ['[REDACTED:CANARY]', 1, null] });
  const clean = { a: 1 };
  assert.equal(redact(clean), clean);
});
