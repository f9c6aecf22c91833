//! Finds where rules may begin. A [sieve](super::sieve) passes over the text with
//! vector instructions and lets little through; a bitmap over hashed groups of
//! three bytes decides in a few instructions that nearly all of that is nothing.

use super::{
    named,
    rule::{Left, Rule},
    runs,
    scan::{Blocks, End},
    sieve::{Kind, Prefix, Sieve},
    table,
};

/// 32,768 bits: four KiB, so that it stays in the first cache.
const WORDS: usize = 512;
const SLOTS: usize = WORDS * 64;
const GRAM: usize = 3;

/// Anchors of the rules that are on.
#[derive(Debug)]
pub(super) struct Filter {
    sieve: Sieve,
    bitmap: Box<[u64; WORDS]>,
    anchors: Vec<Anchor>,
    /// The anchors of one slot lie together; where those of each slot begin.
    starts: Box<[u16]>,
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
    /// and with a digit near its beginning; and whether a word may stand before it
    /// that says that a credential follows.
    Run { at: usize, hinted: bool },
}

/// An anchor in its slot, with its first four bytes for a quick look.
#[derive(Debug, Clone, Copy)]
struct Place {
    anchor: u16,
    head: u32,
    /// Which bytes of the four there are.
    mask: u32,
    /// Which bits the case of a letter may change.
    case: u32,
}

#[derive(Debug)]
struct Anchor {
    bytes: Vec<u8>,
    fold: bool,
    rule: usize,
}

