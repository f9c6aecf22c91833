use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::Stream;

/// A filter in front of an [`AsyncWrite`].
///
/// `shutdown` is required: it ends the text, and what is held back when this
/// drops without it is lost. Flushing writes what is settled; what is held back
/// stays held. No more is taken in while something waits to go out, so a slow
/// reader slows the writer. A write that is cancelled has taken nothing.
///
/// ```
/// use tokio::io::AsyncWriteExt as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let redactor = kz_redact::Redactor::builder().secret("A", "kz-canary-1").build()?;
/// let mut output = Vec::new();
/// let mut writer = redactor.async_writer(&mut output);
/// writer.write_all(b"token kz-can").await?;
/// writer.write_all(b"ary-1").await?;
/// writer.shutdown().await?;
/// assert_eq!(output, b"token [REDACTED:A]");
/// # Ok(())
/// # }
/// ```
pub struct AsyncWriter<W> {
    /// `None` once the text has ended.
    stream: Option<Stream>,
    inner: W,
    /// What may leave, and how much of it did.
    ready: Vec<u8>,
    written: usize,
}

impl<W> AsyncWriter<W> {
    pub(crate) fn new(stream: Stream, inner: W) -> Self {
        Self {
            stream: Some(stream),
            inner,
            ready: Vec::new(),
            written: 0,
        }
    }

    /// The writer behind the filter. What is held back is lost without a
    /// `shutdown` before.
    pub fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: AsyncWrite + Unpin> AsyncWriter<W> {
    /// Hands on what is ready.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self
            .ready
            .get(self.written..)
            .filter(|rest| !rest.is_empty())
        {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        self.ready.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for AsyncWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        let Some(stream) = &mut this.stream else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        this.ready = stream.write(bytes);
        // What cannot leave now does so at the next call, which this has woken.
        match this.poll_drain(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(stream) = this.stream.take() {
            this.ready.extend_from_slice(&stream.finish());
        }
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

impl<W> fmt::Debug for AsyncWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncWriter").finish_non_exhaustive()
    }
}

/// Redacts a stream of byte chunks, such as the body of a response.
///
/// Errors of the stream pass, and lose nothing of what is held back. Nothing is
/// asked of the stream before it is asked of this one, and dropping this loses
/// only what is held.
///
/// ```
/// use futures_util::{StreamExt as _, stream};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let redactor = kz_redact::Redactor::builder().secret("A", "kz-canary-1").build()?;
/// let chunks = stream::iter([Ok::<_, std::io::Error>("token kz-can"), Ok("ary-1")]);
/// let redacted: Vec<_> = redactor.bytes_stream(chunks).map(Result::unwrap).collect().await;
/// assert_eq!(redacted.concat(), b"token [REDACTED:A]");
/// # Ok(())
/// # }
/// ```
pub struct BytesStream<S> {
    /// `None` once the text has ended.
    stream: Option<Stream>,
    inner: S,
}

impl<S> BytesStream<S> {
    pub(crate) fn new(stream: Stream, inner: S) -> Self {
        Self {
            stream: Some(stream),
            inner,
        }
    }
}

impl<S, B, E> futures_core::Stream for BytesStream<S>
where
    S: futures_core::Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    type Item = Result<Bytes, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while let Some(stream) = &mut this.stream {
            let output = match ready!(Pin::new(&mut this.inner).poll_next(cx)) {
                Some(Ok(chunk)) => stream.write(chunk.as_ref()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => this.stream.take().map(Stream::finish).unwrap_or_default(),
            };
            if !output.is_empty() {
                return Poll::Ready(Some(Ok(output.into())));
            }
        }
        Poll::Ready(None)
    }
}

impl<S> fmt::Debug for BytesStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BytesStream").finish_non_exhaustive()
    }
}
