'use strict';

const native = require('../native.cjs');
const { KzError } = require('../errors.cjs');
const { nativeOf } = require('../redactor.cjs');
const { through } = require('../text.cjs');
const { isGuarded, writing } = require('./process.cjs');

/** Transports to what filters them: one filter for each redactor. */
const guarded = new WeakMap();

/** Filters what `transport` sends. Only stdio (and the in-memory pair for tests) is covered. */
function guardTransport(transport, redactor) {
  const wire = wireOf(transport);
  const filters = guarded.get(wire) ?? new Map();
  if (!filters.has(redactor)) filters.set(redactor, new native.NativeFilter(nativeOf(redactor)));
  if (guarded.has(wire)) return;
  guarded.set(wire, filters);
  noteIncoming(wire, filters);
  const send = wire.send;
  wire.send = function (message, ...rest) {
    const write = (what) => send.call(this, what, ...rest);
    return isGuarded(wire._stdout) ? sendLine(wire._stdout, message, filters, write) : sendCopy(message, filters, write);
  };
}

/** Filters the line that is written: what leaves is what was looked at. */
function sendLine(stdout, message, filters, write) {
  let isWithheld = false;
  const sent = writing(stdout, passLine, () => write(message));
  return isWithheld ? sent.then(withheld) : sent;

  function passLine(line) {
    if (typeof line !== 'string' || line.indexOf('\n') !== line.length - 1) return undefined;
    const filtered = outgoing(line.slice(0, -1), filters);
    if (filtered === null) return line;
    isWithheld = isRequest(message) && !isRequest(JSON.parse(filtered));
    return `${filtered}\n`;
  }
}

/** For a transport that writes elsewhere: filters what JSON keeps of the message, and sends that. */
function sendCopy(message, filters, write) {
  const text = JSON.stringify(message);
  const allowed = JSON.parse(outgoing(text, filters) ?? text);
  const sent = write(allowed);
  return isRequest(message) && !isRequest(allowed) ? sent.then(withheld) : sent;
}

/** What leaves in the place of a message; null when it leaves as it is. */
function outgoing(text, filters) {
  let filtered = null;
  for (const filter of filters.values()) filtered = through(filtered ?? text, (bytes, length) => filter.outgoing(bytes, length)) ?? filtered;
  return filtered;
}

function isRequest(message) {
  return message?.method !== undefined && message.id !== undefined;
}

/** A request that was withheld has nobody to answer it: its sender must hear of it. */
function withheld() {
  throw new KzError('kz: the request was withheld: it holds a secret', { code: 'invalid' });
}

/** `serveStdio` hands each server a channel over the transport that it owns. */
function wireOf(transport) {
  const wire = transport?._wire ?? transport;
  const stdio = wire?._stdin !== undefined && wire?._stdout !== undefined;
  const inMemory = wire?.constructor?.name === 'InMemoryTransport';
  if ((stdio || inMemory) && typeof wire.send === 'function') return wire;
  throw new KzError('guard covers stdio only: this transport would send without being redacted', {
    code: 'unsupported',
  });
}

/** Lets the filters know the ids that the client chose, which it must answer under. */
function noteIncoming(wire, filters) {
  let inner = wire.onmessage;
  Object.defineProperty(wire, 'onmessage', {
    configurable: true,
    enumerable: true,
    get: () => inner && noted,
    set(handler) {
      inner = handler === noted ? inner : handler;
    },
  });
  function noted(message, ...rest) {
    for (const one of Array.isArray(message) ? message : [message]) note(one, filters);
    return inner.call(wire, message, ...rest);
  }
}

/** They keep ids and progress tokens, and need not read the rest. */
function note(message, filters) {
  const progressToken = message?.params?._meta?.progressToken;
  if (message?.method === undefined || (message.id === undefined && progressToken === undefined)) return;
  if (Number.isSafeInteger(message.id) && message.id >= 0 && progressToken === undefined) {
    for (const filter of filters.values()) filter.incomingCount(message.id);
    return;
  }
  const id = message.id === undefined ? '' : `"id":${JSON.stringify(message.id)},`;
  const params = progressToken === undefined ? '' : `,"params":{"_meta":{"progressToken":${JSON.stringify(progressToken)}}}`;
  through(`{${id}"method":""${params}}`, (bytes, length) => {
    for (const filter of filters.values()) filter.incoming(bytes, length);
    return null;
  });
}

module.exports = { guardTransport };
