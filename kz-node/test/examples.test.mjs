// The PostgreSQL example: ten lines at most, and what they change. A real
// PostgreSQL is asked in the tests of the whole repository; here every
// connection fails.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { converse } from './client.mjs';
import { made, withManifest } from './made.mjs';

const file = (name) => fileURLToPath(new URL(`../../examples/node-postgres/${name}.mjs`, import.meta.url));
const lines = (name) => readFileSync(file(name), 'utf8').split('\n');

test('ten lines secure a server', () => {
  const [plain, guarded] = [lines('unguarded'), lines('guarded')];
  const added = guarded.filter((line) => !plain.includes(line));
  const removed = plain.filter((line) => !guarded.includes(line));
  assert.ok(added.length > 0 && added.length <= 10, added.join('\n'));
  assert.ok(removed.length <= added.length, removed.join('\n'));
  assert.ok(!plain.join('\n').includes('kz'));
});

const dsns = {
  malformed: (password) => `postgres://app:${password}@127.0.0.1:not-a-port/app`,
  'a space in the password': (password) => `postgres://app:${password} x@127.0.0.1:1/app`,
  'a line break in the password': (password) => `postgres://app:${password}\nx@127.0.0.1:1/app`,
  'bad percent': (password) => `postgres://app:${password}%zz@127.0.0.1:1/app`,
  'nobody listens': (password) => `postgres://app:${password}@127.0.0.1:1/app`,
};

for (const [name, dsn] of Object.entries(dsns)) {
  test(`${name}: the failure does not tell the DSN`, async () => {
    const password = made('password');
    const env = withManifest('[secrets]\nDATABASE_URL = "env://DATABASE_URL"\n', { DATABASE_URL: dsn(password) });
    const call = (server) =>
      converse(process.execPath, [file(server)], {
        env,
        requests: [{ method: 'tools/call', params: { name: 'query', arguments: { sql: 'select 1' } } }],
      });
    const plain = await call('unguarded');
    assert.ok(plain.stdout.includes(password) && plain.stderr.includes(password), plain.stderr);
    const guarded = await call('guarded');
    assert.ok(!(guarded.stdout + guarded.stderr).includes(password), guarded.stdout + guarded.stderr);
    assert.match(guarded.stdout, /query failed on .*\[REDACTED:DATABASE_URL\]/);
    assert.match(guarded.stderr, /query failed on .*\[REDACTED:DATABASE_URL\]/);
  });
}
