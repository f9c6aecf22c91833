import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Redactor } from '../js/index.mjs';
import { made } from './made.mjs';

const internal = createRequire(import.meta.url);
const { nativeOf } = internal('../js/redactor.cjs');
const value = made('redactor');
const redactor = new Redactor({ TOKEN: value });

test('the same string when nothing is found', () => {
  const text = 'nothing to see';
  assert.equal(redactor.redact(text), text);
});

test('what is clean is not copied', () => {
  const handle = nativeOf(redactor);
  assert.equal(handle.redactUtf8(Buffer.from('nothing to see')), null);
  assert.equal(handle.redactJson('{"a":"nothing to see"}'), null);
  const text = 'nothing to see '.repeat(70);
  redactor.redact(text);
  const { arrayBuffers } = process.memoryUsage();
  for (let call = 0; call < 1000; call += 1) redactor.redact(text);
  assert.ok(process.memoryUsage().arrayBuffers <= arrayBuffers);
});

test('the room for a text keeps nothing of it', { skip: process.platform !== 'linux' && 'reads /proc' }, async () => {
  const text = `€${made('room')}€`;
  const codes = Array.from(text, (character) => character.charCodeAt(0)).join(',');
  const holds = async (...more) => {
    const program = fileURLToPath(new URL('./fixtures/room.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, codes, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const held = memoryOf(child.pid).some((part) => part.includes(text));
    child.stdin.end();
    await once(child, 'exit');
    return held;
  };
  assert.ok(await holds('probe'), 'not probed');
  assert.ok(!(await holds()), 'it is still there');
});

/** What a process can write to. */
function memoryOf(pid) {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const parts = [];
  for (const [, from, to] of readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
    const start = parseInt(from, 16);
    const part = Buffer.alloc(parseInt(to, 16) - start);
    try {
      readSync(memory, part, 0, part.length, start);
    } catch {
      // Reserved, and not there.
    }
    parts.push(part);
  }
  closeSync(memory);
  return parts;
}

test('lone surrogates survive', () => {
  assert.equal(redactor.redact(`\ud800 ${value} \udc00 😀`), '\ud800 [REDACTED:TOKEN] \udc00 😀');
  assert.equal(redactor.redact('\ud800'), '\ud800');
});

test('long text grows the buffer', () => {
  const text = 'é'.repeat(300_000);
  assert.equal(redactor.redact(text), text);
  assert.equal(redactor.redact(text + value), `${text}[REDACTED:TOKEN]`);
});

test('findings are in UTF-16 units', () => {
  const [finding] = redactor.scan(`😀é ${value}!`);
  assert.deepEqual({ ...finding }, { rule: 'known-value', name: 'TOKEN', start: 4, end: 4 + value.length });
});

test('JSON keeps what holds nothing', () => {
  const clean = { a: [1, 'x', null] };
  assert.equal(redactor.redactJson(clean), clean);
  assert.deepEqual(redactor.redactJson({ [value]: [value, 1] }), { '[REDACTED:TOKEN]': ['[REDACTED:TOKEN]', 1] });
});

test('a stream equals the whole, whatever its chunks', async () => {
  const text = `start ${value} middle ${Buffer.from(value).toString('base64')} end`;
  for (const size of [1, 2, 7, 1000]) {
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const out = await Readable.from(chunks).pipe(redactor.stream()).toArray();
    assert.equal(Buffer.concat(out).toString(), redactor.redact(text));
  }
});

test('a stream holds its producer back, and goes on', async () => {
  const stream = redactor.stream();
  const line = Buffer.from(`a line of ${value}\n`.repeat(100));
  let accepted = 0;
  while (stream.write(line) && accepted < 10_000) accepted += 1;
  assert.ok(accepted < 10_000, 'a Transform that nobody reads must say stop');
  assert.ok(stream.writableNeedDrain);
  const drained = once(stream, 'drain');
  const read = stream.toArray();
  await drained;
  stream.end();
  const text = Buffer.concat(await read).toString();
  assert.equal(text, 'a line of [REDACTED:TOKEN]\n'.repeat(100 * (accepted + 1)));
});

test('a slow consumer holds the whole pipeline back', async () => {
  const chunks = 200;
  const lines = 40;
  const chunk = Buffer.from(`a line of ${value}\n`.repeat(lines));
  let [produced, consumed, most] = [0, 0, 0];
  const producer = new Readable({
    read() {
      this.push(produced < chunks ? chunk : null);
      produced += 1;
    },
  });
  const consumer = new Writable({
    highWaterMark: 1,
    write(text, _, done) {
      consumed += text.toString().split('\n').length - 1;
      most = Math.max(most, produced * lines - consumed);
      setImmediate(done);
    },
  });
  await pipeline(producer, redactor.stream(), consumer);
  assert.equal(consumed, chunks * lines);
  assert.ok(most < (chunks * lines) / 2, `${most} lines were under way`);
});

test('a stream that is destroyed ends its pipeline', async () => {
  const stream = redactor.stream();
  const failed = pipeline(Readable.from([Buffer.from(value)]), stream, new Writable({ write: (chunk, _, done) => done(new Error('full')) }));
  await assert.rejects(failed, /full/);
  assert.ok(stream.destroyed);
});

test('weak values are refused, others register', () => {
  const mine = new Redactor();
  assert.throws(() => mine.add('SHORT', 'abc'), (e) => e.code === 'weak_secret');
  mine.add('LATER', `${value}-later`);
  assert.equal(mine.redact(`${value}-later`), '[REDACTED:LATER]');
});

test('bytes are values too', () => {
  const mine = new Redactor({ KEY: Buffer.from(value) });
  assert.equal(mine.redact(value), '[REDACTED:KEY]');
  assert.throws(() => new Redactor({ KEY: 5 }), TypeError);
  for (const forms of ['base32', [5], new Set(['base32'])]) {
    assert.throws(() => new Redactor({}, { forms }), { name: 'TypeError', message: /forms is an array of names/ });
  }
});
