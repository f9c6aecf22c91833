//! Finds where rules may begin. A [sieve](super::sieve) passes over the text with
//! vector instructions and lets little through; a bitmap over hashed groups of
//! three bytes decides in a few instructions that nearly all of that is nothing.

use super::{
    anchor::Anchor,
    named,
    rule::{Left, Rule},
    runs,
    scan::{Chunk, End, Runs, each_chunk},
    sieve::{BLOCK, DEPTH, Kind, Prefix, Sieve},
    table,
};

/// 32,768 bits: four KiB, so that it stays in the first cache.
const WORDS: usize = 512;

/// Anchors of the rules that are on.
#[derive(Debug)]
pub(super) struct Filter {
    sieve: Sieve,
    likely: Likely,
    /// The first three bytes of all, and how many bits are set before each word of it.
    bitmap: Box<[u64; WORDS]>,
    ranks: Box<[u16; WORDS]>,
    anchors: Vec<Anchor>,
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
        /// A word may stand before it that says that a credential follows.
        hinted: bool,
        /// It may hold what stands inside of some keys.
        marked: bool,
    },
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
        let mut prefixes = Vec::new();
        let mut by_name = false;
        let members: Vec<u8> = (0..=u8::MAX)
            .filter(|byte| runs::is_member(*byte))
            .collect();
        for index in rules {
            let rule = &table()[index];
            by_name |= rule.anchors.is_empty();
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
        let mut likely = Likely::new();
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
            longest: anchors.iter().map(Anchor::len).max().unwrap_or(0),
            anchors,
            starts,
            by_slot,
            by_name,
        }
    }

    /// Calls `visit` with each anchor and each run in `text` that begins at or after
    /// `from` and may lead to a match if the text ends as `end` says; anchors in the
    /// order of their places, and of rules where they share one, and so runs.
    pub(super) fn each(&self, text: &[u8], from: usize, end: End, mut visit: impl FnMut(Event)) {
        if self.anchors.is_empty() && !self.by_name {
            return;
        }
        each_chunk(&self.sieve, text, from, end, |chunk| {
            chunk.each_anchors(&self.sieve, |places| {
                places.keep(|place| self.is_likely(text, chunk.at + place));
                for place in places.iter() {
                    self.visit_anchors(text, chunk.at + place, &mut visit);
                }
            });
            if self.by_name && end == End::Last {
                self.visit_runs(text, chunk, &mut visit);
            }
        });
    }

    fn visit_runs(&self, text: &[u8], chunk: &Chunk, visit: &mut impl FnMut(Event)) {
        chunk.each_runs(text, |places| {
            let mut hints = [0; Runs::MOST];
            self.sieve.hints(text, chunk.at, places.all(), &mut hints);
            for (place, hints) in places.all().iter().zip(hints) {
                let place = usize::from(*place);
                let at = chunk.at + place;
                visit(Event::Run {
                    at,
                    hinted: is_hinted(text, at, hints),
                    marked: chunk.has_mark(place),
                });
            }
        });
    }

    /// Whether an anchor begins at `at`, as far as its first bytes tell. Nearly all that
    /// the sieve let through ends here.
    #[inline]
    fn is_likely(&self, text: &[u8], at: usize) -> bool {
        let head = text[at..].first_chunk();
        head.is_none_or(|head| self.likely.has(u64::from_le_bytes(*head)))
    }

    /// The same, found by looking for everything everywhere.
    #[cfg(test)]
    pub(super) fn each_plainly(&self, text: &[u8], from: usize, mut visit: impl FnMut(Event)) {
        for at in from..text.len() {
            for anchor in &self.anchors {
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
                    hinted: true,
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
                let mut anchors = self.anchors.iter();
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

/// Whether one of the words that may begin up to 64 bytes before `at` says that a
/// credential follows.
fn is_hinted(text: &[u8], at: usize, mut words: u64) -> bool {
    while words != 0 {
        let back = BLOCK - words.trailing_zeros() as usize;
        words &= words - 1;
        if named::begins_with_hint(&text[at - back..at]) {
            return true;
        }
    }
    false
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

/// What anchors begin with, in small letters: a number by the first three bytes. Of an
/// anchor of six and more, one of its lower bits is set by the next three, and of a shorter
/// one, one of its higher bits by the next byte.
#[derive(Debug)]
struct Likely(Box<[u32; Self::COUNT]>);

impl Likely {
    /// Eight KiB, so that they stay in the first cache.
    const COUNT: usize = 1 << Self::BITS;
    const BITS: u32 = 11;

    fn new() -> Self {
        Self(Box::new([0; Self::COUNT]))
    }

    fn add(&mut self, anchor: &Anchor) {
        let count = match anchor.len() {
            6.. => 6,
            4.. => 4,
            _ => 3,
        };
        for head in anchor.heads(count) {
            let [lower, higher] = Self::bits(head);
            self.0[Self::slot(head)] |= match count {
                6 => 1 << lower,
                4 => 1 << higher,
                _ => u32::from(u16::MAX) << 16,
            };
        }
    }

    /// Whether one may begin with these eight bytes.
    #[inline]
    fn has(&self, head: u64) -> bool {
        let head = head | u64::from_le_bytes([CASE; 8]);
        let [lower, higher] = Self::bits(head);
        let set = self.0[Self::slot(head)];
        (set >> lower | set >> higher) & 1 == 1
    }

    #[inline]
    fn slot(head: u64) -> usize {
        (hash_of(head & THREE) >> (u64::BITS - Self::BITS)) as usize
    }

    #[inline]
    fn bits(head: u64) -> [u64; 2] {
        [
            hash_of(head >> 24 & THREE) >> 60,
            hash_of(head >> 24 & 0xFF) >> 60 | 16,
        ]
    }
}

/// The bit in which letters of either case differ.
const CASE: u8 = 0x20;
/// So many of the first bytes.
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
