use std::ops::Deref;

/// Bytes that are used again and again and leave nothing behind: what is dropped,
/// and what a larger allocation replaces, is wiped.
#[derive(Default)]
pub(super) struct Buffer(Vec<u8>);

/// The smallest allocation.
const SMALLEST: usize = 256;

impl Buffer {
    pub(super) fn push(&mut self, byte: u8) {
        self.make_room(1);
        self.0.push(byte);
    }

    pub(super) fn extend(&mut self, bytes: impl ExactSizeIterator<Item = u8>) {
        self.make_room(bytes.len());
        self.0.extend(bytes);
    }

    /// Adds zeros, or takes bytes away, until there are `length`.
    pub(super) fn resize(&mut self, length: usize) {
        self.truncate(length);
        self.make_room(length - self.0.len());
        self.0.resize(length, 0);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        if let Some(rest) = self.0.get_mut(length..) {
            wipe(rest);
        }
        self.0.truncate(length);
    }

    pub(super) fn clear(&mut self) {
        self.truncate(0);
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn make_room(&mut self, more: usize) {
        let needed = self.0.len() + more;
        if needed > self.0.capacity() {
            let capacity = needed.max(self.0.capacity() * 2).max(SMALLEST);
            let mut larger = Vec::with_capacity(capacity);
            larger.extend_from_slice(&self.0);
            wipe(&mut self.0);
            self.0 = larger;
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(bytes: &mut [u8]) {
    // Where nothing was ever allocated, writing nothing costs an assist of the processor.
    if bytes.is_empty() {
        return;
    }
    bytes.fill(0);
    // What is never read again need not be written, but for this.
    std::hint::black_box(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_shrinks() {
        let mut buffer = Buffer::default();
        buffer.extend((0..200).map(|_| 7));
        buffer.extend((0..200).map(|_| 8));
        buffer.push(9);
        assert_eq!((buffer[0], buffer[399], buffer[400]), (7, 8, 9));
        buffer.truncate(300);
        buffer.resize(302);
        assert_eq!(buffer[298..], [8, 8, 0, 0]);
        buffer.clear();
        assert!(buffer.is_empty());
    }
}
