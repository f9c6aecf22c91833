//! Paths that begin with bytes as they stand and go on with a unit.

use super::{Filter, Layer, glance::First, grams::eight, units::Unit};
use crate::needle::Needles;

/// How many bytes tell whether a needle may begin with them.
const HEAD: usize = 4;

impl Filter<'_> {
    /// Looks for paths of which this unit is the first.
    #[inline]
    pub(super) fn follow(&self, text: &[u8], at: usize, unit: &Unit, layer: &mut Layer) {
        if self.may_follow(text, at, unit) {
            self.follow_closely(text, at, unit, layer);
        }
    }

    fn follow_closely(&self, text: &[u8], at: usize, unit: &Unit, layer: &mut Layer) {
        let anchors = self.anchors;
        let bytes = &unit.bytes[..unit.len];
        let around = Around::new(self, text, at, unit);
        // Where many bytes of the anchor stand before the unit.
        let before = HEAD - unit.len.min(1);
        if at >= before {
            let hash = anchors.hasher.hash::<HEAD>(around.from(before));
            if anchors.joints.may_hold(hash) {
                let mut places = anchors.joints.places(hash);
                while places != 0 {
                    let count = places.trailing_zeros() as usize + usize::from(unit.len == 0);
                    places &= places - 1;
                    self.propose(text, at, count, bytes, layer);
                }
            }
        }
        // Where few do, what follows has to tell.
        for count in usize::from(unit.len == 0)..before.min(at + 1) {
            if self.may_head(&around, count) {
                let known = (count + around.known).min(HEAD);
                let head = &around.from(count).to_le_bytes()[..known];
                let may_begin = match *head {
                    [first, second, ..] => self.needles.begin_with(first, second),
                    _ => true,
                };
                if may_begin
                    && begins(self.needles, head)
                    && layer.starts.last() != Some(&(at - count))
                {
                    layer.starts.push(at - count);
                }
            }
        }
    }

    /// Whether some needle may begin with the unit, or have it, what stands before it, and
    /// what follows next to each other in its anchor.
    #[inline]
    fn may_follow(&self, text: &[u8], at: usize, unit: &Unit) -> bool {
        let anchors = self.anchors;
        let first = self.reads(text, unit, 0);
        let second = first.and_then(|_| self.reads(text, unit, 1));
        if unit.len > 0
            && anchors.firsts.has(unit.bytes[0])
            && second.is_none_or(|second| self.needles.begin_with(unit.bytes[0], second))
        {
            return true;
        }
        at.checked_sub(1)
            .is_some_and(|before| match (text[before], first, second) {
                (before, Some(first), Some(second)) => anchors.may_row(before, first, second),
                (before, Some(first), None) => anchors.may_pair(before, first),
                (_, None, _) => true,
            })
    }

    /// What is read at the `index`th place from a unit on, if that is not written by
    /// another one.
    #[inline]
    fn reads(&self, text: &[u8], unit: &Unit, index: usize) -> Option<u8> {
        match index.checked_sub(unit.len) {
            None => Some(unit.bytes[index]),
            Some(behind) if self.may_turn(text, unit.end + behind) => None,
            Some(behind) => text.get(unit.end + behind).copied(),
        }
    }

    /// Whether a needle may begin with the last `count` bytes before the unit, what the
    /// unit stands for, and what follows.
    fn may_head(&self, around: &Around, count: usize) -> bool {
        let anchors = self.anchors;
        let head = around.from(count);
        anchors.firsts.has(head.to_le_bytes()[0])
            && (count + around.known < HEAD
                || anchors.heads.may_hold(anchors.hasher.hash::<HEAD>(head)))
    }

    /// Whether what is to be read at `at` may be another byte than stands there: a unit
    /// may open, or the text ends.
    #[inline]
    fn may_turn(&self, text: &[u8], at: usize) -> bool {
        let openers = &self.anchors.openers;
        match (text.get(at), text.get(at + 1)) {
            (Some(&first), Some(&second)) => {
                openers.opens(first, second) && self.stands(text, at, (first, second))
            }
            (Some(&first), None) => openers.watched()[usize::from(first)],
            (None, _) => true,
        }
    }

    /// Whether a unit that may begin with these bytes at `at` does, or it takes a closer
    /// look to tell.
    #[cold]
    fn stands(&self, text: &[u8], at: usize, pair: (u8, u8)) -> bool {
        !matches!(self.first_unit(text, at, pair), First::Nothing)
    }

    /// Proposes the path that begins `count` bytes before the unit at `at`, if
    /// some needle begins so.
    fn propose(&self, text: &[u8], at: usize, count: usize, bytes: &[u8], layer: &mut Layer) {
        let Some(start) = at.checked_sub(count) else {
            return;
        };
        let head = text[start..at].iter().chain(bytes);
        if begins(self.needles, head) && layer.starts.last() != Some(&start) {
            layer.starts.push(start);
        }
    }
}

/// The bytes that a path reads around a unit.
struct Around {
    /// Those before it as they stand, the nearest in the highest byte.
    before: u32,
    /// What it stands for, and what follows as it stands.
    behind: u64,
    /// How many bytes of those are known: what may be written by a unit is not.
    known: usize,
}

impl Around {
    fn new(filter: &Filter<'_>, text: &[u8], at: usize, unit: &Unit) -> Self {
        let before = if at >= HEAD {
            low(eight(text, at - HEAD))
        } else {
            let nearest = eight(&text[..at], 0) << (8 * (HEAD - at));
            low(nearest)
        };
        let mut known = unit.len;
        while known < HEAD && !filter.may_turn(text, unit.end + known - unit.len) {
            known += 1;
        }
        let four = u64::from(u32::from_le_bytes(unit.bytes));
        let after = low(eight(text, unit.end));
        Self {
            before,
            behind: four | u64::from(after) << (8 * unit.len),
            known,
        }
    }

    /// What is read from `count` bytes before the unit on, in the lowest four bytes.
    fn from(&self, count: usize) -> u64 {
        let before = u64::from(self.before) >> (8 * (HEAD - count));
        u64::from(low(before | self.behind << (8 * count)))
    }
}

/// The lowest four bytes.
fn low(eight: u64) -> u32 {
    let [a, b, c, d, ..] = eight.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Whether some needle begins with these bytes.
fn begins<'b>(needles: &Needles, head: impl IntoIterator<Item = &'b u8>) -> bool {
    let mut tables = needles.tables();
    for (depth, &byte) in head.into_iter().enumerate() {
        for (low, high) in &mut tables {
            if low < high {
                (*low, *high) = needles.narrow(*low, *high, depth, byte);
            }
        }
    }
    tables.into_iter().any(|(low, high)| low < high)
}
