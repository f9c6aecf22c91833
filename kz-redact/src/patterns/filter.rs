//! Finds anchors. One bitmap over hashed groups of three bytes decides in a few
//! instructions that nothing begins at a byte, which is so nearly everywhere.

use super::table;

/// 32,768 bits: four KiB, so that it stays in the first cache.
const WORDS: usize = 512;
const SLOTS: usize = WORDS * 64;
const GRAM: usize = 3;
/// Six groups of three bytes lie in a word of eight; what none of them begins is
/// passed over in one step.
const STEP: usize = 6;

/// Anchors of the rules that are on.
#[derive(Debug)]
pub(super) struct Filter {
    bitmap: Box<[u64; WORDS]>,
    anchors: Vec<Anchor>,
    /// The anchors of one slot lie together; where those of each slot begin.
    starts: Box<[u16]>,
    by_slot: Vec<Place>,
    longest: usize,
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
        for index in rules {
            let rule = &table()[index];
            for bytes in rule.anchors.iter().flat_map(|anchor| expand(anchor)) {
                anchors.push(Anchor {
                    bytes,
                    fold: rule.fold,
                    rule: index,
                });
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
            bitmap,
            longest: anchors
                .iter()
                .map(|anchor| anchor.bytes.len())
                .max()
                .unwrap_or(0),
            anchors,
            starts: starts.into_boxed_slice(),
            by_slot,
        }
    }

    /// Calls `visit` with position, rule and length of each anchor in `text`
    /// that begins at or after `from`.
    pub(super) fn each_anchor(
        &self,
        text: &[u8],
        from: usize,
        mut visit: impl FnMut(usize, usize, usize),
    ) {
        if self.anchors.is_empty() {
            return;
        }
        let mut at = from;
        while let Some(word) = text.get(at..at + 8) {
            let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
            let slots: [usize; STEP] = std::array::from_fn(|index| slot_of(gram_in(word, index)));
            let hits = slots
                .iter()
                .enumerate()
                .fold(0, |hits, (index, slot)| hits | self.bit(*slot) << index);
            if hits != 0 {
                for (index, slot) in slots.into_iter().enumerate() {
                    if hits >> index & 1 == 1 {
                        self.visit_slot(slot, text, at + index, &mut visit);
                    }
                }
            }
            at += STEP;
        }
        for at in at..(text.len() + 1).saturating_sub(GRAM) {
            let slot = slot_of(gram_in(head_of(&text[at..]).into(), 0));
            if self.bit(slot) == 1 {
                self.visit_slot(slot, text, at, &mut visit);
            }
        }
    }

    fn bit(&self, slot: usize) -> u64 {
        self.bitmap[slot / 64] >> (slot % 64) & 1
    }

    fn visit_slot(
        &self,
        slot: usize,
        text: &[u8],
        at: usize,
        visit: &mut impl FnMut(usize, usize, usize),
    ) {
        let places = usize::from(self.starts[slot])..usize::from(self.starts[slot + 1]);
        let head = head_of(&text[at..]);
        for place in &self.by_slot[places] {
            if (head | place.case) & place.mask != place.head {
                continue;
            }
            let anchor = &self.anchors[usize::from(place.anchor)];
            if anchor.begins(&text[at..]) {
                visit(at, anchor.rule, anchor.bytes.len());
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

/// Three bytes of a word, from the one with this number on.
fn gram_in(word: u64, index: usize) -> u32 {
    u32::try_from(word >> (8 * index) & 0x00FF_FFFF).unwrap_or_default()
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
    let mut rest = anchor.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let members;
        (members, rest) = match tail.iter().position(|byte| *byte == b']') {
            Some(end) if first == b'[' => (class(&tail[..end]), &tail[end + 1..]),
            _ => (vec![first], tail),
        };
        literals = literals
            .iter()
            .flat_map(|literal| {
                members.iter().map(move |member| {
                    let mut longer = literal.clone();
                    longer.push(*member);
                    longer
                })
            })
            .collect();
    }
    literals
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
