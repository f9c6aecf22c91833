//! `kz._native`: the private half of the Python package `kz`.
//!
//! It converts types and errors and nothing else: what is secret, how it is
//! found and where it lives is decided in `kz_redact`, `kz_engine` and `kz_mcp`.
//! Three things are of this language alone: [`text`] (a Python string may hold
//! lone surrogates), [`json`] (a Python object is not a JSON text) and
//! [`runtime`] (a Python process forks and is interrupted).
#![forbid(unsafe_code)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "a method of a Python class takes what Python hands over"
)]

mod errors;
mod filter;
mod json;
mod redactor;
mod runtime;
mod secrets;
mod text;

/// The module `kz._native`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::{
        filter::MessageFilter,
        redactor::{Finding, Redactor, Stream},
        runtime::{Task, after_fork, before_fork},
        secrets::{Secret, Secrets, open},
    };

    #[pymodule_init]
    fn init() {
        crate::errors::quiet_panics();
    }
}
