//! A Python object as one JSON text, and the redacted text laid back over the
//! object, so that what did not change stays the very same object.
//!
//! Redaction itself is `redact_json_str`: what holds for a message holds here.

use std::{borrow::Cow, fmt::Write};

use pyo3::{
    PyTypeInfo,
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType},
};

use crate::{
    errors::{FAILED, Failure},
    text,
};

/// Deeper than any message; Python's own parser gives up not much later.
const MAX_DEPTH: usize = 200;

/// Redacts `value` by `redact`, which is given its JSON text.
pub(crate) fn redact<'py>(
    value: &Bound<'py, PyAny>,
    redact: impl for<'t> FnOnce(&'t str) -> Result<Cow<'t, str>, kz_redact::Error>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut writer = JsonWriter::default();
    writer.value(value)?;
    match redact(&writer.out).map_err(Failure::from)? {
        Cow::Borrowed(_) if !writer.refused => Ok(value.clone()),
        redacted => overlay(value, &parse(value.py(), &redacted)?),
    }
}

#[derive(Default)]
struct JsonWriter {
    out: String,
    /// The containers that are being written, by address.
    path: Vec<usize>,
    /// Whether something was replaced because it cannot be written.
    refused: bool,
}

impl JsonWriter {
    fn value(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(text) = value.cast::<PyString>() {
            self.string(text)
        } else if let Ok(dict) = value.cast::<PyDict>() {
            self.nested(value, '{', '}', |writer| writer.members(dict))
        } else if let Ok(list) = value.cast::<PyList>() {
            self.nested(value, '[', ']', |writer| writer.items(list.iter()))
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            self.nested(value, '[', ']', |writer| writer.items(tuple.iter()))
        } else {
            self.scalar(value)
        }
    }

    /// A container that holds itself, or is too deep to be walked, is replaced.
    fn nested(
        &mut self,
        value: &Bound<'_, PyAny>,
        open: char,
        close: char,
        write: impl FnOnce(&mut Self) -> PyResult<()>,
    ) -> PyResult<()> {
        let address = value.as_ptr() as usize;
        if self.path.len() == MAX_DEPTH || self.path.contains(&address) {
            return self.refuse();
        }
        self.path.push(address);
        self.out.push(open);
        write(self)?;
        self.out.push(close);
        self.path.pop();
        Ok(())
    }

    fn members(&mut self, dict: &Bound<'_, PyDict>) -> PyResult<()> {
        for (index, (key, value)) in dict.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            match key.cast::<PyString>() {
                Ok(key) => self.string(key)?,
                Err(_) => self.other_key(&key)?,
            }
            self.out.push(':');
            self.value(&value)?;
        }
        Ok(())
    }

    /// A key that is a number, a boolean or None is written as `json.dumps` does.
    fn other_key(&mut self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let start = self.out.len();
        self.scalar(key)?;
        if !self.out[start..].starts_with('"') {
            self.out.insert(start, '"');
            self.out.push('"');
        }
        Ok(())
    }

    fn items<'py>(&mut self, items: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<()> {
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.value(&item)?;
        }
        Ok(())
    }

    fn scalar(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if value.is_none() {
            self.out.push_str("null");
        } else if let Ok(value) = value.cast::<PyBool>() {
            self.out
                .push_str(if value.is_true() { "true" } else { "false" });
        } else if value.is_instance_of::<PyInt>() {
            self.number::<PyInt>(value)?;
        } else if value
            .cast::<PyFloat>()
            .is_ok_and(|float| float.value().is_finite())
        {
            self.number::<PyFloat>(value)?;
        } else if value.is_instance_of::<PyFloat>() {
            self.out.push_str("null");
        } else {
            let name = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "redact_json takes JSON values, not {name}"
            )));
        }
        Ok(())
    }

    /// As the type itself prints it: a subclass may print something else.
    fn number<T: PyTypeInfo>(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let printed = PyType::new::<T>(value.py()).call_method1("__repr__", (value,));
        match printed.and_then(|printed| Ok(printed.cast_into::<PyString>()?)) {
            Ok(printed) => self.out.push_str(printed.to_str()?),
            // An integer with more digits than Python will print.
            Err(_) => self.refuse()?,
        }
        Ok(())
    }

    fn refuse(&mut self) -> PyResult<()> {
        self.refused = true;
        write!(self.out, "\"{FAILED}\"").map_err(|_| PyTypeError::new_err("no room"))
    }

    fn string(&mut self, text: &Bound<'_, PyString>) -> PyResult<()> {
        self.out.push('"');
        match text.to_str() {
            Ok(text) => self.escaped(text),
            Err(_) => self.surrogates(text::encode(text)?.as_bytes()),
        }
        self.out.push('"');
        Ok(())
    }

    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
            self.out.push_str(&rest[..at]);
            let _ = write!(self.out, "\\u{:04x}", rest.as_bytes()[at]);
            rest = &rest[at + 1..];
        }
        self.out.push_str(rest);
    }

    /// JSON can spell a lone surrogate, as `\udXXX`.
    fn surrogates(&mut self, bytes: &[u8]) {
        let (mut start, mut at) = (0, 0);
        while let Some(unit) = bytes.get(at..at + 3) {
            if unit[0] == 0xED && unit[1] >= 0xA0 {
                self.escaped(&String::from_utf8_lossy(&bytes[start..at]));
                let low = (u16::from(unit[1] & 0x3F) << 6) | u16::from(unit[2] & 0x3F);
                let _ = write!(self.out, "\\u{:04x}", 0xD000 | low);
                (start, at) = (at + 3, at + 2);
            }
            at += 1;
        }
        self.escaped(&String::from_utf8_lossy(&bytes[start..]));
    }
}

