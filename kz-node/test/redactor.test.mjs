import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Redactor } from '../js/index.mjs';

const value = `kz-canary-${process.pid}-redactor`;
const redactor = new Redactor({ TOKEN: value });

test('the same string when nothing is found', () => {
  const text = 'nothing to see';
  assert.equal(redactor.redact(text), text);
});

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

test('a stream holds its producer back', () => {
  const stream = redactor.stream();
  let accepted = 0;
  while (stream.write(Buffer.alloc(16 * 1024)) && accepted < 1000) accepted += 1;
  assert.ok(accepted < 1000, 'a Transform that nobody reads must say stop');
  stream.destroy();
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
});
