use std::{fmt, ops::Deref};

use zeroize::{Zeroize as _, Zeroizing};

/// A growing buffer for text that may hold secrets: wiped when it moves to a
/// larger allocation, when it is cleared and when it drops.
///
/// ```
/// let mut line = kz_core::WipedBytes::new();
/// line.extend_from_slice(b"not-a-");
/// line.extend_from_slice(b"secret");
/// assert_eq!(&*line, b"not-a-secret");
/// ```
#[derive(Default)]
pub struct WipedBytes(Zeroizing<Vec<u8>>);

impl WipedBytes {
    /// An empty buffer, which takes no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `bytes`.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            // `Vec` would move and leave the old bytes behind.
            let room = needed.max(self.0.capacity() * 2);
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    /// Wipes the bytes and keeps the room.
    pub fn clear(&mut self) {
        self.0.zeroize();
    }
}

impl Deref for WipedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WipedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WipedBytes([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_clears() {
        let mut bytes = WipedBytes::new();
        let mut expected = Vec::new();
        for round in 0..40_u8 {
            let piece = vec![round; usize::from(round) * 7];
            bytes.extend_from_slice(&piece);
            expected.extend_from_slice(&piece);
        }
        assert_eq!(&*bytes, &expected[..]);
        bytes.clear();
        assert!(bytes.is_empty());
        assert_eq!(format!("{bytes:?}"), "WipedBytes([REDACTED])");
    }
}
