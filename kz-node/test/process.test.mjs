// What a guarded process prints, beside the protocol.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const canary = `kz-canary-${process.pid}-process`;
const manifest = join(mkdtempSync(join(tmpdir(), 'kz-node-')), '.keyzero.toml');
writeFileSync(manifest, '[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', { mode: 0o600 });
const program = fileURLToPath(new URL('./fixtures/leaky.mjs', import.meta.url));

function run(way, guard) {
  const env = { ...process.env, KZ_TEST_CANARY: canary, KZ_TEST_MANIFEST: manifest, KZ_TEST_GUARD: guard ? '1' : '0' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, way], { env, encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

for (const way of [
  'uncaught', 'uncaught text', 'rejection', 'rejected text', 'handled', 'console.error', 'console.log', 'console.table', 'in pieces', 'warning',
]) {
  test(`${way}: masked with the guard, and not without`, () => {
    const [bare, guarded] = [run(way, false), run(way, true)];
    assert.ok(bare.text.includes(canary), `not probed: ${bare.text}`);
    assert.ok(!guarded.text.includes(canary), guarded.text);
    assert.ok(guarded.text.includes('[REDACTED:CANARY]'), guarded.text);
    assert.equal(guarded.status, bare.status);
  });
}

test('a handler of its own gets the error with its type', () => {
  assert.match(run('handled', true).text, /true RequestError|true .*RequestError/);
});