impl Filter {
    /// A filter for the rules with these indices.
    pub(super) fn new(rules: impl Iterator<Item = usize>) -> Self {
        let mut anchors = Vec::new();
        let mut prefixes = Vec::new();
        let mut by_name = false;
        for index in rules {
            let rule = &table()[index];
            by_name |= rule.anchors.is_empty();
            let (kind, before) = kind_of(rule);
            for anchor in rule.anchors {
                let places: Vec<_> = before.iter().cloned().chain(places_of(anchor)).collect();
                prefixes.push((kind, Prefix::new(&places, rule.fold)));
                anchors.extend(expand(anchor).into_iter().map(|bytes| Anchor {
                    bytes,
                    fold: rule.fold,
                    rule: index,
                }));
            }
        }
        if by_name {
            for word in named::hints() {
                prefixes.push((Kind::Hint, Prefix::new(&places_of(word), true)));
            }
        }
        let mut places: Vec<(usize, u16)> = Vec::new();
        for (index, anchor) in (0_u16..).zip(&anchors) {
            let mut slots = anchor.slots();
            slots.sort_unstable();
            slots.dedup();
            places.extend(slots.into_iter().map(|slot| (slot, index)));
        }
        places.sort_unstable();
        let mut bitmap = Box::new([0; WORDS]);
        let mut starts = vec![0_u16; SLOTS + 1];
        for (slot, _) in &places {
            bitmap[slot / 64] |= 1 << (slot % 64);
            starts[slot + 1] += 1;
        }
        for slot in 0..SLOTS {
            starts[slot + 1] += starts[slot];
        }
        let by_slot = places
            .into_iter()
            .map(|(_, index)| anchors[usize::from(index)].place(index))
            .collect();
        Self {
            sieve: Sieve::new(prefixes),
            bitmap,
            longest: anchors
                .iter()
                .map(|anchor| anchor.bytes.len())
                .max()
                .unwrap_or(0),
            anchors,
            starts: starts.into_boxed_slice(),
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
        let mut blocks = Blocks::new(&self.sieve, text, from, end);
        while let Some(block) = blocks.next() {
            let mut anchors = block.anchors;
            while anchors != 0 {
                let at = block.at + anchors.trailing_zeros() as usize;
                anchors &= anchors - 1;
                self.visit_anchors(text, at, &mut visit);
            }
            let mut runs = if self.by_name { block.runs } else { 0 };
            while runs != 0 {
                let bit = runs.trailing_zeros();
                runs &= runs - 1;
                let at = block.at + bit as usize;
                if block
                    .has_digit(bit)
                    .unwrap_or_else(|| runs::has_digit(&text[at..]))
                {
                    let hinted = block.is_hinted(bit);
                    visit(Event::Run { at, hinted });
                }
            }
        }
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
                        length: anchor.bytes.len(),
                    });
                }
            }
        }
        for at in from..text.len() {
            let begins = at == 0 || !runs::is_member(text[at - 1]);
            let head = runs::head(&text[at..]);
            let is_value = head.len() >= runs::MIN && head.iter().any(u8::is_ascii_digit);
            if self.by_name && begins && is_value {
                visit(Event::Run { at, hinted: true });
            }
        }
    }

    fn visit_anchors(&self, text: &[u8], at: usize, visit: &mut impl FnMut(Event)) {
        let Some(&[a, b, c]) = text[at..].first_chunk() else {
            return;
        };
        let slot = slot_of(u32::from_le_bytes([a, b, c, 0]));
        if self.bit(slot) == 1 {
            self.visit_slot(slot, text, at, visit);
        }
    }

    fn bit(&self, slot: usize) -> u64 {
        self.bitmap[slot / 64] >> (slot % 64) & 1
    }

    fn visit_slot(&self, slot: usize, text: &[u8], at: usize, visit: &mut impl FnMut(Event)) {
        let places = usize::from(self.starts[slot])..usize::from(self.starts[slot + 1]);
        let head = head_of(&text[at..]);
        for place in &self.by_slot[places] {
            if (head | place.case) & place.mask != place.head {
                continue;
            }
            let anchor = &self.anchors[usize::from(place.anchor)];
            if anchor.begins(&text[at..]) {
                visit(Event::Anchor {
                    at,
                    rule: anchor.rule,
                    length: anchor.bytes.len(),
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
                self.anchors.iter().any(|anchor| {
                    tail.len() < anchor.bytes.len()
                        && anchor.matches(&anchor.bytes[..tail.len()], tail)
                })
            })
            .unwrap_or(text.len())
    }
}

impl Anchor {
    fn place(&self, anchor: u16) -> Place {
        let mask = if self.bytes.len() < 4 {
            0x00FF_FFFF
        } else {
            u32::MAX
        };
        let case = if self.fold { 0x2020_2020 } else { 0 };
        Place {
            anchor,
            head: (head_of(&self.bytes) | case) & mask,
            mask,
            case,
        }
    }

    /// Where the bitmap is asked about it.
    fn slots(&self) -> Vec<usize> {
        let gram = [self.bytes[0], self.bytes[1], self.bytes[2]];
        let spellings = if self.fold {
            spellings(gram)
        } else {
            vec![gram]
        };
        spellings
            .into_iter()
            .map(|[a, b, c]| slot_of(u32::from_le_bytes([a, b, c, 0])))
            .collect()
    }

    fn begins(&self, text: &[u8]) -> bool {
        text.get(..self.bytes.len())
            .is_some_and(|head| self.matches(&self.bytes, head))
    }

    fn matches(&self, bytes: &[u8], text: &[u8]) -> bool {
        if self.fold {
            bytes.eq_ignore_ascii_case(text)
        } else {
            bytes == text
        }
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

/// The first four bytes, or what there is.
fn head_of(text: &[u8]) -> u32 {
    match text {
        [a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        [a, b, c] => u32::from_le_bytes([*a, *b, *c, 0]),
        _ => 0,
    }
}

/// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
fn slot_of(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> 17) as usize
}

/// The ways to write three bytes in upper and lower case.
fn spellings(gram: [u8; GRAM]) -> Vec<[u8; GRAM]> {
    let mut all: Vec<_> = (0..1 << GRAM)
        .map(|mask: u8| {
            let mut gram = gram.map(|byte| byte.to_ascii_lowercase());
            for (bit, byte) in gram.iter_mut().enumerate() {
                if mask >> bit & 1 == 1 {
                    byte.make_ascii_uppercase();
                }
            }
            gram
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// All literals of an anchor in which `[…]` stands for one byte of a class.
pub(super) fn expand(anchor: &str) -> Vec<Vec<u8>> {
    let mut literals = vec![Vec::new()];
    for members in places_of(anchor) {
        literals = literals
            .iter()
            .flat_map(|literal| {
                members.iter().map(move |member| {
                    let mut longer: Vec<u8> = literal.clone();
                    longer.push(*member);
                    longer
                })
            })
            .collect();
    }
    literals
}

/// Which bytes may stand in each place of an anchor.
fn places_of(anchor: &str) -> Vec<Vec<u8>> {
    let mut places = Vec::new();
    let mut rest = anchor.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let members;
        (members, rest) = match tail.iter().position(|byte| *byte == b']') {
            Some(end) if first == b'[' => (class(&tail[..end]), &tail[end + 1..]),
            _ => (vec![first], tail),
        };
        places.push(members);
    }
    places
}

/// The members of a class: bytes and ranges `a-z`.
fn class(text: &[u8]) -> Vec<u8> {
    match text {
        [first, b'-', last, rest @ ..] => (*first..=*last).chain(class(rest)).collect(),
        [first, rest @ ..] => std::iter::once(*first).chain(class(rest)).collect(),
        [] => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_expand() {
        let literals = |anchor| {
            expand(anchor)
                .into_iter()
                .map(|bytes| String::from_utf8(bytes).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(literals("abc"), ["abc"]);
        assert_eq!(literals("a[x1-2]"), ["ax", "a1", "a2"]);
        assert_eq!(literals("[ab][cd]"), ["ac", "ad", "bc", "bd"]);
    }

    #[test]
    fn a_folded_anchor_is_found_in_either_case() {
        assert_eq!(spellings(*b"a1B").len(), 4);
    }
}
