//! Finds where rules may begin. A [sieve](super::sieve) passes over the text with
//! vector instructions and lets little through; a bitmap over hashed groups of
//! three bytes decides in a few instructions that nearly all of that is nothing.

use std::{cell::Cell, ops::Range};

use super::{
    anchor::Anchor,
    beyond_ascii::BeyondAscii,
    named,
    rule::{Left, Rule},
    runs,
    scan::{Chunk, End, Places, Runs, each_chunk},
    sieve::{Before, DEPTH, Kind, Prefix, Sieve},
    table,
};
use crate::wiped::{self, Depth};

/// How much of the stack may hold vectors of text that found no register: when rules are
/// tried for the first time, and when some were, …
const SPILLED: usize = 4096;
/// and when no more was called since than the sieve, whose frames have 1,500 bytes.
const SPILLED_AGAIN: usize = 2048 - 64;

/// 32,768 bits: four KiB, so that it stays in the first cache.
const WORDS: usize = 512;

/// Anchors of the rules that are on.
#[derive(Debug)]
pub(super) struct Filter {
    sieve: Sieve,
    likely: Box<Likely>,
    /// The first three bytes of all, and how many bits are set before each word of it.
    bitmap: Box<[u64; WORDS]>,
    ranks: Box<[u16; WORDS]>,
    anchors: Vec<Anchor>,
    beyond: BeyondAscii,
    /// The anchors of one slot lie together; where those of each slot that has some
    /// begin, and where the last ends.
    starts: Vec<u16>,
    by_slot: Vec<Place>,
    longest: usize,
    /// Some rule goes by the words before a value.
    by_name: bool,
}

/// What a filter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The anchor of a rule.
    Anchor {
        at: usize,
        rule: usize,
        length: usize,
    },
    /// A run of the characters that keys are made of, at least [`runs::MIN`] long
    /// and with a digit near its beginning.
    Run {
        at: usize,
        /// What stands before it may name it.
        named: bool,
        /// It may hold what stands inside of some keys.
        marked: bool,
    },
}

impl Event {
    pub(super) fn at(&self) -> usize {
        let (Self::Anchor { at, .. } | Self::Run { at, .. }) = self;
        *at
    }

    /// The same, at another place.
    pub(super) fn moved(mut self, to: usize) -> Self {
        let (Self::Anchor { at, .. } | Self::Run { at, .. }) = &mut self;
        *at = to;
        self
    }
}

/// An anchor in its slot, with its first eight bytes for a quick look.
#[derive(Debug, Clone, Copy)]
struct Place {
    anchor: u16,
    head: u64,
    /// Which bytes of the eight there are.
    mask: u64,
    /// Which bits the case of a letter may change.
    case: u64,
}

