//! What the bytes of a secret are held in.

use std::{fmt, ops::Range, sync::Arc};

use zeroize::Zeroize;

use crate::{
    Error, ErrorKind,
    memory::{Block, Chunk},
};

/// The bytes of a secret: held once, shared by cheap handles, locked in memory
/// and kept out of core dumps where the system allows, wiped when the last
/// handle drops. A forked child inherits them.
///
/// It is neither `Clone`, `Display`, `PartialEq` nor serialisable, and `Debug`
/// shows `[REDACTED]`. Reading it is one visible word.
///
/// ```
/// use kz_core::SecretValue;
/// let value = SecretValue::from(String::from("not-a-real-secret"));
/// assert_eq!(format!("{value:?}"), "SecretValue([REDACTED])");
/// assert_eq!(value.expose_str()?, "not-a-real-secret");
/// # Ok::<(), kz_core::Error>(())
/// ```
pub struct SecretValue {
    block: Arc<Block>,
    /// Which part of the block.
    range: Range<usize>,
}

impl SecretValue {
    /// Copies `bytes` into memory of its own. The source stays as it is: wipe
    /// it. For many values, a [`SecretArena`] takes fewer pages.
    pub fn copy_from(bytes: &[u8]) -> Self {
        Self::of(Chunk::with_room(bytes.len()).store(bytes))
    }

    fn of(block: Block) -> Self {
        let range = 0..block.as_slice().len();
        Self {
            block: Arc::new(block),
            range,
        }
    }

    /// Another handle to the same bytes.
    #[must_use]
    pub fn share(&self) -> Self {
        self.part(0..self.len())
    }

    /// A handle to a part of the same bytes, which stay where they are: while it
    /// lives, none of them is wiped.
    ///
    /// ```
    /// let value = kz_core::SecretValue::copy_from(b"user:not-a-real-secret");
    /// assert_eq!(value.part(5..22).expose_bytes(), b"not-a-real-secret");
    /// ```
    ///
    /// # Panics
    /// When the range does not lie in the value.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        assert!(
            range.start <= range.end && range.end <= self.len(),
            "a part lies in its whole"
        );
        Self {
            block: Arc::clone(&self.block),
            range: self.range.start + range.start..self.range.start + range.end,
        }
    }

    /// The bytes.
    pub fn expose_bytes(&self) -> &[u8] {
        &self.block.as_slice()[self.range.clone()]
    }

    /// The bytes as text.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when they are not UTF-8.
    pub fn expose_str(&self) -> Result<&str, Error> {
        std::str::from_utf8(self.expose_bytes()).map_err(|_| {
            Error::new(ErrorKind::Invalid, "expose", "the value is not UTF-8 text")
                .with_remedy("read it as bytes")
        })
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<u8>> for SecretValue {
    /// Takes the bytes over and wipes the vector.
    fn from(mut bytes: Vec<u8>) -> Self {
        let value = Self::copy_from(&bytes);
        bytes.zeroize();
        value
    }
}

impl From<String> for SecretValue {
    /// Takes the text over and wipes the string.
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([REDACTED])")
    }
}

/// Memory that many values share, page by page. Values outlive it, and each is
/// wiped by itself when its last handle drops.
///
/// ```
/// use kz_core::SecretArena;
/// let mut arena = SecretArena::new();
/// let (one, two) = (arena.store(b"not-a-secret-1"), arena.store(b"not-a-secret-2"));
/// drop(arena);
/// assert_eq!(one.expose_bytes(), b"not-a-secret-1");
/// # drop(two);
/// ```
#[derive(Default)]
pub struct SecretArena {
    chunk: Option<Chunk>,
}

impl SecretArena {
    /// Largest chunk that is taken from the system for several values.
    const LARGEST: usize = 64 * 1024;

    /// An arena that takes memory with its first value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies `bytes` into the arena. The source stays as it is: wipe it.
    pub fn store(&mut self, bytes: &[u8]) -> SecretValue {
        if bytes.len() > Self::LARGEST {
            return SecretValue::copy_from(bytes);
        }
        let chunk = match &mut self.chunk {
            Some(chunk) if chunk.room() >= bytes.len() => chunk,
            slot => {
                let before = slot.as_ref().map_or(0, Chunk::len);
                let room = (2 * before).min(Self::LARGEST).max(bytes.len());
                slot.insert(Chunk::with_room(room))
            }
        };
        SecretValue::of(chunk.store(bytes))
    }
}

impl fmt::Debug for SecretArena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretArena").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_bytes_of_every_length() {
        for len in [0, 1, 8, 4095, 4096, 4097, 20_000] {
            let bytes: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let value = SecretValue::copy_from(&bytes);
            let handle = value.share();
            drop(value);
            assert_eq!(handle.expose_bytes(), bytes);
            assert_eq!(handle.len(), len);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let value = SecretValue::copy_from(b"kz-canary-0001");
        assert_eq!(
            format!("{value:?} {value:#?}"),
            "SecretValue([REDACTED]) SecretValue([REDACTED])"
        );
    }

    #[test]
    fn binary_is_not_text() {
        let error = SecretValue::copy_from(&[0xff, 0xfe])
            .expose_str()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn values_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<SecretValue>();
        check::<SecretArena>();
    }

    #[test]
    fn parts_are_of_the_same_bytes() {
        let value = SecretValue::copy_from(b"user:kz-canary-0002");
        let part = value.part(5..19).part(3..9);
        let place = value.expose_bytes()[8..].as_ptr();
        assert_eq!(part.expose_bytes(), b"canary");
        assert!(std::ptr::eq(part.expose_bytes().as_ptr(), place));
        drop(value);
        assert_eq!(part.expose_bytes(), b"canary");
        assert!(part.part(2..2).is_empty());
    }

    #[test]
    #[should_panic(expected = "a part lies in its whole")]
    fn a_part_is_not_more_than_the_whole() {
        let value = SecretValue::copy_from(b"kz-canary-0003");
        let _ = value.part(3..9).part(0..7);
    }

    #[test]
    fn an_arena_holds_values_of_every_length() {
        let mut arena = SecretArena::new();
        let bytes = |len: usize| -> Vec<u8> {
            (0..len)
                .map(|at| u8::try_from((at + len) % 251).unwrap())
                .collect()
        };
        let lengths = (0..300).chain([4095, 4096, 4097, 65_536, 65_537, 200_000, 5]);
        let values: Vec<_> = lengths.map(|len| (len, arena.store(&bytes(len)))).collect();
        drop(arena);
        for (len, value) in &values {
            assert_eq!(value.expose_bytes(), bytes(*len), "{len}");
        }
    }
}
