use std::{fmt, io};

use crate::{
    Mode, Redactor, marker,
    patterns::{Close, context_of},
    redactor::guarded,
    settings::{Scan, Window, replace},
    span::Span,
    wiped::Wiped,
};

/// How much is held back for a hit that does not end, such as a private key
/// without its last line, before it is masked as far as it goes.
const HELD: usize = 64 * 1024;

/// How much of such a hit is kept, since a known value may begin in it.
const OVERLAP: usize = 4 * 1024;

/// Redacts bytes that come in pieces. However they are cut, what comes out is
/// what [`Redactor::redact_bytes`] makes of the whole.
///
/// What may still become a secret is held back, and so is what was not looked at
/// yet: a window is scanned when it has doubled, so that no byte is scanned more
/// than twice on average, however small the pieces are. [`held`](Self::held) says
/// how much that is. Of ordinary text it is about the length of the longest
/// registered value; never is it more than twice the larger of 64 KiB (128 KiB with
/// [`OnRequest::Gzip`](crate::OnRequest::Gzip)) and 8,192 bytes for each byte of that
/// value, its spellings included, and what the last call wrote. [`flush`](Self::flush) lets it go.
///
/// A private key without end is masked from its first line on and swallowed until
/// its end, or that of the stream. A stream that is dropped without
/// [`finish`](Self::finish) loses what it holds.
///
/// A value that is [added](Redactor::add) while the stream runs is masked in all
/// that is written afterwards and in what is held; what was given out is gone.
/// Bytes that are not UTF-8 pass as they are.
pub struct Stream {
    redactor: Redactor,
    /// Context, then what is held back.
    window: Wiped<u8>,
    /// Length of the context.
    settled: usize,
    /// Length of the window when it was last scanned.
    scanned: usize,
    /// The last of what was written.
    written: Wiped<u8>,
    /// What rules found in the window by words that have left it.
    carried: Vec<Span>,
    /// The rule whose hit is being swallowed.
    swallowing: Option<usize>,
    /// How many bytes were scanned so far, each as often as it was.
    #[cfg(test)]
    total: usize,
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
            written: Wiped::new(),
            carried: Vec::new(),
            swallowing: None,
            #[cfg(test)]
            total: 0,
        }
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.window.len() - self.settled
    }

    /// Takes bytes and returns what is settled.
    pub fn write(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.window.extend_from_slice(bytes);
        // A window is scanned again only when it has doubled, so that each byte
        // is scanned twice at most, however small the pieces are.
        if self.window.len() < 2 * self.scanned {
            return Vec::new();
        }
        self.advance(End::No)
    }

    /// Returns what is held back without ending the stream, as at the end of a
    /// line. What is cut here is no longer recognised across the cut, but for a
    /// private key without end, which stays masked.
    pub fn flush(&mut self) -> Vec<u8> {
        self.advance(End::Cut)
    }

    /// Ends the stream and returns what is left.
    #[must_use = "this is the end of the text"]
    pub fn finish(mut self) -> Vec<u8> {
        self.advance(End::Last)
    }

    fn advance(&mut self, end: End) -> Vec<u8> {
        let mut output = Vec::new();
        let done = guarded(|| {
            self.step(end, &mut output);
            Some(())
        });
        if done.is_none() {
            // A defect of kz: nothing of what is held leaves.
            self.window.clear();
            self.carried.clear();
            self.settled = 0;
            self.scanned = 0;
            output.extend_from_slice(marker::FAILED.as_bytes());
        }
        output
    }

    fn step(&mut self, end: End, output: &mut Vec<u8>) {
        if !self.swallow(end) {
            self.scanned = self.window.len();
            return;
        }
        #[cfg(test)]
        {
            self.total += self.window.len();
        }
        let redactor = self.redactor.clone();
        let known = redactor.known();
        let window = Window {
            text: &self.window,
            from: self.settled,
            written: &self.written,
            last: end != End::No,
            carried: &self.carried,
        };
        let Scan {
            spans,
            mut safe,
            carried,
            open,
            ..
        } = redactor.settings().scan(&known, window);
        let held = self.window.len() - safe;
        let gives_up = match open {
            Some((rule, _)) if end == End::Cut || end == End::No && held > HELD => Some(rule),
            _ => None,
        };
        if gives_up.is_some() {
            safe = self.window.len();
        }
        let settled: Vec<Span> = spans.into_iter().filter(|span| span.end <= safe).collect();
        redactor.count(settled.len());
        let shown = if redactor.mode() == Mode::Report {
            &[]
        } else {
            &settled[..]
        };
        replace(&self.window[..safe], self.settled, shown, &known, output);
        let recent = &output[output.len() - context_of(output)..];
        self.written.extend_from_slice(recent);
        let recent = context_of(&self.written);
        self.written.drop_front(self.written.len() - recent);
        let kept = if gives_up.is_some() {
            safe.min(OVERLAP)
        } else {
            context_of(&self.window[..safe])
        };
        self.leave(safe - kept, carried);
        self.settled = kept;
        self.swallowing = gives_up.filter(|_| redactor.mode() != Mode::Report);
        self.scanned = self.window.len();
    }

    /// Drops what belongs to a hit that was masked without its end. Says whether
    /// something is left to scan.
    fn swallow(&mut self, end: End) -> bool {
        let Some(rule) = self.swallowing else {
            return true;
        };
        let rest = &self.window[self.settled..];
        let close = self.redactor.settings().close(rule, rest);
        let dropped = match close {
            Close::At(at) => {
                self.swallowing = None;
                at
            }
            Close::NotYet { .. } if end == End::Last => rest.len(),
            Close::NotYet { keep } => rest.len().saturating_sub(keep),
        };
        self.settled += dropped;
        let before = self.settled.saturating_sub(OVERLAP);
        self.leave(before, Vec::new());
        self.settled -= before;
        self.swallowing.is_none() || end == End::Last
    }

    /// Drops the first bytes of the window.
    fn leave(&mut self, count: usize, carried: Vec<Span>) {
        self.window.drop_front(count);
        self.carried = carried;
        for span in &mut self.carried {
            span.start = span.start.saturating_sub(count);
            span.end = span.end.saturating_sub(count);
        }
    }
}

