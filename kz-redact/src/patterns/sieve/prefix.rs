//! With what something may begin.

use super::{DEPTH, threes};

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
        Shape::new(self.0.map(|bytes| {
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
pub(super) const fn index(byte: u8) -> u8 {
    byte & 31 | byte >> 1 & 32
}

/// What two bytes in a row are looked up by together, seven bits: sets for each byte alone let
/// through what begins like one prefix and goes on like another. No bit depends on two bits of
/// a byte but by `^`, so that it is a matrix over bits, too.
pub(crate) const fn index_of_two(before: u8, byte: u8) -> u8 {
    two(index(before), index(byte))
}

/// The same from their [`index`]es: the other half of the first comes first. The seventh bit is
/// for [three bytes](super::threes) alone; these two bits let the least through there.
pub(super) const fn two(before: u8, index: u8) -> u8 {
    (before << 3 | before >> 3) & 127 ^ index ^ index << 5 & 64
}

/// A [`Prefix`] as a sieve sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// What its bytes are looked up by in each place: the first by its [`index`], any other
    /// [together](index_of_two) with the one before it.
    pub(super) places: [u64; DEPTH],
    /// What the first three are looked up by [together](threes).
    pub(super) threes: u128,
}

impl Shape {
    /// Nothing.
    pub(super) const NONE: Self = Self {
        places: [0; DEPTH],
        threes: 0,
    };

    /// Of these sets of indexes, one for each place.
    fn new(sets: [u64; DEPTH]) -> Self {
        let mut places = sets;
        for (place, two) in places[1..].iter_mut().zip(sets.windows(2)) {
            *place = two_of(two[0], two[1]);
        }
        Self {
            places,
            threes: threes::all_of(sets[0], sets[1], sets[2]),
        }
    }

    pub(super) fn with(mut self, other: Self) -> Self {
        for (mine, its) in self.places.iter_mut().zip(other.places) {
            *mine |= its;
        }
        self.threes |= other.threes;
        self
    }

    /// About how often text has such bytes. Whatever is looked up together is about as frequent
    /// as anything else.
    pub(super) fn frequency(self) -> f32 {
        let [first, rest @ ..] = self.places;
        let sums = SUMS.iter().zip(first.to_le_bytes());
        let often: u64 = sums
            .map(|(sums, set)| u64::from(sums[usize::from(set)]))
            .sum();
        let counts = rest.map(|set| u64::from(set.count_ones()));
        let all = often * u64::from(self.threes.count_ones()) * counts.iter().product::<u64>();
        #[expect(clippy::cast_precision_loss, reason = "about")]
        return all as f32;
    }
}

/// What a byte is looked up by, together with the one before it, if they are in these sets.
fn two_of(before: u64, set: u64) -> u64 {
    if before == u64::MAX || set == u64::MAX {
        return u64::MAX;
    }
    members(before)
        .flat_map(|before| members(set).map(move |index| two(before, index) & 63))
        .fold(0, |set, index| set | 1 << index)
}

/// The indexes in a set.
pub(super) fn members(set: u64) -> impl Iterator<Item = u8> {
    (0..64).filter(move |index| set >> index & 1 == 1)
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

/// How often a byte is in source code, prose, logs and JSON, by its [`index`], of
/// about 10,000; none counts as never.
const FREQUENCIES: [u16; 64] = [
    1407, 8, 388, 7, 5, 5, 16, 19, 60, 60, 218, 11, 147, 138, 130, 140, 186, 133, 122, 82, 67, 77,
    92, 65, 71, 71, 165, 28, 56, 95, 58, 5, 11, 456, 100, 267, 247, 697, 155, 115, 143, 387, 13,
    49, 260, 142, 339, 371, 179, 19, 381, 423, 518, 193, 74, 55, 37, 65, 19, 54, 12, 53, 5, 40,
];
