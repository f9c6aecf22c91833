//! With what something may begin.

use super::DEPTH;

/// Where what begins with a [`Prefix`] may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Kind {
    Anywhere,
    AtWord,
    /// Where it may stand is where its first byte does, and one byte before it.
    InQuery,
    RunAtWord,
    RunAnywhere,
    Hint,
    Mark,
}

pub(super) const KINDS: [Kind; 7] = [
    Kind::Anywhere,
    Kind::AtWord,
    Kind::InQuery,
    Kind::RunAtWord,
    Kind::RunAnywhere,
    Kind::Hint,
    Kind::Mark,
];

/// The first bytes of something: the set of those that may stand in each place, one
/// bit a byte of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Prefix(pub(super) [u128; DEPTH]);

/// Any byte.
pub(super) const ALL: u128 = u128::MAX;

impl Prefix {
    /// That of a text of which these bytes may stand in each place, in either case
    /// if it is `folded`.
    pub(in super::super) fn new(places: &[&Vec<u8>], folded: bool) -> Self {
        let mut sets = [ALL; DEPTH];
        for (set, members) in sets.iter_mut().zip(places) {
            *set = members.iter().fold(0, |set, byte| {
                assert!(byte.is_ascii(), "an anchor is of ASCII");
                let one = set | 1 << byte;
                if folded {
                    one | 1 << byte.to_ascii_uppercase() | 1 << byte.to_ascii_lowercase()
                } else {
                    one
                }
            });
        }
        Self(sets)
    }

    pub(super) fn shape(self) -> Shape {
        Shape(self.0.map(|bytes| {
            let bytes = bytes.to_le_bytes();
            let both = |one: usize, other: usize| bytes[one] | bytes[other];
            u64::from_le_bytes([
                both(0, 4),
                both(1, 5),
                both(2, 6),
                both(3, 7),
                both(8, 12),
                both(9, 13),
                both(10, 14),
                both(11, 15),
            ])
        }))
    }
}

/// What a byte is looked up by: letters of either case are one, and control characters
/// are signs and digits.
pub(super) const fn index(byte: u8) -> usize {
    (byte & 31 | byte >> 1 & 32) as usize
}

/// What the last byte is looked up by, together with the one before it: sets for each place
/// alone let through what goes on like another prefix.
pub(super) const fn index_of_two(before: u8, byte: u8) -> usize {
    turned(index(before)) ^ index(byte)
}

/// The other half of an index first.
const fn turned(index: usize) -> usize {
    (index << 3 | index >> 3) & 63
}

/// A [`Prefix`] as a sieve sees it: for each place the set of [`index`]es.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape(pub(super) [u64; DEPTH]);

impl Shape {
    /// Nothing.
    pub(super) const NONE: Self = Self([0; DEPTH]);

    pub(super) fn with(mut self, other: Self) -> Self {
        for (mine, its) in self.0.iter_mut().zip(other.0) {
            *mine |= its;
        }
        self
    }

    /// What its bytes are looked up by in each place.
    pub(super) fn looked_up(self) -> [u64; DEPTH] {
        let mut sets = self.0;
        let [.., before, last] = self.0;
        let indexes = |set: u64| (0..64).filter(move |index| set >> index & 1 == 1);
        sets[DEPTH - 1] = indexes(before)
            .flat_map(|before| indexes(last).map(move |last| turned(before) ^ last))
            .fold(0, |set, index| set | 1 << index);
        sets
    }

    /// About how often text has such bytes.
    pub(super) fn frequency(self) -> f32 {
        self.0.iter().fold(1.0, |product, set| {
            if *set == u64::MAX {
                return product;
            }
            let sums = SUMS.iter().zip(set.to_le_bytes());
            let often: u16 = sums.map(|(sums, set)| sums[usize::from(set)]).sum();
            product * f32::from(often) / ALL_FREQUENCIES
        })
    }
}

/// How often text has bytes of such an [`index`], of eight at a time.
static SUMS: [[u16; 256]; 8] = {
    let mut sums = [[0; 256]; 8];
    let mut index = 0;
    while index < 64 {
        let mut set = 0;
        while set < 256 {
            if set >> (index % 8) & 1 == 1 {
                sums[index / 8][set] += FREQUENCIES[index];
            }
            set += 1;
        }
        index += 1;
    }
    sums
};

const ALL_FREQUENCIES: f32 = 10_000.0;
/// How often a byte is in source code, prose, logs and JSON, by its [`index`], of
/// about 10,000; none counts as never.
const FREQUENCIES: [u16; 64] = [
    1407, 8, 388, 7, 5, 5, 16, 19, 60, 60, 218, 11, 147, 138, 130, 140, 186, 133, 122, 82, 67, 77,
    92, 65, 71, 71, 165, 28, 56, 95, 58, 5, 11, 456, 100, 267, 247, 697, 155, 115, 143, 387, 13,
    49, 260, 142, 339, 371, 179, 19, 381, 423, 518, 193, 74, 55, 37, 65, 19, 54, 12, 53, 5, 40,
];
