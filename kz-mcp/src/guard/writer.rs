//! Filters what a server writes, line by line.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use kz_core::WipedBytes;
use memchr::memchr;
use tokio::{io::AsyncWrite, sync::mpsc::UnboundedSender};

use super::watch::Event;
use crate::MessageFilter;

/// Most memory that is kept from one message to the next.
const KEPT: usize = 64 << 10;

/// A writer in front of another that lets whole lines pass, filtered.
///
/// A line waits until its newline, or the end of the stream, is written: half a
/// message cannot be scanned, and no client can read it. Flushing lets out every
/// whole line. No more is taken in while lines wait to go out, so a slow reader
/// slows the server, as it does without the guard.
pub struct GuardedWriter<W> {
    inner: W,
    filter: Arc<MessageFilter>,
    events: UnboundedSender<Event>,
    /// The line under way.
    line: WipedBytes,
    /// What may leave, and how much of it did.
    ready: Vec<u8>,
    written: usize,
}

impl<W> GuardedWriter<W> {
    pub(super) fn new(
        inner: W,
        filter: Arc<MessageFilter>,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self {
            inner,
            filter,
            events,
            line: WipedBytes::new(),
            ready: Vec::new(),
            written: 0,
        }
    }

    /// Takes bytes in, and makes whole lines ready to leave.
    fn take(&mut self, mut bytes: &[u8]) {
        while let Some(at) = memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(at + 1);
            if self.line.is_empty() {
                self.release(line);
            } else {
                // Taken, so that one long message does not hold its memory for good.
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.release(&whole);
            }
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
    }

    /// Filters a line, and keeps the line end that it has.
    fn release(&mut self, line: &[u8]) {
        let message = line.strip_suffix(b"\n").unwrap_or(line);
        let message = message.strip_suffix(b"\r").unwrap_or(message);
        if !message.is_empty() {
            let passed = self.filter.pass(message);
            self.ready.extend_from_slice(&passed.message);
            for id in passed.refused_requests {
                // Nobody waits for it when the transport is gone.
                drop(self.events.send(Event::Refused(id)));
            }
        }
        self.ready.extend_from_slice(&line[message.len()..]);
    }
}

impl<W: AsyncWrite + Unpin> GuardedWriter<W> {
    /// Hands on what is ready.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.ready.len() {
            let rest = &self.ready[self.written..];
            match ready!(Pin::new(&mut self.inner).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        // Used again, but one long message does not hold its memory for good.
        if self.ready.capacity() > KEPT {
            self.ready = Vec::new();
        }
        self.ready.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for GuardedWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        this.take(bytes);
        // What cannot leave now does so at the next call, which this has woken.
        if let Poll::Ready(Err(error)) = this.poll_drain(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let tail = std::mem::take(&mut this.line);
        this.release(&tail);
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

impl<W> fmt::Debug for GuardedWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedWriter")
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}
