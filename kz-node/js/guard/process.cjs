'use strict';

// What leaves beside the protocol: console, stray writes, and the report that
// Node prints of an exception that nobody caught.

const { writeSync } = require('node:fs');
const { inspect } = require('node:util');
const { Redactor } = require('../redactor.cjs');
const { redactError } = require('./error.cjs');

const redactors = new Set();
let hooked = false;
let inProtocol = false;

/** Redacts console, stdout, stderr and uncaught exceptions with `redactor` from now on. */
function guardProcess(redactor) {
  redactors.add(redactor);
  if (hooked) return;
  hooked = true;
  guardStream(process.stdout);
  guardStream(process.stderr);
  process.prependListener('uncaughtException', report);
}

/** Runs a write of the protocol, which has been filtered as a message. */
function writing(run) {
  inProtocol = true;
  try {
    return run();
  } finally {
    inProtocol = false;
  }
}

function redactText(text) {
  let redacted = text;
  for (const redactor of redactors) redacted = redactor.redact(redacted);
  return redacted;
}

function guardStream(stream) {
  const write = stream.write.bind(stream);
  let streams = [];
  stream.write = function (chunk, encoding, done) {
    if (inProtocol) return write(chunk, encoding, done);
    const after = typeof encoding === 'function' ? encoding : done;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk;
    return write(pass(bytes), after);
  };
  process.on('exit', () => {
    const rest = drain();
    if (rest.length > 0) writeSync(stream.fd, rest);
  });

  // A line's end releases what is held back; a line in pieces is scanned whole.
  function pass(bytes) {
    while (streams.length < redactors.size) {
      streams.push(Redactor.native([...redactors][streams.length]).stream());
    }
    const complete = bytes.length > 0 && bytes[bytes.length - 1] === 0x0a;
    return streams.reduce((text, stream) => {
      const out = stream.write(text);
      return complete ? Buffer.concat([out, stream.flush()]) : out;
    }, bytes);
  }

  function drain() {
    const rest = streams.reduce((text, stream) => Buffer.concat([stream.write(text), stream.finish()]), Buffer.alloc(0));
    streams = [];
    return rest;
  }
}

/** Does what Node does for an exception that nobody else handles, redacted. */
function report(error) {
  for (const redactor of redactors) redactError(error, redactor);
  if (process.listenerCount('uncaughtException') > 1) return;
  const text = typeof error === 'string' ? error : inspect(error);
  writeSync(2, `Uncaught ${redactText(text)}\n`);
  process.exit(1);
}

module.exports = { guardProcess, writing };
