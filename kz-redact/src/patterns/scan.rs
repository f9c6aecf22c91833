//! Combines what a [sieve](super::sieve) says of each byte into places where a match
//! may begin: an anchor that must stand at the beginning of a word does, one that
//! begins a run of key characters is followed by enough of them.

use std::{cell::Cell, ops::Range};

use super::{
    runs,
    sieve::{AHEAD, BLOCK, DEPTH, Masks, ROOM, Raw, Row, Sieve, first_bits},
};

/// How long a run is that an anchor of a format begins. Nearly all formats are longer,
/// and few words and paths are.
pub(crate) const RUN: usize = 20;
const _: () = assert!(runs::MIN == 12 && RUN == 20, "`Members` counts so far");

/// What follows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing.
    Last,
    /// Any bytes.
    Open,
}

/// Some blocks of a text, and where in them something may begin, one bit a byte.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// The place of the first.
    pub(super) at: usize,
    /// How many there are.
    pub(super) count: usize,
    masks: Masks,
    found: Found,
    places: Places,
}

/// What may begin where, of each block.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Anchors.
    anchors: [u64; AHEAD],
    /// Runs of [`runs::MIN`] bytes and more, with a digit near their beginning.
    runs: [u64; AHEAD],
    /// The same, in which a digit may follow further behind.
    long_runs: [u64; AHEAD],
    /// Which blocks have any of these.
    with_runs: u32,
}

/// Calls `visit` with the blocks of `text` that hold some of one of `stretches`, which are
/// sorted and apart and end where blocks do, and with nothing that begins before that.
#[inline]
pub(super) fn each_chunk(
    sieve: &Sieve,
    text: &[u8],
    stretches: &[Range<usize>],
    end: End,
    mut visit: impl FnMut(&mut Chunk),
) {
    let mut chunk = CHUNK.take().unwrap_or_default();
    for Range {
        start: from,
        end: until,
    } in stretches.iter().cloned()
    {
        debug_assert!(until.is_multiple_of(BLOCK) || until == text.len());
        // The block before, those that are looked at together, and what follows them.
        chunk.at = from / BLOCK * BLOCK;
        match chunk.at.checked_sub(BLOCK) {
            Some(before) => _ = sieve.fill(text, before, &mut chunk.masks, 0..1),
            None => chunk.masks.set(0, Raw::default()),
        }
        chunk.masks.long[0] = 0;
        let shown = text.len().min(until + BLOCK);
        let mut known = 1;
        while chunk.at < until {
            let next = chunk.at + (known - 1) * BLOCK;
            let room = known + shown.saturating_sub(next).div_ceil(BLOCK);
            known += sieve.fill(text, next, &mut chunk.masks, known..room);
            let needed = 1 + (until - chunk.at).div_ceil(BLOCK) + 1;
            if known < needed && chunk.at + (known - 1) * BLOCK >= text.len() {
                known += add_what_follows(&mut chunk.masks, known, text.len(), end);
            }
            chunk.count = known - 2;
            chunk.find(sieve, text, from, end);
            visit(&mut chunk);
            chunk.at += chunk.count * BLOCK;
            chunk.masks.keep_last_two(known);
            known = 2;
        }
    }
    CHUNK.set(Some(chunk));
}

thread_local! {
    /// The memory for one, kept for the next: it is no text, and to lay it out on the stack
    /// would take longer than to fill it for a short one.
    static CHUNK: Cell<Option<Box<Chunk>>> = const { Cell::new(None) };
}

/// Adds a block of what follows the text, if there is room, to those that reach its
/// end; says how many it adds.
fn add_what_follows(masks: &mut Masks, known: usize, length: usize, end: End) -> usize {
    let members = match end {
        End::Last => 0,
        End::Open => u64::MAX,
    };
    let rest = length % BLOCK;
    if rest != 0 {
        masks.members[known - 1] |= members << rest;
    }
    if known == ROOM {
        return 0;
    }
    masks.set(known, Raw::default());
    masks.members[known] = members;
    1
}

