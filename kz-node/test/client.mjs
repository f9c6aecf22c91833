// A client that speaks MCP over a child's pipes and keeps every byte.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts the program, initialises, sends `requests` one after the other, and gives back what was read. */
export async function converse(command, args, { env, requests, cwd }) {
  const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const read = { stdout: '', stderr: '' };
  const waiting = new Map();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const before = read.stdout.lastIndexOf('\n') + 1;
    read.stdout += text;
    const complete = read.stdout.slice(before, read.stdout.lastIndexOf('\n') + 1);
    for (const line of complete.split('\n').filter(Boolean)) receive(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (read.stderr += text));

  function receive(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    if (message.method !== undefined && message.id !== undefined) {
      send({ jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'declined' } });
    } else if (message.id !== undefined) {
      waiting.get(message.id)?.(message);
    }
  }

  function send(message) {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async function ask(id, request) {
    const answered = new Promise((resolve) => waiting.set(id, resolve));
    send({ jsonrpc: '2.0', id, ...request });
    const ended = once(child, 'exit').then(() => undefined);
    return Promise.race([answered, ended]);
  }

  const capabilities = { elicitation: {}, sampling: {} };
  const clientInfo = { name: 'test', version: '1' };
  await ask(0, { method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities, clientInfo } });
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  const answers = [];
  for (const [index, request] of requests.entries()) answers.push(await ask(index + 1, request));
  const exited = once(child, 'close');
  child.stdin.end();
  child.kill('SIGTERM');
  await exited;
  return { ...read, answers };
}
