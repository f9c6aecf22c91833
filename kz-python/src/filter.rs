//! The filter of one connection.

use std::borrow::Cow;

use pyo3::{prelude::*, types::PyString};

use crate::{
    errors::{FAILED, internal, without_panic},
    redactor::Redactor,
    runtime::detached,
};

/// Redacts the outgoing JSON-RPC messages of one connection.
#[pyclass(module = "kz._native", frozen)]
pub(crate) struct MessageFilter(kz_mcp::MessageFilter);

#[pymethods]
impl MessageFilter {
    #[new]
    fn new(redactor: &Redactor) -> Self {
        Self(kz_mcp::MessageFilter::new(redactor.0.clone()))
    }

    fn incoming(&self, message: &str) -> PyResult<()> {
        without_panic(|| self.0.incoming(message.as_bytes())).ok_or_else(|| internal().into())
    }

    fn incoming_count(&self, id: u64) -> PyResult<()> {
        without_panic(|| self.0.incoming_count(id)).ok_or_else(|| internal().into())
    }

    /// `count` is the id of a request that came before, as for `incoming_count`.
    #[pyo3(signature = (message, count = None))]
    fn outgoing<'py>(
        &self,
        message: &Bound<'py, PyString>,
        count: Option<u64>,
    ) -> PyResult<Bound<'py, PyString>> {
        let (py, text) = (message.py(), message.to_str()?);
        let filter = || {
            if let Some(id) = count {
                self.0.incoming_count(id);
            }
            self.0.outgoing(text.as_bytes())
        };
        match detached(py, text.len(), filter) {
            Some(Cow::Borrowed(_)) => Ok(message.clone()),
            Some(Cow::Owned(redacted)) => {
                Ok(PyString::new(py, &String::from_utf8_lossy(&redacted)))
            }
            None => Ok(PyString::new(py, FAILED)),
        }
    }

    fn error(&self, id: Option<&str>, code: i64, message: &str) -> PyResult<String> {
        without_panic(|| self.0.error(id, code, message)).ok_or_else(|| internal().into())
    }
}
