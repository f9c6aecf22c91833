//! Python strings as UTF-8 and back. A Python string may hold lone surrogates,
//! which UTF-8 has no place for; `surrogatepass` gives each three bytes, and so
//! is the length in bytes of U+FFFD.

use pyo3::{
    prelude::*,
    types::{PyBytes, PyString, PyType},
};

/// The text with each lone surrogate as three bytes of its own.
pub(crate) fn encode<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyBytes>> {
    let py = text.py();
    // Of `str` itself: a subclass may have an `encode` of its own.
    let encoded =
        PyType::new::<PyString>(py).call_method1("encode", (text, "utf-8", "surrogatepass"))?;
    Ok(encoded.cast_into::<PyBytes>()?)
}

/// The reverse of [`encode`]. Bytes that are no text, because a marker took the
/// place of half a character, become U+FFFD.
pub(crate) fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    let bytes = PyBytes::new(py, bytes);
    let decoded = bytes
        .call_method1("decode", ("utf-8", "surrogatepass"))
        .or_else(|_| bytes.call_method1("decode", ("utf-8", "replace")))?;
    Ok(decoded.cast_into::<PyString>()?)
}

/// The text with U+FFFD for each lone surrogate: as many bytes and as many code
/// points as [`encode`] gives, so that offsets agree.
pub(crate) fn without_surrogates(text: &Bound<'_, PyString>) -> PyResult<String> {
    let bytes = encode(text)?;
    let mut bytes = bytes.as_bytes().to_vec();
    // A surrogate is ED A0..BF xx; no other character begins so.
    for at in 0..bytes.len().saturating_sub(2) {
        if bytes[at] == 0xED && bytes[at + 1] >= 0xA0 {
            bytes[at..at + 3].copy_from_slice("\u{FFFD}".as_bytes());
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The number of code points before the byte offset `end`, counted on from
/// `start`, which lies `before` code points in.
pub(crate) fn code_points(text: &str, before: usize, start: usize, end: usize) -> usize {
    before
        + text.as_bytes()[start..end]
            .iter()
            .filter(|byte| !(0x80..0xC0).contains(*byte))
            .count()
}
