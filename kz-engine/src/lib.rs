//! Manifest, trust, resolver and audit.
#![forbid(unsafe_code)]
mod api;
pub use api::*;
pub use kz_core::{ErrorKind, SecretName, SecretRef};
pub use kz_redact::Redactor;
