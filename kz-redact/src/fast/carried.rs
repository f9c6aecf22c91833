//! What runs may carry. Most carry nothing: words and paths are made of the symbols of
//! base64, too, but decode to bytes that no value and no unit has.

use super::anchors::{Bytes, LONGEST};
use crate::views::is_introducer;

/// Whether `byte` may be a part of something that a run carries, whatever the values:
/// it is text, or of a character without width, or of a mark.
pub(super) fn may_be_carried(byte: u8) -> bool {
    byte.is_ascii_graphic()
        || is_introducer(byte)
        || matches!(byte, b' ' | b'\t')
        // Behind 0xc2, 0xe2 or 0xef.
        || matches!(byte, 0x80 | 0x81 | 0x8b..=0x8f | 0xa0..=0xa9 | 0xaa..=0xae | 0xbb | 0xbf)
}

/// What a run must carry to be worth a search: some bytes in a row, each of a kind.
#[derive(Clone, Copy)]
pub(super) struct Worth<'a> {
    bytes: &'a Bytes,
    fewest: usize,
}

impl<'a> Worth<'a> {
    /// `shortest` is the fewest bytes in which something can be read.
    pub(super) fn new(bytes: &'a Bytes, shortest: usize) -> Self {
        Self {
            bytes,
            // Behind so many, what shows them a second time may stand in a dump.
            fewest: shortest.clamp(1, LONGEST),
        }
    }

    /// Whether decoded bytes are worth a search.
    pub(super) fn has(self, decoded: &[u8]) -> bool {
        has_row(decoded.len(), self.fewest, |at| self.bytes.has(decoded[at]))
    }

    /// Whether the bytes are that values of six bits carry, from one of four phases on.
    pub(super) fn has_sixes(self, values: &[u8]) -> bool {
        (0..4).any(|phase| {
            let values = values.get(phase..).unwrap_or_default();
            let byte = |at: usize| {
                let four = &values[at / 3 * 4..];
                match at % 3 {
                    0 => four[0] << 2 | four[1] >> 4,
                    1 => four[1] << 4 | four[2] >> 2,
                    _ => four[2] << 6 | four[3],
                }
            };
            has_row(values.len() * 6 / 8, self.fewest, |at| {
                self.bytes.has(byte(at))
            })
        })
    }

    /// Whether the bytes are that pairs of digits write, from the first or the second on.
    /// `digit` is 16 or more where a value is none.
    pub(super) fn has_pairs(self, values: &[u8], digit: impl Fn(u8) -> u8) -> bool {
        (0..2).any(|phase| {
            let values = values.get(phase..).unwrap_or_default();
            has_row(values.len() / 2, self.fewest, |at| {
                let (high, low) = (digit(values[2 * at]), digit(values[2 * at + 1]));
                high < 16 && low < 16 && self.bytes.has(high << 4 | low)
            })
        })
    }
}

/// Whether there are `fewest` places in a row of which `is` holds, in `0..length`.
///
/// The last of a row is asked first: where it is none, no row has it, and most places
/// are never asked.
pub(super) fn has_row(length: usize, fewest: usize, is: impl Fn(usize) -> bool) -> bool {
    let mut start = 0;
    while start + fewest <= length {
        match (start..start + fewest).rev().find(|&at| !is(at)) {
            Some(gap) => start = gap + 1,
            None => return true,
        }
    }
    false
}
