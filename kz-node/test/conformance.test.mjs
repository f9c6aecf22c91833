// The cases that every language runs (conformance/README.md).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Redactor } from '../js/index.mjs';

const cases = (name) => JSON.parse(readFileSync(new URL(`../../conformance/${name}.json`, import.meta.url), 'utf8')).cases;
const text = (value) => (typeof value === 'string' ? value : value.concat.join(''));

function onlyKeys(value, known) {
  for (const key of Object.keys(value)) assert.ok(known.includes(key), `an unknown key: ${key}`);
}

function redactorOf({ secrets, patterns = false, forms }) {
  const redactor = new Redactor({}, { patterns, forms });
  for (const [name, value] of secrets) redactor.add(name, text(value));
  return redactor;
}

async function streamed(redactor, chunks) {
  const out = await Readable.from(chunks, { objectMode: true }).pipe(redactor.stream()).toArray();
  return Buffer.concat(out).toString();
}

/** Code points to UTF-16 units. */
const unit = (given, points) => [...given].slice(0, points).join('').length;

for (const one of cases('redaction')) {
  test(`redaction: ${one.name}`, async () => {
    onlyKeys(one, ['name', 'secrets', 'patterns', 'forms', 'kind', 'input', 'chunks', 'held', 'output', 'findings', 'error']);
    if (one.error !== undefined && one.input === undefined) {
      assert.throws(() => redactorOf(one), (error) => error.code === one.error);
      return;
    }
    const redactor = redactorOf(one);
    if (one.kind === 'json') checkJson(redactor, one);
    else await checkText(redactor, one);
  });
}

function checkJson(redactor, one) {
  if (one.error !== undefined) {
    // What is not one value never becomes an object.
    assert.throws(() => JSON.parse(text(one.input)), SyntaxError);
    return;
  }
  const value = JSON.parse(text(one.input));
  const expected = JSON.parse(text(one.output));
  assert.deepEqual(redactor.redactJson(value), expected);
  assert.equal(redactor.redactJson(expected), expected, 'redacting twice changes nothing');
}

async function checkText(redactor, one) {
  const chunks = one.chunks?.map(text);
  const given = chunks?.join('') ?? text(one.input);
  const expected = text(one.output);
  assert.equal(redactor.redact(given), expected);
  assert.equal(redactor.redact(expected), expected, 'redacting twice changes nothing');
  if (one.findings !== undefined) {
    const findings = one.findings.map((f) => ({ ...f, start: unit(given, f.start), end: unit(given, f.end) }));
    assert.deepEqual(redactor.scan(given).map((f) => ({ ...f })), findings);
  }
  if (one.held !== undefined) {
    const stream = redactor.stream().resume();
    const held = chunks.map((chunk) => {
      stream.write(chunk);
      return stream.held;
    });
    assert.deepEqual(held, one.held);
  }
  if (chunks !== undefined) assert.equal(await streamed(redactor, chunks), expected);
  const bytes = Buffer.from(given);
  for (const size of [1, 2, 3, 7, 64]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    assert.equal(await streamed(redactor, pieces), expected, `in chunks of ${size}`);
  }
}

for (const one of cases('manifest')) {
  test(`manifest: ${one.name}`, () => {
    onlyKeys(one, ['name', 'files', 'env', 'environment', 'find', 'expect']);
    onlyKeys(one.expect, ['summary', 'error']);
    const home = realpathSync(mkdtempSync(join(tmpdir(), 'kz-node-')));
    try {
      for (const [path, content] of Object.entries(one.files)) {
        mkdirSync(join(home, dirname(path)), { recursive: true });
        writeFileSync(join(home, path), text(content), { mode: 0o600 });
      }
      checkOpened(home, one);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
}

function checkOpened(home, { env = {}, environment = null, find, expect }) {
  const path = find === undefined ? join(home, '.keyzero.toml') : null;
  const cwd = join(home, find ?? '.');
  mkdirSync(cwd, { recursive: true });
  const program = fileURLToPath(new URL('./fixtures/open-case.mjs', import.meta.url));
  const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, text(value)]));
  const output = execFileSync(process.execPath, [program, JSON.stringify([path, environment])], {
    cwd,
    encoding: 'utf8',
    env: { HOME: home, PATH: process.env.PATH, ...variables },
  });
  const outcome = JSON.parse(output);
  if (expect.summary !== undefined) {
    assert.deepEqual(outcome.summary, expect.summary, output);
    return;
  }
  onlyKeys(expect.error, ['kind', 'configuration', 'names', 'contains', 'never']);
  assert.ok(outcome.error, output);
  assert.equal(outcome.error.kind, expect.error.kind, output);
  assert.deepEqual(outcome.error.names, expect.error.names ?? [], output);
  if (expect.error.configuration !== undefined) assert.equal(outcome.error.configuration, expect.error.configuration, output);
  for (const part of expect.error.contains ?? []) assert.ok(outcome.error.message.includes(text(part)), `${part}: ${output}`);
  for (const part of expect.error.never ?? []) assert.ok(!output.includes(text(part)), output);
}