impl Chunk {
    fn find(&mut self, sieve: &Sieve, text: &[u8], from: usize, end: End) {
        let Self {
            at,
            count,
            masks,
            found,
            ..
        } = self;
        sieve.combine(masks, found, *count, Step::Runs);
        // What is behind is not known yet; a run that reaches there says enough.
        masks.long[*count + 1] = 0;
        let blocks = text[*at..].len().div_ceil(BLOCK).min(*count + 1);
        sieve.fill_runs(text, *at, masks, blocks);
        sieve.combine(masks, found, *count, Step::Anchors);
        let wanted = !first_bits(from.saturating_sub(*at));
        found.anchors[0] &= wanted;
        found.runs[0] &= wanted;
        found.long_runs[0] &= wanted;
        let runs = found.runs[..*count].iter().zip(&found.long_runs);
        found.with_runs = runs.rev().fold(0, |with, (runs, long)| {
            with << 1 | u32::from(runs | long != 0)
        });
        let rest = text.len() - *at;
        if rest < *count * BLOCK {
            found.anchors[*count - 1] &= first_bits(rest % BLOCK);
        }
        if end == End::Open && rest <= *count * BLOCK + DEPTH {
            // What the sieves want to see behind the last bytes may still come.
            let first = text.len().saturating_sub(DEPTH).max(from).max(*at);
            for place in first - *at..rest.min(*count * BLOCK) {
                found.anchors[place / BLOCK] |= 1 << (place % BLOCK);
            }
        }
    }

    /// Calls `visit` with some places after others where an anchor may begin, in bytes from
    /// the first of the blocks on.
    #[inline]
    pub(super) fn each_anchors(&mut self, sieve: &Sieve, mut visit: impl FnMut(&mut Places)) {
        let blocks = &self.found.anchors[..self.count];
        let mut done = 0;
        while done < blocks.len() {
            self.places.count = 0;
            done = sieve.list(blocks, done, &mut self.places);
            visit(&mut self.places);
        }
    }

    /// Calls `visit` with some places after others, in bytes from the first of the blocks
    /// on, where a run begins of [`runs::MIN`] bytes and more that has a digit in its head.
    #[inline]
    pub(super) fn each_runs(&self, text: &[u8], mut visit: impl FnMut(&[u16])) {
        let mut places = Runs::new();
        for slot in bits(u64::from(self.found.with_runs)) {
            let (runs, long) = (self.found.runs[slot], self.found.long_runs[slot]);
            for bit in bits(runs | long) {
                let has_digit = || runs::has_digit(&text[self.at + slot * BLOCK + bit..]);
                if runs >> bit & 1 == 1 || has_digit() {
                    places.all[places.count] = place(slot, bit);
                    places.count += 1;
                }
                if places.count == Runs::MOST {
                    visit(&places.all);
                    places.count = 0;
                }
            }
        }
        if places.count > 0 {
            visit(&places.all[..places.count]);
        }
    }

    /// Whether something may stand in the head of the run that begins so many bytes from
    /// the first of the blocks on that stands inside of some keys. Blocks that are not at
    /// hand are taken to hold such.
    pub(super) fn has_mark(&self, place: usize) -> bool {
        let (slot, bit) = (place / BLOCK + 1, place % BLOCK);
        let both = |row: &Row| (u128::from(row[slot]) | u128::from(row[slot + 1]) << BLOCK) >> bit;
        let length = (!both(&self.masks.members)).trailing_zeros() as usize;
        let marks = both(&self.masks.marks).trailing_zeros() as usize;
        marks < length || length + bit >= 2 * BLOCK
    }
}

/// So many blocks are combined at once: vectors of 512 bits hold as many masks.
const GROUP: usize = 8;
const _: () = assert!(AHEAD.is_multiple_of(GROUP));

