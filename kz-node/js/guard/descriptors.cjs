'use strict';

// Some loggers (pino among them) write to the descriptors of stdout and stderr
// by `fs`, past the streams. What they write is passed to the streams, so that
// a line in pieces is one line, whoever writes it.

const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

/** Replaces the functions of `fs` that write to a descriptor; returns how to give them back. */
function guardDescriptors(replaceMethod) {
  const restores = Object.entries(writers).map(([name, writer]) => {
    const original = fs[name];
    const guarded = writer(original);
    // What `util.promisify` reads of it, and its name.
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original));
    return replaceMethod(fs, name, guarded);
  });
  syncBuiltinESMExports();
  return () => {
    for (const restore of restores) restore();
    syncBuiltinESMExports();
  };
}

const writers = {
  writeSync: (original) => now(original, bytesOf),
  writevSync: (original) => now(original, concatenated),
  write: (original) => later(original, bytesOf),
  writev: (original) => later(original, concatenated),
};

function now(original, read) {
  return (descriptor, data, ...place) => pass(descriptor, read(data, place)) ?? original(descriptor, data, ...place);
}

function later(original, read) {
  return (descriptor, data, ...place) => {
    const done = place.at(-1);
    const written = typeof done === 'function' ? pass(descriptor, read(data, place)) : undefined;
    if (written === undefined) return original(descriptor, data, ...place);
    process.nextTick(done, null, written, data);
  };
}

/** Writes to the stream of the descriptor; how many bytes, or undefined when it is not for a stream. */
function pass(descriptor, bytes) {
  const stream = { 1: process.stdout, 2: process.stderr }[descriptor];
  if (stream === undefined || bytes === undefined) return undefined;
  stream.write(bytes);
  return bytes.length;
}

/** The bytes that are meant; undefined for what Node refuses with an error of its own. */
function bytesOf(data, place) {
  if (typeof data === 'string') return Buffer.from(data, place.find((detail) => typeof detail === 'string'));
  if (!ArrayBuffer.isView(data)) return undefined;
  const [first, second] = place;
  const options = typeof first === 'object' && first !== null ? first : { offset: first, length: second };
  const offset = typeof options.offset === 'number' ? options.offset : 0;
  const length = typeof options.length === 'number' ? options.length : data.byteLength - offset;
  const isWithin = offset >= 0 && length >= 0 && offset + length <= data.byteLength;
  return isWithin ? Buffer.from(data.buffer, data.byteOffset + offset, length) : undefined;
}

function concatenated(list) {
  const isList = Array.isArray(list) && list.every((part) => ArrayBuffer.isView(part));
  return isList ? Buffer.concat(list.map((part) => bytesOf(part, []))) : undefined;
}

module.exports = { guardDescriptors };