/// Whether text follows a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It may.
    No,
    /// It may, but what is held goes now.
    Cut,
    /// None does.
    Last,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that keep a stream waiting, each in its own way.
    fn texts() -> Vec<(&'static str, String)> {
        vec![
            ("prose", "plain words, one after the other. ".repeat(150)),
            ("base64", "YWJj".repeat(1500)),
            ("hex", "6b7a2d".repeat(1000)),
            ("escapes", "\\u006b\\\\n".repeat(500)),
            ("beginnings", "kz-canary-kz-canar".repeat(300)),
            ("values", "kz-canary-1 ".repeat(500)),
            (
                "a key without end",
                format!(
                    "{}BEGIN PRIVATE KEY-----\n{}",
                    "-----",
                    "kzCanary".repeat(700)
                ),
            ),
        ]
    }

    /// However a text is stretched, what is held back has a bound; and what is found
    /// does not depend on the pieces.
    #[test]
    fn what_is_held_back_has_a_bound() {
        let value = "kz-canary-1";
        let redactor = Redactor::builder()
            .patterns(crate::PatternLevel::Off)
            .secret("A", value)
            .build()
            .unwrap();
        let most = (value.len() * 2 * crate::needle::REACH).max(HELD);
        let hex = |text: &[u8], between: &str| {
            let digits = text
                .iter()
                .flat_map(|byte| format!("{byte:02x}").into_bytes());
            let digits: Vec<_> = digits.map(|digit| char::from(digit).to_string()).collect();
            digits.join(between).into_bytes()
        };
        let wide = format!("\n{}", " ".repeat(60));
        for (layers, is_found) in [(1, true), (2, true), (3, false)] {
            let mut text = value.as_bytes().to_vec();
            for _ in 0..layers {
                text = hex(&text, &wide);
            }
            let whole = redactor.redact_bytes(&text).into_owned();
            assert_eq!(whole == b"[REDACTED:A]", is_found, "{layers} layers");
            let mut stream = redactor.stream();
            let mut output = Vec::new();
            let piece = 10_000;
            for piece_of_text in text.chunks(piece) {
                output.extend(stream.write(piece_of_text));
                let held = stream.held();
                assert!(held <= 2 * most + piece, "{layers} layers: {held} bytes");
            }
            output.extend(stream.finish());
            assert!(output == whole, "{layers} layers");
        }
    }

    #[test]
    fn a_byte_is_scanned_twice_at_most() {
        let redactor = Redactor::builder()
            .secret("A", "kz-canary-1")
            .build()
            .unwrap();
        for (name, text) in texts() {
            for size in [1, 100, 5000] {
                let mut stream = redactor.stream();
                let mut output = Vec::new();
                for piece in text.as_bytes().chunks(size) {
                    output.extend(stream.write(piece));
                    assert!(
                        stream.held() <= 2 * HELD + size,
                        "{name}: {}",
                        stream.held()
                    );
                }
                let total = stream.total;
                assert!(
                    total <= 2 * text.len(),
                    "{name} by {size}: {total} of {}",
                    text.len()
                );
                output.extend(stream.finish());
                assert_eq!(
                    String::from_utf8_lossy(&output),
                    redactor.redact_str(&text),
                    "{name} by {size}"
                );
            }
        }
    }
}
