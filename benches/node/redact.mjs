// Redacts the same texts in several ways and prints how long each takes.
//
//     node benches/node/redact.mjs
import assert from 'node:assert/strict';
import { scrub } from '@zapier/secret-scrubber';
import { Redactor } from 'kz-mcp';
import { makeSecrets, makeText } from './inputs.mjs';

const MARKER = '[REDACTED:SECRET]';
const ROUNDS = 12;
const ROUND_NS = 30e6;
const TEXTS = [
  ['1 KiB clean', 1, false],
  ['1 KiB, a hit', 1, true],
  ['16 KiB clean', 16, false],
  ['16 KiB, a hit a KiB', 16, true],
];

function withKz(secrets, patterns) {
  const redactor = new Redactor({}, { patterns });
  for (const secret of secrets) redactor.add('SECRET', secret);
  return (text) => redactor.redact(text);
}

function replaceLoop(needles) {
  return (text) => needles.reduce((redacted, needle) => redacted.replaceAll(needle, MARKER), text);
}

function alternation(needles) {
  const pattern = new RegExp(needles.map((needle) => needle.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, MARKER);
}

/** Forms that can be listed beforehand; the twelve of the Rust benchmark. */
function listedForms(secret) {
  const value = Buffer.from(secret);
  const percent = encodeURIComponent(secret);
  const forms = [secret, value.toString('hex'), value.toString('hex').toUpperCase(), JSON.stringify(secret).slice(1, -1)];
  for (let skip = 0; skip < 3; skip += 1) {
    const whole = value.subarray(skip, value.length - ((value.length - skip) % 3));
    forms.push(whole.toString('base64').replace(/=+$/, ''), whole.toString('base64url'));
  }
  return [...forms, percent, percent.replaceAll('%2F', '%2f')];
}

function ways(secrets) {
  const forms = secrets.flatMap(listedForms);
  return [
    ['kz', 'every form, patterns', withKz(secrets, true)],
    ['kz, patterns off', 'every form', withKz(secrets, false)],
    ['replaceAll loop', 'literal', replaceLoop(secrets)],
    ['replaceAll loop', '12 listed forms', replaceLoop(forms)],
    ['RegExp alternation', '12 listed forms', alternation(forms)],
    ['@zapier/secret-scrubber', '4 forms', (text) => scrub(text, secrets)],
  ];
}

/** Nanoseconds of processor time that one call takes, of `calls`. The clock on the wall would count what else runs. */
function timed(redact, text, calls) {
  const start = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) redact(text);
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1e3) / calls;
}

/** The best time of each; they take turns, so that what else runs slows all of them alike. */
function bestTimes(runs, text) {
  const calls = runs.map((run) => Math.max(1, Math.min(1e6, Math.floor(ROUND_NS / (timed(run, text, 50) + 1)))));
  const best = runs.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    runs.forEach((run, index) => (best[index] = Math.min(best[index], timed(run, text, calls[index]))));
  }
  return best;
}

function checked([name, covers, redact], text, hits) {
  const found = redact(text).split(/\[REDACTED:|:censored:/).length - 1;
  assert.equal(found, hits, `${name}, ${covers}: does what it is timed for`);
  return redact;
}

for (const count of [10, 100]) {
  const secrets = makeSecrets(count);
  const rivals = ways(secrets);
  const columns = TEXTS.map(([, kib, hit]) => {
    const text = makeText(kib, hit ? secrets : []);
    return { bytes: text.length, best: bestTimes(rivals.map((way) => checked(way, text, hit ? kib : 0)), text) };
  });
  console.log(`\n### Node, ${count} secrets of 32 bytes\n`);
  console.log(`| way | covers | ${TEXTS.map(([title]) => title).join(' | ')} |`);
  console.log(`|---|---|${'---:|'.repeat(TEXTS.length)}`);
  rivals.forEach(([name, covers], row) => {
    const cells = columns.map(({ bytes, best }) => `${((bytes / best[row]) * 1e3).toFixed(1)} MB/s (${(best[0] / best[row]).toFixed(2)} ×)`);
    console.log(`| ${name} | ${covers} | ${cells.join(' | ')} |`);
  });
}

// What a call costs before any text is scanned: nothing to look for, so that the scan is as short as it can be.
const text = makeText(1);
const nothing = new Redactor({}, { patterns: false });
const calls = [
  ['a function that does nothing', (given) => given],
  ['kz with nothing to look for', (given) => nothing.redact(given)],
];
const times = bestTimes(calls.map(([, run]) => run), text);
console.log('\n### Node, one call on 1 KiB\n');
console.log('| what | ns |\n|---|---:|');
calls.forEach(([name], index) => console.log(`| ${name} | ${times[index].toFixed(0)} |`));
