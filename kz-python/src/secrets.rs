//! `Secrets` and `Secret`.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use kz_engine::OpenOptions;
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBytes, PyDict},
};

use crate::{errors::Failure, redactor::Redactor, runtime::Task};

/// Starts to open the manifest at `path`, or the one that is found.
#[pyfunction]
pub(crate) fn open(
    path: Option<PathBuf>,
    environment: Option<String>,
    identity: Option<String>,
) -> PyResult<Task> {
    let mut options = OpenOptions::new();
    options.path = path;
    options.environment = environment;
    options.identity = identity;
    Task::start(options.open(), |py, opened| match opened {
        Ok(secrets) => Ok(Py::new(py, Secrets::new(secrets))?.into_any()),
        Err(error) => Err(Failure::from(error).into_error(py)),
    })
}

/// The opened secrets, for `kz.Secrets` to wrap.
#[pyclass(module = "kz._native", frozen)]
pub(crate) struct Secrets {
    secrets: kz_engine::Secrets,
    rotated: Arc<Mutex<Vec<String>>>,
}

impl Secrets {
    fn new(secrets: kz_engine::Secrets) -> Self {
        let rotated = Arc::new(Mutex::new(Vec::new()));
        let queue = Arc::clone(&rotated);
        // Lives as long as the secrets do; the names are delivered by `kz.Secrets`.
        let _subscription = secrets.on_rotate(move |name| {
            queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(name.to_owned());
        });
        Self { secrets, rotated }
    }
}

#[pymethods]
impl Secrets {
    fn find(&self, name: &str) -> PyResult<Option<Secret>> {
        let found = self.secrets.find(name).map_err(Failure::from)?;
        Ok(found.map(Secret))
    }

    fn names(&self) -> Vec<String> {
        self.secrets
            .names()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn summary(&self) -> BTreeMap<String, String> {
        self.secrets.summary()
    }

    fn redactor(&self) -> Redactor {
        Redactor(self.secrets.redactor().clone())
    }

    fn take_rotated(&self) -> Vec<String> {
        std::mem::take(&mut *self.rotated.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn refresh(&self) -> PyResult<Task> {
        let secrets = self.secrets.clone();
        Task::start(async move { secrets.refresh().await }, |py, refreshed| {
            refreshed
                .map(|()| py.None())
                .map_err(|error| Failure::from(error).into_error(py))
        })
    }

    fn health(&self) -> PyResult<Task> {
        let secrets = self.secrets.clone();
        Task::start(async move { secrets.health().await }, |py, report| {
            let dict = PyDict::new(py);
            for (provider, state) in report {
                let failure = state.err().map(|error| Failure::from(error).into_value(py));
                dict.set_item(provider, failure.transpose()?)?;
            }
            Ok(dict.into_any().unbind())
        })
    }

    fn close(&self) -> PyResult<Task> {
        let secrets = self.secrets.clone();
        Task::start(async move { secrets.close().await }, |py, ()| Ok(py.None()))
    }
}

/// One secret. Reading it is one visible word; everything else shows its name or refuses.
#[pyclass(module = "kz", frozen)]
pub(crate) struct Secret(kz_engine::Secret);

impl Secret {
    fn marker(&self) -> String {
        format!("[REDACTED:{}]", self.0.name())
    }
}

fn refused<T>(what: &str) -> PyResult<T> {
    Err(PyTypeError::new_err(format!(
        "a kz.Secret {what}: call .expose() to read it"
    )))
}

#[pymethods]
impl Secret {
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    fn expose(&self) -> PyResult<&str> {
        Ok(self.0.expose_str().map_err(Failure::from)?)
    }

    fn expose_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.expose_bytes())
    }

    fn __repr__(&self) -> String {
        self.marker()
    }

    fn __str__(&self) -> String {
        self.marker()
    }

    /// Width and precision would cut the marker.
    fn __format__(&self, _spec: &Bound<'_, PyAny>) -> String {
        self.marker()
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        refused("cannot be pickled")
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        refused("cannot be pickled")
    }

    fn __getstate__(&self) -> PyResult<()> {
        refused("cannot be pickled")
    }

    fn __iter__(&self) -> PyResult<()> {
        refused("cannot be iterated")
    }

    fn __len__(&self) -> PyResult<usize> {
        refused("does not tell its length")
    }

    fn __contains__(&self, _item: &Bound<'_, PyAny>) -> PyResult<bool> {
        refused("cannot be searched")
    }

    fn __getitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        refused("cannot be indexed")
    }

    fn __add__(&self, _other: &Bound<'_, PyAny>) -> PyResult<()> {
        refused("is not text")
    }

    fn __radd__(&self, _other: &Bound<'_, PyAny>) -> PyResult<()> {
        refused("is not text")
    }

    fn __int__(&self) -> PyResult<()> {
        refused("is not a number")
    }

    fn __float__(&self) -> PyResult<()> {
        refused("is not a number")
    }

    fn __index__(&self) -> PyResult<()> {
        refused("is not a number")
    }
}
