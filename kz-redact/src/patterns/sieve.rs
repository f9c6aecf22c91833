//! Looks at every byte of a text once, with a few instructions for 32 of them, and
//! says where something may begin that is worth a closer look.
//!
//! A sieve tells a few bytes in a row by their halves: each of eight buckets has,
//! for each of the places, a set of low halves and a set of high ones, and lets
//! through what is in all these sets. What it lets through may be
//! nothing, but it never stops an anchor. The idea is that of Teddy (Geoffrey
//! Langdale, in Hyperscan).

use crate::fast::Halves;

/// How many bytes a [`Raw`] is of.
pub(crate) const BLOCK: usize = 64;
/// How many bytes in a row a sieve looks at.
pub(crate) const DEPTH: usize = 6;
/// How many the third does, which is for what is shorter.
pub(crate) const SHALLOW: usize = 4;

/// What stands where in [`BLOCK`] bytes: one bit a byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// Letters, digits and `_-+/.~`, of which keys are made.
    pub(crate) members: u64,
    pub(crate) digits: u64,
    /// Letters and digits.
    pub(crate) words: u64,
    /// `\` and `%`, with which an escape begins.
    pub(crate) escapes: u64,
    /// The letter with which a colour code ends.
    pub(crate) ems: u64,
    /// Where an anchor may begin that stands at the beginning of a word.
    pub(crate) at_words: u64,
    /// Where the byte before one may stand that follows a separator of queries.
    pub(crate) before_queries: u64,
    /// Where any other anchor may begin.
    pub(crate) anywhere: u64,
    /// The same for anchors that begin a run of members.
    pub(crate) runs_at_words: u64,
    pub(crate) runs_anywhere: u64,
    /// Where a word may begin that says that a credential follows.
    pub(crate) hints: u64,
}

impl Raw {
    /// Forgets what is not in the first `count` bytes.
    pub(crate) fn keep_first(&mut self, count: usize) {
        let kept = u64::MAX.checked_shl(u32::try_from(count).unwrap_or(u32::MAX));
        let kept = !kept.unwrap_or(0);
        for mask in self.masks() {
            *mask &= kept;
        }
    }

    fn masks(&mut self) -> [&mut u64; 11] {
        [
            &mut self.members,
            &mut self.digits,
            &mut self.words,
            &mut self.escapes,
            &mut self.ems,
            &mut self.at_words,
            &mut self.before_queries,
            &mut self.anywhere,
            &mut self.runs_at_words,
            &mut self.runs_anywhere,
            &mut self.hints,
        ]
    }
}

/// Which bits of [`CLASSES`] make up a mask.
pub(crate) const DIGITS: u8 = 1;
pub(crate) const WORDS: u8 = 0b0111;
pub(crate) const MEMBERS: u8 = 0b0011_1111;
pub(crate) const ESCAPES: u8 = 0b1100_0000;
/// Which buckets of the first sieve.
pub(crate) const ANYWHERE: u8 = 0b0111_1111;
pub(crate) const BEFORE_QUERIES: u8 = !ANYWHERE;
/// Which buckets of the second.
pub(crate) const AT_WORDS: u8 = 0b0001_1111;
pub(crate) const RUNS_AT_WORDS: u8 = !AT_WORDS;
/// Which buckets of the third.
pub(crate) const RUNS_ANYWHERE: u8 = 0b0000_1111;
pub(crate) const HINTS: u8 = !RUNS_ANYWHERE;

/// The kinds of bytes, told from their halves: exactly these.
pub(crate) const CLASSES: Halves = {
    let mut halves = Halves {
        low: [0; 16],
        high: [0; 16],
    };
    let mut low = 0;
    while low < 16 {
        let mut sets = 0;
        if low <= 0x9 {
            sets |= DIGITS;
        }
        if low >= 0x1 {
            sets |= LETTERS_TO_O;
        }
        if low <= 0xa {
            sets |= LETTERS_FROM_P;
        }
        if low == 0xb || low >= 0xd {
            sets |= SIGNS;
        }
        if low == 0xf {
            sets |= UNDERSCORE;
        }
        if low == 0xe {
            sets |= TILDE;
        }
        if low == 0xc {
            sets |= BACKSLASH;
        }
        if low == 0x5 {
            sets |= PERCENT;
        }
        halves.low[low] = sets;
        low += 1;
    }
    halves.high[2] = SIGNS | PERCENT;
    halves.high[3] = DIGITS;
    halves.high[4] = LETTERS_TO_O;
    halves.high[5] = LETTERS_FROM_P | UNDERSCORE | BACKSLASH;
    halves.high[6] = LETTERS_TO_O;
    halves.high[7] = LETTERS_FROM_P | TILDE;
    halves
};
const LETTERS_TO_O: u8 = 1 << 1;
const LETTERS_FROM_P: u8 = 1 << 2;
/// `+-./`
const SIGNS: u8 = 1 << 3;
const UNDERSCORE: u8 = 1 << 4;
const TILDE: u8 = 1 << 5;
const BACKSLASH: u8 = 1 << 6;
const PERCENT: u8 = 1 << 7;

