//! Guards for servers built on rmcp: over bytes, over a typed transport, around
//! a service.

mod service;
#[cfg(test)]
mod tests;
mod transport;
mod watch;
mod writer;

use std::sync::Arc;

use kz_redact::Redactor;
use rmcp::{
    RoleServer,
    service::Service,
    transport::{Transport, async_rw::AsyncRwTransport},
};
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use self::watch::panicked;
pub use self::{service::GuardedService, transport::GuardedTransport, writer::GuardedWriter};
use crate::{MessageFilter, Secrets};

/// What `Secrets::guard` makes of a pair of byte streams: rmcp's own transport
/// over a filtered writer.
pub type GuardedBytes<R, W> = GuardedTransport<AsyncRwTransport<RoleServer, R, GuardedWriter<W>>>;

/// Only with the feature `rmcp`.
impl Secrets {
    /// Guards a server that talks over a pair of byte streams, such as
    /// `rmcp::transport::stdio()`. The result goes to rmcp's `serve`.
    ///
    /// Every byte that the server writes passes a [`MessageFilter`]: results,
    /// errors, notifications, requests, and text that is no message. A message
    /// without a secret leaves byte for byte as rmcp wrote it. A request whose
    /// handler panics is answered with an error, where rmcp alone never answers;
    /// a handler that catches its own panic has a tenth of a second to answer.
    ///
    /// ```no_run
    /// # use rmcp::{ServerHandler, ServiceExt, transport::stdio};
    /// # #[derive(Clone)] struct Notes;
    /// # impl ServerHandler for Notes {}
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let secrets = kz_mcp::open().await?;
    /// let service = Notes.serve(secrets.guard(stdio())).await?;
    /// service.waiting().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn guard<R, W>(&self, (read, write): (R, W)) -> GuardedBytes<R, W>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        guard_bytes(self.masking(), read, write)
    }

    /// Guards a transport that carries typed messages. Where there are bytes to
    /// wrap, prefer [`guard`](Self::guard): it sees what is written, not what
    /// will be.
    ///
    /// A message without a secret is handed on as it came.
    ///
    /// ```no_run
    /// # use rmcp::{RoleServer, ServerHandler, ServiceExt, transport::Transport};
    /// # async fn example<T>(server: impl ServerHandler, transport: T) -> Result<(), Box<dyn std::error::Error>>
    /// # where T: Transport<RoleServer> + 'static {
    /// let secrets = kz_mcp::open().await?;
    /// let service = server.serve(secrets.guard_transport(transport)).await?;
    /// # service.waiting().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn guard_transport<T: Transport<RoleServer>>(&self, transport: T) -> GuardedTransport<T> {
        guard_messages(self.masking(), transport)
    }

    /// Guards a service against panics only, where its transport cannot be
    /// wrapped: a handler that panics answers with an error, at once. What the
    /// service says must be filtered elsewhere, by a [`MessageFilter`].
    ///
    /// ```no_run
    /// # async fn example(server: impl rmcp::ServerHandler) -> Result<(), kz_mcp::Error> {
    /// let secrets = kz_mcp::open().await?;
    /// let server = secrets.guard_service(server);
    /// # drop(server);
    /// # Ok(())
    /// # }
    /// ```
    pub fn guard_service<S: Service<RoleServer>>(&self, service: S) -> GuardedService<S> {
        GuardedService::new(service, Arc::clone(self.masking()))
    }
}

pub(crate) fn guard_bytes<R, W>(masking: &Arc<Redactor>, read: R, write: W) -> GuardedBytes<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let filter = Arc::new(MessageFilter::new(Redactor::clone(masking)));
    let (refusals, refused) = tokio::sync::mpsc::unbounded_channel();
    let writer = GuardedWriter::new(write, Arc::clone(&filter), refusals.clone());
    let transport = AsyncRwTransport::new_server(read, writer);
    GuardedTransport::over_bytes(transport, filter, Arc::clone(masking), (refusals, refused))
}

pub(crate) fn guard_messages<T: Transport<RoleServer>>(
    masking: &Arc<Redactor>,
    transport: T,
) -> GuardedTransport<T> {
    let filter = Arc::new(MessageFilter::new(Redactor::clone(masking)));
    GuardedTransport::over_messages(transport, filter, Arc::clone(masking))
}
