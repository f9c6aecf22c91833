use std::ops::Deref;

use base64::{Engine as _, engine::GeneralPurpose};
use zeroize::{DefaultIsZeroes, Zeroizing};

/// What `text` stands for in base64. Wiped, and so is what was decoded before a
/// mistake was found: `Engine::decode` drops that as it is.
pub(crate) fn decode_base64(engine: &GeneralPurpose, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut decoded = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let length = engine.decode_slice(text, &mut decoded).ok()?;
    decoded.truncate(length);
    Some(decoded)
}

/// How deep on the stack a search went. Whoever cannot tell says [`Deep`](Self::Deep).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// As deep as the filters go, which proposed nothing.
    Filters,
    /// Rules were tried, or the oracle was asked.
    Deep,
}

impl Depth {
    /// As deep as filters go, with room to spare: the tests of memory look how deep that is.
    /// What is not optimised goes deeper.
    const FILTERS: usize = if cfg!(debug_assertions) {
        Self::DEEPEST
    } else {
        12 * 1024
    };
    /// As deep as anything goes, with room to spare: what is long lies on the heap.
    const DEEPEST: usize = 16 * 1024;

    /// Wipes the stack below the frame that calls so deep.
    pub(crate) fn wipe(self) {
        match self {
            Self::Filters => stack::<{ Self::FILTERS }>(),
            Self::Deep => stack::<{ Self::DEEPEST }>(),
        }
    }
}

/// Wipes the stack below the frame that calls: the compiler puts registers there, with
/// bytes of the text that was read in them, and no source says where.
#[inline(never)]
pub(crate) fn stack<const DEPTH: usize>() {
    let mut room = [0_u8; DEPTH];
    std::hint::black_box(&mut room);
}

/// Wipes with writes as wide as there are, where `zeroize` takes one for each item.
pub(crate) fn wipe<T: DefaultIsZeroes>(items: &mut [T]) {
    if items.is_empty() {
        return;
    }
    items.fill(T::default());
    // What is never read again need not be written, but for this.
    std::hint::black_box(items);
}

/// A growing array that leaves nothing behind: when it moves to a larger
/// allocation the old one is wiped first, and it is wiped on drop.
#[derive(Default)]
pub(crate) struct Wiped<T: DefaultIsZeroes>(Vec<T>);

impl<T: DefaultIsZeroes> Wiped<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) fn push(&mut self, item: T) {
        self.make_room(1);
        self.0.push(item);
    }

    pub(crate) fn extend_from_slice(&mut self, items: &[T]) {
        self.make_room(items.len());
        self.0.extend_from_slice(items);
    }

    /// Removes the first `count` items and wipes the room that this frees.
    pub(crate) fn drop_front(&mut self, count: usize) {
        let kept = self.0.len().saturating_sub(count);
        let from = self.0.len() - kept;
        self.0.copy_within(from.., 0);
        wipe(&mut self.0[kept..]);
        self.0.truncate(kept);
    }

    pub(crate) fn clear(&mut self) {
        // What lies behind the items was wiped when they left.
        wipe(&mut self.0);
        self.0.clear();
    }

    /// Keeps the first `length` items and wipes the others.
    pub(crate) fn truncate(&mut self, length: usize) {
        if let Some(rest) = self.0.get_mut(length..) {
            wipe(rest);
        }
        self.0.truncate(length);
    }

    /// Makes room for as many items in all.
    pub(crate) fn reserve(&mut self, capacity: usize) {
        self.make_room(capacity.saturating_sub(self.0.len()));
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }

    fn make_room(&mut self, more: usize) {
        let needed = self.0.len() + more;
        if needed > self.0.capacity() {
            let mut larger = Vec::with_capacity(needed.max(self.0.capacity() * 2).max(16));
            larger.extend_from_slice(&self.0);
            wipe(&mut self.0);
            self.0 = larger;
        }
    }
}

impl<T: DefaultIsZeroes> Deref for Wiped<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: DefaultIsZeroes> From<&[T]> for Wiped<T> {
    fn from(items: &[T]) -> Self {
        Self(items.to_vec())
    }
}

impl<T: DefaultIsZeroes> Drop for Wiped<T> {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Wiped;

    #[test]
    fn grows_and_shrinks() {
        let mut bytes = Wiped::<u8>::new();
        for round in 0..100_u8 {
            bytes.push(round);
        }
        bytes.extend_from_slice(&[1, 2, 3]);
        bytes.drop_front(98);
        assert_eq!(&*bytes, &[98, 99, 1, 2, 3]);
        bytes.truncate(9);
        bytes.truncate(1);
        assert_eq!(&*bytes, &[98]);
        bytes.clear();
        assert!(bytes.is_empty());
    }
}
