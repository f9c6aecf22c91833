//! A text with its escapes undone, and where each byte of it is written.

use std::{cell::Cell, ops::Range};

use super::{
    blocks::{BLOCK, Blocks},
    string::{Escaped, MEANT},
};
use crate::wiped::Wiped;

/// A text from which bytes were left out, and what stood in the place of others: an escape
/// is no shorter than what it stands for, which is put where it ends.
pub(crate) struct Shortened {
    room: Room,
    /// How long it was.
    length: usize,
}

/// The memory for it, which a thread keeps for the next, wiped.
#[derive(Default)]
struct Room {
    bytes: Wiped<u8>,
    /// What was left out of each block, one bit a byte.
    dropped: Vec<u64>,
    /// Where what is left of each block begins.
    starts: Vec<usize>,
    /// The backslashes with which escapes of two bytes begin, one bit a byte.
    single: Vec<u64>,
}

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

/// The longest text whose memory is kept.
const KEPT: usize = 1 << 20;

impl Drop for Shortened {
    fn drop(&mut self) {
        let mut room = std::mem::take(&mut self.room);
        room.bytes.clear();
        if self.length <= KEPT {
            // Or the thread ends.
            let _ = ROOM.try_with(|kept| kept.set(room));
        }
    }
}

impl Shortened {
    /// All of a text, until something is [put](Self::put) in it.
    pub(super) fn whole(written: &[u8]) -> Self {
        let count = written.len().div_ceil(BLOCK);
        let mut room = ROOM.try_with(Cell::take).unwrap_or_default();
        room.bytes.clear();
        room.bytes.reserve(count * BLOCK);
        room.bytes.extend_from_slice(written);
        room.bytes
            .extend_from_slice(&[0; BLOCK][..count * BLOCK - written.len()]);
        room.dropped.clear();
        room.dropped.resize(count, 0);
        room.starts.clear();
        Self {
            room,
            length: written.len(),
        }
    }

    /// A text of JSON without the escapes of its strings.
    pub(super) fn without_escapes(written: &[u8], blocks: &Blocks) -> Self {
        let mut shortened = Self::whole(written);
        let mut single = std::mem::take(&mut shortened.room.single);
        single.clear();
        single.extend_from_slice(blocks.escapes());
        let mut done = 0;
        for &at in blocks.code_points() {
            single[at / BLOCK] &= !(1 << (at % BLOCK));
            // Or it is the second half of a pair of surrogates.
            if at < done {
                continue;
            }
            let escaped = Escaped::read(written, at);
            done = escaped.end;
            if let Some(character) = escaped.bytes() {
                shortened.put(at, done, character);
            }
        }
        for (dropped, single) in shortened.room.dropped.iter_mut().zip(&single) {
            *dropped |= single;
        }
        shortened.close(&single);
        shortened.room.single = single;
        shortened
    }

    /// Puts `meant` in the place of what is written at `start..end`.
    #[inline]
    pub(super) fn put(&mut self, start: usize, end: usize, meant: &[u8]) {
        let kept = end - meant.len();
        self.room.bytes.as_mut_slice()[kept..end].copy_from_slice(meant);
        for place in start..kept {
            self.room.dropped[place / BLOCK] |= 1 << (place % BLOCK);
        }
    }

    /// To be called when all is put. Behind each byte of `escapes` stands one that is put
    /// there now.
    pub(super) fn close(&mut self, escapes: &[u64]) {
        let beyond = self.room.dropped.len() * BLOCK - self.length;
        if let (Some(last), 1..) = (self.room.dropped.last_mut(), beyond) {
            *last |= u64::MAX << (BLOCK - beyond);
        }
        let (blocks, _) = self.room.bytes.as_mut_slice().as_chunks_mut();
        let left = shorten(blocks, escapes, &self.room.dropped);
        self.room.bytes.truncate(left);
        let mut start = 0;
        let starts = self.room.dropped.iter().map(|dropped| {
            let here = start;
            start += dropped.count_zeros() as usize;
            here
        });
        self.room.starts.extend(starts);
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.room.bytes
    }

