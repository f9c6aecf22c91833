// A client that speaks MCP over a child's pipes and keeps every byte.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const capabilities = { elicitation: {}, sampling: {}, roots: {} };
const clientInfo = { name: 'test', version: '1' };
export const initialize = { method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities, clientInfo } };

/**
 * Starts the program, initialises, sends `requests` one after the other. Gives back what was
 * read, and for each request (`initialize` first) the messages and the stderr until its answer.
 */
export async function converse(command, args, { env, requests, cwd }) {
  const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const read = { stdout: '', stderr: '', said: [] };
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
    read.said.at(-1)?.push(message);
    if (message.method !== undefined && message.id !== undefined) {
      send({ jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'declined' } });
    } else if (message.id !== undefined) {
      waiting.get(message.id)?.(message);
    }
  }

  function send(message) {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  const ended = once(child, 'close');
  async function ask(id, request) {
    read.said.push([]);
    const answered = new Promise((resolve) => waiting.set(id, resolve));
    send({ jsonrpc: '2.0', id, ...request });
    return Promise.race([answered, ended.then(() => undefined)]);
  }

  child.stdin.on('error', () => {});
  await ask(0, initialize);
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  const answers = [];
  for (const [index, request] of requests.entries()) answers.push(await ask(index + 1, request));
  child.stdin.end();
  child.kill('SIGTERM');
  await ended;
  return { ...read, answers };
}
