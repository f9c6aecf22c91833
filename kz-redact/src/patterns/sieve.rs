//! Looks at every byte of a text once, with a few instructions for 64 of them, and
//! says where something may begin that is worth a closer look.
//!
//! A sieve tells a few bytes in a row by sets: each of eight buckets has a set for each of the
//! places, of bytes for the first and of two in a row for the others, and lets through what is
//! in all these sets. What it lets through may be nothing, but it never stops an anchor. The
//! idea is that of Teddy (Geoffrey Langdale, in Hyperscan). A bucket also has a set of its
//! first [three bytes](threes) together.

mod buckets;
mod masks;
mod prefix;
#[cfg(test)]
mod tests;
pub(crate) mod threes;

use std::ops::Range;

pub(crate) use self::masks::{AHEAD, BLOCK, Before, Masks, ROOM, Raw, RawRuns, Row, first_bits};
pub(crate) use self::prefix::index_of_two;
pub(super) use self::prefix::{Kind, Prefix};
use self::{prefix::index, threes::Threes};
use super::scan::{Found, Places, Step, combine_plainly};
use crate::fast::Halves;
#[cfg(target_arch = "x86_64")]
use crate::fast::sieve::Way;

/// How many sieves there are. The first two look everywhere, the next two in blocks with
/// long runs, and the last in what stands before a run.
pub(crate) const SIEVES: usize = 5;
/// How many bytes in a row each of them looks at.
pub(crate) const DEPTH: usize = 6;
/// What is looked at behind the last byte of a block.
pub(crate) const BEHIND: usize = DEPTH - 1;

/// Which bits of [`CLASSES`] make up a mask.
pub(crate) const DIGITS: u8 = 1;
pub(crate) const WORDS: u8 = 0b0111;
pub(crate) const MEMBERS: u8 = 0b0011_1111;
pub(crate) const ESCAPES: u8 = 0b1100_0000;
/// Which buckets of the first and the second sieve, …
pub(crate) const ANYWHERE: [u8; 2] = [u8::MAX, 0b0000_0001];
pub(crate) const AT_WORDS: u8 = 0b0111_1110;
pub(crate) const BEFORE_QUERIES: u8 = 0b1000_0000;
/// of the third, …
pub(crate) const RUNS_AT_WORDS: u8 = u8::MAX;
/// of the fourth …
pub(crate) const RUNS_ANYWHERE: u8 = 0b0001_1111;
pub(crate) const MARKS: u8 = !RUNS_ANYWHERE;
/// and of the fifth.
pub(crate) const HINTS: u8 = u8::MAX;

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

/// What a byte of ASCII is, one bit each from the highest on: a member, a digit, a word,
/// the beginning of an escape, `m`. No other byte is any of it.
pub(crate) const KINDS_OF_ASCII: [u8; 128] = {
    let mut kinds = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        let class = CLASSES.low[byte & 15] & CLASSES.high[byte >> 4];
        kinds[byte] = ((class & MEMBERS != 0) as u8) << 7
            | ((class & DIGITS != 0) as u8) << 6
            | ((class & WORDS != 0) as u8) << 5
            | ((class & ESCAPES != 0) as u8) << 4
            | ((byte == b'm' as usize) as u8) << 3;
        byte += 1;
    }
    kinds
};

/// Which bits of [`GAPS`] say that a byte stands in a gap, …
pub(crate) const IN_GAPS: u8 = 0b0011_1111;
/// assigns, …
pub(crate) const ASSIGNS: u8 = 0b0001_1000;
/// or breaks a line; …
pub(crate) const BREAKS: u8 = 0b0010_0000;
/// or that it stands in none, but begins a label of YAML …
pub(crate) const LABELS: u8 = 0b0100_0000;
/// or ends a tag.
pub(crate) const TAGS: u8 = 0b1000_0000;

/// What stands between names and values, told from the halves of bytes: exactly blanks,
/// line breaks, quotes and `=:,`, and besides `&!>`.
pub(crate) const GAPS: Halves = {
    const BLANK_QUOTES: u8 = 1;
    const TAB: u8 = 1 << 1;
    const BACK_QUOTE: u8 = 1 << 2;
    const EQUALS_COLON: u8 = 1 << 3;
    const COMMA: u8 = 1 << 4;
    let mut halves = Halves {
        low: [0; 16],
        high: [0; 16],
    };
    halves.low[0x0] = BLANK_QUOTES | BACK_QUOTE;
    halves.low[0x1] = LABELS;
    halves.low[0x2] = BLANK_QUOTES;
    halves.low[0x6] = LABELS;
    halves.low[0x7] = BLANK_QUOTES;
    halves.low[0x9] = TAB;
    halves.low[0xa] = BREAKS | EQUALS_COLON;
    halves.low[0xc] = COMMA;
    halves.low[0xd] = EQUALS_COLON;
    halves.low[0xe] = TAGS;
    halves.high[0] = TAB | BREAKS;
    halves.high[2] = BLANK_QUOTES | COMMA | LABELS;
    halves.high[3] = EQUALS_COLON | TAGS;
    halves.high[6] = BACK_QUOTE;
    halves
};

