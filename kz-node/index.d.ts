/// <reference types="node" />
import type { Transform } from 'node:stream';

/** One word for what went wrong; the same words in Rust and Python. */
export type ErrorCode =
  | 'missing' | 'invalid' | 'weak_secret' | 'unknown_secret' | 'not_found' | 'deleted' | 'denied'
  | 'unauthenticated' | 'unavailable' | 'timeout' | 'rate_limited' | 'sealed' | 'conflict' | 'config'
  | 'untrusted' | 'unsupported' | 'closed' | 'internal';

/** Every error of kz. The message never holds a value. */
export class KzError extends Error {
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** The declared names that failed, where names failed. */
  readonly names: readonly string[];
}
/** The manifest, or what was asked of it, is wrong. */
export class ConfigError extends KzError {}
/** Declared secrets are missing or invalid: `names` lists them. */
export class MissingSecretsError extends KzError {}
/** The name is not declared. */
export class UnknownSecretError extends KzError {}

/** One secret. Whatever prints it shows `[REDACTED:NAME]`. */
export class Secret {
  private constructor();
  readonly name: string;
  /** The value as text; throws `KzError` with code `invalid` when it is binary. */
  expose(): string;
  /** The value as bytes, in a copy that the caller owns. */
  exposeBytes(): Uint8Array;
  toString(): string;
  toJSON(): string;
}

/** One replaced range, in UTF-16 units. Never the text. */
export interface Finding {
  readonly rule: string;
  readonly name: string | null;
  readonly start: number;
  readonly end: number;
}

export type Values = Readonly<Record<string, string | Uint8Array>> | ReadonlyMap<string, string | Uint8Array>;

/** How much a redactor holds. */
export interface Stats {
  /** Names under which values are registered. */
  readonly names: number;
  /** What is looked for: values, earlier ones included, their parts and spellings. */
  readonly parts: number;
  /** Bytes of locked memory that these take. */
  readonly bytes: number;
  /** How many parts there may be. */
  readonly limit: number;
  /** How much was found so far. */
  readonly findings: number;
}

/** A form in which values are found on request only: see docs/forms.md. */
export type OnRequest =
  | 'ascii85'
  | 'base32'
  | 'character-codes'
  | 'fullwidth'
  | 'gzip'
  | 'hashes'
  | 'reversed'
  | 'spaced';

/** Finds and removes secrets in text, JSON and streams. */
export class Redactor {
  /** Throws `config` for a form that does not exist, `weak_secret` for a value that cannot be told from ordinary text. */
  constructor(secrets?: Values, options?: { patterns?: boolean; forms?: readonly OnRequest[] });
  /** The text with every secret replaced; the same string when none was found. */
  redact(text: string): string;
  /** A JSON value with every secret replaced; the same value when none was found. */
  redactJson<T>(value: T): T;
  scan(text: string): Finding[];
  /** Registers one more secret; throws `weak_secret` for one that cannot be told from ordinary text. */
  add(name: string, value: string | Uint8Array): void;
  /** How much is registered. Earlier values stay: the table only grows, and refuses (`invalid`) when it is full. */
  stats(): Stats;
  /**
   * Redacts what is piped through it, whatever its chunks; bytes that are not UTF-8 pass as they are. It holds back what
   * may still become a secret: of ordinary text about the length of the longest value, never more than twice the larger of
   * 64 KiB (128 with `gzip`) and 8,192 bytes for each byte of that value and its spellings, and the last chunk.
   */
  stream(): RedactingStream;
}

/** A `Transform` of bytes; text is written as UTF-8. */
export interface RedactingStream extends Transform {
  /** How many bytes are held back, of those that were taken in. */
  readonly held: number;
}

export interface Health {
  readonly provider: string;
  /** `null` when it is well. */
  readonly code: ErrorCode | null;
  readonly message: string | null;
}

/** The opened secrets of one manifest. */
export class Secrets {
  private constructor();
  /** Throws when the name is not declared, or optional and absent. */
  get(name: string): Secret;
  /** `undefined` when optional and absent; throws when not declared. */
  find(name: string): Secret | undefined;
  names(): string[];
  summary(): Record<string, string>;
  readonly redactor: Redactor;
  redact(text: string): string;
  /**
   * Hooks an MCP server so that whatever it sends is redacted; returns it. Throws `unsupported` for any other.
   *
   * Until `close`, console, stdout and stderr are redacted too, and so are warnings and errors that nobody caught,
   * with what hangs on them (`config`, `request`, `cmd`, `spawnargs` …): they keep their type.
   */
  guard<S extends object>(server: S): S;
  /** Calls back with a name after its value changed; returns how to stop that. */
  onRotate(callback: (name: string) => void): () => void;
  refresh(): Promise<void>;
  health(): Promise<Health[]>;
  /** Wipes the values. Console, stdout, stderr and reports are given back; what guarded servers send stays redacted. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface OpenOptions {
  /** The overlay to apply: `[environment.secrets]`. */
  environment?: string;
  /** On whose behalf, for the audit log. */
  identity?: string;
}

/** Finds the manifest, or reads `path`, and resolves every declared secret. */
export function open(path?: string, options?: OpenOptions): Promise<Secrets>;
