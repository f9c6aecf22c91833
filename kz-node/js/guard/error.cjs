'use strict';

// HTTP clients and child_process hang what they were called with on their
// errors (`config`, `request`, `cmd`, `spawnargs` …). The error keeps its type
// and identity; of what hangs on it, whatever holds a secret is replaced by a
// redacted copy, because the original may still be in use. The rest stays.

const { inspect, types: { isAnyArrayBuffer, isNativeError } } = require('node:util');

/** Stands for what cannot be looked at. */
const FAILED = '[REDACTED:error]';
/** So many objects are looked at; what lies beyond is taken to be secret. */
const MOST = 20_000;
/** What an error shows though it may only inherit it. */
const SHOWN = ['name', 'message', 'stack', 'cause'];
/** One level, in full: what hangs below is looked at by itself. */
const SHALLOW = { depth: 0, maxArrayLength: null, maxStringLength: null, compact: true, breakLength: Infinity };

/**
 * Redacts an error in place and returns it, or a twin of the same type when it is frozen.
 * Of any other value it returns a redacted copy, or the value itself when it holds no secret.
 * `redactor` has `redact` and `redactBytes`.
 */
function redactError(value, redactor) {
  return new Redaction(redactor).of(value);
}

/** One walk over whatever can be reached; without recursion, so that depth costs no stack. */
class Redaction {
  #redactor;
  /** Every object that was looked at, to those that it hangs on. */
  #parents = new Map();
  /** Those from which a secret can be reached. */
  #secret = new Set();
  /** What takes their place. */
  #twins = new Map();
  /** Fills the twins that are still empty. */
  #pending = [];
  /** Texts, and objects that show a text of their own, to what takes their place. */
  #texts = new Map();
  #owns = new Map();

  constructor(redactor) {
    this.#redactor = redactor;
  }

  of(value) {
    if (isObject(value)) this.#lookThrough(value);
    const redacted = this.#twin(value);
    while (this.#pending.length > 0) this.#pending.pop()();
    return redacted;
  }

  #lookThrough(root) {
    this.#parents.set(root, []);
    for (const value of this.#parents.keys()) {
      let isSecret = this.#own(value) !== undefined;
      for (const part of partsOf(value)) {
        if (!isObject(part)) isSecret = this.#leaf(part) !== part || isSecret;
        else if (this.#parents.has(part)) this.#parents.get(part).push(value);
        else if (this.#parents.size < MOST) this.#parents.set(part, [value]);
        else isSecret = true;
      }
      if (isSecret) this.#secret.add(value);
    }
    for (const value of this.#secret) this.#parents.get(value).forEach((parent) => this.#secret.add(parent));
  }

  /** What takes the place of `value`: itself, when no secret can be reached from it. */
  #twin(value) {
    if (!isObject(value)) return this.#leaf(value);
    if (!this.#parents.has(value)) return FAILED;
    if (!this.#secret.has(value)) return value;
    if (!this.#twins.has(value)) this.#twins.set(value, this.#begin(value));
    return this.#twins.get(value);
  }

  #isSecret(value) {
    return isObject(value) ? this.#secret.has(value) || !this.#parents.has(value) : this.#leaf(value) !== value;
  }

  /** Makes the twin, and notes how it is to be filled. */
  #begin(value) {
    if (isError(value)) return this.#beginError(value);
    const text = this.#own(value);
    if (text !== undefined) return text;
    if (Array.isArray(value)) return this.#later([], (twin) => this.#fill(value, twin));
    if (value instanceof Map) {
      return this.#later(new Map(), (twin) => value.forEach((item, key) => twin.set(this.#twin(key), this.#twin(item))));
    }
    if (value instanceof Set) return this.#later(new Set(), (twin) => value.forEach((item) => twin.add(this.#twin(item))));
    return this.#later(shell(value), (twin) => this.#fill(value, twin));
  }

  #later(twin, fill) {
    this.#pending.push(() => fill(twin));
    return twin;
  }

  #beginError(error) {
    const isFixed = keysOf(error).some((key) => {
      if (!this.#isSecret(key) && !this.#isSecret(read(error, key))) return false;
      const property = Object.getOwnPropertyDescriptor(error, key);
      return property === undefined ? !Object.isExtensible(error) : !property.configurable && !property.writable;
    });
    if (!isFixed) return this.#later(error, () => this.#fillError(error, error));
    const twin = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error));
    return this.#later(twin, () => this.#fillError(error, twin));
  }

