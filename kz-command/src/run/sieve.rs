//! Masks a stream of bytes on its way from the server to the client.

use std::{borrow::Cow, mem, sync::Arc, time::Duration};

use kz_core::WipedBytes;
use kz_mcp::MessageFilter;
use kz_redact::{Redactor, Stream};

/// What a pump passes its bytes through.
pub(crate) trait Sieve: Send {
    /// Takes bytes in and appends what may leave by now.
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>);

    /// Whether something is held that a [`pause`](Self::pause) would release.
    fn waits(&self) -> bool;

    /// Appends what need not wait any longer: nothing has come for [`PAUSE`].
    fn pause(&mut self, out: &mut Vec<u8>);

    /// Appends the rest, at the end of the stream.
    fn finish(&mut self, out: &mut Vec<u8>);
}

impl Sieve for Box<dyn Sieve> {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        (**self).write(bytes, out);
    }

    fn waits(&self) -> bool {
        (**self).waits()
    }

    fn pause(&mut self, out: &mut Vec<u8>) {
        (**self).pause(out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        (**self).finish(out);
    }
}

/// How long a whole line of text is held for the next one. Lines that belong
/// together, such as those of a wrapped secret, come much faster than that; and
/// whoever waits for `listening on port 3000` does not want to wait long.
pub(crate) const PAUSE: Duration = Duration::from_millis(200);

/// Longest message that is held in memory to be scanned, which takes about twelve
/// times as much (measured with 64 MiB of text, an escape every 23 bytes).
const MESSAGE_LIMIT: usize = 128 << 20;

/// JSON-RPC's code for a failure of the server.
pub(crate) const INTERNAL_ERROR: i64 = -32603;

/// Filters standard output: JSON-RPC messages, one a line, and what is none as
/// text. A line waits until it is whole; the end of the stream ends the last one
/// too.
pub(crate) struct Messages<F, W, T> {
    mask: F,
    /// Whether a line without an end is a whole message all the same.
    is_whole: W,
    text: T,
    /// The line under way, as the server wrote it.
    pending: WipedBytes,
    limit: usize,
    /// The line under way is over the limit: it is dropped up to its end.
    too_long: bool,
    /// Stands in for such a line.
    withheld: String,
}

impl<F, W, T> Messages<F, W, T>
where
    F: for<'m> Fn(&'m [u8]) -> Cow<'m, [u8]>,
    W: Fn(&[u8]) -> bool,
    T: Sieve,
{
    pub(crate) fn new(mask: F, is_whole: W, text: T, limit: usize, withheld: String) -> Self {
        Self {
            mask,
            is_whole,
            text,
            pending: WipedBytes::new(),
            limit,
            too_long: false,
            withheld,
        }
    }

    /// Lets a line out, with the line end that it came with.
    fn release(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if !may_be_message(line) || !line.ends_with(b"\n") && !(self.is_whole)(line) {
            // As a stream: a private key has many lines, and only the first says so.
            self.text.write(line, out);
            return;
        }
        self.text.pause(out);
        let message = line.strip_suffix(b"\n").unwrap_or(line);
        let message = message.strip_suffix(b"\r").unwrap_or(message);
        out.extend_from_slice(&(self.mask)(message));
        out.extend_from_slice(&line[message.len()..]);
    }

    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.pending.len() + part.len() > self.limit {
            self.too_long = true;
            self.pending = WipedBytes::new();
        } else {
            self.pending.extend_from_slice(part);
        }
    }

    fn release_pending(&mut self, out: &mut Vec<u8>) {
        if mem::take(&mut self.too_long) {
            self.text.pause(out);
            out.extend_from_slice(self.withheld.as_bytes());
            out.push(b'\n');
        } else {
            // Taken, so that one long message does not hold its memory for good.
            let line = mem::take(&mut self.pending);
            self.release(&line, out);
        }
    }
}

/// Whether a line can be a message, or a batch of them.
fn may_be_message(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    match line.strip_prefix(b"[") {
        Some(batch) => matches!(batch.trim_ascii_start().first(), Some(b'{' | b']')),
        None => line.first() == Some(&b'{'),
    }
}

