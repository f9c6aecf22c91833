use zeroize::Zeroize;

/// Which short stretches of bytes the anchors of the needles are made of, and at
/// which places of the anchor they stand.
///
/// No bytes are kept: of each stretch, 32 bits of a hash that is keyed anew in
/// every process. A bitmap answers most questions with one load; a table behind
/// it tells the places. All are wiped when they are dropped.
#[derive(Clone, Default)]
pub(super) struct Grams {
    small: Option<Small>,
    /// The same for more stretches than a small bitmap tells apart; empty until then.
    large: Vec<u64>,
    /// How far a hash is shifted to become a place in the large bitmap.
    shift: u32,
    slots: Vec<Slot>,
    count: usize,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    tag: u32,
    /// One bit for each place; none when the slot is free.
    places: u32,
}

impl zeroize::DefaultIsZeroes for Slot {}

impl Drop for Grams {
    fn drop(&mut self) {
        self.large.zeroize();
        self.slots.zeroize();
    }
}

/// Slots of the smallest table.
const FEWEST_SLOTS: usize = 256;

/// Bits of a bitmap for each slot, so that few other stretches meet one.
const BITS_EACH: usize = 32;

impl Grams {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bitmap to ask first; none where nothing was added.
    #[inline]
    pub(super) fn small(&self) -> Option<&Small> {
        self.small.as_ref()
    }

    /// Adds a stretch that stands at `place` of some anchor.
    pub(super) fn add(&mut self, hash: u64, place: usize) {
        if 2 * (self.count + 1) > self.slots.len() {
            self.grow();
        }
        self.small.get_or_insert_default().add(hash);
        self.insert(tag(hash), 1 << place);
    }

    /// Whether a stretch with this hash may have been added.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let may_hold = |small: &Small| small.look(hash) & 1 == 1;
        self.small.as_ref().is_some_and(may_hold) && self.may_be_in_large(hash)
    }

    /// Whether a stretch with this hash may have been added, of which the small bitmap says
    /// so.
    #[inline]
    pub(super) fn may_be_in_large(&self, hash: u64) -> bool {
        let index = self.index(hash);
        let word = self.large.get(index / 64);
        word.is_none_or(|word| word >> (index % 64) & 1 == 1)
    }

    /// As [`may_hold`](Self::may_hold), by more bits of the hash.
    pub(super) fn has(&self, hash: u64) -> bool {
        self.may_hold(hash) && self.places(hash) != 0
    }

    /// At which places stretches with this hash stand, one bit each.
    pub(super) fn places(&self, hash: u64) -> u32 {
        let tag = tag(hash);
        let mut at = self.home(tag);
        loop {
            match self.slots.get(at) {
                Some(slot) if slot.places == 0 => return 0,
                Some(slot) if slot.tag == tag => return slot.places,
                Some(_) => at = (at + 1) % self.slots.len(),
                None => return 0,
            }
        }
    }

    #[inline]
    fn index(&self, hash: u64) -> usize {
        // At most 32 bits are left.
        usize::try_from(hash >> self.shift).unwrap_or_default()
    }

    fn home(&self, tag: u32) -> usize {
        // The length is a power of two; the low bits are not those of the bitmap.
        tag as usize & self.slots.len().wrapping_sub(1)
    }

    fn insert(&mut self, tag: u32, places: u32) {
        let mut at = self.home(tag);
        while self.slots[at].places != 0 && self.slots[at].tag != tag {
            at = (at + 1) % self.slots.len();
        }
        if self.slots[at].places == 0 {
            self.count += 1;
            let index = self.index(u64::from(tag) << 32);
            if let Some(word) = self.large.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        }
        self.slots[at].tag = tag;
        self.slots[at].places |= places;
    }

    /// Makes the tables anew, of twice the size; a tag holds all that they need.
    fn grow(&mut self) {
        let mut old = std::mem::take(&mut self.slots);
        let length = (2 * old.len()).max(FEWEST_SLOTS);
        self.slots = vec![Slot::default(); length];
        self.count = 0;
        let bits = (length * BITS_EACH).min(1 << 32);
        if bits > Small::BITS {
            self.large.zeroize();
            self.large = vec![0; bits / 64];
            self.shift = 64 - bits.trailing_zeros();
        }
        for slot in old.iter().filter(|slot| slot.places != 0) {
            self.insert(slot.tag, slot.places);
        }
        old.zeroize();
    }
}