impl Filter {
    /// A filter for the rules with these indices.
    pub(super) fn new(rules: impl Iterator<Item = usize>) -> Self {
        let mut anchors = Vec::new();
        let mut beyond = Vec::new();
        let mut prefixes = Vec::new();
        let mut by_name = false;
        let members: Vec<u8> = (0..=u8::MAX)
            .filter(|byte| runs::is_member(*byte))
            .collect();
        for index in rules {
            let rule = &table()[index];
            by_name |= rule.anchors.is_empty();
            if BeyondAscii::has(rule) {
                let of_rule = rule.anchors.iter();
                beyond.extend(of_rule.map(|anchor| Anchor::new(anchor, rule.fold, index)));
                continue;
            }
            let (kind, before) = kind_of(rule);
            let heads = if rule.heads.is_empty() {
                rule.anchors
            } else {
                rule.heads
            };
            for head in heads {
                let head = Anchor::new(head, rule.fold, index);
                let mut places: Vec<_> = before.iter().chain(head.places()).collect();
                places.resize(rule.lead.min(DEPTH).max(places.len()), &members);
                prefixes.push((kind, Prefix::new(&places, rule.fold)));
            }
            let of_rule = rule.anchors.iter();
            anchors.extend(of_rule.map(|anchor| Anchor::new(anchor, rule.fold, index)));
        }
        if by_name {
            for word in named::hints() {
                let word = Anchor::new(word, true, 0);
                let places: Vec<_> = word.places().iter().collect();
                prefixes.push((Kind::Hint, Prefix::new(&places, true)));
            }
            for mark in named::marks() {
                let mark = Anchor::new(mark, false, 0);
                let places: Vec<_> = mark.places().iter().collect();
                prefixes.push((Kind::Mark, Prefix::new(&places, false)));
            }
        }
        let mut likely = Box::new(Likely::new());
        let mut bitmap = Box::new([0; WORDS]);
        let mut places: Vec<(usize, u16)> = Vec::new();
        for (index, anchor) in (0_u16..).zip(&anchors) {
            likely.add(anchor);
            let slots = anchor.heads(3).into_iter();
            let mut slots: Vec<usize> = slots.map(slot_of).collect();
            slots.sort_unstable();
            slots.dedup();
            places.extend(slots.into_iter().map(|slot| (slot, index)));
        }
        places.sort_unstable();
        let mut starts = Vec::new();
        let mut last = None;
        for (count, (slot, _)) in (0_u16..).zip(&places) {
            set(&mut bitmap, *slot);
            if last.replace(*slot) != Some(*slot) {
                starts.push(count);
            }
        }
        starts.push(u16::try_from(places.len()).expect("a few thousand places"));
        let mut ranks = Box::new([0; WORDS]);
        for word in 1..WORDS {
            let more = u16::try_from(bitmap[word - 1].count_ones()).unwrap_or_default();
            ranks[word] = ranks[word - 1] + more;
        }
        let by_slot = places
            .into_iter()
            .map(|(_, index)| Place::new(index, &anchors[usize::from(index)]))
            .collect();
        Self {
            sieve: Sieve::new(&prefixes),
            likely,
            bitmap,
            ranks,
            longest: anchors
                .iter()
                .chain(&beyond)
                .map(Anchor::len)
                .max()
                .unwrap_or(0),
            anchors,
            beyond: BeyondAscii::new(beyond),
            starts,
            by_slot,
            by_name,
        }
    }

    /// Calls `visit` with each anchor and each run in `text` that begins at or after
    /// `from` and may lead to a match if the text ends as `end` says; anchors in the
    /// order of their places, and of rules where they share one, and so runs.
    /// Says how deep on the stack that went.
    pub(super) fn each(
        &self,
        text: &[u8],
        from: usize,
        end: End,
        visit: impl FnMut(Event),
    ) -> Depth {
        let all = from..text.len();
        self.each_in(text, std::slice::from_ref(&all), end, visit)
    }

    /// The same of what begins in one of `stretches`, as [`each_chunk`] takes them.
    pub(super) fn each_in(
        &self,
        text: &[u8],
        stretches: &[Range<usize>],
        end: End,
        mut visit: impl FnMut(Event),
    ) -> Depth {
        if self.anchors.is_empty() && self.beyond.anchors().is_empty() && !self.by_name {
            return Depth::Filters;
        }
        // What rules keep for later is copied with whatever the stack holds in its gaps.
        let spilled = Cell::new(true);
        let is_first = Cell::new(true);
        let mut before = [Before::default(); Runs::MOST];
        let mut visit = |event| {
            if spilled.take() {
                if is_first.take() {
                    wiped::stack::<SPILLED>();
                } else {
                    wiped::stack::<SPILLED_AGAIN>();
                }
            }
            visit(event);
        };
        each_chunk(&self.sieve, text, stretches, end, |chunk| {
            let at = chunk.at;
            chunk.each_anchors(&self.sieve, |places| {
                self.likely.keep(text, at, places);
                spilled.set(true);
                for place in places.iter() {
                    self.visit_anchors(text, at + place, &mut visit);
                }
            });
            if self.by_name && end == End::Last {
                self.visit_runs(text, chunk, &mut before, &spilled, &mut visit);
            }
        });
        spilled.set(true);
        let mut is_searched = false;
        for stretch in stretches {
            let shown = &text[..text.len().min(stretch.end + self.longest)];
            is_searched |= self.beyond.each(shown, stretch.start, |at, anchor| {
                if at < stretch.end {
                    visit(Event::Anchor {
                        at,
                        rule: anchor.rule,
                        length: anchor.len(),
                    });
                }
            });
        }
        if is_first.get() && !is_searched {
            // Nothing was called but the sieve.
            wiped::stack::<SPILLED_AGAIN>();
            Depth::Filters
        } else {
            wiped::stack::<SPILLED>();
            Depth::Deep
        }
    }

