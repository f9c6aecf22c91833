//! `dotenv://.env#NAME`: an entry of a dotenv file.

mod parse;

use std::{path::PathBuf, time::Instant};

use async_trait::async_trait;
use kz_core::{
    Capabilities, Error, ErrorKind, Fetched, Intake, Provider, Request, Role, SecretValue,
};

use crate::{deadline::within, read};

pub(crate) struct Dotenv(PathBuf);

impl Dotenv {
    pub(crate) fn new(base: PathBuf) -> Self {
        Self(base)
    }
}

#[async_trait]
impl Provider for Dotenv {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: true,
            ..Capabilities::default()
        }
    }

    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        within(request, async {
            let Some(field) = request.reference.field() else {
                return Err(Error::new(
                    ErrorKind::Config,
                    "read",
                    "the reference names no entry of the file",
                )
                .with_remedy("end it with `#NAME`"));
            };
            let bytes = read::file(&read::resolve(&self.0, request.reference.path())).await?;
            let entries = parse::entries(&bytes)?;
            for entry in &entries {
                let role = if entry.key == field {
                    Role::Value
                } else {
                    Role::Sibling { key: &entry.key }
                };
                request
                    .intake
                    .receive(request.name, role, entry.value.as_bytes())?;
            }
            // The last one counts, as for a shell that sources the file.
            let entry = entries
                .iter()
                .rfind(|entry| entry.key == field && !entry.value.is_empty());
            let entry = entry.ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    "read",
                    "the file has no such entry, or it is empty",
                )
                .with_remedy("add it, or mend the name")
            })?;
            Ok(Fetched::new(SecretValue::copy_from(entry.value.as_bytes())))
        })
        .await
    }

    async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
        Ok(())
    }
}
