// Calls a tool 10,000 times over stdio, of a guarded server and of the same without the guard;
// and of one that is guarded with nothing to look for, which tells the guard from the engine.
//
//     node benches/node/calls.mjs
//
// A ratio is of the time that a client waits. On Linux the processor time of a server's main
// thread is given too: another program slows the client, but adds little to that.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { makeSecrets } from './inputs.mjs';

const CALLS = 10_000;
const BLOCK = 50;
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

  get pid() {
    return this.#child.pid;
  }

  async calls(bytes, count) {
    for (let call = 0; call < count; call += 1) await this.ask('tools/call', { name: 'read', arguments: { bytes } });
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

  get pid() {
    return this.#transport.pid;
  }

  async calls(bytes, count) {
    for (let call = 0; call < count; call += 1) await this.#client.callTool({ name: 'read', arguments: { bytes } });
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

/** Nanoseconds that the main thread has run. */
function ran({ pid }) {
  const path = `/proc/${pid}/task/${pid}/schedstat`;
  return existsSync(path) ? Number(readFileSync(path, 'latin1').split(' ')[0]) : NaN;
}

/** Microseconds of a call in a block: what the client waits, and what the server's main thread runs. */
async function block(server, bytes) {
  const before = [process.hrtime.bigint(), ran(server)];
  await server.calls(bytes, BLOCK);
  const after = [process.hrtime.bigint(), ran(server)];
  return after.map((time, index) => Number(time - before[index]) / 1000 / BLOCK);
}

/** The times of each kind in one round. They take turns at the beginning: what else runs slows all alike. */
async function round(servers, bytes, turn) {
  const times = [];
  for (let step = 0; step < KINDS.length; step += 1) {
    const kind = (turn + step) % KINDS.length;
    times[kind] = await block(servers[kind], bytes);
  }
  return times;
}

/** The median of the fastest tenth: what else runs only ever adds, and a best block may be a lucky one. */
function undisturbed(times) {
  const fastest = times.toSorted((a, b) => a - b).slice(0, Math.ceil(times.length / 10));
  return fastest[fastest.length >> 1];
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
  const of = (kind, index) => undisturbed(rounds.map((times) => times[kind][index]));
  const [bare, ...others] = KINDS.map((_, kind) => ({ waited: of(kind, 0), ran: of(kind, 1) }));
  return { bare, others };
}

function signed(number) {
  return `${number < 0 ? '−' : '+'}${Math.abs(number).toFixed(1)}`;
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
        const { bare, others } = await measure(servers, bytes);
        const rate = `${Math.round(1e6 / bare.waited).toLocaleString('en')} (${bare.ran.toFixed(1)} µs)`;
        const cells = others.map(({ waited, ran }) => `${(bare.waited / waited).toFixed(2)} × (${signed(ran - bare.ran)} µs)`);
        console.log(`| ${title} | ${client} | ${bytes} B | ${[rate, ...cells].join(' | ')} |`);
      }
      await Promise.all(servers.map((server) => server.end()));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