/// Three sieves of eight buckets, each of so many tables.
#[derive(Debug, Clone)]
pub(crate) struct Sieve(pub(crate) [[Halves; DEPTH]; 3]);

/// Where what begins with a [`Prefix`] may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    AtWord,
    /// Where it may stand is where its first byte does, and one byte before it.
    InQuery,
    Anywhere,
    RunAtWord,
    RunAnywhere,
    Hint,
}

/// The first bytes of something, by their halves: for each of them which low halves
/// and which high ones there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Prefix([(u16, u16); DEPTH]);

impl Prefix {
    /// That of a text of which these bytes may stand in each place, in either case
    /// if it is `folded`.
    pub(super) fn new(places: &[&Vec<u8>], folded: bool) -> Self {
        let mut halves = [(u16::MAX, u16::MAX); DEPTH];
        for (half, members) in halves.iter_mut().zip(places) {
            let set = |(low, high), byte: u8| (low | 1 << (byte & 15), high | 1 << (byte >> 4));
            *half = members.iter().fold((0, 0), |sets, byte| {
                let sets = set(sets, *byte);
                if folded {
                    let upper = byte.to_ascii_uppercase();
                    set(set(sets, upper), byte.to_ascii_lowercase())
                } else {
                    sets
                }
            });
        }
        Self(halves)
    }

    /// What is told of it by its first bytes alone.
    fn cut(mut self, depth: usize) -> Self {
        self.0[depth..].fill((u16::MAX, u16::MAX));
        self
    }

    fn with(self, other: Self) -> Self {
        let mut all = self;
        for (mine, its) in all.0.iter_mut().zip(other.0) {
            *mine = (mine.0 | its.0, mine.1 | its.1);
        }
        all
    }

    /// About how often text has such bytes, in some unit.
    fn frequency(self) -> f32 {
        self.0.iter().fold(1.0, |product, (low, high)| {
            let rows = FREQUENCIES.iter().enumerate();
            let rows = rows.filter(|(half, _)| high >> half & 1 == 1);
            let of_row = |row: &[u8; 16]| -> u16 {
                let cells = row.iter().enumerate();
                let cells = cells.filter(|(half, _)| low >> half & 1 == 1);
                cells.map(|(_, often)| u16::from(*often)).sum()
            };
            let often: u16 = rows.map(|(_, row)| of_row(row)).sum();
            product * f32::from(often + 1)
        })
    }
}

/// How often a byte is in source code, prose, logs and JSON, by its halves, of
/// about 2,000.
const FREQUENCIES: [[u8; 16]; 8] = [
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 43, 0, 0, 0, 0, 0],
    [0; 16],
    [255, 1, 70, 2, 1, 1, 2, 6, 13, 13, 2, 3, 28, 31, 29, 19],
    [37, 30, 35, 16, 19, 14, 18, 10, 9, 11, 43, 4, 3, 12, 4, 2],
    [2, 7, 2, 3, 3, 6, 3, 2, 2, 4, 1, 2, 4, 3, 4, 4],
    [3, 2, 4, 5, 9, 2, 2, 2, 1, 1, 3, 5, 4, 5, 1, 11],
    [
        2, 78, 19, 37, 43, 121, 22, 20, 23, 59, 3, 11, 47, 27, 58, 60,
    ],
    [31, 4, 63, 72, 81, 37, 13, 10, 9, 12, 3, 7, 2, 7, 1, 1],
];

