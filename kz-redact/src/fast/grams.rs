use zeroize::Zeroize;

/// Which short stretches of bytes the anchors of the needles are made of, and at
/// which places of the anchor they stand.
///
/// No bytes are kept: of each stretch, 32 bits of a hash that is keyed anew in
/// every process. A bitmap answers most questions with one load; a table behind
/// it tells the places. Both are wiped when they are dropped.
#[derive(Clone, Default)]
pub(super) struct Grams {
    bitmap: Vec<u64>,
    /// How far a hash is shifted to become a place in the bitmap.
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
        self.bitmap.zeroize();
        self.slots.zeroize();
    }
}

/// Bits of the smallest bitmap: 32 KiB, which a core keeps close.
const FEWEST_BITS: u32 = 18;

/// Bits of the bitmap for each stretch, so that few other stretches meet one.
const BITS_EACH: usize = 16;

impl Grams {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a stretch that stands at `place` of some anchor.
    pub(super) fn add(&mut self, hash: u64, place: usize) {
        if self.bitmap.is_empty() {
            self.resize(FEWEST_BITS);
        } else if (self.count + 1) * BITS_EACH > self.bitmap.len() * 64 {
            self.resize(64 - self.shift + 1);
        }
        let index = self.index(hash);
        self.bitmap[index / 64] |= 1 << (index % 64);
        self.insert(tag(hash), 1 << place);
    }

    /// Whether a stretch with this hash may have been added.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let index = self.index(hash);
        self.bitmap
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
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
        }
        self.slots[at].tag = tag;
        self.slots[at].places |= places;
    }

    /// Makes both tables anew; a tag holds all that either needs.
    fn resize(&mut self, bits: u32) {
        let bits = bits.min(32);
        let mut old = std::mem::take(&mut self.slots);
        self.bitmap.zeroize();
        self.bitmap = vec![0; 1 << (bits - 6)];
        self.shift = 64 - bits;
        self.slots = vec![Slot::default(); (1 << bits) / BITS_EACH * 2];
        self.count = 0;
        for slot in old.iter().filter(|slot| slot.places != 0) {
            let index = self.index(u64::from(slot.tag) << 32);
            self.bitmap[index / 64] |= 1 << (index % 64);
            self.insert(slot.tag, slot.places);
        }
        old.zeroize();
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
        let kept = eight & (u64::MAX >> (64 - 8 * LENGTH));
        ((kept | FOLD >> (64 - 8 * LENGTH)) ^ self.key).wrapping_mul(self.factor)
    }
}

/// Makes capital letters small, and some signs others.
const FOLD: u64 = 0x2020_2020_2020_2020;

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