/// Parses with objects as lists of pairs, so that two keys that became one both stay.
fn parse<'py>(py: Python<'py>, document: &str) -> PyResult<Bound<'py, PyAny>> {
    let keywords = PyDict::new(py);
    keywords.set_item("object_pairs_hook", PyType::new::<PyList>(py))?;
    py.import("json")?
        .call_method("loads", (document,), Some(&keywords))
}

/// `redacted` in the types of `original`; what did not change is `original` itself.
fn overlay<'py>(
    original: &Bound<'py, PyAny>,
    redacted: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(text) = redacted.cast::<PyString>() {
        let same = original
            .cast::<PyString>()
            .is_ok_and(|original| same_text(original, text));
        return Ok(if same {
            original.clone()
        } else {
            redacted.clone()
        });
    }
    let Ok(redacted) = redacted.cast::<PyList>() else {
        // A number, a boolean or null that did not become a marker.
        return Ok(if is_text_or_container(original) {
            PyString::new(original.py(), FAILED).into_any()
        } else {
            original.clone()
        });
    };
    if let Ok(dict) = original.cast::<PyDict>() {
        members(dict, redacted)
    } else if let Ok(list) = original.cast::<PyList>() {
        let items = items(list.iter(), redacted)?;
        if unchanged(list.iter(), &items) {
            return Ok(original.clone());
        }
        Ok(PyList::new(original.py(), items)?.into_any())
    } else {
        let tuple = original.cast::<PyTuple>()?;
        let items = items(tuple.iter(), redacted)?;
        if unchanged(tuple.iter(), &items) {
            return Ok(original.clone());
        }
        Ok(PyTuple::new(original.py(), items)?.into_any())
    }
}

/// What was written as one thing and reads as another was changed meanwhile.
fn is_text_or_container(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
}

fn members<'py>(
    original: &Bound<'py, PyDict>,
    pairs: &Bound<'py, PyList>,
) -> PyResult<Bound<'py, PyAny>> {
    let changed = PyDict::new(original.py());
    let mut same = true;
    for ((key, value), pair) in original.iter().zip(pairs.iter()) {
        let (new_key, new_value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = pair.extract()?;
        let new_key = overlay_key(&key, &new_key)?;
        let new_value = overlay(&value, &new_value)?;
        same &= new_key.is(&key) && new_value.is(&value);
        changed.set_item(new_key, new_value)?;
    }
    Ok(if same { original.clone() } else { changed }.into_any())
}

/// A key that is no string was written as text: it changed if the text is a marker now.
fn overlay_key<'py>(
    original: &Bound<'py, PyAny>,
    redacted: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if original.is_instance_of::<PyString>() {
        return overlay(original, redacted);
    }
    let mut writer = JsonWriter::default();
    writer.other_key(original)?;
    let same = writer.out.trim_matches('"') == redacted.cast::<PyString>()?.to_str()?;
    Ok(if same && !writer.refused {
        original
    } else {
        redacted
    }
    .clone())
}

fn items<'py>(
    originals: impl Iterator<Item = Bound<'py, PyAny>>,
    redacted: &Bound<'py, PyList>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    originals
        .zip(redacted.iter())
        .map(|(original, redacted)| overlay(&original, &redacted))
        .collect()
}

fn unchanged<'py>(
    originals: impl Iterator<Item = Bound<'py, PyAny>>,
    items: &[Bound<'py, PyAny>],
) -> bool {
    originals
        .zip(items)
        .all(|(original, item)| original.is(item))
}

/// Compares the texts, not by an `__eq__` of a subclass.
fn same_text(one: &Bound<'_, PyString>, other: &Bound<'_, PyString>) -> bool {
    match (one.to_str(), other.to_str()) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), Err(_)) => match (text::encode(one), text::encode(other)) {
            (Ok(one), Ok(other)) => one.as_bytes() == other.as_bytes(),
            _ => false,
        },
        _ => false,
    }
}
