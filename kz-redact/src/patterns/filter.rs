//! Finds anchors. One bitmap over hashed groups of three bytes decides in a few
//! instructions that nothing begins at a byte, which is so nearly everywhere.

use super::table;

/// 32,768 bits: four KiB, so that it stays in the first cache.
const WORDS: usize = 512;
const SLOTS: usize = WORDS * 64;
const GRAM: usize = 3;

/// Anchors of the rules that are on.
#[derive(Debug)]
pub(super) struct Filter {
    bitmap: Box<[u64; WORDS]>,
    anchors: Vec<Anchor>,
    /// The anchors of one slot lie together; where those of each slot begin.
    starts: Box<[u16]>,
    by_slot: Vec<u16>,
    longest: usize,
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
        Self {
            bitmap,
            longest: anchors
                .iter()
                .map(|anchor| anchor.bytes.len())
                .max()
                .unwrap_or(0),
            anchors,
            starts: starts.into_boxed_slice(),
            by_slot: places.into_iter().map(|(_, index)| index).collect(),
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
        let (Some(rest), false) = (text.get(from + GRAM - 1..), self.anchors.is_empty()) else {
            return;
        };
        let mut gram = u32::from(text[from]) << 8 | u32::from(text[from + 1]) << 16;
        for (offset, byte) in rest.iter().enumerate() {
            gram = gram >> 8 | u32::from(*byte) << 16;
            let slot = slot_of(gram);
            if self.bitmap[slot / 64] >> (slot % 64) & 1 == 1 {
                self.visit_slot(slot, text, from + offset, &mut visit);
            }
        }
    }

    #[cold]
    fn visit_slot(
        &self,
        slot: usize,
        text: &[u8],
        at: usize,
        visit: &mut impl FnMut(usize, usize, usize),
    ) {
        let places = usize::from(self.starts[slot])..usize::from(self.starts[slot + 1]);
        for index in &self.by_slot[places] {
            let anchor = &self.anchors[usize::from(*index)];
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