impl Sieve {
    /// A sieve that lets through what begins with one of `prefixes`.
    pub(super) fn new(mut prefixes: Vec<(Kind, Prefix)>) -> Self {
        prefixes.sort_unstable();
        prefixes.dedup();
        // The most frequent first: each bucket is then taken by one that shares it
        // with what is rarer.
        let mut by_frequency: Vec<_> = prefixes
            .into_iter()
            .map(|(kind, prefix)| (prefix.frequency(), kind, prefix))
            .collect();
        by_frequency.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
        let mut buckets = [[Bucket::default(); 8]; 3];
        for (_, kind, prefix) in by_frequency {
            let (sieve, places, depth) = match kind {
                Kind::Anywhere => (0, ANYWHERE, DEPTH),
                Kind::InQuery => (0, BEFORE_QUERIES, DEPTH),
                Kind::AtWord => (1, AT_WORDS, DEPTH),
                Kind::RunAtWord => (1, RUNS_AT_WORDS, DEPTH),
                Kind::RunAnywhere => (2, RUNS_ANYWHERE, SHALLOW),
                Kind::Hint => (2, HINTS, SHALLOW),
            };
            put(&mut buckets[sieve], places, prefix.cut(depth));
        }
        Self(buckets.map(|buckets| halves(&buckets)))
    }

    /// What stands where in the 64 bytes at `at`, or in what there is of them.
    pub(super) fn block(&self, text: &[u8], at: usize) -> Raw {
        let mut raw = Raw::default();
        let block = &text[at..text.len().min(at + BLOCK)];
        for (bit, byte) in block.iter().enumerate() {
            let class = CLASSES.sets(*byte);
            let through = |sieve: &[Halves; DEPTH]| {
                let places = sieve.iter().enumerate();
                places.fold(u8::MAX, |sets, (place, halves)| {
                    let byte = text.get(at + bit + place).copied();
                    sets & halves.sets(byte.unwrap_or_default())
                })
            };
            let [first, second, third] = [0, 1, 2].map(|sieve| through(&self.0[sieve]));
            let set = |mask: &mut u64, is: bool| *mask |= u64::from(is) << bit;
            set(&mut raw.members, class & MEMBERS != 0);
            set(&mut raw.digits, class & DIGITS != 0);
            set(&mut raw.words, class & WORDS != 0);
            set(&mut raw.escapes, class & ESCAPES != 0);
            set(&mut raw.ems, *byte == b'm');
            set(&mut raw.anywhere, first & ANYWHERE != 0);
            set(&mut raw.before_queries, first & BEFORE_QUERIES != 0);
            set(&mut raw.at_words, second & AT_WORDS != 0);
            set(&mut raw.runs_at_words, second & RUNS_AT_WORDS != 0);
            set(&mut raw.runs_anywhere, third & RUNS_ANYWHERE != 0);
            set(&mut raw.hints, third & HINTS != 0);
        }
        raw
    }

    /// Writes what stands in the blocks from `at` on; says how many there are.
    pub(super) fn fill(&self, text: &[u8], at: usize, raws: &mut [Raw]) -> usize {
        let count = text.len().saturating_sub(at).div_ceil(BLOCK);
        let count = count.min(raws.len());
        let raws = &mut raws[..count];
        #[cfg(target_arch = "x86_64")]
        if crate::fast::sieve(text, at, self, raws) {
            return count;
        }
        self.fill_by_table(text, at, raws);
        count
    }

    /// As the vector code, a byte at a time.
    fn fill_by_table(&self, text: &[u8], at: usize, raws: &mut [Raw]) {
        for (raw, at) in raws.iter_mut().zip((at..).step_by(BLOCK)) {
            *raw = self.block(text, at);
        }
    }
}

/// What one bucket lets through, and how often text has that.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    all: Option<Prefix>,
    frequency: f32,
}

impl Bucket {
    fn with(self, prefix: Prefix) -> Self {
        let all = self.all.map_or(prefix, |all| all.with(prefix));
        Self {
            all: Some(all),
            frequency: if self.all == Some(all) {
                self.frequency
            } else {
                all.frequency()
            },
        }
    }
}

/// Puts a prefix into that bucket of `places` which lets the least through for it.
fn put(buckets: &mut [Bucket; 8], places: u8, prefix: Prefix) {
    let best = buckets
        .iter()
        .enumerate()
        .filter(|(place, _)| places >> place & 1 == 1)
        .map(|(place, bucket)| (place, bucket.with(prefix)))
        .min_by(|(one, with), (other, with_other)| {
            let more = with.frequency - buckets[*one].frequency;
            more.total_cmp(&(with_other.frequency - buckets[*other].frequency))
        });
    if let Some((place, bucket)) = best {
        buckets[place] = bucket;
    }
}

