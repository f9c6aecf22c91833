use std::{borrow::Borrow, cmp::Ordering, collections::BTreeSet};

use kz_core::{SecretArena, SecretValue};

/// Where registered bytes live: locked memory, in which each value is held once
/// and its parts are parts of it.
#[derive(Default)]
pub(crate) struct Store {
    arena: SecretArena,
    kept: BTreeSet<Kept>,
    stored: usize,
}

impl Store {
    /// A handle to `bytes`: to those that are kept already, or to a new copy.
    pub(crate) fn value(&mut self, bytes: &[u8]) -> SecretValue {
        if let Some(Kept(value)) = self.kept.get(bytes) {
            return value.share();
        }
        self.stored += bytes.len();
        self.arena.store(bytes)
    }

    /// As [`value`](Self::value), for what may be a part of `whole`.
    pub(crate) fn part(&mut self, whole: &SecretValue, bytes: &[u8]) -> SecretValue {
        if !self.kept.contains(bytes)
            && let Some(start) = memchr::memmem::find(whole.expose_bytes(), bytes)
        {
            return whole.part(start..start + bytes.len());
        }
        self.value(bytes)
    }

    /// How many bytes were stored so far.
    pub(crate) fn stored(&self) -> usize {
        self.stored
    }

    /// Remembers a value, so that the same bytes are not held twice.
    pub(crate) fn keep(&mut self, value: &SecretValue) {
        if !self.kept.contains(value.expose_bytes()) {
            self.kept.insert(Kept(value.share()));
        }
    }
}

/// A value in the order of its bytes.
struct Kept(SecretValue);

impl Borrow<[u8]> for Kept {
    fn borrow(&self) -> &[u8] {
        self.0.expose_bytes()
    }
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.expose_bytes().cmp(other.0.expose_bytes())
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Kept {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_held_once() {
        let mut store = Store::default();
        let whole = store.value(b"app:kz-canary-1@db");
        store.keep(&whole);
        let part = store.part(&whole, b"kz-canary-1");
        store.keep(&part);
        let other = store.value(b"kz-canary-2 kz-canary-1");
        let place = |value: &SecretValue| value.expose_bytes().as_ptr();
        assert_eq!(place(&part), place(&whole).wrapping_add(4));
        assert_eq!(place(&store.value(b"app:kz-canary-1@db")), place(&whole));
        assert_eq!(place(&store.part(&other, b"kz-canary-1")), place(&part));
        assert_eq!(place(&store.part(&other, b"kz-canary-2")), place(&other));
        assert_ne!(place(&store.value(b"kz-canary-3")), place(&other));
    }
}
