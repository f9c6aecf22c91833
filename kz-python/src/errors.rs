//! Errors and panics, as Python sees them.

use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
};

use kz_core::ErrorKind;
use pyo3::{prelude::*, types::PyDict};

/// What stands where a text could not be scanned.
pub(crate) const FAILED: &str = "[REDACTED:error]";

/// An error that crosses into Python: a code, a message, and the NAMEs that failed.
pub(crate) struct Failure {
    class: &'static str,
    kind: ErrorKind,
    message: String,
    names: Vec<String>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            class: "KzError",
            kind,
            message: message.into(),
            names: Vec::new(),
        }
    }

    /// The instance of `kz.KzError` or of its subclass.
    pub(crate) fn into_value(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let keywords = PyDict::new(py);
        keywords.set_item("code", self.kind.as_str())?;
        keywords.set_item("retryable", self.kind.is_retryable())?;
        if self.class == "MissingSecretsError" {
            keywords.set_item("names", self.names)?;
        }
        class(py, self.class)?.call((self.message,), Some(&keywords))
    }

    pub(crate) fn into_error(self, py: Python<'_>) -> PyErr {
        self.into_value(py)
            .map_or_else(|error| error, PyErr::from_value)
    }
}

impl From<kz_engine::Error> for Failure {
    fn from(error: kz_engine::Error) -> Self {
        let class = match error.kind() {
            ErrorKind::UnknownSecret => "UnknownSecretError",
            _ if !error.names().is_empty() => "MissingSecretsError",
            _ if error.is_configuration() => "ConfigError",
            _ => "KzError",
        };
        Self {
            class,
            kind: error.kind(),
            message: error.to_string(),
            names: error.names().to_vec(),
        }
    }
}

impl From<kz_redact::Error> for Failure {
    fn from(error: kz_redact::Error) -> Self {
        let message = match error.remedy() {
            Some(remedy) => format!("{}: {remedy}", error.reason()),
            None => error.reason().to_owned(),
        };
        Self::new(error.kind(), message)
    }
}

impl From<kz_core::Error> for Failure {
    fn from(error: kz_core::Error) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("kz._errors")?.getattr(name)
}

/// Runs `f`; a panic becomes `None`. No panic crosses into Python, because its
/// message may quote the text that was being scanned.
pub(crate) fn without_panic<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

/// The failure that stands for a defect of kz.
pub(crate) fn internal() -> Failure {
    Failure::new(
        ErrorKind::Internal,
        "kz failed inside; this is a defect of kz",
    )
}

/// A panic says where, never what: its message may quote the text being scanned.
pub(crate) fn quiet_panics() {
    set_hook(Box::new(|panic| {
        let (file, line) = panic
            .location()
            .map_or(("unknown", 0), |at| (at.file(), at.line()));
        let _ = writeln!(std::io::stderr(), "kz: internal error at {file}:{line}");
    }));
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| failure.into_error(py))
    }
}
