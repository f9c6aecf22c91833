//! Picks a field of a JSON document, with every leaf received first.

use kz_core::{Error, ErrorKind, Request, Role, SecretValue};
use serde_json::Value;
use zeroize::Zeroize;

/// A parsed document whose strings are wiped when it drops.
pub(crate) struct Document(Value);

impl Document {
    /// # Errors
    /// Kind `invalid`, without a word of the text.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes).map(Self).map_err(|_| {
            Error::new(
                ErrorKind::Invalid,
                "read",
                "the entry is not JSON, so it has no fields",
            )
            .with_remedy("leave the field out")
        })
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => {
            for (mut key, mut value) in std::mem::take(fields) {
                key.zeroize();
                wipe(&mut value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The wanted part of a document that is bytes: all of it, or one field.
pub(crate) fn pick(request: &Request<'_>, bytes: &[u8]) -> Result<SecretValue, Error> {
    let Some(field) = request.reference.field() else {
        request.intake.receive(request.name, Role::Value, bytes)?;
        return Ok(SecretValue::copy_from(bytes));
    };
    // Received as a whole first: what does not parse is secret all the same.
    request
        .intake
        .receive(request.name, Role::Sibling { key: "document" }, bytes)?;
    let document = Document::parse(bytes)?;
    pick_field(request, document.value(), field)
}

/// The field of a parsed document; every leaf beside it is received.
pub(crate) fn pick_field(
    request: &Request<'_>,
    document: &Value,
    field: &str,
) -> Result<SecretValue, Error> {
    let wanted = document.get(field).or_else(|| {
        if field.starts_with('/') {
            document.pointer(field)
        } else {
            None
        }
    });
    let value = wanted.map(text_of);
    if let Some(value) = &value {
        request
            .intake
            .receive(request.name, Role::Value, value.expose_bytes())?;
    }
    receive_leaves(request, document, "", wanted)?;
    value.ok_or_else(|| missing_field(document))
}

/// Receives every text and number of the document, but the wanted part.
pub(crate) fn receive_leaves(
    request: &Request<'_>,
    value: &Value,
    key: &str,
    wanted: Option<&Value>,
) -> Result<(), Error> {
    if wanted.is_some_and(|wanted| std::ptr::eq(wanted, value)) {
        return Ok(());
    }
    match value {
        Value::String(text) => {
            request
                .intake
                .receive(request.name, Role::Sibling { key }, text.as_bytes())
        }
        Value::Number(number) => {
            let mut text = number.to_string();
            let received =
                request
                    .intake
                    .receive(request.name, Role::Sibling { key }, text.as_bytes());
            text.zeroize();
            received
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| receive_leaves(request, item, key, wanted)),
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(key, item)| receive_leaves(request, item, key, wanted)),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn text_of(value: &Value) -> SecretValue {
    match value {
        Value::String(text) => SecretValue::copy_from(text.as_bytes()),
        other => SecretValue::from(other.to_string()),
    }
}

/// Names the keys that there are: they are as public as the reference.
fn missing_field(document: &Value) -> Error {
    let error = Error::new(ErrorKind::NotFound, "read", "the entry has no such field");
    let keys: Vec<_> = document
        .as_object()
        .map(|fields| {
            fields
                .keys()
                .map(String::as_str)
                .filter(|key| is_plain(key))
                .collect()
        })
        .unwrap_or_default();
    if keys.is_empty() {
        return error.with_remedy("the entry has no fields: leave the field out");
    }
    error.with_remedy(format!("name one of its fields: {}", keys.join(", ")))
}

/// Whether a key reads like a name, not like something that was pasted.
fn is_plain(key: &str) -> bool {
    key.len() <= 40
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}
