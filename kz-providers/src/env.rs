//! `env://NAME`: a variable of the environment.

use std::{ffi::OsStr, time::Instant};

use async_trait::async_trait;
use kz_core::{Capabilities, Error, ErrorKind, Fetched, Intake, Provider, Request};

use crate::{Environment, deadline::within, document, query};

pub(crate) struct Env(Environment);

impl Env {
    pub(crate) fn new(environment: Environment) -> Self {
        Self(environment)
    }
}

#[async_trait]
impl Provider for Env {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: true,
            ..Capabilities::default()
        }
    }

    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        within(request, async { lookup(&self.0, request) }).await
    }

    async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
        Ok(())
    }
}

fn lookup(environment: &Environment, request: &Request<'_>) -> Result<Fetched, Error> {
    query::allow(request.reference, &[], None)?;
    let value = set(environment, request.reference.path())?;
    // A client that does not expand hands `${NAME}` over as it stands; it is
    // looked up once more, and never taken for a value.
    let value = match value.to_str().and_then(variable_in) {
        Some(name) => set(environment, name)?,
        None => value,
    };
    if value.to_str().and_then(variable_in).is_some() {
        return Err(Error::new(
            ErrorKind::NotFound,
            "read",
            "the variable names a variable that was not expanded",
        )
        .with_remedy("set it to the value itself"));
    }
    document::pick(request, value.as_encoded_bytes()).map(Fetched::new)
}

fn set<'e>(environment: &'e Environment, name: &str) -> Result<&'e OsStr, Error> {
    environment
        .get(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "read",
                "the variable is not set, or empty",
            )
            .with_remedy("set it where the server is started")
        })
}

/// The name in `$NAME`, `${NAME}` or `${env:NAME}`, if that is the whole text.
fn variable_in(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let name = match rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(inner) => inner.strip_prefix("env:").unwrap_or(inner),
        None => rest,
    };
    let starts = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    (starts && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_variable() {
        for (text, name) in [
            ("$NAME", Some("NAME")),
            ("${NAME}", Some("NAME")),
            ("${env:NAME}", Some("NAME")),
            ("$1", None),
            ("$", None),
            ("${}", None),
            ("${NAME", None),
            ("$NAME!", None),
            ("x$NAME", None),
            ("pa$$word", None),
            ("${NAME}x", None),
        ] {
            assert_eq!(variable_in(text), name, "{text}");
        }
    }
}
