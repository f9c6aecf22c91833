// Messages that the addon writes to stdout itself: in order, whole, and only where the stream would.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { made, withManifest } from './made.mjs';

const canary = made('stdout');
const program = fileURLToPath(new URL('./fixtures/stdout.mjs', import.meta.url));
const unix = process.platform !== 'win32';
const masked = (said) => said.replaceAll(canary, '[REDACTED:CANARY]');

/** Starts the server; `through` is a command of the shell that its stdout goes through. */
function start(way, guard, { through, out = 'pipe' } = {}) {
  const env = withManifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', { KZ_TEST_CANARY: canary, KZ_TEST_GUARD: guard ? '1' : '0' });
  const command = through === undefined ? [process.execPath] : ['sh', '-c', `"$@" | ${through}`, 'sh', process.execPath];
  return spawn(command[0], [...command.slice(1), program, way], { env, stdio: ['pipe', out, 'pipe'] });
}

async function run(way, guard) {
  const child = start(way, guard);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr };
}

/** What it says in each way, and which messages go past the stream. */
const ways = {
  'as Node made it': ['past', 'past', 'past'],
  'write was replaced': ['by the stream'],
  '_write is replaced': ['by the stream', 'past'],
  'two redactors': ['by the stream'],
  corked: ['by the stream', 'by the stream', 'past'],
  'a worker': ['said true'],
};

for (const [way, expected] of Object.entries(ways)) {
  test(`what leaves is the same but for the secret, stdout: ${way}`, async () => {
    const [bare, guarded] = await Promise.all([run(way, false), run(way, true)]);
    assert.ok(bare.stdout.includes(canary), `not probed: ${bare.stdout}${bare.stderr}`);
    assert.equal(guarded.stdout, masked(bare.stdout));
    const said = guarded.stderr.trimEnd().split('\n');
    assert.deepEqual(said, unix ? expected : expected.map((word) => word.replace('past', 'by the stream')));
  });
}

test('a file as stdout', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kz-node-'));
  const [bare, guarded] = await Promise.all([false, true].map(async (guard) => {
    const path = join(folder, `out ${guard}`);
    const out = openSync(path, 'w');
    await once(start('a file', guard, { out }), 'close');
    closeSync(out);
    return readFileSync(path, 'utf8');
  }));
  rmSync(folder, { recursive: true });
  assert.ok(bare.includes(canary), 'not probed');
  assert.equal(guarded, masked(bare));
});

/** A socket, which is what Node calls a pipe, and a pipe. */
for (const through of unix ? [undefined, 'cat'] : [undefined]) {
  test(`a client that stops reading for a while gets all, in order, through ${through ?? 'a socket'}`, async () => {
    const read = async (guard) => {
      const child = start('slow', guard, { through });
      let stderr = '';
      const full = new Promise((resolve) => child.stderr.on('data', (said) => (stderr += said).includes('full') && resolve()));
      await full;
      const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
      return { stdout, stderr };
    };
    const [bare, guarded] = await Promise.all([read(false), read(true)]);
    assert.ok(bare.stdout.length > 6_000_000 && bare.stdout.includes(canary), 'not probed');
    // Not `equal`, whose report of megabytes takes minutes.
    assert.ok(guarded.stdout === masked(bare.stdout), 'something else was read');
    if (unix) assert.ok(guarded.stderr.includes('past'), guarded.stderr);
  });
}

test('a client that is gone is the same error', async () => {
  const [bare, guarded] = await Promise.all([false, true].map(async (guard) => {
    const child = start('nobody reads', guard);
    let stderr = '';
    const ready = new Promise((resolve) => child.stderr.on('data', (said) => (stderr += said).includes('ready') && resolve()));
    await ready;
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.write('go');
    await once(child, 'close');
    return stderr;
  }));
  assert.match(bare, /^ready\n.*EPIPE/s);
  assert.equal(guarded, bare);
});