/// [`GAPS`] by the byte, for those of ASCII; no other is in any.
pub(crate) const GAPS_OF_ASCII: [u8; 128] = {
    let mut gaps = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        gaps[byte] = GAPS.low[byte & 15] & GAPS.high[byte >> 4];
        byte += 1;
    }
    gaps
};

/// For each place of each sieve, which buckets a byte is in, by its [`index`] in the first
/// place, in the others together with the byte before it, by [`index_of_two`].
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Table(pub(crate) [u8; 64]);

/// Sieves of eight buckets each.
#[derive(Debug, Clone)]
pub(crate) struct Sieve {
    pub(crate) tables: [[Table; DEPTH]; SIEVES],
    /// The same told from the halves of a byte, which lets more through.
    pub(crate) halves: [[Halves; DEPTH]; SIEVES],
    /// What the first three bytes tell together.
    pub(crate) threes: [Threes; SIEVES],
    /// The vector code; none where the processor has no vectors.
    #[cfg(target_arch = "x86_64")]
    way: Option<&'static Way>,
}

impl Sieve {
    /// A sieve that lets through what begins with one of `prefixes`.
    pub(super) fn new(prefixes: &[(Kind, Prefix)]) -> Self {
        let mut sieve = Self {
            tables: [[Table([0; 64]); DEPTH]; SIEVES],
            halves: [[Halves::default(); DEPTH]; SIEVES],
            threes: [Threes::NONE; SIEVES],
            #[cfg(target_arch = "x86_64")]
            way: Way::all().next(),
        };
        for (bucket, prefix) in buckets::fill(prefixes) {
            let (of, bucket_bit) = (bucket / 8, 1 << (bucket % 8));
            let shape = prefix.shape();
            sieve.threes[of].add(shape.threes, bucket_bit);
            for (place, set) in shape.places.into_iter().enumerate() {
                for index in (0..64).filter(|index| set >> index & 1 == 1) {
                    sieve.tables[of][place].0[index] |= bucket_bit;
                }
            }
            for (place, bytes) in prefix.0.into_iter().enumerate() {
                for byte in (0..128_u8).filter(|byte| bytes >> byte & 1 == 1) {
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

    /// Writes what stands in the blocks from `at` on into these slots, as far as there are
    /// such; says how many there are.
    pub(super) fn fill(
        &self,
        text: &[u8],
        at: usize,
        masks: &mut Masks,
        slots: Range<usize>,
    ) -> usize {
        let count = text.len().saturating_sub(at).div_ceil(BLOCK);
        let slots = slots.start..slots.end.min(slots.start + count).min(ROOM);
        let count = slots.len();
        #[cfg(target_arch = "x86_64")]
        if let Some(way) = self.way {
            way.fill(self, text, at, masks, slots);
            return count;
        }
        self.fill_plainly(text, at, masks, slots, through);
        count
    }

    /// Writes what stands in those of so many blocks from `at` on that have long runs; their
    /// first slot is the second of all.
    pub(super) fn fill_runs(&self, text: &[u8], at: usize, masks: &mut Masks, count: usize) {
        #[cfg(target_arch = "x86_64")]
        if let Some(way) = self.way {
            return way.fill_runs(self, text, at, masks, count);
        }
        self.fill_runs_plainly(text, at, masks, count, through);
    }

    /// What stands before each of the places, which count from `at`.
    pub(super) fn look_back(&self, text: &[u8], at: usize, places: &[u16], before: &mut [Before]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(way) = self.way {
            return way.look_back(self, text, at, places, before);
        }
        self.look_back_plainly(text, at, places, before, through);
    }

    /// Finds what begins in so many blocks, by combining their masks.
    pub(super) fn combine(&self, masks: &mut Masks, found: &mut Found, count: usize, step: Step) {
        #[cfg(target_arch = "x86_64")]
        if let Some(way) = self.way {
            return way.combine(masks, found, count, step);
        }
        combine_plainly(masks, found, count, step);
    }

    /// As [`Places::add`].
    pub(super) fn list(&self, blocks: &[u64], done: usize, places: &mut Places) -> usize {
        #[cfg(target_arch = "x86_64")]
        if let Some(way) = self.way {
            return way.list(blocks, done, places);
        }
        places.add(blocks, done)
    }
}

/// Which buckets of such a sieve let through what a text begins with.
type Through = fn(&Sieve, usize, &[u8]) -> u8;

fn through(sieve: &Sieve, of: usize, text: &[u8]) -> u8 {
    let tables = &sieve.tables[of];
    let mut before = 0;
    let left = in_each_place(text, |place, byte| {
        let index = match place {
            0 => index(byte),
            _ => index_of_two(before, byte) & 63,
        };
        before = byte;
        tables[place].0[usize::from(index)]
    });
    left & sieve.threes[of].of(text)
}

/// Which of the sets of buckets, one for each place, have all in them.
fn in_each_place(text: &[u8], mut sets: impl FnMut(usize, u8) -> u8) -> u8 {
    (0..DEPTH).fold(u8::MAX, |left, place| {
        if left == 0 {
            return 0;
        }
        left & sets(place, text.get(place).copied().unwrap_or_default())
    })
}

/// The twins of the vector code, a byte at a time.
impl Sieve {
    fn fill_plainly(
        &self,
        text: &[u8],
        at: usize,
        masks: &mut Masks,
        slots: Range<usize>,
        through: Through,
    ) {
        for (slot, at) in slots.zip((at..).step_by(BLOCK)) {
            let mut raw = Raw::default();
            let block = &text[at..text.len().min(at + BLOCK)];
            for (bit, byte) in block.iter().enumerate() {
                let class = CLASSES.sets(*byte);
                let set = |mask: &mut u64, is: bool| *mask |= u64::from(is) << bit;
                set(&mut raw.members, class & MEMBERS != 0);
                set(&mut raw.digits, class & DIGITS != 0);
                set(&mut raw.words, class & WORDS != 0);
                set(&mut raw.escapes, class & ESCAPES != 0);
                set(&mut raw.ems, *byte == b'm');
                let first = through(self, 0, &text[at + bit..]);
                let second = through(self, 1, &text[at + bit..]);
                let anywhere = first & ANYWHERE[0] | second & ANYWHERE[1];
                set(&mut raw.anywhere, anywhere != 0);
                set(&mut raw.at_words, second & AT_WORDS != 0);
                set(&mut raw.before_queries, second & BEFORE_QUERIES != 0);
            }
            masks.set(slot, raw);
        }
    }

    fn fill_runs_plainly(
        &self,
        text: &[u8],
        at: usize,
        masks: &mut Masks,
        count: usize,
        through: Through,
    ) {
        for slot in 1..=count {
            if !masks.has_long(slot) {
                continue;
            }
            let at = at + (slot - 1) * BLOCK;
            let mut raw = RawRuns::default();
            for bit in 0..BLOCK.min(text.len() - at) {
                let set = |mask: &mut u64, is: bool| *mask |= u64::from(is) << bit;
                let third = through(self, 2, &text[at + bit..]);
                set(&mut raw.at_words, third & RUNS_AT_WORDS != 0);
                let fourth = through(self, 3, &text[at + bit..]);
                set(&mut raw.anywhere, fourth & RUNS_ANYWHERE != 0);
                set(&mut raw.marks, fourth & MARKS != 0);
            }
            masks.set_runs(slot, raw);
        }
    }

    fn look_back_plainly(
        &self,
        text: &[u8],
        at: usize,
        places: &[u16],
        before: &mut [Before],
        through: Through,
    ) {
        for (place, before) in places.iter().zip(before) {
            let end = at + usize::from(*place);
            let start = end.saturating_sub(BLOCK);
            let mut found = Before::default();
            for (bit, byte) in text[start..end].iter().enumerate() {
                let gap = GAPS.sets(*byte);
                let set = |mask: &mut u64, is: bool| *mask |= u64::from(is) << bit;
                let hints = through(self, 4, &text[start + bit..]);
                set(&mut found.hints, hints & HINTS != 0);
                set(&mut found.gaps, gap & IN_GAPS != 0);
                set(&mut found.assigns, gap & ASSIGNS != 0);
                set(&mut found.breaks, gap & BREAKS != 0);
                set(&mut found.labels, gap & LABELS != 0);
                set(&mut found.tags, gap & TAGS != 0);
            }
            *before = found.shifted(end - start);
        }
    }
}
