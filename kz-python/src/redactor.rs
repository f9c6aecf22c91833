//! `Redactor`, `Stream` and `Finding`.

use std::{borrow::Cow, sync::Mutex};

use kz_core::ErrorKind;
use kz_redact::PatternLevel;
use pyo3::{
    Borrowed,
    exceptions::PyTypeError,
    prelude::*,
    pybacked::PyBackedBytes,
    types::{PyBytes, PyDict, PyMapping, PyString},
};

use crate::{
    errors::{FAILED, Failure, internal, without_panic},
    json,
    runtime::detached,
    text,
};

/// Finds and removes secrets in text, JSON and byte streams.
#[pyclass(module = "kz", frozen)]
pub(crate) struct Redactor(pub(crate) kz_redact::Redactor);

/// Text or bytes of a value to register.
pub(crate) enum Value<'py> {
    Text(Bound<'py, PyString>),
    Bytes(PyBackedBytes),
}

impl<'py> FromPyObject<'_, 'py> for Value<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(Self::Text(text.to_owned()));
        }
        value
            .extract()
            .map(Self::Bytes)
            .map_err(|_| PyTypeError::new_err("a value to register is str, bytes or bytearray"))
    }
}

impl Value<'_> {
    fn register<T>(&self, with: impl FnOnce(&[u8]) -> T) -> PyResult<T> {
        match self {
            Self::Text(text) => match text.to_str() {
                Ok(text) => Ok(with(text.as_bytes())),
                Err(_) => Ok(with(text::encode(text)?.as_bytes())),
            },
            Self::Bytes(bytes) => Ok(with(bytes)),
        }
    }
}

#[pymethods]
impl Redactor {
    #[new]
    #[pyo3(signature = (secrets = None, *, patterns = true, forms = None))]
    fn new(
        secrets: Option<&Bound<'_, PyMapping>>,
        patterns: bool,
        forms: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let level = if patterns {
            PatternLevel::Default
        } else {
            PatternLevel::Off
        };
        let mut builder = kz_redact::Redactor::builder().patterns(level);
        for form in forms.into_iter().flatten() {
            builder = builder.form(form.parse().map_err(Failure::from)?);
        }
        let pairs = secrets.map(PyMappingMethods::items).transpose()?;
        for pair in pairs.into_iter().flatten() {
            let (name, value): (String, Value<'_>) = pair.extract()?;
            builder = value
                .register(|bytes| without_panic(|| builder.secret(name, bytes)))?
                .ok_or_else(internal)?;
        }
        let built = without_panic(|| builder.build()).ok_or_else(internal)?;
        Ok(Self(built.map_err(Failure::from)?))
    }

    fn redact<'py>(&self, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
        match text.to_str() {
            Ok(utf8) => Ok(match self.redact_utf8(text.py(), utf8) {
                Cow::Borrowed(_) => text.clone(),
                Cow::Owned(redacted) => PyString::new(text.py(), &redacted),
            }),
            Err(_) => self.redact_surrogates(text),
        }
    }

    /// The GIL is kept: another thread must not change what was scanned.
    fn redact_json<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let redacted = without_panic(|| json::redact(value, |text| self.0.redact_json_str(text)));
        redacted.unwrap_or_else(|| Ok(PyString::new(value.py(), FAILED).into_any()))
    }

    fn scan(&self, text: &Bound<'_, PyString>) -> PyResult<Vec<Finding>> {
        let lossy;
        let utf8 = if let Ok(utf8) = text.to_str() {
            utf8
        } else {
            lossy = text::without_surrogates(text)?;
            &lossy
        };
        let found = detached(text.py(), utf8.len(), || self.0.scan(utf8));
        Ok(Finding::in_code_points(utf8, found.ok_or_else(internal)?))
    }

    fn add(&self, name: &str, value: Value<'_>) -> PyResult<()> {
        let added = value.register(|bytes| without_panic(|| self.0.add(name, bytes)))?;
        Ok(added.ok_or_else(internal)?.map_err(Failure::from)?)
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.0.stats();
        let dict = PyDict::new(py);
        dict.set_item("names", stats.names)?;
        dict.set_item("parts", stats.parts)?;
        dict.set_item("bytes", stats.bytes)?;
        dict.set_item("limit", stats.limit)?;
        dict.set_item("findings", stats.findings)?;
        Ok(dict)
    }

    fn stream(&self) -> Stream {
        Stream(Mutex::new(Some(self.0.stream())))
    }

    fn __repr__(&self) -> &'static str {
        "<kz.Redactor>"
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a kz.Redactor holds secrets and cannot be pickled or copied",
        ))
    }
}

