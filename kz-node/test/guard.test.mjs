// Every kind of message, in both SDK generations: no canary with the guard, all of them without.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { converse } from './client.mjs';

const canary = `kz-canary-${process.pid}-s3cr3t`;
process.env.KZ_TEST_CANARY = canary;
const { requests } = await import('./fixtures/probes.mjs');
const folder = mkdtempSync(join(tmpdir(), 'kz-node-'));
const manifest = join(folder, '.keyzero.toml');
writeFileSync(manifest, '[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', { mode: 0o600 });

for (const sdk of ['sdk1', 'sdk2']) {
  const server = fileURLToPath(new URL(`./fixtures/${sdk}.mjs`, import.meta.url));
  const run = (guard) =>
    converse(process.execPath, [server], {
      requests,
      env: { ...process.env, KZ_TEST_GUARD: guard ? '1' : '0', KZ_TEST_MANIFEST: manifest },
    });

  test(`${sdk}: nothing leaks through the guard, everything does without it`, async () => {
    const bare = await run(false);
    const guarded = await run(true);
    assert.equal(guarded.answers.filter((answer) => answer === undefined).length, 0, guarded.stderr);
    for (const [index, request] of requests.entries()) {
      const name = request.params.name ?? request.params.uri ?? request.method;
      assert.ok(!JSON.stringify(guarded.answers[index]).includes(canary), `${name} leaks`);
    }
    assert.ok(!guarded.stdout.includes(canary), 'stdout');
    assert.ok(!guarded.stderr.includes(canary), 'stderr');
    assert.ok(guarded.stdout.includes('[REDACTED:CANARY]'));
    assert.ok(guarded.stderr.includes('[REDACTED:CANARY]'));
    for (const kind of ['notifications/message', 'notifications/progress', 'elicitation/create', 'sampling/createMessage']) {
      const said = bare.stdout.split('\n').filter((line) => line.includes(`"${kind}"`));
      assert.ok(said.some((line) => line.includes(canary)), `${kind} was not probed`);
      assert.ok(guarded.stdout.includes(`"${kind}"`), `${kind} did not arrive`);
    }
    assert.ok(bare.stderr.includes(canary));
  });

  test(`${sdk}: a message without secrets leaves byte for byte`, async () => {
    const clean = [{ method: 'tools/list' }, { method: 'ping' }];
    const pick = async (guard) =>
      (await converse(process.execPath, [server], {
        requests: clean,
        env: { ...process.env, KZ_TEST_GUARD: guard ? '1' : '0', KZ_TEST_MANIFEST: manifest },
      })).stdout;
    assert.equal(await pick(true), await pick(false));
  });
}
