// Unknown values: kz's rules beside a loop of RegExp and secretlint, on the texts of the
// Rust benchmark, which `cargo bench` writes.
//
//     node benches/node/patterns.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { Redactor } from 'kz-mcp';

const ROUNDS = 7;
const ROUND_NS = 20e6;

function inputs() {
  const path = new URL('../target/patterns.json', import.meta.url);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(`${path.pathname} is not there: run cargo bench in benches/ first`);
  }
}

function withKz() {
  const redactor = new Redactor({}, { patterns: true });
  return (text) => redactor.redact(text) !== text;
}

/** RegExp of Node 20 has no flags within a regex; where a source has some, they are given for all of it. */
function regExp(source) {
  const bare = source.replaceAll('(?i:', '(?:');
  return new RegExp(bare, bare === source ? 's' : 'is');
}

function oneByOne(sources) {
  const regExps = sources.map(regExp);
  return (text) => regExps.filter((regex) => regex.test(text)).length > 0;
}

/** The one that answers with a promise. */
function secretlint() {
  const rules = [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }];
  const source = { filePath: '/text.txt', ext: '.txt', contentType: 'text' };
  return async (text) => {
    const result = await lintSource({
      source: { ...source, content: text },
      options: { config: { rules }, noPhysicFilePath: true },
    });
    return result.messages.length > 0;
  };
}

/** Nanoseconds of processor time that one call takes, of `calls`. */
async function timed(search, text, calls) {
  const start = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) {
    const answer = search(text);
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1e3) / calls;
}

/** The best time of each; they take turns, so that what else runs slows all of them alike. */
async function bestTimes(ways, { content, hits }) {
  const calls = [];
  for (const [name, , search] of ways) {
    assert.equal(await search(content), hits > 0, `${name} does what it is timed for`);
    calls.push(Math.max(1, Math.floor(ROUND_NS / ((await timed(search, content, 1)) + 1))));
  }
  const best = ways.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, , search]] of ways.entries()) {
      best[index] = Math.min(best[index], await timed(search, content, calls[index]));
    }
  }
  return best;
}

const { regexes, texts } = inputs();
const ways = [
  ['kz, redacting', 'all rules', withKz()],
  ['a loop over RegExp', `${regexes.length} formats of kz`, oneByOne(regexes)],
  ['secretlint', 'its recommended rules', secretlint()],
];
const columns = [];
for (const text of texts) columns.push(await bestTimes(ways, text));
console.log('\n### Node, unknown values\n');
console.log(`| way | looks for | ${texts.map(({ title }) => title).join(' | ')} |`);
console.log(`|---|---|${'---:|'.repeat(texts.length)}`);
ways.forEach(([name, covers], row) => {
  const cells = texts.map(({ content }, column) => {
    const rate = (content.length / columns[column][row]) * 1e3;
    return `${rate.toFixed(2)} MB/s (${(columns[column][0] / columns[column][row]).toFixed(4)} ×)`;
  });
  console.log(`| ${name} | ${covers} | ${cells.join(' | ')} |`);
});