    fn visit_runs(
        &self,
        text: &[u8],
        chunk: &Chunk,
        before: &mut [Before; Runs::MOST],
        spilled: &Cell<bool>,
        visit: &mut impl FnMut(Event),
    ) {
        chunk.each_runs(text, |places| {
            self.sieve.look_back(text, chunk.at, places, before);
            spilled.set(true);
            for (place, before) in places.iter().zip(&*before) {
                let place = usize::from(*place);
                let at = chunk.at + place;
                let marked = chunk.has_mark(place);
                let named = named::may_be_named(text, at, before);
                if named || marked {
                    visit(Event::Run { at, named, marked });
                }
            }
        });
    }

    /// How long the longest anchor is.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// What [`each`](Self::each) finds, by looking for everything everywhere.
    #[cfg(test)]
    pub(super) fn each_plainly(&self, text: &[u8], from: usize, mut visit: impl FnMut(Event)) {
        for at in from..text.len() {
            for anchor in self.anchors.iter().chain(self.beyond.anchors()) {
                if anchor.begins(&text[at..]) {
                    visit(Event::Anchor {
                        at,
                        rule: anchor.rule,
                        length: anchor.len(),
                    });
                }
            }
        }
        for at in from..text.len() {
            let begins = at == 0 || !runs::is_member(text[at - 1]);
            let head = runs::head(&text[at..]);
            let is_value = head.len() >= runs::MIN && head.iter().any(u8::is_ascii_digit);
            if self.by_name && begins && is_value {
                visit(Event::Run {
                    at,
                    named: true,
                    marked: true,
                });
            }
        }
    }

    fn visit_anchors(&self, text: &[u8], at: usize, visit: &mut impl FnMut(Event)) {
        let head = head_of(&text[at..]);
        let slot = slot_of(head);
        if get(&self.bitmap, slot) == 0 {
            return;
        }
        let before = self.bitmap[slot / 64] & !(u64::MAX << (slot % 64));
        let rank = usize::from(self.ranks[slot / 64]) + before.count_ones() as usize;
        let places = usize::from(self.starts[rank])..usize::from(self.starts[rank + 1]);
        for place in &self.by_slot[places] {
            if (head | place.case) & place.mask != place.head {
                continue;
            }
            let anchor = &self.anchors[usize::from(place.anchor)];
            if anchor.begins(&text[at..]) {
                visit(Event::Anchor {
                    at,
                    rule: anchor.rule,
                    length: anchor.len(),
                });
            }
        }
    }

    /// The first byte of the longest end of `text` with which an anchor begins.
    pub(super) fn partial_anchor(&self, text: &[u8], from: usize) -> usize {
        let first = text.len().saturating_sub(self.longest).max(from);
        (first..text.len())
            .find(|at| {
                let tail = &text[*at..];
                let mut anchors = self.anchors.iter().chain(self.beyond.anchors());
                anchors.any(|anchor| tail.len() < anchor.len() && anchor.agrees(tail))
            })
            .unwrap_or(text.len())
    }
}

impl Place {
    fn new(index: u16, anchor: &Anchor) -> Self {
        let mut place = Self {
            anchor: index,
            head: 0,
            mask: 0,
            case: if anchor.fold {
                u64::from_le_bytes([CASE; 8])
            } else {
                0
            },
        };
        for (at, members) in anchor.places().iter().take(8).enumerate() {
            if let [byte] = members[..] {
                place.head |= u64::from(byte) << (8 * at);
                place.mask |= 0xFF_u64 << (8 * at);
            }
        }
        place.head = (place.head | place.case) & place.mask;
        place
    }
}

/// What the places have in common where the rule can match, and which bytes stand
/// before them if that is part of it.
fn kind_of(rule: &Rule) -> (Kind, Option<Vec<u8>>) {
    let kind = match (rule.left, rule.run) {
        (Left::WordStart | Left::WordAnd(_), true) => Kind::RunAtWord,
        (Left::WordStart | Left::WordAnd(_), false) => Kind::AtWord,
        (Left::After(starts), _) => {
            let last = starts.iter().filter_map(|start| start.last());
            return (Kind::InQuery, Some(last.copied().collect()));
        }
        (Left::Any | Left::Is(_), true) => Kind::RunAnywhere,
        (Left::Any | Left::Is(_), false) => Kind::Anywhere,
    };
    (kind, None)
}

