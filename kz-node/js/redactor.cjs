'use strict';

const { Transform } = require('node:stream');
const native = require('./native.cjs');
const { converting } = require('./errors.cjs');
const { throughWtf8 } = require('./text.cjs');

let nativeOf;

/** Finds and removes secrets in text, JSON and streams. */
class Redactor {
  #native;
  #redactText;

  constructor(secrets = {}, { patterns = true, forms = [] } = {}) {
    if (!Array.isArray(forms) || forms.some((form) => typeof form !== 'string')) {
      throw new TypeError("forms is an array of names, such as ['base32']");
    }
    // An addon handle comes from `Secrets`; a user hands over names and values.
    this.#native =
      secrets instanceof native.NativeRedactor
        ? secrets
        : converting(() => new native.NativeRedactor(pairs(secrets), patterns, forms));
    this.#redactText = this.#native.redactText();
  }

  /** The text with every secret replaced; the same string when none was found. */
  redact(text) {
    expectString(text, 'redact');
    if (text.isWellFormed()) return this.#redactText(text) ?? text;
    return throughWtf8(text, (bytes) => this.#native.redactUtf8(bytes)) ?? text;
  }

  /** A JSON value with every secret replaced; the same value when none was found. */
  redactJson(value) {
    const text = JSON.stringify(value);
    if (text === undefined) return value;
    const redacted = converting(() => this.#native.redactJson(text));
    return redacted === null ? value : JSON.parse(redacted);
  }

  /** What would be replaced: rule, name, start and end in UTF-16 units. Never the text. */
  scan(text) {
    expectString(text, 'scan');
    const findings = this.#native.scan(text.toWellFormed());
    return findings.length === 0 ? findings : inUnits(text.toWellFormed(), findings);
  }

  /** Registers one more secret. */
  add(name, value) {
    converting(() => this.#native.add(name, value));
  }

  /** How much is registered; never what. */
  stats() {
    return this.#native.stats();
  }

  /** A Transform that redacts what is piped through it, whatever its chunks. */
  stream() {
    return new RedactingStream(this.#native.stream());
  }

  static {
    // For the guard alone: the handle is nothing that users see.
    nativeOf = (redactor) => redactor.#native;
  }
}

class RedactingStream extends Transform {
  #native;

  constructor(native) {
    super({ decodeStrings: true });
    this.#native = native;
  }

  /** How many bytes are held back, of those that were taken in. */
  get held() {
    return this.#native.held;
  }

  _transform(chunk, _encoding, done) {
    complete(done, () => this.#native.write(chunk));
  }

  _flush(done) {
    complete(done, () => this.#native.finish());
  }
}

function pairs(secrets) {
  const entries = secrets instanceof Map ? [...secrets] : Object.entries(secrets);
  for (const [name, value] of entries) {
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
      throw new TypeError(`the value of ${name} is neither a string nor bytes`);
    }
  }
  return entries;
}

function complete(done, run) {
  let bytes;
  try {
    bytes = run();
  } catch (error) {
    done(error);
    return;
  }
  done(null, bytes);
}

function expectString(text, method) {
  if (typeof text !== 'string') throw new TypeError(`${method} takes a string`);
}

/** Byte offsets of UTF-8 to UTF-16 units, in one walk: findings come in order. */
function inUnits(text, findings) {
  const offsets = findings.flatMap(({ start, end }) => [start, end]).sort((a, b) => a - b);
  const units = new Map();
  let bytes = 0;
  let unit = 0;
  let next = 0;
  for (const character of text) {
    while (next < offsets.length && offsets[next] <= bytes) units.set(offsets[next++], unit);
    const code = character.codePointAt(0);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unit += character.length;
  }
  while (next < offsets.length) units.set(offsets[next++], unit);
  return findings.map((finding) => ({
    rule: finding.rule,
    name: finding.name ?? null,
    start: units.get(finding.start),
    end: units.get(finding.end),
  }));
}

module.exports = { Redactor, nativeOf };
