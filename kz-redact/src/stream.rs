use std::{fmt, io};

use crate::{
    Mode, Redactor, marker, redactor::guarded, settings::replace, span::Span, wiped::Wiped,
};

/// How much of what was settled is kept, to tell what stands before.
const CONTEXT: usize = 64;

/// Redacts bytes that come in pieces. However they are cut, what comes out is
/// what [`Redactor::redact_bytes`] makes of the whole.
///
/// What may still become a secret is held back. A stream that is dropped without
/// [`finish`](Self::finish) loses what it holds.
pub struct Stream {
    redactor: Redactor,
    /// Context, then what is held back.
    window: Wiped<u8>,
    /// Length of the context.
    settled: usize,
    /// Length of the window when it was last scanned.
    scanned: usize,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl Stream {
    pub(crate) fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            window: Wiped::new(),
            settled: 0,
            scanned: 0,
        }
    }

    /// Takes bytes and returns what is settled.
    pub fn write(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.window.extend_from_slice(bytes);
        // A window is scanned again only when it has doubled, so that each byte
        // is scanned twice at most, however small the pieces are.
        if self.window.len() < 2 * self.scanned {
            return Vec::new();
        }
        self.advance(false)
    }

    /// Returns what is held back without ending the stream, as at the end of a
    /// line. What is cut here is no longer recognised across the cut.
    pub fn flush(&mut self) -> Vec<u8> {
        self.advance(true)
    }

    /// Ends the stream and returns what is left.
    #[must_use = "this is the end of the text"]
    pub fn finish(mut self) -> Vec<u8> {
        self.advance(true)
    }

    fn advance(&mut self, last: bool) -> Vec<u8> {
        let mut output = Vec::with_capacity(self.window.len() - self.settled);
        let known = self.redactor.known();
        let settings = self.redactor.settings();
        let scan = guarded(|| Some(settings.scan(&known, &self.window, self.settled, last)));
        let Some(scan) = scan else {
            self.window.clear();
            self.settled = 0;
            self.scanned = 0;
            return marker::FAILED.into();
        };
        let settled: Vec<Span> = scan
            .spans
            .into_iter()
            .filter(|span| span.end <= scan.safe)
            .collect();
        self.redactor.count(settled.len());
        let spans = if self.redactor.mode() == Mode::Report {
            &[]
        } else {
            &settled[..]
        };
        replace(
            &self.window[..scan.safe],
            self.settled,
            spans,
            &known,
            &mut output,
        );
        let kept = scan.safe.min(CONTEXT);
        self.window.drop_front(scan.safe - kept);
        self.settled = kept;
        self.scanned = self.window.len();
        output
    }
}

/// A filter in front of a writer. [`finish`](Self::finish) is required: what is
/// held back when it drops is lost.
pub struct Writer<W> {
    stream: Stream,
    inner: W,
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<W: io::Write> Writer<W> {
    pub(crate) fn new(stream: Stream, inner: W) -> Self {
        Self { stream, inner }
    }

    /// Writes what is left and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        let rest = self.stream.finish();
        self.inner.write_all(&rest)?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

impl<W: io::Write> io::Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let settled = self.stream.write(bytes);
        self.inner.write_all(&settled)?;
        Ok(bytes.len())
    }

    /// Writes what is settled; what is held back stays held.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
