// The guide for users, docs/node.md, says what is so: its programs are run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as kz from '../js/index.mjs';
import { converse } from './client.mjs';
import { made } from './made.mjs';

const guide = fileURLToPath(new URL('../../docs/node.md', import.meta.url));
const text = readFileSync(guide, 'utf8');
const canary = made('guide');
const folder = mkdtempSync(join(tmpdir(), 'kz-guide-'));
after(() => rmSync(folder, { recursive: true }));

// A project as its author has it, with the package and the SDKs installed.
mkdirSync(join(folder, 'node_modules'));
const here = fileURLToPath(new URL('../', import.meta.url));
symlinkSync(here, join(folder, 'node_modules/kz-mcp'));
symlinkSync(join(here, 'node_modules/@modelcontextprotocol'), join(folder, 'node_modules/@modelcontextprotocol'));
writeFileSync(join(folder, '.keyzero.toml'), text.match(/```toml\n(.*?)```/s)[1], { mode: 0o600 });
const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KEYZERO_'));
const env = { ...Object.fromEntries(inherited), HOME: folder, DATABASE_URL: `postgres://app:${canary}@db:5432/app` };

const blocks = [...text.matchAll(/(?:<!-- (server(?:: commonjs)?) -->\n)?```js\n(.*?)```/gs)].map(({ 1: kind, 2: program, index }) => ({
  kind,
  program,
  chapter: [...text.slice(0, index).matchAll(/^## (.*)$/gm)].at(-1)[1],
}));
const isServer = ({ kind }) => kind !== undefined;

/** Writes the program beside a signing key of its own; gives its path. */
function prepare(index, { kind, program }) {
  writeFileSync(join(folder, 'signing-key'), made('signing'));
  const path = join(folder, `program-${index}.${kind === 'server: commonjs' ? 'cjs' : 'mjs'}`);
  writeFileSync(path, program);
  return path;
}

for (const [index, block] of blocks.filter((block) => !isServer(block)).entries()) {
  test(`${block.chapter}: the program prints what it says`, async () => {
    const path = prepare(index, block);
    const { code, stdout, stderr } = await new Promise((resolve) => {
      const child = execFile(process.execPath, [path], { env, cwd: folder }, (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
    });
    assert.equal(stderr, '');
    assert.equal(code, 0);
    const said = [...block.program.matchAll(/\/\/> (.*)$/gm)].map(([, line]) => line);
    assert.deepEqual(stdout.trimEnd().split('\n'), said);
    assert.ok(!stdout.includes(canary));
  });
}

const connect = { method: 'tools/call', params: { name: 'connect', arguments: {} } };
for (const [index, block] of blocks.filter(isServer).entries()) {
  test(`${block.chapter}: server ${index + 1} answers without the secret, and with it when it is not guarded`, async () => {
    const bare = block.program.replace('secrets.guard(', '(');
    assert.notEqual(bare, block.program);
    const answer = async (name, program) => {
      const path = prepare(`server-${index}-${name}`, { ...block, program });
      const { answers, stdout, stderr } = await converse(process.execPath, [path], { env, cwd: folder, requests: [connect] });
      assert.ok(answers[0]?.result, stderr);
      return { said: answers[0].result.content[0].text, all: stdout + stderr };
    };
    assert.equal((await answer('bare', bare)).said, `would connect with ${env.DATABASE_URL}`);
    const { said, all } = await answer('guarded', block.program);
    assert.equal(said, 'would connect with postgres://[REDACTED:DATABASE_URL]@db:5432/app');
    assert.ok(!all.includes(canary), all);
  });
}

test('there are programs, and servers of both generations', () => {
  assert.equal(blocks.filter(isServer).length, 4);
  assert.equal(blocks.length, text.match(/^```js$/gm).length);
  for (const name of ['@modelcontextprotocol/server', '@modelcontextprotocol/sdk']) assert.ok(blocks.some(({ program }) => program.includes(name)));
});

test('the names in it exist, and its links lead somewhere', () => {
  for (const [, names] of text.matchAll(/import \{ (.*?) \} from 'kz-mcp'/g)) {
    for (const name of names.split(', ')) assert.ok(name in kz, name);
  }
  const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title.toLowerCase().replaceAll(/[^a-z -]/g, '').replaceAll(' ', '-'));
  for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
    const [file, anchor] = target.split('#');
    assert.ok(file === '' ? anchors.includes(anchor) : existsSync(new URL(`../../docs/${file}`, import.meta.url)), target);
  }
});