impl<F, W, T> Sieve for Messages<F, W, T>
where
    F: for<'m> Fn(&'m [u8]) -> Cow<'m, [u8]> + Send,
    W: Fn(&[u8]) -> bool + Send,
    T: Sieve,
{
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

    fn waits(&self) -> bool {
        self.text.waits()
    }

    fn pause(&mut self, out: &mut Vec<u8>) {
        self.text.pause(out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.too_long || !self.pending.is_empty() {
            self.release_pending(out);
        }
        self.text.finish(out);
    }
}

/// The sieve for standard output.
pub(crate) fn messages(filter: Arc<MessageFilter>, redactor: &Redactor) -> impl Sieve + use<> {
    let withheld = filter.error(
        None,
        INTERNAL_ERROR,
        "kz: a message of more than 128 MiB was withheld: it is too long to be scanned for secrets",
    );
    let reader = redactor.clone();
    let is_whole = move |line: &[u8]| {
        std::str::from_utf8(line).is_ok_and(|text| reader.redact_json_str(text).is_ok())
    };
    Messages::new(
        move |message: &[u8]| -> Cow<'_, [u8]> { filter.outgoing(message) },
        is_whole,
        Text::new(redactor),
        MESSAGE_LIMIT,
        withheld,
    )
}

/// Filters text. What may be the beginning of a secret waits for more; without
/// more, until the end of the stream. Only a whole line goes out after a
/// [`PAUSE`]: an unfinished one may be half a secret, however long it stands.
pub(crate) struct Text {
    stream: Option<Stream>,
    /// What came last was the end of a line, and it may be held.
    at_line_end: bool,
    /// What came last was no end of a line.
    within_line: bool,
}

/// Ends a line and says that something was left out.
const CUT: &[u8] = "\n\u{2026}".as_bytes();

impl Text {
    pub(crate) fn new(redactor: &Redactor) -> Self {
        Self {
            stream: Some(redactor.stream()),
            at_line_end: false,
            within_line: false,
        }
    }
}

impl Sieve for Text {
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if let Some(stream) = &mut self.stream {
            out.extend_from_slice(&stream.write(bytes));
            if let Some(last) = bytes.last() {
                self.at_line_end = *last == b'\n';
                self.within_line = !self.at_line_end;
            }
        }
    }

    fn waits(&self) -> bool {
        self.at_line_end
    }

    fn pause(&mut self, out: &mut Vec<u8>) {
        if mem::take(&mut self.at_line_end)
            && let Some(stream) = &mut self.stream
        {
            out.extend_from_slice(&stream.flush());
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        if !self.within_line {
            out.extend_from_slice(&stream.finish());
            return;
        }
        // The server may have died in the middle of a secret. The redactor knows
        // a part of one by the mark beside it, which is taken away again.
        out.extend_from_slice(&stream.write(CUT));
        out.extend_from_slice(&stream.finish());
        if out.ends_with(CUT) {
            out.truncate(out.len() - CUT.len());
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

    fn waits(&self) -> bool {
        false
    }

    fn pause(&mut self, _: &mut Vec<u8>) {}

    fn finish(&mut self, _: &mut Vec<u8>) {
        self.0.finish(&mut Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(message: &[u8]) -> Cow<'_, [u8]> {
        assert!(!message.contains(&b'\n') && may_be_message(message));
        Cow::Owned(message.to_ascii_uppercase())
    }

    fn whole(line: &[u8]) -> bool {
        line.ends_with(b"}") || line.ends_with(b"]")
    }

    /// Marks text with dots where it was held, and lets it go in a pause.
    #[derive(Default)]
    struct Dots(Vec<u8>);

    impl Sieve for Dots {
        fn write(&mut self, bytes: &[u8], _: &mut Vec<u8>) {
            self.0.extend_from_slice(bytes);
        }

        fn waits(&self) -> bool {
            !self.0.is_empty()
        }

        fn pause(&mut self, out: &mut Vec<u8>) {
            if self.waits() {
                out.extend_from_slice(b"<");
                out.append(&mut self.0);
                out.extend_from_slice(b">");
            }
        }

        fn finish(&mut self, out: &mut Vec<u8>) {
            self.pause(out);
        }
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
            ("{a}\n", "{A}\n"),
            ("{a}\r\n{b}\n", "{A}\r\n{B}\n"),
            (" {a} \n\n[{b}]", " {A} \n<\n>[{B}]"),
            ("{a\rb}\n", "{A\rB}\n"),
            ("{no end}", "{NO END}"),
            ("{cut", "<{cut>"),
            ("no message", "<no message>"),
            ("[log] a\nb\r\n{c}\nd", "<[log] a\nb\r\n>{C}\n<d>"),
            ("\n", "<\n>"),
        ] {
            for step in 1..=input.len().max(1) {
                let mut sieve = Messages::new(upper, whole, Dots::default(), 100, String::new());
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
            let mut sieve = Messages::new(upper, whole, Dots::default(), 8, "withheld".to_owned());
            let text = run(&mut sieve, b"{123456789abcdef\n{next\n{nd 0123456789", step);
            // A line that arrives whole in one read needs no memory of its own.
            let first = if step >= 17 {
                "{123456789ABCDEF"
            } else {
                "withheld"
            };
            assert_eq!(text, format!("{first}\n{{NEXT\nwithheld\n"), "by {step}");
        }
    }

    #[test]
    fn report_changes_nothing() {
        let mut sieve = Report(Messages::new(
            upper,
            whole,
            Dots::default(),
            100,
            String::new(),
        ));
        assert_eq!(run(&mut sieve, b"{a}\nb\r\nc", 2), "{a}\nb\r\nc");
    }
}
