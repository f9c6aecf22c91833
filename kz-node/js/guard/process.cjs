'use strict';

// What leaves beside the protocol: console, stray writes, and the reports of
// what nobody caught. The hooks are there while any guard is, and are given
// back with the last one.

const { inspect } = require('node:util');
const { nativeOf } = require('../redactor.cjs');
const { guardDescriptors } = require('./descriptors.cjs');
const { FAILED, redactError } = require('./error.cjs');
const { readiness } = require('./stdout.cjs');

/** Events of the process whose first detail is what went wrong. */
const REPORTS = new Set(['uncaughtExceptionMonitor', 'uncaughtException', 'unhandledRejection', 'warning']);

/** Those of the guards that are there. */
const held = new Set();
/** Those that mask: they stay until the last guard is gone. */
let redactors = [];
/** What is hooked: how each gives out what it holds back, and how it is given back. */
let hooks = [];
/** The stream that a message is being written to, and what its line passes. */
let message = null;

/** Redacts console, stdout, stderr and reports with `redactor`, until `releaseProcess`. */
function guardProcess(redactor) {
  held.add(redactor);
  if (!redactors.includes(redactor)) redactors.push(redactor);
  if (hooks.length > 0) return;
  hooks = [guardStream(process.stdout), guardStream(process.stderr), guardEvents()];
  // After the streams: a stream on a file takes what it needs of `fs` when it is made.
  hooks.push({ drain() {}, restore: guardDescriptors(replaceMethod) });
}

/** Ends what `guardProcess` began. With the last one the process is as it was. */
function releaseProcess(redactor) {
  if (!held.delete(redactor) || held.size > 0) return;
  for (const { drain, restore } of hooks) {
    drain();
    restore();
  }
  hooks = [];
  redactors = [];
}

/** Whether a message that is written to this stream can be filtered by `writing`. */
function isGuarded(stream) {
  return hooks.length > 0 && stream === process.stdout;
}

/**
 * Runs `send`, which writes a message to `stream`. A text that it writes passes `filter.line`, which
 * gives back what is written instead, or undefined for what is no message: that is redacted as text.
 * Or it passes `filter.lineToStdout`, which has written it, and gives back the rest, or null.
 */
function writing(stream, filter, send) {
  message = { stream, filter };
  try {
    return send();
  } finally {
    message = null;
  }
}

function guardStream(stream) {
  const { write, end } = stream;
  const isReady = readiness(stream, write);
  let isActive = true;
  /** One for each redactor; a line in pieces is scanned whole. */
  let streams = [];
  const restores = [replaceMethod(stream, 'write', guardedWrite), replaceMethod(stream, 'end', guardedEnd)];
  return {
    drain,
    restore() {
      isActive = false;
      for (const restore of restores) restore();
    },
  };

  function guardedWrite(chunk, encoding, done) {
    // Node refuses any other chunk with an error of its own.
    const isText = typeof chunk === 'string';
    if (!isActive || !(isText || ArrayBuffer.isView(chunk))) return write.call(stream, chunk, encoding, done);
    if (isText && message?.stream === stream) {
      const isPlain = encoding === undefined && done === undefined;
      const line = isPlain && isReady() ? message.filter.lineToStdout(chunk) : message.filter.line(chunk);
      if (line === null) return true;
      if (line !== undefined) return write.call(stream, line, encoding, done);
    }
    const bytes = isText
      ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return write.call(stream, pass(bytes), typeof encoding === 'function' ? encoding : done);
  }

  function guardedEnd(...details) {
    if (!isActive) return end.apply(stream, details);
    const [chunk, encoding] = details.filter((detail) => typeof detail !== 'function');
    if (chunk !== undefined && chunk !== null) guardedWrite(chunk, encoding);
    drain();
    return end.call(stream, details.find((detail) => typeof detail === 'function'));
  }

  /** A line's end releases what is held back. */
  function pass(bytes) {
    while (streams.length < redactors.length) streams.push(nativeOf(redactors[streams.length]).stream());
    const isComplete = bytes[bytes.length - 1] === 0x0a;
    return streams.reduce((text, stream) => {
      const out = stream.write(text);
      return isComplete ? Buffer.concat([out, stream.flush()]) : out;
    }, bytes);
  }

  function drain() {
    const rest = streams.reduce((text, stream) => Buffer.concat([stream.write(text), stream.finish()]), Buffer.alloc(0));
    streams = [];
    if (rest.length > 0) write.call(stream, rest);
  }
}

/**
 * Whoever listens for what went wrong hears of it redacted, in whatever order they came; and
 * after all who listen for the end, what is held back is given out.
 */
function guardEvents() {
  const { emit } = process;
  let isActive = true;
  const giveBack = replaceMethod(process, 'emit', guardedEmit);
  return {
    drain() {},
    restore() {
      isActive = false;
      giveBack();
    },
  };

  function guardedEmit(event, ...details) {
    if (isActive && event === 'exit') {
      const isHeard = emit.call(this, event, ...details);
      for (const { drain } of hooks) drain();
      return isHeard;
    }
    if (!isActive || !REPORTS.has(event)) return emit.call(this, event, ...details);
    const [what, ...rest] = details;
    const redacted = redactReport(what);
    const isHandled = emit.call(this, event, redacted, ...rest);
    if (event === 'uncaughtException' && !isHandled) die(redacted);
    return isHandled;
  }
}

function redactReport(what) {
  try {
    return redactError(what, { redact: redactText, redactBytes });
  } catch {
    return new Error(FAILED);
  }
}

function redactText(text) {
  return redactors.reduce((redacted, redactor) => redactor.redact(redacted), text);
}

/** `null` when nothing was found. */
function redactBytes(bytes) {
  return redactors.reduce((redacted, redactor) => nativeOf(redactor).redactUtf8(redacted ?? bytes) ?? redacted, null);
}

/** Does what Node does for an exception that nobody handles; Node itself would print it as it was thrown. */
function die(error) {
  try {
    const text = typeof error === 'string' ? error : inspect(error);
    process.stderr.write(`Uncaught ${redactText(text)}\n`);
  } finally {
    process.exit(1);
  }
}

/** Returns how to put the method back that was there, unless somebody has wrapped the new one since. */
function replaceMethod(object, name, by) {
  const before = Object.getOwnPropertyDescriptor(object, name);
  object[name] = by;
  return () => {
    if (object[name] !== by) return;
    if (before === undefined) delete object[name];
    else Object.defineProperty(object, name, before);
  };
}

module.exports = { guardProcess, isGuarded, releaseProcess, writing };
