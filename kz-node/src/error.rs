//! Errors cross as JSON in the message; `js/errors.cjs` turns them into `KzError`.

use napi::{Error, Status};

/// What `js/errors.cjs` looks for in front of the JSON.
const PREFIX: &str = "kz-error:";

fn encode(code: &str, retryable: bool, names: &[String], message: &str) -> Error {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let names: Vec<_> = names.iter().map(|name| quote(name)).collect();
    Error::new(
        Status::GenericFailure,
        format!(
            "{PREFIX}{{\"code\":{},\"retryable\":{retryable},\"names\":[{}],\"message\":{}}}",
            quote(code),
            names.join(","),
            quote(message),
        ),
    )
}

pub(crate) fn engine(error: &kz_engine::Error) -> Error {
    encode(
        error.kind().as_str(),
        error.is_retryable(),
        error.names(),
        &error.to_string(),
    )
}

pub(crate) fn redact(error: &kz_redact::Error) -> Error {
    encode(
        error.kind().as_str(),
        error.is_retryable(),
        &[],
        &error.to_string(),
    )
}
