//! `dotenv://.env#NAME`: an entry of a dotenv file.

mod parse;

use std::{path::PathBuf, time::Instant};

use async_trait::async_trait;
use kz_core::{Capabilities, Error, ErrorKind, Fetched, Intake, Provider, Request, Role};

use crate::{deadline::within, document, query, read};

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
            query::allow(request.reference, &[], None)?;
            let Some(field) = request.reference.field() else {
                return Err(Error::new(
                    ErrorKind::Config,
                    "read",
                    "the reference names no entry of the file",
                )
                .with_remedy("end it with `#NAME`"));
            };
            let bytes = read::file(self.0.join(request.reference.path())).await?;
            let (entries, end) = parse::entries(&bytes);
            for entry in &entries {
                let role = if entry.key == field {
                    Role::Value
                } else {
                    Role::Sibling { key: &entry.key }
                };
                request.intake.receive(request.name, role, &entry.value)?;
            }
            end?;
            // The last one counts, as for a shell that sources the file.
            match entries.iter().rfind(|entry| entry.key == field) {
                Some(entry) => document::value(&entry.value).map(Fetched::new),
                None => Err(document::no_such_field(
                    entries.iter().map(|entry| entry.key.as_str()),
                    "entry",
                )),
            }
        })
        .await
    }

    async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
        Ok(())
    }
}
