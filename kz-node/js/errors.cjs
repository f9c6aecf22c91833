'use strict';

/** Every error of kz. `code` is one of the words of the contract. */
class KzError extends Error {
  constructor(message, { code = 'internal', retryable = false, names = [] } = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.names = names;
  }

  get name() {
    return this.constructor.name;
  }
}

/** The manifest, or what was asked of it, is wrong. */
class ConfigError extends KzError {}

/** Declared secrets are missing or invalid: `names` lists them. */
class MissingSecretsError extends KzError {}

/** The name is not declared. */
class UnknownSecretError extends KzError {}

const PREFIX = 'kz-error:';
const CONFIGURATION = new Set(['config', 'untrusted']);

/** Turns what the addon threw into a KzError; anything else stays as it is. */
function convert(error) {
  if (!(error instanceof Error) || !error.message.startsWith(PREFIX)) return error;
  const { message, ...details } = JSON.parse(error.message.slice(PREFIX.length));
  if (details.names.length > 0) return new MissingSecretsError(message, details);
  if (CONFIGURATION.has(details.code)) return new ConfigError(message, details);
  if (details.code === 'unknown_secret') return new UnknownSecretError(message, details);
  return new KzError(message, details);
}

/** Calls `run` and converts what it throws. */
function converting(run) {
  try {
    return run();
  } catch (error) {
    throw convert(error);
  }
}

/** Awaits `run()` and converts what it rejects with. */
async function convertingAsync(run) {
  try {
    return await run();
  } catch (error) {
    throw convert(error);
  }
}

module.exports = { KzError, ConfigError, MissingSecretsError, UnknownSecretError, converting, convertingAsync };