/// The first eight bytes, or what there is.
fn head_of(text: &[u8]) -> u64 {
    if let Some(head) = text.first_chunk() {
        return u64::from_le_bytes(*head);
    }
    let mut head = [0; 8];
    head[..text.len()].copy_from_slice(text);
    u64::from_le_bytes(head)
}

/// What anchors begin with, in small letters: their first eight, six, four or three bytes. In
/// each table a hash of the first three tells the word, and more of them which bits of it.
#[derive(Debug)]
struct Likely {
    /// And eights.
    sixes: [u64; WORDS],
    fours: [u64; WORDS],
    threes: [u64; WORDS],
}

impl Likely {
    fn new() -> Self {
        Self {
            sixes: [0; WORDS],
            fours: [0; WORDS],
            threes: [0; WORDS],
        }
    }

    fn add(&mut self, anchor: &Anchor) {
        /// One with more beginnings than these, because of its classes, is told from fewer
        /// bytes.
        const MOST: usize = 40;
        let counts = [8, 6, 4].into_iter();
        let heads = |count| anchor.heads(count).len();
        let mut fitting = counts.filter(|count| *count <= anchor.len() && heads(*count) <= MOST);
        let count = fitting.next().unwrap_or(3);
        for head in anchor.heads(count) {
            let hash = Hash::of(head);
            let word = hash.word();
            match count {
                8 => self.sixes[word] |= 1 << hash.of_six() | 1 << hash.of_eight(),
                6 => self.sixes[word] |= 1 << hash.of_five() | 1 << hash.of_six(),
                4 => self.fours[word] |= 1 << hash.of_four(),
                _ => self.threes[word] |= 1 << hash.of_three(),
            }
        }
    }

    /// Keeps the places, which count from `at`, where an anchor may begin. Nearly all that
    /// the sieve let through ends here.
    #[inline(never)]
    fn keep(&self, text: &[u8], at: usize, places: &mut Places) {
        let text = &text[at..];
        places.keep(|place| {
            let head = text.get(place..).and_then(|text| text.first_chunk());
            head.is_none_or(|head| self.has(u64::from_le_bytes(*head)))
        });
    }

    /// Whether one may begin with these eight bytes.
    #[inline]
    fn has(&self, head: u64) -> bool {
        let hash = Hash::of(head | u64::from_le_bytes([CASE; 8]));
        let word = hash.word();
        let sixes = self.sixes[word];
        let sixes = sixes >> hash.of_six() & (sixes >> hash.of_five() | sixes >> hash.of_eight());
        let fours = self.fours[word] >> hash.of_four();
        let threes = self.threes[word] >> hash.of_three();
        (sixes | fours | threes) & 1 == 1
    }
}

/// Hashes of the first three to eight of some bytes, six bits each, all from one product: a bit
/// of it depends on no higher ones of the bytes.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    #[inline]
    fn of(head: u64) -> Self {
        Self(hash_of(head))
    }

    /// Of three bytes.
    #[inline]
    fn word(self) -> usize {
        const _: () = assert!(WORDS == 1 << 9);
        (self.0 >> 15) as usize % WORDS
    }

    /// What else those tell.
    #[inline]
    fn of_three(self) -> u64 {
        self.0 >> 9 & 63
    }

    #[inline]
    fn of_four(self) -> u64 {
        self.0 >> 26 & 63
    }

    #[inline]
    fn of_five(self) -> u64 {
        self.0 >> 34 & 63
    }

    #[inline]
    fn of_six(self) -> u64 {
        self.0 >> 42 & 63
    }

    #[inline]
    fn of_eight(self) -> u64 {
        self.0 >> 58
    }
}

/// The bit in which letters of either case differ.
const CASE: u8 = 0x20;
/// The first three bytes.
const THREE: u64 = (1 << 24) - 1;

/// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
fn hash_of(bytes: u64) -> u64 {
    bytes.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// One of the bits of a bitmap for three bytes in small letters.
fn slot_of(head: u64) -> usize {
    let small = (head | u64::from_le_bytes([CASE; 8])) & THREE;
    (hash_of(small) >> 49) as usize
}

fn set(bits: &mut [u64; WORDS], slot: usize) {
    bits[slot / 64] |= 1 << (slot % 64);
}

fn get(bits: &[u64; WORDS], slot: usize) -> u64 {
    bits[slot / 64] >> (slot % 64) & 1
}
