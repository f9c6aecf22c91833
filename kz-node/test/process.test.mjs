// What a guarded process prints, beside the protocol.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { made, withManifest } from './made.mjs';

const canary = made('process');
const program = fileURLToPath(new URL('./fixtures/leaky.mjs', import.meta.url));

function run(way, guard, options = []) {
  const variables = { KZ_TEST_CANARY: canary, KZ_TEST_GUARD: guard ? '1' : '0' };
  const env = withManifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', variables);
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...options, program, way], { env }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, text: stdout + stderr, stderr }),
    );
  });
}

/** In whatever form it was printed. */
function holds(text) {
  const undone = [...text.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)].map(([match]) => Buffer.from(match, 'base64').toString('latin1'));
  return [text, ...undone].some((part) => part.includes(canary));
}

const ways = [
  'uncaught', 'uncaught text', 'uncaught nothing', 'rejection', 'rejected text', 'handled by the first listener', 'handled by a later listener',
  'a rejection that is handled', 'monitored', 'captured', 'a listener of warnings', 'warning', 'console.error', 'console.log', 'console.table',
  'console.dir', 'console.trace', 'a console of its own', 'in pieces', 'with the end', 'in another encoding', 'as bytes', 'in base64', 'a worker',
  'a worker that fails', 'fs.writeSync', 'fs.writeSync of a part', 'fs.writeSync by options', 'fs.writeSync, encoded', 'fs.writevSync', 'fs.write',
  'fs.write, promised', 'fs.writev', 'fs.writev in pieces', 'a stream on the descriptor', 'a logger on the descriptor', 'a logger that waits',
  'while it exits', 'while it exits, last of all', 'in pieces while it exits',
];

describe('what a process prints', { concurrency: 4 }, () => {
  for (const way of ways) {
    test(`${way}: masked with the guard, and not without`, async () => {
      const [bare, guarded] = await Promise.all([run(way, false), run(way, true)]);
      assert.ok(holds(bare.text), `not probed: ${bare.text}`);
      assert.ok(!holds(guarded.text), guarded.text);
      assert.ok(guarded.text.includes('[REDACTED:CANARY]'), guarded.text);
      assert.equal(guarded.status, bare.status);
    });
  }
});

test('files as stdout and stderr are covered as pipes are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kz-node-'));
  for (const way of ['console.error', 'console.log', 'in pieces', 'fs.writeSync', 'fs.write', 'a logger on the descriptor', 'while it exits, last of all']) {
    const path = join(folder, 'out');
    const file = openSync(path, 'w');
    const env = withManifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', { KZ_TEST_CANARY: canary, KZ_TEST_GUARD: '1' });
    const [code] = await once(spawn(process.execPath, [program, way], { env, stdio: ['ignore', file, file] }), 'exit');
    closeSync(file);
    const said = readFileSync(path, 'utf8');
    assert.equal(code, 0, said);
    assert.ok(!holds(said) && said.includes('[REDACTED:CANARY]'), `${way}: ${said}`);
  }
  rmSync(folder, { recursive: true });
});

test('rejections are masked in every mode', async () => {
  for (const mode of ['strict', 'warn', 'warn-with-error-code', 'throw']) {
    const [bare, guarded] = await Promise.all([false, true].map((guard) => run('rejection', guard, [`--unhandled-rejections=${mode}`])));
    assert.ok(holds(bare.text) && !holds(guarded.text), `${mode}: ${guarded.text}`);
    assert.equal(guarded.status, bare.status, mode);
  }
});

test('a listener gets the error with its type, and what hangs on it redacted', async () => {
  for (const way of ['handled by the first listener', 'handled by a later listener', 'a rejection that is handled', 'monitored', 'captured']) {
    assert.match((await run(way, true)).text, /^true psql \[REDACTED:CANARY\] /, way);
  }
});

test('the process is given back as it was', async () => {
  const { changed, same } = JSON.parse((await run('state', false)).text);
  assert.ok(changed.every(Boolean), `not hooked: ${changed}`);
  assert.ok(same.every(Boolean), `not given back: ${same}`);
});

test('after the last guard, what is printed is as it is', async () => {
  assert.equal((await run('given back', true)).stderr, `${canary.slice(0, 5)}| ${canary}\n`);
  assert.equal((await run('held by another guard', true)).stderr, `[REDACTED:CANARY]\nraw ${canary}\n`);
  assert.equal((await run('wrapped since', true)).stderr, `${canary}\n`);
});
