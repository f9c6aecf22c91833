//! Manifest, trust, resolver and audit: [`open`] gives [`Secrets`].
//!
//! ```
//! use kz_engine::{Environment, OpenOptions};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join(".keyzero.toml");
//! std::fs::write(&path, "[secrets]\nTOKEN = \"env://TOKEN\"\n")?;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let secrets = OpenOptions::new()
//!     .path(&path)
//!     .variables(Environment::from_pairs([("TOKEN", "not-a-real-secret")]))
//!     .open()
//!     .await?;
//! assert_eq!(secrets.get("TOKEN")?.expose_str()?, "not-a-real-secret");
//! assert_eq!(secrets.redact("it is not-a-real-secret"), "it is [REDACTED:TOKEN]");
//! assert_eq!(secrets.summary()["TOKEN"], "set(17 chars) from env");
//! # Ok::<(), kz_engine::Error>(()) }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod audit;
mod constraint;
mod error;
mod files;
mod manifest;
mod open;
mod process;
mod resolve;
mod rotate;
mod secret;
mod secrets;
mod trust;

pub use error::Error;
pub use kz_core::{ErrorKind, SecretName, SecretRef};
pub use kz_providers::Environment;
pub use kz_redact::Redactor;
pub use manifest::Manifest;
pub use open::{OpenOptions, open};
pub use rotate::Subscription;
pub use secret::Secret;
pub use secrets::{Secrets, Status};
