// Every kind of message, in both SDK generations: no canary with the guard, all of them without.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { converse } from './client.mjs';
import { made, withManifest } from './made.mjs';

const canary = made('guard');
process.env.KZ_TEST_CANARY = canary;
const { probes } = await import('./fixtures/probes.mjs');
const requests = probes.map(({ request }) => request);

function run(sdk, guard, asked = requests) {
  const variables = { KZ_TEST_CANARY: canary, KZ_TEST_GUARD: guard ? '1' : '0' };
  const env = withManifest('[secrets]\nCANARY = "env://KZ_TEST_CANARY"\n', variables);
  const program = fileURLToPath(new URL(`./fixtures/${sdk}.mjs`, import.meta.url));
  return converse(process.execPath, [program], { requests: asked, env });
}

/** What a client reads in the messages of one kind, encodings undone. */
function readable(messages, where) {
  const ofKind = messages.filter((message) => (where === 'answer' ? message.method === undefined : message.method === where));
  const text = ofKind.map((message) => JSON.stringify(message)).join('\n');
  const content = ofKind.flatMap(({ result }) => result?.content ?? []).map((block) => block.text ?? '');
  const undone = [...text.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)].map(([run]) => Buffer.from(run, 'base64').toString());
  const bytes = [...text.matchAll(/\[(\d+(?:,\d+)+)\]/g)].map(([, list]) => Buffer.from(list.split(',').map(Number)).toString());
  return [text, content.join(''), ...undone, ...bytes].join('\n');
}

for (const sdk of ['sdk1', 'sdk2', 'sdk2-serve']) {
  test(`${sdk}: every kind of message`, async (t) => {
    const [bare, guarded] = [await run(sdk, false), await run(sdk, true)];
    const all = [{ name: 'initialize', where: 'answer' }, ...probes];
    for (const [index, { name, where }] of all.entries()) {
      await t.test(name, () => {
        const shown = where === 'stderr' ? [bare.stderr, guarded.stderr] : [bare, guarded].map(({ said }) => readable(said[index] ?? [], where));
        assert.ok(shown[0].includes(canary), `without the guard it does not arrive: ${shown[0]}`);
        assert.ok(!shown[1].includes(canary), `with the guard it arrives: ${shown[1]}`);
        assert.match(shown[1], /\[REDACTED:CANARY\]/);
      });
    }
    for (const [name, output] of Object.entries({ stdout: guarded.stdout, stderr: guarded.stderr })) {
      assert.ok(!output.includes(canary), name);
    }
    assert.equal(guarded.answers.length, probes.length);
    assert.ok(guarded.answers.every((answer) => answer !== undefined), guarded.stderr);
  });

  test(`${sdk}: a message without secrets leaves byte for byte`, async () => {
    const clean = [{ method: 'ping' }, { method: 'logging/setLevel', params: { level: 'error' } }, { method: 'ping', params: {} }];
    const [bare, guarded] = [await run(sdk, false, clean), await run(sdk, true, clean)];
    // What answers `initialize` holds the canary, in the instructions.
    const lines = ({ stdout }) => stdout.split('\n').slice(1);
    assert.deepEqual(lines(guarded), lines(bare));
    assert.equal(lines(bare).length, clean.length + 1);
  });
}