impl Redactor {
    /// What cannot be scanned does not leave.
    fn redact_utf8<'t>(&self, py: Python<'_>, text: &'t str) -> Cow<'t, str> {
        detached(py, text.len(), || self.0.redact_str(text)).unwrap_or(Cow::Borrowed(FAILED))
    }

    fn redact_surrogates<'py>(
        &self,
        text: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyString>> {
        let encoded = text::encode(text)?;
        let bytes = encoded.as_bytes();
        match detached(text.py(), bytes.len(), || self.0.redact_bytes(bytes)) {
            Some(Cow::Borrowed(_)) => Ok(text.clone()),
            Some(Cow::Owned(redacted)) => text::decode(text.py(), &redacted),
            None => Ok(PyString::new(text.py(), FAILED)),
        }
    }
}

/// One masked range; never the text.
#[pyclass(module = "kz", frozen, eq, get_all)]
#[derive(PartialEq, Eq)]
pub(crate) struct Finding {
    rule: String,
    name: Option<String>,
    start: usize,
    end: usize,
}

impl Finding {
    /// Byte offsets become offsets in code points.
    fn in_code_points(text: &str, found: Vec<kz_redact::Finding>) -> Vec<Self> {
        let (mut at, mut points) = (0, 0);
        let mut place = |offset: usize| {
            points = text::code_points(text, points, at, offset);
            at = offset;
            points
        };
        let convert = |finding: kz_redact::Finding| Self {
            rule: finding.rule.into_owned(),
            name: finding.name,
            start: place(finding.start),
            end: place(finding.end),
        };
        found.into_iter().map(convert).collect()
    }
}

#[pymethods]
impl Finding {
    fn __repr__(&self) -> String {
        let Self {
            rule,
            name,
            start,
            end,
        } = self;
        let name = name
            .as_ref()
            .map_or_else(|| "None".to_owned(), |name| format!("'{name}'"));
        format!("Finding(rule='{rule}', name={name}, start={start}, end={end})")
    }
}

/// Redacts bytes that arrive in chunks.
#[pyclass(module = "kz", frozen)]
pub(crate) struct Stream(Mutex<Option<kz_redact::Stream>>);

#[pymethods]
impl Stream {
    fn write<'py>(&self, py: Python<'py>, data: PyBackedBytes) -> PyResult<Bound<'py, PyBytes>> {
        self.with(py, |stream| stream.write(&data))
    }

    #[getter]
    fn held(&self) -> usize {
        let slot = self.0.lock();
        let slot = slot.unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.as_ref().map_or(0, kz_redact::Stream::held)
    }

    fn flush<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.with(py, kz_redact::Stream::flush)
    }

    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let stream = self.take().ok_or_else(finished)?;
        let rest = without_panic(|| stream.finish()).ok_or_else(internal)?;
        Ok(PyBytes::new(py, &rest))
    }
}

impl Stream {
    fn take(&self) -> Option<kz_redact::Stream> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }

    /// After a panic the stream is gone, with what it held back: fail closed.
    fn with<'py>(
        &self,
        py: Python<'py>,
        f: impl FnOnce(&mut kz_redact::Stream) -> Vec<u8>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut slot = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut stream = slot.take().ok_or_else(finished)?;
        let out = without_panic(|| f(&mut stream)).ok_or_else(internal)?;
        *slot = Some(stream);
        Ok(PyBytes::new(py, &out))
    }
}

fn finished() -> Failure {
    Failure::new(ErrorKind::Closed, "the stream is finished")
}
