'use strict';

// A message may be written to stdout by the addon, in the crossing in which it is looked at:
// those bytes leave that were looked at, and they are not encoded again. That is done only
// where the stream would do just the same.

const { Socket } = require('node:net');
const { Writable } = require('node:stream');

const STDOUT = 1;
const { write: writeOfNode } = Writable.prototype;
const { _write: writeOfSocket } = Socket.prototype;

/**
 * A function that says whether a text given to `write`, the method of `stream`, would be written to
 * stdout now: the stream is the socket that Node made of a pipe, as Node made it, and nothing
 * waits in it. A file, a terminal and the stdout of a worker are others.
 */
function readiness(stream, write) {
  if (Object.getPrototypeOf(stream) !== Socket.prototype || write !== writeOfNode) return () => false;
  /** The handle that was looked at last: looking takes longer than all the rest. */
  let handle = null;
  let isStdout = false;
  return () => {
    if (stream._handle !== handle) {
      handle = stream._handle;
      isStdout = handle?.fd === STDOUT;
    }
    const isIdle = stream.writableLength === 0 && stream.writableCorked === 0 && !stream.writableNeedDrain;
    return isStdout && isIdle && stream.writable && stream._write === writeOfSocket;
  };
}

module.exports = { readiness };