/// A bitmap of one size, whatever it holds: what it does not have, the other has neither,
/// and to ask it takes no more than a few instructions.
#[derive(Clone)]
pub(super) struct Small(Box<[u64; SMALL]>);

/// Words of a [`Small`]: 16 KiB, which a core keeps close.
const SMALL: usize = 2048;

impl Default for Small {
    fn default() -> Self {
        Self(Box::new([0; SMALL]))
    }
}

impl Small {
    const BITS: usize = 64 * SMALL;

    fn add(&mut self, hash: u64) {
        self.0[Self::index(hash)] |= 1 << Self::bit(hash);
    }

    /// In the lowest bit, whether a stretch with this hash may have been added.
    #[inline]
    pub(super) fn look(&self, hash: u64) -> u64 {
        self.0[Self::index(hash)] >> Self::bit(hash)
    }

    #[inline]
    fn index(hash: u64) -> usize {
        // Eleven bits are left.
        usize::try_from(hash >> (64 - SMALL.trailing_zeros())).unwrap_or_default()
    }

    #[inline]
    fn bit(hash: u64) -> u64 {
        hash >> (64 - SMALL.trailing_zeros() - 6) & 63
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// Hashes stretches of up to eight bytes, without regard to the case of letters.
#[derive(Clone, Copy)]
pub(super) struct Hasher {
    key: u64,
    factor: u64,
}

impl Hasher {
    /// A hasher with keys that no other process has.
    pub(super) fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        let state = RandomState::new();
        Self {
            key: state.hash_one(0_u8),
            factor: state.hash_one(1_u8) | 1,
        }
    }

    /// Hashes the first `LENGTH` bytes of eight.
    #[inline]
    pub(super) fn hash<const LENGTH: usize>(self, eight: u64) -> u64 {
        self.hash_of(LENGTH, eight)
    }

    /// Hashes the first `length` bytes of eight.
    #[inline]
    pub(super) fn hash_of(self, length: usize, eight: u64) -> u64 {
        let kept = eight & (u64::MAX >> (64 - 8 * length));
        ((kept | FOLD >> (64 - 8 * length)) ^ self.key).wrapping_mul(self.factor)
    }
}

/// Makes capital letters small, and some signs others.
pub(super) const FOLD: u64 = 0x2020_2020_2020_2020;

/// The bytes at `at` as a number; what lies beyond the text is zero.
#[inline]
pub(super) fn eight(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => padded(text, at),
    }
}

#[cold]
fn padded(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    let mut bytes = [0; 8];
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_where_it_stands() {
        let hasher = Hasher::new();
        let mut grams = Grams::default();
        let words: Vec<[u8; 8]> = (0..40_000_u64).map(u64::to_le_bytes).collect();
        for (index, word) in words.iter().enumerate() {
            grams.add(hasher.hash::<8>(eight(word, 0)), index % 20);
        }
        for (index, word) in words.iter().enumerate() {
            let hash = hasher.hash::<8>(eight(word, 0));
            assert!(grams.may_hold(hash));
            assert!(grams.places(hash) >> (index % 20) & 1 == 1);
        }
        let others = (1 << 40..(1 << 40) + 40_000_u64).map(u64::to_le_bytes);
        let met = others
            .filter(|word| grams.places(hasher.hash::<8>(eight(word, 0))) != 0)
            .count();
        assert!(met < 40, "{met} of 40,000");
    }

    #[test]
    fn case_does_not_matter_and_length_does() {
        let hasher = Hasher::new();
        let hash = |text: &[u8]| hasher.hash::<4>(eight(text, 0));
        assert_eq!(hash(b"aBcD1234"), hash(b"AbCdxxxx"));
        assert_ne!(hash(b"abcd"), hash(b"abce"));
    }
}
