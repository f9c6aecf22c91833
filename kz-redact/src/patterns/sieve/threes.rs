//! Tells three bytes in a row together. Sets for each place let through what begins like one
//! prefix of a bucket and goes on like another; a hash of three bytes stops most of that.

use super::{Prefix, prefix::index};

/// How many bytes are told together: the first ones.
pub(crate) const COUNT: usize = 3;
/// Of how many sieves: all but the last.
pub(crate) const SIEVES: usize = super::SIEVES - 1;

/// Which buckets the three bytes may be in, by their [`hash`].
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Threes(pub(crate) [u8; 128]);

impl Threes {
    pub(super) const NONE: Self = Self([0; 128]);

    /// Lets what begins with `prefix` into these buckets.
    pub(super) fn add(&mut self, prefix: Prefix, buckets: u8) {
        let mut hashes = vec![0];
        for (place, set) in prefix.shape().0[..COUNT].iter().enumerate() {
            let with = |index: u8| {
                let part = part(place, index);
                hashes.iter().map(move |hash| hash ^ part)
            };
            let members = (0..64).filter(|index| set >> index & 1 == 1);
            let mut all: Vec<u8> = members.flat_map(with).collect();
            all.sort_unstable();
            all.dedup();
            hashes = all;
        }
        for hash in hashes {
            self.0[usize::from(hash)] |= buckets;
        }
    }

    pub(super) fn of(&self, text: &[u8]) -> u8 {
        let byte = |place| text.get(place).copied().unwrap_or_default();
        let parts = (0..COUNT).map(|place| part_of(place, byte(place)));
        self.0[usize::from(parts.fold(0, |hash, part| hash ^ part))]
    }
}

/// What a byte adds to the hash of the three in which it has this place. No bit of it
/// depends on two bits of the byte but by `^`, so that it is a matrix over bits, too.
#[expect(clippy::cast_possible_truncation, reason = "an index has six bits")]
pub(crate) const fn part_of(place: usize, byte: u8) -> u8 {
    part(place, index(byte) as u8)
}

/// Seven bits. Of the shifts that were tried these let the least of log lines, source code
/// and prose through.
const fn part(place: usize, index: u8) -> u8 {
    let part = match place {
        0 => index ^ index << 4,
        1 => index << 3 ^ index >> 4,
        _ => index ^ index << 2,
    };
    part & 127
}