  #fillError(error, twin) {
    for (const key of keysOf(error)) {
      const value = read(error, key);
      const [name, redacted] = [this.#leaf(key), this.#twin(value)];
      if (twin === error && name === key && redacted === value) continue;
      const property = Object.getOwnPropertyDescriptor(twin, key);
      if (name !== key) delete twin[key];
      const enumerable = Object.getOwnPropertyDescriptor(error, key)?.enumerable ?? property?.enumerable ?? false;
      if (property === undefined || property.configurable) {
        Object.defineProperty(twin, name, { value: redacted, enumerable, writable: true, configurable: true });
      } else {
        twin[name] = redacted;
      }
    }
  }

  #fill(value, twin) {
    for (const [key, property] of entriesOf(value)) {
      // What a getter gives is not sure to be the same when it is called again.
      if (!('value' in property) || (key === 'length' && Array.isArray(value))) continue;
      const redacted = { ...property, value: this.#twin(property.value), configurable: true };
      Object.defineProperty(twin, this.#leaf(key), redacted);
    }
  }

  /** What takes the place of an object that shows a secret other than by its properties. */
  #own(value) {
    if (!this.#owns.has(value)) this.#owns.set(value, this.#lookAt(value));
    return this.#owns.get(value);
  }

  #lookAt(value) {
    if (isAnyArrayBuffer(value)) return this.#redactor.redactBytes(new Uint8Array(value)) ?? undefined;
    if (ArrayBuffer.isView(value)) {
      return this.#redactor.redactBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) ?? undefined;
    }
    if (isPlain(value) || isError(value) || typeof value === 'function') return undefined;
    let text;
    try {
      text = inspect(value, SHALLOW);
    } catch {
      return FAILED;
    }
    const redacted = this.#leaf(text);
    // What its properties show is replaced one by one.
    return redacted === text || this.#showsByProperties(value) ? undefined : redacted;
  }

  #showsByProperties(value) {
    return [...partsOf(value)].some((part) => !isObject(part) && this.#leaf(part) !== part);
  }

  #leaf(value) {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const redacted = this.#text(String(value));
      return redacted === String(value) ? value : redacted;
    }
    if (typeof value === 'symbol' && value.description !== undefined) {
      const redacted = this.#text(value.description);
      return redacted === value.description ? value : Symbol(redacted);
    }
    return value;
  }

  #text(text) {
    let redacted = this.#texts.get(text);
    if (redacted === undefined) this.#texts.set(text, (redacted = this.#redactor.redact(text)));
    return redacted;
  }
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isError(value) {
  return isNativeError(value) || value instanceof Error;
}

/** Whether all that it shows are its properties, or the items of a collection. */
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value) || value instanceof Map || value instanceof Set;
}

/** Stands for an object of any class: methods of the class would look for state that is not there. */
function shell(value) {
  const twin = Object.getPrototypeOf(value) === null ? Object.create(null) : {};
  const name = isPlain(value) ? undefined : read(read(value, 'constructor'), 'name');
  if (typeof name === 'string') Object.defineProperty(twin, Symbol.toStringTag, { value: name, configurable: true });
  return twin;
}

function keysOf(error) {
  return [...new Set([...Reflect.ownKeys(error), ...SHOWN.filter((key) => key in error)])];
}

function entriesOf(value) {
  return Reflect.ownKeys(value).map((key) => [key, Object.getOwnPropertyDescriptor(value, key)]);
}

/** Keys and values that hang on it. */
function* partsOf(value) {
  if (isError(value)) {
    for (const key of keysOf(value)) yield* [key, read(value, key)];
    return;
  }
  if (ArrayBuffer.isView(value) || typeof value === 'function') return;
  for (const [key, property] of entriesOf(value)) {
    yield key;
    // JSON.stringify calls such a getter.
    yield 'value' in property ? property.value : property.enumerable ? read(value, key) : undefined;
  }
  if (value instanceof Map) for (const entry of value) yield* entry;
  else if (value instanceof Set) yield* value;
}

function read(object, key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}

module.exports = { FAILED, redactError };
