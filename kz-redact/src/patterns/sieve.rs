//! Looks at every byte of a text once, with a few instructions for 64 of them, and
//! says where something may begin that is worth a closer look.
//!
//! A sieve tells a few bytes in a row by sets: each of eight buckets has a set of bytes
//! for each of the places, and lets through what is in all these sets. What it lets
//! through may be nothing, but it never stops an anchor. The idea is that of Teddy
//! (Geoffrey Langdale, in Hyperscan).

mod buckets;
mod prefix;
#[cfg(test)]
mod tests;

use self::prefix::index;
pub(super) use self::prefix::{Kind, Prefix};
use crate::fast::Halves;

/// How many bytes a [`Raw`] is of.
pub(crate) const BLOCK: usize = 64;
/// How many sieves there are, and how many bytes in a row each of them looks at.
pub(crate) const SIEVES: usize = 4;
pub(crate) const DEPTHS: [usize; SIEVES] = [8, 8, 6, 6];
/// How many the deepest does.
pub(crate) const DEPTH: usize = 8;

/// What stands where in [`BLOCK`] bytes: one bit a byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// Letters, digits and `_-+/.~`, of which keys are made.
    pub(crate) members: u64,
    pub(crate) digits: u64,
    /// Letters and digits.
    pub(crate) words: u64,
    /// `\\` and `%`, with which an escape begins.
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
    /// Where what stands inside of some keys may begin.
    pub(crate) marks: u64,
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

    fn masks(&mut self) -> [&mut u64; 12] {
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
            &mut self.marks,
        ]
    }
}

/// Which bits of [`CLASSES`] make up a mask.
pub(crate) const DIGITS: u8 = 1;
pub(crate) const WORDS: u8 = 0b0111;
pub(crate) const MEMBERS: u8 = 0b0011_1111;
pub(crate) const ESCAPES: u8 = 0b1100_0000;
/// Which buckets of the first sieve, …
pub(crate) const ANYWHERE: u8 = u8::MAX;
/// of the second, …
pub(crate) const AT_WORDS: u8 = 0b0011_1111;
pub(crate) const BEFORE_QUERIES: u8 = !AT_WORDS;
/// of the third …
pub(crate) const RUNS_AT_WORDS: u8 = u8::MAX;
/// and of the fourth.
pub(crate) const RUNS_ANYWHERE: u8 = 0b0000_1111;
pub(crate) const HINTS: u8 = 0b0011_0000;
pub(crate) const MARKS: u8 = 0b1100_0000;

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

/// [`CLASSES`] by the byte, for those of ASCII; no other is in any.
pub(crate) const CLASSES_OF_ASCII: [u8; 128] = {
    let mut classes = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = CLASSES.low[byte & 15] & CLASSES.high[byte >> 4];
        byte += 1;
    }
    classes
};

/// For each place of each sieve, which buckets a byte is in, by its [`index`].
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Table(pub(crate) [u8; 64]);

/// Sieves of eight buckets each.
#[derive(Debug, Clone)]
pub(crate) struct Sieve {
    pub(crate) tables: [[Table; DEPTH]; SIEVES],
    /// The same told from the halves of a byte, which lets more through.
    pub(crate) halves: [[Halves; DEPTH]; SIEVES],
}

impl Sieve {
    /// A sieve that lets through what begins with one of `prefixes`.
    pub(super) fn new(prefixes: &[(Kind, Prefix)]) -> Self {
        let buckets = buckets::fill(prefixes);
        let mut sieve = Self {
            tables: [[Table([0; 64]); DEPTH]; SIEVES],
            halves: [[Halves::default(); DEPTH]; SIEVES],
        };
        for (number, bucket) in buckets.into_iter().enumerate() {
            let (of, bucket_bit) = (number / 8, 1 << (number % 8));
            let Some(places) = bucket else { continue };
            for (place, bytes) in places.0.into_iter().enumerate() {
                for byte in (0..128_u8).filter(|byte| bytes >> byte & 1 == 1) {
                    sieve.tables[of][place].0[index(byte)] |= bucket_bit;
                    let halves = &mut sieve.halves[of][place];
                    halves.low[usize::from(byte & 15)] |= bucket_bit;
                    halves.high[usize::from(byte >> 4)] |= bucket_bit;
                }
                if bytes == prefix::ALL {
                    // Bytes beyond ASCII, too.
                    for half in &mut sieve.halves[of][place].high {
                        *half |= bucket_bit;
                    }
                }
            }
        }
        sieve
    }

    /// Which buckets a byte is in.
    fn sets(&self, of: usize, place: usize, byte: u8) -> u8 {
        self.tables[of][place].0[index(byte)]
    }

    /// What stands where in the 64 bytes at `at`, or in what there is of them, if a byte in
    /// such a place of such a sieve is in such buckets.
    fn block(text: &[u8], at: usize, sets: impl Fn(usize, usize, u8) -> u8) -> Raw {
        let mut raw = Raw::default();
        let block = &text[at..text.len().min(at + BLOCK)];
        for (bit, byte) in block.iter().enumerate() {
            let class = CLASSES.sets(*byte);
            let through = |of: usize| {
                (0..DEPTHS[of]).fold(u8::MAX, |left, place| {
                    if left == 0 {
                        return 0;
                    }
                    let byte = text.get(at + bit + place).copied();
                    left & sets(of, place, byte.unwrap_or_default())
                })
            };
            let set = |mask: &mut u64, is: bool| *mask |= u64::from(is) << bit;
            set(&mut raw.members, class & MEMBERS != 0);
            set(&mut raw.digits, class & DIGITS != 0);
            set(&mut raw.words, class & WORDS != 0);
            set(&mut raw.escapes, class & ESCAPES != 0);
            set(&mut raw.ems, *byte == b'm');
            set(&mut raw.anywhere, through(0) & ANYWHERE != 0);
            let second = through(1);
            set(&mut raw.at_words, second & AT_WORDS != 0);
            set(&mut raw.before_queries, second & BEFORE_QUERIES != 0);
            set(&mut raw.runs_at_words, through(2) & RUNS_AT_WORDS != 0);
            let fourth = through(3);
            set(&mut raw.runs_anywhere, fourth & RUNS_ANYWHERE != 0);
            set(&mut raw.hints, fourth & HINTS != 0);
            set(&mut raw.marks, fourth & MARKS != 0);
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
        for (raw, at) in raws.iter_mut().zip((at..).step_by(BLOCK)) {
            *raw = Self::block(text, at, |of, place, byte| self.sets(of, place, byte));
        }
        count
    }
}
