'use strict';

const native = require('../native.cjs');
const { KzError } = require('../errors.cjs');
const { nativeOf } = require('../redactor.cjs');
const { isGuarded, writing } = require('./process.cjs');

/** Transports to what guards them. */
const guarded = new WeakMap();

/** Filters what `transport` sends. Only stdio (and the in-memory pair for tests) is covered. */
function guardTransport(transport, redactor) {
  const wire = wireOf(transport);
  if (!guarded.has(wire)) guarded.set(wire, new Guard(wire));
  guarded.get(wire).add(redactor);
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

/** In the place of a count: none came since. */
const NONE = -1;

/** One transport, and what each redactor makes of it. What a message takes is here once, not made for each. */
class Guard {
  #redactors = new Set();
  #filters = [];
  /** The id of the last request: it crosses with the next message that leaves. */
  #count = NONE;
  /** What is being sent, and whether something else leaves. */
  #message;
  #isWithheld = false;

  constructor(wire) {
    noteIncoming(wire, this);
    const guard = this;
    const { send } = wire;
    wire.send = function (message) {
      // Of whatever it is called on: that is where `send` writes to.
      const write = isGuarded(this._stdout) ? guard.sendLine : guard.sendCopy;
      return write.call(guard, this, send, message, arguments);
    };
  }

  add(redactor) {
    if (this.#redactors.has(redactor)) return;
    this.#redactors.add(redactor);
    const filter = new native.NativeFilter(nativeOf(redactor));
    this.#filters.push({ incoming: filter, outgoing: filter.outgoing(), toStdout: filter.toStdout() });
  }

  /** Filters the line that is written: what leaves is what was looked at. */
  sendLine(wire, send, message, details) {
    this.#message = message;
    this.#isWithheld = false;
    const sent = writing(wire._stdout, this, () => send.apply(wire, details));
    this.#message = undefined;
    return this.#isWithheld ? sent.then(withheld) : sent;
  }

  /** What is written in the place of a line; undefined for what is no message. */
  line(text) {
    const filtered = this.#outgoing(text);
    if (filtered === null) return text;
    this.#noteChanged(filtered);
    return filtered;
  }

  /** Writes to stdout what leaves in the place of a line; the rest of it, or null. As `line` for what is no message. */
  lineToStdout(text) {
    // What one filter lets pass, the next is yet to see.
    if (this.#filters.length > 1) return this.line(text);
    const left = this.#filters[0].toStdout(text, this.#count);
    if (left === undefined) return undefined;
    this.#count = NONE;
    if (left === null) return null;
    this.#noteChanged(left.line);
    return left.rest ?? null;
  }

  #noteChanged(line) {
    this.#isWithheld = line !== undefined && isRequest(this.#message) && !isRequest(JSON.parse(line));
  }

  /** For a transport that writes elsewhere: filters what JSON keeps of the message, and sends that. */
  sendCopy(wire, send, message, [, ...rest]) {
    const line = `${JSON.stringify(message)}\n`;
    const filtered = this.#outgoing(line);
    if (filtered === undefined) withheld();
    const allowed = JSON.parse(filtered ?? line);
    const sent = send.call(wire, allowed, ...rest);
    return isRequest(message) && !isRequest(allowed) ? sent.then(withheld) : sent;
  }

  /** What leaves in the place of a line; null when it leaves as it is, undefined when it is none. */
  #outgoing(line) {
    let filtered = null;
    for (const { outgoing } of this.#filters) {
      const next = outgoing(filtered ?? line, this.#count);
      if (next === undefined) return undefined;
      filtered = next ?? filtered;
    }
    this.#count = NONE;
    return filtered;
  }

  /** They keep ids and progress tokens, and need not read the rest. */
  note(message) {
    const progressToken = message?.params?._meta?.progressToken;
    if (message?.method === undefined || (message.id === undefined && progressToken === undefined)) return;
    if (this.#count !== NONE) this.#handOver({ id: this.#count, method: '' });
    this.#count = NONE;
    if (Number.isSafeInteger(message.id) && message.id >= 0 && progressToken === undefined) this.#count = message.id;
    else this.#handOver({ id: message.id, method: '', params: { _meta: { progressToken } } });
  }

  #handOver(request) {
    const text = JSON.stringify(request);
    for (const { incoming } of this.#filters) incoming.incoming(text);
  }
}

function isRequest(message) {
  return message?.method !== undefined && message.id !== undefined;
}

/** A request that was withheld has nobody to answer it: its sender must hear of it. */
function withheld() {
  throw new KzError('kz: the request was withheld: it holds a secret', { code: 'invalid' });
}

/** Lets the guard know the ids that the client chose, which it must answer under. */
function noteIncoming(wire, guard) {
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
    if (Array.isArray(message)) message.forEach((one) => guard.note(one));
    else guard.note(message);
    return inner.call(wire, message, ...rest);
  }
}

module.exports = { guardTransport };
