import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Redactor } from '../js/index.mjs';
import { made } from './made.mjs';

const CASES = 300;

/** Numbers below `limit`, the same in every run (mulberry32). */
function chance(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

async function streamed(redactor, bytes, below) {
  const chunks = [];
  for (let at = 0; at < bytes.length; ) {
    const size = [1, 2, 7, 60][below(4)];
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat(await Readable.from(chunks).pipe(redactor.stream()).toArray());
}

test('equal to the whole for every chunking', async () => {
  const value = made('stream');
  const redactor = new Redactor({ TOKEN: value });
  const bytes = Buffer.from(value);
  const pieces = [
    value,
    bytes.toString('base64'),
    bytes.toString('hex'),
    [...value].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    [...bytes].map((byte) => `%${byte.toString(16)}`).join(''),
    value.slice(0, 9),
    '\\',
    'é plain words\n',
    'AKIA',
  ];
  const below = chance(20250614);
  for (let number = 0; number < CASES; number += 1) {
    const text = Array.from({ length: below(12) }, () => pieces[below(pieces.length)]).join('');
    const output = await streamed(redactor, Buffer.from(text), below);
    assert.equal(output.toString(), redactor.redact(text), `case ${number}`);
  }
});

test('what is not text passes around the masks', async () => {
  const value = made('bytes');
  const redactor = new Redactor({ TOKEN: value }, { patterns: false });
  const below = chance(7);
  const noise = () => Buffer.from(Array.from({ length: below(6) }, () => [0x80, 0xff, 0xc3, 0, 0x28][below(5)]));
  for (let number = 0; number < CASES; number += 1) {
    const [before, after] = [noise(), noise()];
    const output = await streamed(redactor, Buffer.concat([before, Buffer.from(value), after]), below);
    assert.deepEqual(output, Buffer.concat([before, Buffer.from('[REDACTED:TOKEN]'), after]));
  }
});

test('says what it holds', async () => {
  const value = made('held');
  const stream = new Redactor({ TOKEN: value }).stream();
  const read = stream.toArray();
  assert.equal(stream.held, 0);
  stream.write(`plain ${value.slice(0, 12)}`);
  assert.equal(stream.held, 12);
  stream.write(Buffer.from(value.slice(12)));
  assert.ok(stream.held >= value.length, 'the end may still belong to it');
  stream.end();
  assert.equal(Buffer.concat(await read).toString(), 'plain [REDACTED:TOKEN]');
  assert.equal(stream.held, 0);
});

test('a value that is added on the way', async () => {
  const value = made('later');
  const redactor = new Redactor({}, { patterns: false });
  const stream = redactor.stream();
  const read = stream.toArray();
  stream.write(`${value} given out. `);
  redactor.add('LATER', value);
  stream.end(`${value} later`);
  assert.equal(Buffer.concat(await read).toString(), `${value} given out. [REDACTED:LATER] later`);
});

test('statistics', () => {
  const value = made('stats');
  const redactor = new Redactor();
  assert.equal(redactor.stats().parts, 0);
  redactor.add('ONE', value);
  const stats = redactor.stats();
  assert.equal(stats.names, 1);
  assert.ok(stats.parts > 0 && stats.parts < stats.limit && stats.bytes >= value.length);
  redactor.add('ONE', value);
  assert.deepEqual(redactor.stats(), stats);
  redactor.redact(value);
  assert.equal(redactor.stats().findings, stats.findings + 1);
});
