//! Memory for secret bytes on their way in: wiped on drop, and when it grows.

use std::{fmt, io, ops::Deref};

use zeroize::Zeroizing;

/// How much a document may hold: secrets are small, and what is larger is a
/// mistake or an attack.
pub(crate) const MAX_DOCUMENT: usize = 1 << 20;

/// Least room made for one read.
const STEP: usize = 4096;

/// A growing buffer that leaves no copy behind when it moves.
#[derive(Default)]
pub(crate) struct Buffer {
    /// Initialised to its whole length, of which `filled` bytes count.
    memory: Zeroizing<Vec<u8>>,
    filled: usize,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.memory[self.filled..self.filled + bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// Free room for a read, at least a few kilobytes; see [`advance`](Self::advance).
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.reserve(STEP);
        &mut self.memory[self.filled..]
    }

    /// Counts `read` bytes of [`room`](Self::room) in.
    pub(crate) fn advance(&mut self, read: usize) {
        self.filled = (self.filled + read).min(self.memory.len());
    }

    /// Reads to the end of `source`, unless that is beyond `limit`.
    pub(crate) fn read_all(mut source: impl io::Read, limit: usize) -> io::Result<Option<Self>> {
        let mut buffer = Self::new();
        loop {
            match source.read(buffer.room()) {
                Ok(0) => return Ok(Some(buffer)),
                Ok(read) => buffer.advance(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if buffer.filled > limit {
                return Ok(None);
            }
        }
    }

    fn reserve(&mut self, more: usize) {
        let needed = self.filled + more;
        if needed <= self.memory.len() {
            return;
        }
        // `Vec::resize` would move the bytes and leave the old ones unwiped.
        let mut larger = Zeroizing::new(vec![0; needed.max(self.memory.len() * 2).max(STEP)]);
        larger[..self.filled].copy_from_slice(self);
        self.memory = larger;
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[..self.filled]
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buffer([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn grows_and_keeps_its_bytes() {
        let mut buffer = Buffer::new();
        let mut expected = Vec::new();
        for round in 0..40_u8 {
            let piece = vec![round; usize::from(round) * 97];
            buffer.push(&piece);
            expected.extend_from_slice(&piece);
        }
        assert_eq!(*buffer, expected[..]);
    }

    #[test]
    fn reads_up_to_the_limit() {
        for (len, fits) in [(0, true), (10, true), (9000, true), (9001, false)] {
            let read = Buffer::read_all(io::repeat(7).take(len), 9000).unwrap();
            assert_eq!(read.is_some(), fits, "{len}");
            if let Some(buffer) = read {
                assert_eq!(buffer.len() as u64, len);
            }
        }
    }
}
