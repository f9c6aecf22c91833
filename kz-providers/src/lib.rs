//! Where secrets live: one module = one cargo feature = one backend, and a
//! [`Registry`] from URI scheme to provider.
//!
//! | feature | scheme | what it reads |
//! |---|---|---|
//! | `env` | `env://NAME` | a variable of the environment |
//! | `dotenv` | `dotenv://.env#NAME` | an entry of a dotenv file |
//! | `file` | `file:///run/secrets/db` | a file, or a field of a JSON file |
//! | `exec` | `exec://command?arg=…` | what a program prints, without a shell |
//! | `vault` | `vault://secret/data/dev/postgres#url` | HashiCorp Vault and OpenBao, KV version 1 and 2 |
//!
//! Rules that hold for all of them:
//!
//! * Bytes are handed to the [`Intake`](kz_core::Intake) before anything else is
//!   done with them; the fields beside the wanted one too.
//! * `#field` picks a field of a JSON document by its key, or by a pointer
//!   (`#/a/b`, RFC 6901).
//! * What is missing, and what is empty, is `not_found`.
//! * A document has 1 MiB at most; buffers are wiped, also when they grow.
//! * An option (`?…`) that a provider does not know is an error.
//! * Every wait ends at the deadline of the request. A `get` that is dropped
//!   leaves nothing behind but a login that others may use.
//! * Errors and log lines name the operation and the reference; never bytes, a
//!   body, a line of a file, or a URL with userinfo or query.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use kz_core::{Error, Intake, Request, Role, SecretRef};
//! use kz_providers::{Environment, ProvidersConfig, Registry};
//!
//! /// Hears of every secret byte first; a redactor, outside of examples.
//! struct Nobody;
//! impl Intake for Nobody {
//!     fn receive(&self, _: &str, _: Role<'_>, _: &[u8]) -> Result<(), Error> {
//!         Ok(())
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let mut config = ProvidersConfig::default();
//! config.environment = Environment::from_pairs([("TOKEN", "not-a-real-secret")]);
//! let registry = Registry::new(config)?;
//! let reference: SecretRef = "env://TOKEN".parse()?;
//! let deadline = Instant::now() + Duration::from_secs(1);
//! let request = Request::new("TOKEN", &reference, deadline, &Nobody);
//! let fetched = registry.provider(&reference)?.get(&request).await?;
//! assert_eq!(fetched.value.expose_str()?, "not-a-real-secret");
//! # Ok::<(), Error>(()) }).unwrap();
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(all(
        feature = "dotenv",
        feature = "env",
        feature = "exec",
        feature = "file",
        feature = "vault"
    )),
    allow(
        dead_code,
        reason = "helpers are shared by backends that may be left out"
    )
)]

mod buffer;
mod config;
mod deadline;
mod document;
#[cfg(feature = "dotenv")]
mod dotenv;
#[cfg(feature = "env")]
mod env;
mod environment;
#[cfg(feature = "exec")]
mod exec;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "http")]
mod http;
mod query;
mod read;
mod registry;
#[cfg(feature = "vault")]
mod vault;

pub use config::{ProvidersConfig, VaultAuth, VaultConfig};
pub use environment::Environment;
pub use registry::Registry;
