//! A writer for logs.

use std::{fmt, io};

use kz_core::WipedBytes;
use kz_redact::Redactor;

/// Masks a log event and hands it on in one piece, when it is flushed or
/// dropped. Made by [`Secrets::writer`](crate::Secrets::writer).
pub struct LogWriter<W: io::Write> {
    inner: W,
    redactor: Redactor,
    event: WipedBytes,
}

impl<W: io::Write> LogWriter<W> {
    pub(crate) fn new(inner: W, redactor: Redactor) -> Self {
        Self {
            inner,
            redactor,
            event: WipedBytes::new(),
        }
    }
}

impl<W: io::Write> fmt::Debug for LogWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter").finish_non_exhaustive()
    }
}

impl<W: io::Write> io::Write for LogWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.event.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let event = std::mem::take(&mut self.event);
        if !event.is_empty() {
            self.inner.write_all(&self.redactor.redact_bytes(&event))?;
        }
        self.inner.flush()
    }
}

impl<W: io::Write> Drop for LogWriter<W> {
    fn drop(&mut self) {
        // A log that cannot be written must not stop the server.
        drop(io::Write::flush(self));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use kz_redact::{PatternLevel, Redactor};

    #[test]
    fn an_event_is_masked_as_a_whole() {
        let redactor = Redactor::builder()
            .secret("CANARY", "kz-canary-of-a-log")
            .patterns(PatternLevel::Off)
            .build()
            .unwrap();
        let mut log = Vec::new();
        {
            let mut writer = super::LogWriter::new(&mut log, redactor);
            writer.write_all(b"one kz-canary").unwrap();
            writer.write_all(b"-of-a-log\n").unwrap();
            writer.flush().unwrap();
            writer.write_all(b"two kz-canary-of-a-log\n").unwrap();
        }
        assert_eq!(log, b"one [REDACTED:CANARY]\ntwo [REDACTED:CANARY]\n");
    }
}