fn halves(buckets: &[Bucket; 8]) -> [Halves; DEPTH] {
    let mut all = [Halves::default(); DEPTH];
    for (number, bucket) in buckets.iter().enumerate() {
        let Some(Prefix(places)) = bucket.all else {
            continue;
        };
        for (halves, (low, high)) in all.iter_mut().zip(places) {
            for half in 0..16 {
                halves.low[half] |= u8::from(low >> half & 1 == 1) << number;
                halves.high[half] |= u8::from(high >> half & 1 == 1) << number;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{forms::Random, patterns::runs};

    fn prefix(bytes: &[u8], folded: bool) -> Prefix {
        let places: Vec<Vec<u8>> = bytes.iter().map(|byte| vec![*byte]).collect();
        Prefix::new(&places.iter().collect::<Vec<_>>(), folded)
    }

    #[test]
    fn classes_are_told_by_halves() {
        for byte in 0..=255_u8 {
            let class = CLASSES.sets(byte);
            assert_eq!(class & MEMBERS != 0, runs::is_member(byte), "{byte:#x}");
            assert_eq!(class & DIGITS != 0, byte.is_ascii_digit(), "{byte:#x}");
            assert_eq!(class & WORDS != 0, byte.is_ascii_alphanumeric());
            assert_eq!(class & ESCAPES != 0, byte == b'\\' || byte == b'%');
        }
    }

    #[test]
    fn vectors_see_what_bytes_show() {
        let prefixes = [
            (Kind::AtWord, prefix(b"a_", false)),
            (Kind::Anywhere, prefix(b"://", false)),
            (Kind::Anywhere, prefix(b"Pass", true)),
            (Kind::InQuery, prefix(b"?ab", true)),
            (Kind::RunAtWord, prefix(b"ab1x", false)),
            (Kind::RunAnywhere, prefix(b"\x80Z", false)),
            (Kind::Hint, prefix(b"key", true)),
        ];
        let sieve = Sieve::new(prefixes.into());
        let random = &mut Random::new(11);
        for length in [0, 1, 2, 3, 63, 64, 65, 66, 67, 68, 127, 128, 200, 1000] {
            for _ in 0..40 {
                let text: Vec<u8> = (0..length)
                    .map(|_| match random.below(4) {
                        0 => u8::try_from(random.below(256)).unwrap(),
                        _ => *random.pick(b"a_://PpAaSsb1x\x80ZkKeEyYm\\%"),
                    })
                    .collect();
                for at in (0..=length).step_by(BLOCK) {
                    let mut fast = [Raw::default(); 5];
                    let count = sieve.fill(&text, at, &mut fast);
                    let mut slow = [Raw::default(); 5];
                    sieve.fill_by_table(&text, at, &mut slow[..count]);
                    assert_eq!(fast, slow, "{length} from {at}");
                    assert_eq!(count, (length - at).div_ceil(BLOCK).min(5));
                }
            }
        }
    }

    #[test]
    fn no_prefix_is_stopped() {
        let random = &mut Random::new(12);
        let words: Vec<[u8; DEPTH]> = (0..300)
            .map(|_| std::array::from_fn(|_| u8::try_from(random.below(256)).unwrap()))
            .collect();
        let prefixes = words.iter().map(|word| {
            let kind = [Kind::AtWord, Kind::Anywhere, Kind::RunAtWord, Kind::Hint];
            let kind = kind[random.below(4)];
            (kind, prefix(word, kind == Kind::Hint))
        });
        let prefixes: Vec<_> = prefixes.collect();
        let sieve = Sieve::new(prefixes.clone());
        for ((kind, _), word) in prefixes.iter().zip(&words) {
            let raw = sieve.block(word, 0);
            let mask = match kind {
                Kind::AtWord => raw.at_words,
                Kind::InQuery => raw.before_queries,
                Kind::Anywhere => raw.anywhere,
                Kind::RunAtWord => raw.runs_at_words,
                Kind::RunAnywhere => raw.runs_anywhere,
                Kind::Hint => raw.hints,
            };
            assert_eq!(mask & 1, 1);
        }
    }
}
