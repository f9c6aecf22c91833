'use strict';

// The choke point is the message just before it is written: `transport.send`.
// Handlers, tool wrappers and registration hooks each miss some kind of message.

const { KzError } = require('../errors.cjs');
const { guardTransport } = require('./transport.cjs');
const { guardProcess, releaseProcess } = require('./process.cjs');

/** Servers to the redactors that guard them. */
const guarded = new WeakMap();

/** Hooks `server` so that whatever it sends is redacted; returns it. A second redactor guards beside the first. */
function guard(server, redactor) {
  const protocol = protocolOf(server);
  guardProcess(redactor);
  if (protocol.transport !== undefined) guardTransport(protocol.transport, redactor);
  if (!guarded.has(protocol)) guarded.set(protocol, hookConnect(protocol));
  guarded.get(protocol).add(redactor);
  return server;
}

/** The redactors that guard whatever the server is connected to. */
function hookConnect(protocol) {
  const redactors = new Set();
  const { connect } = protocol;
  protocol.connect = async function (transport, ...rest) {
    for (const redactor of redactors) guardTransport(transport, redactor);
    return connect.call(this, transport, ...rest);
  };
  return redactors;
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
