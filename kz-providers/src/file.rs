//! `file:///path`: a file, or a field of a JSON file. One newline at the end is
//! lost unless `?raw=true`.

use std::{path::PathBuf, time::Instant};

use async_trait::async_trait;
use kz_core::{Capabilities, Error, Fetched, Intake, Provider, Request};

use crate::{deadline::within, document, query, read};

pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(base: PathBuf) -> Self {
        Self(base)
    }
}

#[async_trait]
impl Provider for File {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: true,
            ..Capabilities::default()
        }
    }

    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        within(request, async {
            query::allow(request.reference, &["raw"], None)?;
            let raw = query::flag(request.reference, "raw")?;
            let bytes = read::file(self.0.join(request.reference.path())).await?;
            let bytes = if raw {
                &bytes[..]
            } else {
                read::without_newline(&bytes)
            };
            document::pick(request, bytes).map(Fetched::new)
        })
        .await
    }

    async fn health(&self, _deadline: Instant, _intake: &dyn Intake) -> Result<(), Error> {
        Ok(())
    }
}
