#![allow(missing_docs, unused_variables, clippy::all, clippy::pedantic)]
use std::{borrow::Cow, collections::BTreeMap, fmt, path::{Path, PathBuf}, time::Duration};
use kz_core::{ErrorKind, SecretName, SecretRef};
use kz_redact::Redactor;

/// Display is the contract's form: `kz: 2 of 5 secrets failed (PATH, environment production)`
/// and a line each. `names()` lists the failed NAMEs.
#[derive(Debug, Clone)]
pub struct Error(());
impl Error {
    pub fn kind(&self) -> ErrorKind { todo!() }
    pub fn is_retryable(&self) -> bool { todo!() }
    /// NAMEs that failed, in manifest order; empty for a configuration error.
    pub fn names(&self) -> &[String] { todo!() }
    /// Whether the configuration is at fault (exit 2), not resolution (exit 1).
    pub fn is_configuration(&self) -> bool { todo!() }
}
impl fmt::Display for Error { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
impl std::error::Error for Error {}

/// How to open. `default()`: discover the manifest, environment from `KEYZERO_ENV`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// Named by the caller, hence trusted; else `KEYZERO_CONFIG` (trusted), else walk-up (K14).
    pub path: Option<PathBuf>,
    pub environment: Option<String>,
    pub identity: Option<String>,
    /// Only these NAMEs are resolved and granted (`kz run --as`, `--only`).
    pub only: Option<Vec<SecretName>>,
    /// Further secrets (`kz run --secret NAME=REF`); they override the manifest's.
    pub extra: Vec<(SecretName, SecretRef)>,
    /// Where discovery starts; default the working directory.
    pub directory: Option<PathBuf>,
    /// Go on without a manifest when none is found (K16).
    pub manifest_optional: bool,
    /// All of it; default 10 s.
    pub deadline: Option<Duration>,
}
impl OpenOptions {
    pub fn new() -> Self { Self::default() }
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self { self.path = Some(path.into()); self }
    pub fn environment(mut self, name: impl Into<String>) -> Self { self.environment = Some(name.into()); self }
    pub fn identity(mut self, identity: impl Into<String>) -> Self { self.identity = Some(identity.into()); self }
    pub fn only(mut self, names: Vec<SecretName>) -> Self { self.only = Some(names); self }
    pub fn extra(mut self, name: SecretName, reference: SecretRef) -> Self { self.extra.push((name, reference)); self }
    pub fn manifest_optional(mut self, yes: bool) -> Self { self.manifest_optional = yes; self }
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self { self.directory = Some(directory.into()); self }
    pub fn deadline(mut self, deadline: Duration) -> Self { self.deadline = Some(deadline); self }
    /// Resolves and validates every declared secret, or fails with one error.
    pub async fn open(self) -> Result<Secrets, Error> { todo!() }
    /// Offline: reads, overlays, checks trust; resolves nothing.
    pub fn load(&self) -> Result<Manifest, Error> { todo!() }
}
/// `OpenOptions::default().open()`.
pub async fn open() -> Result<Secrets, Error> { todo!() }

/// A checked manifest, with its overlay applied.
#[derive(Debug, Clone)]
pub struct Manifest(());
impl Manifest {
    /// `None` when it stands for "no manifest" (K16).
    pub fn path(&self) -> Option<&Path> { todo!() }
    pub fn environment(&self) -> Option<&str> { todo!() }
    /// Names of `[servers]` tables, in order.
    pub fn servers(&self) -> Vec<&str> { todo!() }
    /// What a server is granted: (variable of the child, secret NAME).
    pub fn grants(&self, server: &str) -> Option<Vec<(SecretName, SecretName)>> { todo!() }
    /// Declared secrets with their references, in order.
    pub fn secrets(&self) -> Vec<(&SecretName, &SecretRef)> { todo!() }
    /// Environment variables by which kz itself reaches providers (VAULT_TOKEN, and every
    /// `env://` reference under [providers]): never passed to a child.
    pub fn provider_variables(&self) -> Vec<String> { todo!() }
    /// `kz trust`: pins the file's hash in the per-user trust store.
    pub fn trust(path: &Path) -> Result<(), Error> { todo!() }
}

/// A cheap handle to the opened secrets; `Clone` shares. Wiped when the last drops.
#[derive(Debug, Clone)]
pub struct Secrets(());
impl Secrets {
    /// `unknown_secret` when undeclared, `missing` when optional and absent, `closed` after close.
    pub fn get(&self, name: &str) -> Result<Secret, Error> { todo!() }
    /// `Ok(None)` for an optional that is absent; `Err(unknown_secret)` when undeclared.
    pub fn find(&self, name: &str) -> Result<Option<Secret>, Error> { todo!() }
    /// Declared names, in manifest order.
    pub fn names(&self) -> Vec<SecretName> { todo!() }
    /// `DATABASE_URL` → `set(52 chars) from vault`; `present`; `MISSING` (A3).
    pub fn summary(&self) -> BTreeMap<String, String> { todo!() }
    pub fn manifest(&self) -> &Manifest { todo!() }
    pub fn redactor(&self) -> &Redactor { todo!() }
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> { todo!() }
    /// Ages and expiries, for `kz status`.
    pub fn status(&self) -> Vec<Status> { todo!() }
    pub async fn refresh(&self) -> Result<(), Error> { todo!() }
    /// One entry a provider: name and what is wrong, if anything.
    pub async fn health(&self) -> Vec<(String, Result<(), kz_core::Error>)> { todo!() }
    /// Called with (NAME) after a value changed; dropping the guard does NOT unsubscribe.
    pub fn on_rotate(&self, callback: impl Fn(&str) + Send + Sync + 'static) -> Subscription { todo!() }
    /// Values are dropped; redaction goes on for as long as a `Redactor` handle lives.
    pub async fn close(&self) { todo!() }
    /// Writes to the audit log under this open's id.
    pub fn audit(&self, event: kz_core::AuditEvent) -> Result<(), Error> { todo!() }
}
pub struct Subscription(());
impl Subscription { pub fn unsubscribe(self) { todo!() } }
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status { pub name: String, pub reference: String, pub summary: String, pub age: Option<Duration>, pub expires: Option<Duration>, pub version: Option<String> }

/// A handle to one secret; Debug shows `[REDACTED:NAME]`.
pub struct Secret(());
impl Secret {
    pub fn name(&self) -> &str { todo!() }
    pub fn expose_bytes(&self) -> &[u8] { todo!() }
    /// `invalid` when it is not UTF-8.
    pub fn expose_str(&self) -> Result<&str, Error> { todo!() }
    pub fn share(&self) -> Secret { todo!() }
}
impl fmt::Debug for Secret { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { todo!() } }