    /// Forgets what is behind this place.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.room.bytes.truncate(length);
    }

    /// Stretches of it outside of which it is as it was: a few bytes more than those in whose
    /// place something else stood.
    pub(crate) fn changed(&self) -> impl Iterator<Item = Range<usize>> {
        let last = self.length / BLOCK;
        let beyond = u64::MAX << (self.length % BLOCK);
        let blocks = self.room.dropped.iter().zip(&self.room.starts).enumerate();
        blocks.filter_map(move |(block, (dropped, start))| {
            let left_out = if block == last {
                dropped & !beyond
            } else {
                *dropped
            };
            // What stands for the last may be the first byte of the next block.
            let end = start + dropped.count_zeros() as usize + 1;
            (left_out != 0).then_some(*start..end)
        })
    }

    /// Where what is written from `place` on begins.
    pub(crate) fn meant_by(&self, place: usize) -> usize {
        let Some(dropped) = self.room.dropped.get(place / BLOCK) else {
            return self.room.starts.last().map_or(0, |start| {
                start
                    + self
                        .room
                        .dropped
                        .last()
                        .map_or(0, |dropped| dropped.count_zeros()) as usize
            });
        };
        let before = !(u64::MAX << (place % BLOCK));
        self.room.starts[place / BLOCK] + (!dropped & before).count_ones() as usize
    }

    /// The first byte that begins at or behind this place of the written text.
    pub(crate) fn first_from(&self, place: usize) -> usize {
        let cuts = place
            .checked_sub(1)
            .is_some_and(|before| self.is_dropped(before));
        self.meant_by(place) + usize::from(cuts)
    }

    /// Where the byte at `meant` was, or the last of those in whose place it is; where the
    /// text ended for what is behind it.
    pub(super) fn place(&self, meant: usize) -> usize {
        let Some(block) = self
            .room
            .starts
            .partition_point(|start| *start <= meant)
            .checked_sub(1)
        else {
            return self.length;
        };
        let mut kept = !self.room.dropped[block];
        let (mut left, mut place) = (meant - self.room.starts[block], block * BLOCK);
        // Eight at a time, and then one by one.
        while let here = (kept & 0xff).count_ones() as usize
            && here <= left
            && kept != 0
        {
            left -= here;
            kept >>= 8;
            place += 8;
        }
        for _ in 0..left {
            kept &= kept.wrapping_sub(1);
        }
        (place + kept.trailing_zeros() as usize).min(self.length)
    }

    /// Where the bytes `start..end` are written, each of which stands for one or for an
    /// escape.
    pub(crate) fn written(&self, start: usize, end: usize) -> (usize, usize) {
        let mut first = self.place(start);
        while first > 0 && self.is_dropped(first - 1) {
            first -= 1;
        }
        (first, self.length.min(self.place(end - 1) + 1))
    }

    fn is_dropped(&self, place: usize) -> bool {
        let dropped = self.room.dropped.get(place / BLOCK);
        dropped.is_some_and(|dropped| dropped >> (place % BLOCK) & 1 == 1)
    }
}

/// Moves the bytes to the front that are not `dropped`, and puts in the place of each that
/// stands behind one of `escapes` what it means there. Says how many are left.
fn shorten(blocks: &mut [[u8; BLOCK]], escapes: &[u64], dropped: &[u64]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(left) = crate::fast::shorten(blocks, escapes, dropped) {
        return left;
    }
    shorten_one_by_one(blocks, escapes, dropped)
}

pub(crate) fn shorten_one_by_one(
    blocks: &mut [[u8; BLOCK]],
    escapes: &[u64],
    dropped: &[u64],
) -> usize {
    let bytes = blocks.as_flattened_mut();
    let (mut left, mut before) = (0, 0);
    for (index, dropped) in dropped.iter().enumerate() {
        let escapes = escapes.get(index).copied().unwrap_or(0);
        let mut escaped = escapes << 1 | before >> (BLOCK - 1);
        before = escapes;
        let start = index * BLOCK;
        while escaped != 0 {
            let byte = &mut bytes[start + escaped.trailing_zeros() as usize];
            *byte = MEANT[usize::from(*byte & 127)];
            escaped &= escaped - 1;
        }
        for bit in 0..BLOCK {
            bytes[left] = bytes[start + bit];
            left += usize::from(dropped >> bit & 1 == 0);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::Random;

    #[test]
    fn places() {
        let random = &mut Random::new(13);
        for _ in 0..300 {
            let (mut written, mut units) = (Vec::new(), Vec::new());
            for _ in 0..random.below(90) {
                let length = [1, 1, 2, 3, 6][random.below(5)];
                units.push((written.len(), length));
                written.extend_from_slice(&b"\\%&;u0"[..length]);
            }
            let mut shortened = Shortened::whole(&written);
            for (meant, (start, length)) in units.iter().enumerate() {
                let byte = meant.to_le_bytes()[0];
                shortened.put(*start, start + length, &[byte]);
            }
            shortened.close(&[]);
            let expected: Vec<u8> = (0..units.len()).map(|at| at.to_le_bytes()[0]).collect();
            assert_eq!(shortened.text(), expected);
            for (meant, &(start, length)) in units.iter().enumerate() {
                assert_eq!(shortened.written(meant, meant + 1), (start, start + length));
                assert_eq!(shortened.written(0, meant + 1), (0, start + length));
                assert_eq!(shortened.first_from(start), meant);
                for within in start + 1..start + length {
                    assert_eq!(shortened.first_from(within), meant + 1);
                }
            }
            assert_eq!(shortened.place(units.len()), written.len());
            assert_eq!(shortened.meant_by(written.len()), units.len());
        }
    }
}