/// What is found by combining masks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Runs,
    Anchors,
}

/// Finds what begins in so many blocks. It is compiled for each kind of processor: there is
/// nothing in it but operations on rows of masks.
#[inline(always)]
pub(crate) fn combine_plainly(masks: &mut Masks, found: &mut Found, count: usize, step: Step) {
    /// So few are faster one by one than masks are put into a vector.
    const FEW: usize = 3;
    if count <= FEW {
        combine_by::<1>(masks, found, count, step);
    } else {
        combine_by::<GROUP>(masks, found, count, step);
    }
}

#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn combine_by<const GROUP: usize>(masks: &mut Masks, found: &mut Found, count: usize, step: Step) {
    for first in (1..=count).step_by(GROUP) {
        match step {
            Step::Runs => find_runs::<GROUP>(masks, found, first),
            Step::Anchors => find_anchors::<GROUP>(masks, found, first),
        }
    }
}

/// Finds runs, from their members.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn find_runs<const GROUP: usize>(masks: &mut Masks, found: &mut Found, first: usize) {
    let before = group_of::<GROUP>(&masks.members, first - 1);
    let members = [0, 1].map(|next| group_of::<GROUP>(&masks.members, first + next));
    let digits = [0, 1].map(|next| group_of::<GROUP>(&masks.digits, first + next));
    let [mut long, mut runs, mut long_runs] = [[0; GROUP]; 3];
    for at in 0..GROUP {
        let members = Members::of(members, at);
        let two = members.and(members.skip::<1>());
        let four = two.and(two.skip::<2>());
        let eight = four.and(four.skip::<4>());
        let twelve = eight.and(four.skip::<8>());
        let sixteen = eight.and(eight.skip::<8>());
        let twenty = sixteen.and(four.skip::<16>());
        let all = sixteen.and(sixteen.skip::<16>());
        long[at] = twenty.low | twenty.skip::<1>().low & !members.low;
        // Places in runs with a digit there or within the next places.
        let digit = Members::of(digits, at);
        let digit = digit.or(members.and(digit.skip::<1>()));
        let digit = digit.or(two.and(digit.skip::<2>()));
        let digit = digit.or(four.and(digit.skip::<4>()));
        let digit = digit.or(eight.and(digit.skip::<8>()));
        let digit = digit.or(sixteen.and(digit.skip::<16>()));
        let begins = twelve.low & !(members.low << 1 | before[at] >> (BLOCK - 1));
        runs[at] = begins & digit.low;
        long_runs[at] = begins & all.low & !digit.low;
    }
    masks.long[first..first + GROUP].copy_from_slice(&long);
    found.runs[first - 1..first - 1 + GROUP].copy_from_slice(&runs);
    found.long_runs[first - 1..first - 1 + GROUP].copy_from_slice(&long_runs);
}

/// Finds anchors, once it is known where runs begin that some of them do.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn find_anchors<const GROUP: usize>(masks: &Masks, found: &mut Found, first: usize) {
    let here = |row| group_of::<GROUP>(row, first);
    let both = |row| {
        [
            group_of::<GROUP>(row, first - 1),
            group_of::<GROUP>(row, first),
        ]
    };
    let (words, escapes, ems) = (both(&masks.words), both(&masks.escapes), both(&masks.ems));
    let queries = both(&masks.before_queries);
    let (long, anywhere, at_words) = (
        here(&masks.long),
        here(&masks.anywhere),
        here(&masks.at_words),
    );
    let runs_anywhere = here(&masks.runs_anywhere);
    let runs_at_words = here(&masks.runs_at_words);
    let mut anchors = [0; GROUP];
    for at in 0..GROUP {
        // What stands one byte, or some, before a place.
        let behind = |[before, here]: [&[u64; GROUP]; 2], count: usize| {
            here[at] << count | before[at] >> (BLOCK - count)
        };
        let at_words = at_words[at] | runs_at_words[at] & long[at];
        let anywhere = anywhere[at] | runs_anywhere[at] & long[at];
        // What an escape ends with may be a letter, and yet a word begins behind it: `\n`,
        // `%20`, `\x20`, `\u0020` or a colour code.
        let escapes = |count| behind(escapes, count);
        let ends = escapes(2) | escapes(3) | escapes(4) | escapes(6) | behind(ems, 1);
        let begins = !behind(words, 1) | ends;
        anchors[at] = anywhere | behind(queries, 1) | at_words & begins;
    }
    found.anchors[first - 1..first - 1 + GROUP].copy_from_slice(&anchors);
}

