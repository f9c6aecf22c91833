'use strict';

// The choke point is the message just before it is written: `transport.send`.
// Handlers, tool wrappers and registration hooks each miss some kind of message.

const { KzError } = require('../errors.cjs');
const { guardTransport } = require('./transport.cjs');
const { guardProcess, releaseProcess } = require('./process.cjs');

const guarded = new WeakSet();

/** Hooks `server` so that whatever it sends is redacted; returns it. Idempotent. */
function guard(server, redactor) {
  const protocol = protocolOf(server);
  guardProcess(redactor);
  if (guarded.has(protocol)) return server;
  const connect = protocol.connect;
  if (protocol.transport !== undefined) guardTransport(protocol.transport, redactor);
  protocol.connect = async function (transport, ...rest) {
    guardTransport(transport, redactor);
    return connect.call(this, transport, ...rest);
  };
  guarded.add(protocol);
  return server;
}

/** The low-level server: of both SDK generations, `McpServer.connect` goes through it. */
function protocolOf(server) {
  for (const candidate of [server?.server, server]) {
    if (typeof candidate?.connect === 'function' && typeof candidate.setRequestHandler === 'function') return candidate;
  }
  throw new KzError(
    'guard does not know this server: hand it a Server or McpServer of the MCP SDK, or wrap the program with `kz run`',
    { code: 'unsupported' },
  );
}

module.exports = { guard, release: releaseProcess };
