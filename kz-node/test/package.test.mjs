// What a user installs: both module systems, nothing beside it, nothing that runs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as kz from 'kz-mcp';

const require = createRequire(import.meta.url);
const root = new URL('../', import.meta.url);
const description = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

test('one instance for both module systems', () => {
  const required = require('kz-mcp');
  assert.deepEqual(Object.keys(kz).filter((name) => name !== 'default').sort(), Object.keys(required).sort());
  for (const [name, item] of Object.entries(required)) assert.equal(kz[name], item, name);
});

test('no dependencies, and no script at its installation', () => {
  for (const kind of ['dependencies', 'peerDependencies', 'bundledDependencies', 'bundleDependencies']) assert.equal(description[kind], undefined, kind);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) assert.equal(description.scripts[script], undefined, script);
  assert.ok(!existsSync(new URL('binding.gyp', root)), 'npm would build it');
});

test('nothing is required but Node and the addon', () => {
  const modules = Object.keys(require.cache).filter((path) => path.startsWith(new URL('js/', root).pathname));
  assert.ok(modules.length > 5);
  for (const path of modules) {
    const names = [...readFileSync(path, 'utf8').matchAll(/require\((['`])(.+?)\1\)/g)].map(([, , name]) => name);
    for (const name of names) assert.match(name, /^(node:|\.\.?\/|kz-mcp-\$\{name\})/, path);
  }
});

test('every exported path is there, and packed', () => {
  const paths = JSON.stringify(description.exports).match(/\.\/[\w./]+/g);
  assert.ok(paths.length > 4);
  for (const path of paths.filter((path) => path !== './package.json')) {
    assert.ok(existsSync(new URL(path, root)), path);
    assert.ok(description.files.some((file) => path.slice(2).split('/')[0] === file), `${path} is not in "files"`);
  }
});
