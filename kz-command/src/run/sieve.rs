//! Masks a stream of bytes on its way from the server to the client.

use std::{borrow::Cow, mem, sync::Arc};

use kz_mcp::MessageFilter;
use kz_redact::{Redactor, Stream};

/// What a pump passes its bytes through.
pub(crate) trait Sieve: Send {
    /// Takes bytes in and appends what may leave by now.
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>);

    /// Appends the rest, at the end of the stream.
    fn finish(&mut self, out: &mut Vec<u8>);
}

impl Sieve for Box<dyn Sieve> {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        (**self).write(bytes, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        (**self).finish(out);
    }
}

/// Longest message that is held in memory to be scanned.
const MESSAGE_LIMIT: usize = 256 << 20;

/// JSON-RPC's code for a failure of the server.
pub(crate) const INTERNAL_ERROR: i64 = -32603;

/// Filters JSON-RPC messages, one a line. A message waits until its line is
/// whole; the end of the stream ends the last one too.
pub(crate) struct Messages<F> {
    mask: F,
    pending: Vec<u8>,
    limit: usize,
    /// The message under way is over the limit: it is dropped up to its end.
    too_long: bool,
    /// Stands in for such a message.
    withheld: String,
}

impl<F: for<'m> Fn(&'m [u8]) -> Cow<'m, [u8]>> Messages<F> {
    fn new(mask: F, limit: usize, withheld: String) -> Self {
        Self {
            mask,
            pending: Vec::new(),
            limit,
            too_long: false,
            withheld,
        }
    }

    /// Lets a line out, with the line end that it came with.
    fn release(&self, line: &[u8], out: &mut Vec<u8>) {
        let message = line.strip_suffix(b"\n").unwrap_or(line);
        let message = message.strip_suffix(b"\r").unwrap_or(message);
        if !message.is_empty() {
            out.extend_from_slice(&(self.mask)(message));
        }
        out.extend_from_slice(&line[message.len()..]);
    }

    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.pending.len() + part.len() > self.limit {
            self.too_long = true;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(part);
        }
    }

    fn release_pending(&mut self, out: &mut Vec<u8>) {
        if mem::take(&mut self.too_long) {
            out.extend_from_slice(self.withheld.as_bytes());
            out.push(b'\n');
        } else {
            // Taken, so that one long message does not hold its memory for good.
            let line = mem::take(&mut self.pending);
            self.release(&line, out);
        }
    }
}

impl<F: for<'m> Fn(&'m [u8]) -> Cow<'m, [u8]> + Send> Sieve for Messages<F> {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(at + 1);
            if self.pending.is_empty() && !self.too_long {
                self.release(line, out);
            } else {
                self.keep(line);
                self.release_pending(out);
            }
            rest = after;
        }
        if !rest.is_empty() {
            self.keep(rest);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.too_long || !self.pending.is_empty() {
            self.release_pending(out);
        }
    }
}

/// The sieve for standard output.
pub(crate) fn messages(filter: Arc<MessageFilter>) -> impl Sieve {
    let withheld = filter.error(
        None,
        INTERNAL_ERROR,
        "kz: a message of more than 256 MiB was withheld: it is too long to be scanned for secrets",
    );
    Messages::new(
        move |message: &[u8]| -> Cow<'_, [u8]> {
            // The borrow of the filter ends here, the message's does not.
            match filter.outgoing(message) {
                Cow::Borrowed(unchanged) => Cow::Borrowed(unchanged),
                Cow::Owned(masked) => Cow::Owned(masked),
            }
        },
        MESSAGE_LIMIT,
        withheld,
    )
}

/// Filters text. What may be the beginning of a secret waits for more, however
/// long that takes: a line that was let out cannot be taken back.
pub(crate) struct Text(Option<Stream>);

impl Text {
    pub(crate) fn new(redactor: &Redactor) -> Self {
        Self(Some(redactor.stream()))
    }
}

impl Sieve for Text {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if let Some(stream) = &mut self.0 {
            out.extend_from_slice(&stream.write(bytes));
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(stream) = self.0.take() {
            out.extend_from_slice(&stream.finish());
        }
    }
}

/// Lets another sieve look at the bytes and count, and lets them pass unchanged.
pub(crate) struct Report<S>(pub(crate) S);

impl<S: Sieve> Sieve for Report<S> {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.0.write(bytes, &mut Vec::new());
        out.extend_from_slice(bytes);
    }

    fn finish(&mut self, _: &mut Vec<u8>) {
        self.0.finish(&mut Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(message: &[u8]) -> Cow<'_, [u8]> {
        assert!(!message.contains(&b'\n') && !message.is_empty());
        Cow::Owned(message.to_ascii_uppercase())
    }

    fn run(sieve: &mut dyn Sieve, input: &[u8], step: usize) -> String {
        let mut out = Vec::new();
        for chunk in input.chunks(step) {
            sieve.write(chunk, &mut out);
        }
        sieve.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_keep_their_ends_however_they_are_split() {
        for (input, expected) in [
            ("", ""),
            ("a\n", "A\n"),
            ("a\r\nb\n", "A\r\nB\n"),
            ("a\n\n\r\nb", "A\n\n\r\nB"),
            ("a\rb\n", "A\rB\n"),
            ("no end", "NO END"),
            ("\n", "\n"),
        ] {
            for step in 1..=input.len().max(1) {
                let mut sieve = Messages::new(upper, 100, String::new());
                assert_eq!(
                    run(&mut sieve, input.as_bytes(), step),
                    expected,
                    "{input:?} by {step}"
                );
            }
        }
    }

    #[test]
    fn a_message_over_the_limit_is_withheld_and_the_next_one_is_not() {
        for step in 1..40 {
            let mut sieve = Messages::new(upper, 8, "withheld".to_owned());
            let text = run(&mut sieve, b"0123456789abcdef\nnext\nand 0123456789", step);
            // A line that arrives whole in one read needs no memory of its own.
            let first = if step >= 17 {
                "0123456789ABCDEF"
            } else {
                "withheld"
            };
            assert_eq!(text, format!("{first}\nNEXT\nwithheld\n"), "by {step}");
        }
    }

    #[test]
    fn report_changes_nothing() {
        let mut sieve = Report(Messages::new(upper, 100, String::new()));
        assert_eq!(run(&mut sieve, b"a\nb\r\nc", 2), "a\nb\r\nc");
    }
}
