//! Tells three bytes in a row together. Sets for each place let through what begins like one
//! prefix of a bucket and goes on like another; a hash of three bytes stops most of that.

use super::prefix::{index, index_of_two, members, two};

/// Which buckets the three bytes may be in, by their hash.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Threes(pub(crate) [u8; 128]);

impl Threes {
    pub(super) const NONE: Self = Self([0; 128]);

    /// Lets these hashes into such buckets.
    pub(super) fn add(&mut self, hashes: u128, buckets: u8) {
        for (hash, sets) in self.0.iter_mut().enumerate() {
            if hashes >> hash & 1 == 1 {
                *sets |= buckets;
            }
        }
    }

    pub(super) fn of(&self, text: &[u8]) -> u8 {
        let [first, second, third] =
            [0, 1, 2].map(|place| text.get(place).copied().unwrap_or_default());
        self.0[usize::from(index_of_two(first, second) ^ third_of(third))]
    }
}

/// The hashes of all three of which the bytes are in these sets of indexes.
pub(super) fn all_of(first: u64, second: u64, third: u64) -> u128 {
    let pairs = members(first)
        .flat_map(|first| members(second).map(move |second| two(first, second)))
        .fold(0_u128, |pairs, two| pairs | 1 << two);
    (0..128)
        .filter(|two| pairs >> two & 1 == 1)
        .flat_map(|two| members(third).map(move |third| two ^ part(third)))
        .fold(0, |hashes, hash| hashes | 1 << hash)
}

/// What the third byte adds to [that of the first two](index_of_two).
pub(crate) const fn third_of(byte: u8) -> u8 {
    part(index(byte))
}

/// Seven bits. Of the shifts that were tried these let the least of log lines, source code
/// and prose through.
const fn part(index: u8) -> u8 {
    let part = (index << 5 | index >> 2) & 127;
    part ^ part >> 4
}
