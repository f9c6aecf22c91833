'use strict';

const { converting } = require('./errors.cjs');

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** One secret. Whatever prints it shows `[REDACTED:NAME]`; `expose` reads it. */
class Secret {
  #name;
  #secrets;

  constructor(name, secrets) {
    this.#name = name;
    this.#secrets = secrets;
    Object.freeze(this);
  }

  get name() {
    return this.#name;
  }

  /** The value as text; throws when it is binary. */
  expose() {
    return converting(() => this.#secrets.expose(this.#name));
  }

  /** The value as bytes, in a copy that the caller owns. */
  exposeBytes() {
    return converting(() => this.#secrets.exposeBytes(this.#name));
  }

  toString() {
    return `[REDACTED:${this.#name}]`;
  }

  toJSON() {
    return this.toString();
  }

  [Symbol.toPrimitive]() {
    return this.toString();
  }

  [INSPECT]() {
    return this.toString();
  }

  get [Symbol.toStringTag]() {
    return `REDACTED:${this.#name}`;
  }
}

module.exports = { Secret };
