'use strict';

const native = require('./native.cjs');
const { converting, convertingAsync } = require('./errors.cjs');
const { Redactor } = require('./redactor.cjs');
const { Secret } = require('./secret.cjs');
const { guard, release } = require('./guard/index.cjs');

/** The opened secrets of one manifest. */
class Secrets {
  #native;
  #redactor;

  constructor(handle) {
    this.#native = handle;
    this.#redactor = new Redactor(handle.redactor());
  }

  /** The secret; throws when it is not declared, or optional and absent. */
  get(name) {
    converting(() => this.#native.require(name));
    return new Secret(name, this.#native);
  }

  /** The secret, or undefined when it is optional and absent; throws when it is not declared. */
  find(name) {
    return converting(() => this.#native.has(name)) ? new Secret(name, this.#native) : undefined;
  }

  /** The declared names, in the manifest's order. */
  names() {
    return this.#native.names();
  }

  /** For logs: `{ DATABASE_URL: 'set(52 chars) from vault' }`. */
  summary() {
    return this.#native.summary();
  }

  get redactor() {
    return this.#redactor;
  }

  redact(text) {
    return this.#redactor.redact(text);
  }

  /** Hooks the server so that whatever it sends is redacted, and returns it. */
  guard(server) {
    return guard(server, this.#redactor);
  }

  /** Calls back with a NAME after its value changed; returns how to stop that. */
  onRotate(callback) {
    const subscription = this.#native.onRotate(callback);
    return () => subscription.unsubscribe();
  }

  async refresh() {
    await convertingAsync(() => this.#native.refresh());
  }

  /** One entry a provider: `{ provider, code, message }`, code null when it is well. */
  async health() {
    const answers = await convertingAsync(() => this.#native.health());
    return answers.map(({ provider, code, message }) => ({ provider, code: code ?? null, message: message ?? null }));
  }

  /** Wipes the values. Console, stdout, stderr and reports are given back; what servers send stays redacted. */
  async close() {
    await convertingAsync(() => this.#native.close());
    release(this.#redactor);
  }

  async [Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]() {
    await this.close();
  }
}

/** Finds the manifest (or reads `path`), resolves every declared secret, or says what is wrong. */
async function open(path, { environment, identity } = {}) {
  return new Secrets(await convertingAsync(() => native.open({ path, environment, identity })));
}

module.exports = { open, Secrets };
