//! A client and a server, connected with and without a guard; what passes is recorded.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use kz_redact::Mode;
use rmcp::{
    ClientHandler, RoleClient, ServerHandler, ServiceExt as _, model::ClientRequest,
    service::RunningService, transport::async_rw::AsyncRwTransport,
};
use serde_json::{Value, json};
use tokio::io::{AsyncWrite, DuplexStream, ReadHalf, WriteHalf, duplex, split};

use super::{
    super::{GuardedBytes, guard_bytes, guard_messages},
    leaky::of,
    masking,
};

/// Records what is written.
struct Tap<W> {
    inner: W,
    record: Arc<Mutex<Vec<u8>>>,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Tap<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.record
                .lock()
                .unwrap()
                .extend_from_slice(&bytes[..count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

pub(super) struct Client;
impl ClientHandler for Client {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    None,
    Bytes,
    Messages,
}

type Pipe = (ReadHalf<DuplexStream>, Tap<WriteHalf<DuplexStream>>);

/// A running server and its client.
pub(super) struct Session {
    pub(super) client: RunningService<RoleClient, Client>,
    record: Arc<Mutex<Vec<u8>>>,
}

impl Session {
    pub(super) async fn start(server: impl ServerHandler, guard: Guard, mode: Mode) -> Self {
        // Small, so that writes are partial.
        let (near, far) = duplex(64);
        let record = Arc::new(Mutex::new(Vec::new()));
        let (read, write) = split(near);
        let write = Tap {
            inner: write,
            record: Arc::clone(&record),
        };
        tokio::spawn(serve(server, guard, mode, (read, write)));
        let client = Client.serve(far).await.unwrap();
        Self { client, record }
    }

    /// The outcome of a request, as JSON.
    pub(super) async fn request(&self, request: Value) -> Value {
        let request: ClientRequest = of(request);
        match self.client.peer().send_request(request).await {
            Ok(result) => serde_json::to_value(result).unwrap(),
            Err(rmcp::ServiceError::McpError(error)) => serde_json::to_value(error).unwrap(),
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) async fn call(&self, tool: &str) -> Value {
        let params = json!({ "name": tool, "_meta": { "progressToken": "token" } });
        self.request(json!({ "method": "tools/call", "params": params }))
            .await
    }

    pub(super) fn record(&self) -> String {
        String::from_utf8(self.record.lock().unwrap().clone()).unwrap()
    }
}

async fn serve(server: impl ServerHandler, guard: Guard, mode: Mode, (read, write): Pipe) {
    let masking = masking(mode);
    match guard {
        Guard::None => server.serve((read, write)).await.unwrap().waiting().await,
        Guard::Bytes => {
            let guarded: GuardedBytes<_, _> = guard_bytes(&masking, read, write);
            server.serve(guarded).await.unwrap().waiting().await
        }
        Guard::Messages => {
            let transport = AsyncRwTransport::new_server(read, write);
            let guarded = guard_messages(&masking, transport);
            server.serve(guarded).await.unwrap().waiting().await
        }
    }
    .unwrap();
}