/// Where some runs begin.
pub(super) struct Runs {
    all: [u16; Self::MOST],
    count: usize,
}

impl Runs {
    pub(super) const MOST: usize = 8;

    const fn new() -> Self {
        Self {
            all: [0; Self::MOST],
            count: 0,
        }
    }
}

/// Places in blocks, in bytes from the first of them on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) all: [u16; Self::MOST],
    pub(crate) count: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self::new()
    }
}

impl Places {
    /// There is room for those of one block as long as there are no more than `FULL`.
    pub(crate) const MOST: usize = 128;
    pub(crate) const FULL: usize = Self::MOST - BLOCK;

    pub(crate) const fn new() -> Self {
        Self {
            all: [0; Self::MOST],
            count: 0,
        }
    }

    /// Adds those of the blocks from the one after so many on for which there is room; says
    /// how many blocks are done.
    pub(crate) fn add(&mut self, blocks: &[u64], mut done: usize) -> usize {
        while done < blocks.len() && self.count <= Self::FULL {
            for bit in bits(blocks[done]) {
                self.all[self.count] = place(done, bit);
                self.count += 1;
            }
            done += 1;
        }
        done
    }

    /// Keeps those of which `is` is true.
    #[inline]
    pub(super) fn keep(&mut self, is: impl Fn(usize) -> bool) {
        let mut kept = 0;
        for index in 0..self.count.min(Self::MOST) {
            let place = self.all[index];
            self.all[kept] = place;
            kept += usize::from(is(usize::from(place)));
        }
        self.count = kept;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.all[..self.count]
            .iter()
            .map(|place| usize::from(*place))
    }
}

fn place(block: usize, bit: usize) -> u16 {
    const _: () = assert!(AHEAD * BLOCK <= 1 << 16);
    u16::try_from(block * BLOCK + bit).unwrap_or(u16::MAX)
}

/// The places of the bits that are set.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        let is_left = mask != 0;
        mask &= mask.wrapping_sub(1);
        is_left.then_some(bit)
    })
}

/// The masks of the blocks from such a slot on.
#[inline]
fn group_of<const GROUP: usize>(row: &Row, first: usize) -> &[u64; GROUP] {
    row[first..]
        .first_chunk()
        .expect("there is room for each group")
}

/// The masks of a block and of the next one.
#[derive(Clone, Copy)]
struct Members {
    low: u64,
    high: u64,
}

impl Members {
    #[inline]
    fn of<const GROUP: usize>([low, high]: [&[u64; GROUP]; 2], at: usize) -> Self {
        Self {
            low: low[at],
            high: high[at],
        }
    }

    /// What stands so many bytes further on.
    #[inline]
    fn skip<const COUNT: usize>(self) -> Self {
        Self {
            low: self.low >> COUNT | self.high << (BLOCK - COUNT),
            high: self.high >> COUNT,
        }
    }

    #[inline]
    fn and(self, other: Self) -> Self {
        Self {
            low: self.low & other.low,
            high: self.high & other.high,
        }
    }

    #[inline]
    fn or(self, other: Self) -> Self {
        Self {
            low: self.low | other.low,
            high: self.high | other.high,
        }
    }
}
