// What tests are made of: canaries, and manifests that name them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';

const folder = mkdtempSync(join(tmpdir(), 'kz-node-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/** An obviously false secret, another one each time. */
export function made(name) {
  return `kz-canary-${name}-${randomBytes(9).toString('hex')}`;
}

/** A manifest of this text; gives its path. */
export function manifest(text) {
  const path = join(folder, `${randomBytes(6).toString('hex')}.toml`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The environment of a program that opens a manifest of this text, with `variables`. */
export function withManifest(text, variables) {
  return { ...process.env, ...variables, KEYZERO_CONFIG: manifest(text) };
}
