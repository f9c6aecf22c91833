#!/usr/bin/env node
'use strict';

// Hands over to the program kz: its standard streams are ours, a signal that comes here goes
// on to it, and we end as it ends.

const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { isatty } = require('node:tty');
const { program } = require('../js/platform.cjs');

// What `kz run` hands on to its server. A listener for SIGUSR1 also keeps Node from opening
// its debugger's port.
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
// A terminal sends these to all of its processes; kz has them already.
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT'];
// How often we see whether npm still wants us, in milliseconds.
const GLANCE = 500;

let child;
const listeners = new Map();
if (process.platform !== 'win32') {
  for (const signal of FORWARDED) {
    const typed = FROM_TERMINAL.includes(signal) && isatty(0);
    listeners.set(signal, () => typed || child?.kill(signal));
  }
}

// Before the start: nothing that arrives meanwhile may end us and leave kz behind.
for (const [signal, listener] of listeners) process.on(signal, listener);
try {
  child = spawn(program(), process.argv.slice(2), { stdio: 'inherit' });
  child.on('error', refuse);
  child.on('exit', end);
  if (process.env.npm_command) endWithParent();
} catch (error) {
  refuse(error);
}

// npm starts us by a shell, and a signal that npm gets ends that shell alone.
function endWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, GLANCE);
  watch.unref();
}

function end(code, signal) {
  for (const [name, listener] of listeners) process.off(name, listener);
  // What a shell says of a program that a signal ended, in case that we outlive it.
  process.exitCode = signal ? 128 + constants.signals[signal] : code;
  if (signal) process.kill(process.pid, signal);
}

function refuse(error) {
  const remedies = {
    EACCES: 'it is not executable: install kz-mcp again',
    ENOENT: 'its loader is missing: it is built for another system',
  };
  const why = error.syscall ? `the program cannot be started: ${remedies[error.code] ?? error.code}` : error.message;
  process.stderr.write(`kz: ${why}\n`);
  process.exitCode = 126;
}
