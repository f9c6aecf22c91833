'use strict';

// HTTP clients and child_process hang what they were called with on their
// errors (`config`, `request`, `cmd`, `spawnargs` …). The error keeps its type
// and identity; what hangs on it is replaced by redacted copies, because the
// originals may still be in use.

const DEEPEST = 8;

/** Redacts an error in place and returns it; any other value is returned as a redacted copy. */
function redactError(error, redactor) {
  return error instanceof Error ? inPlace(error, redactor, new Map(), 0) : copy(error, redactor, new Map(), 0);
}

function inPlace(error, redactor, seen, depth) {
  if (seen.has(error)) return error;
  seen.set(error, error);
  for (const key of Reflect.ownKeys(error)) {
    const property = Object.getOwnPropertyDescriptor(error, key);
    const value = 'value' in property || key === 'stack' ? read(error, key) : undefined;
    const redacted = copy(value, redactor, seen, depth + 1);
    if (redacted === value) continue;
    if (property.configurable) {
      Object.defineProperty(error, key, { value: redacted, enumerable: property.enumerable, writable: true, configurable: true });
    } else if (property.writable) {
      error[key] = redacted;
    }
  }
  return error;
}

function copy(value, redactor, seen, depth) {
  if (typeof value === 'string') return redactor.redact(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Error) return inPlace(value, redactor, seen, depth);
  if (seen.has(value)) return seen.get(value);
  if (depth > DEEPEST) return undefined;
  if (ArrayBuffer.isView(value)) return redactor.redact(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'));
  const twin = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
  seen.set(value, twin);
  if (value instanceof Map || value instanceof Set) {
    return [...value].map((entry) => copy(entry, redactor, seen, depth + 1));
  }
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (!('value' in property) || (Array.isArray(value) && key === 'length')) continue;
    const name = typeof key === 'string' ? redactor.redact(key) : key;
    Object.defineProperty(twin, name, { ...property, value: copy(property.value, redactor, seen, depth + 1), configurable: true });
  }
  return twin;
}

function read(object, key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}

module.exports = { redactError };
