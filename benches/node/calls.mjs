// Calls a tool 10,000 times over stdio, of a guarded server and of the same without the guard;
// and of one that is guarded with nothing to look for, which tells the guard from the engine.
//
//     node benches/node/calls.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { makeSecrets } from './inputs.mjs';

const CALLS = 10_000;
const BLOCK = 250;
const SIZES = [100, 1024, 4096];

const folder = mkdtempSync(join(tmpdir(), 'kz-bench-'));
const manifest = join(folder, '.keyzero.toml');
const secrets = makeSecrets(10).map((value, index) => [`BENCH_SECRET_${index}`, value]);
writeFileSync(manifest, `[secrets]\n${secrets.map(([name]) => `${name} = "env://${name}"\n`).join('')}`, { mode: 0o600 });
const env = { ...process.env, ...Object.fromEntries(secrets), KEYZERO_CONFIG: manifest };

const program = fileURLToPath(new URL('server.mjs', import.meta.url));

/** A server that answers one request after the other. */
class Server {
  #child;
  #answered = () => {};
  #failed = () => {};
  #id = 0;

  constructor(generation, kind) {
    this.#child = spawn(process.execPath, [program, generation, kind], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface(this.#child.stdout).on('line', (line) => this.#answered(line));
    this.#child.on('exit', (code) => code === null || this.#failed(new Error(`the ${kind} server on ${generation} ended: ${code}`)));
  }

  ask(method, params) {
    const answer = new Promise((resolve, reject) => ([this.#answered, this.#failed] = [resolve, reject]));
    this.#child.stdin.write(`{"jsonrpc":"2.0","id":${(this.#id += 1)},"method":"${method}","params":${JSON.stringify(params)}}\n`);
    return answer;
  }

  async initialize() {
    await this.ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } });
    this.#child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  }

  /** Nanoseconds of a call, of `count`. */
  async block(bytes, count) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < count; call += 1) await this.ask('tools/call', { name: 'read', arguments: { bytes } });
    return Number(process.hrtime.bigint() - start) / count;
  }

  end() {
    this.#failed = () => {};
    this.#child.kill('SIGTERM');
  }
}

/** The same behind the client of the SDK, as users of a server have it. */
class ServerOfClient {
  #client = new Client({ name: 'bench', version: '1' });
  #transport;

  constructor(generation, kind) {
    this.#transport = new StdioClientTransport({ command: process.execPath, args: [program, generation, kind], env });
  }

  async initialize() {
    await this.#client.connect(this.#transport);
  }

  async ask(method, params) {
    return JSON.stringify({ result: await this.#client.callTool(params) });
  }

  async block(bytes, count) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < count; call += 1) await this.#client.callTool({ name: 'read', arguments: { bytes } });
    return Number(process.hrtime.bigint() - start) / count;
  }

  async end() {
    await this.#client.close();
  }
}

const KINDS = ['bare', 'idle', 'guarded'];
const CLIENTS = [
  ['a pipe and a line of JSON', Server],
  ['the SDK’s own', ServerOfClient],
];

/** The times of each kind in one round. They take turns at the beginning: what else runs slows all alike. */
async function round(servers, bytes, turn) {
  const times = [];
  for (let step = 0; step < KINDS.length; step += 1) {
    const kind = (turn + step) % KINDS.length;
    times[kind] = await servers[kind].block(bytes, BLOCK);
  }
  return times;
}

/** They are timed only when they say the same. */
async function check(servers, bytes) {
  const lines = await Promise.all(servers.map((server) => server.ask('tools/call', { name: 'read', arguments: { bytes } })));
  const answers = lines.map((line) => JSON.parse(line).result);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(answers[0].content[0].text.length, bytes);
}

async function measure(servers, bytes) {
  await check(servers, bytes);
  await round(servers, bytes, 0);
  const rounds = [];
  for (let turn = 0; turn < CALLS / BLOCK; turn += 1) rounds.push(await round(servers, bytes, turn));
  // What else runs only ever adds, so the best block counts.
  const [bare, ...others] = KINDS.map((_, kind) => Math.min(...rounds.map((times) => times[kind])));
  return { rate: Math.round(1e9 / bare), ratios: others.map((time) => bare / time) };
}

console.log(`\n### Node, ${CALLS.toLocaleString('en')} tool calls over stdio\n`);
console.log('| SDK | client | answer | calls a second without the guard | guarded, nothing to look for | guarded, 10 secrets |');
console.log('|---|---|---:|---:|---:|---:|');
try {
  for (const [generation, title] of [['sdk1', '@modelcontextprotocol/sdk 1.x'], ['sdk2', '@modelcontextprotocol/server 2.x']]) {
    for (const [client, Kind] of CLIENTS) {
      const servers = KINDS.map((kind) => new Kind(generation, kind));
      await Promise.all(servers.map((server) => server.initialize()));
      for (const bytes of SIZES) {
        const { rate, ratios } = await measure(servers, bytes);
        const cells = ratios.map((ratio) => `${ratio.toFixed(2)} ×`).join(' | ');
        console.log(`| ${title} | ${client} | ${bytes} B | ${rate.toLocaleString('en')} | ${cells} |`);
      }
      await Promise.all(servers.map((server) => server.end()));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
