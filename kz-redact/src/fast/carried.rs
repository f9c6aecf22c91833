//! What runs may carry. Most carry nothing: words and paths are made of the symbols of
//! base64, too, but decode to bytes that no value and no unit has.

use std::ops::Range;

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

    /// The stretches of decoded bytes that are worth a search, in order: the rest is kept
    /// from all that is in them by bytes that nothing has.
    pub(super) fn stretches(self, decoded: &'a [u8]) -> impl Iterator<Item = Range<usize>> {
        let is = move |at: usize| self.bytes.has(decoded[at]);
        let row = move |from: usize| {
            let start = first_row(from, decoded.len(), self.fewest, is)?;
            let end = (start..decoded.len()).find(|&at| !is(at));
            Some(start..end.unwrap_or(decoded.len()))
        };
        let mut next = row(0);
        std::iter::from_fn(move || {
            let Range { start, mut end } = next.take()?;
            loop {
                next = row(end);
                match &next {
                    Some(near) if near.start <= end + 2 * BESIDE => end = near.end,
                    _ => break,
                }
            }
            Some(start.saturating_sub(BESIDE)..decoded.len().min(end + BESIDE))
        })
    }

    /// Whether the bytes are that symbols carry, from one of four phases on. `value` gives
    /// the six bits of a symbol.
    pub(super) fn has_sixes(self, symbols: &[u8], value: impl Fn(u8) -> u8) -> bool {
        // So many symbols may stand before the first, which carries the end of a byte then.
        (0..4).any(|before| {
            let byte = |at: usize| {
                let four = at / 3 * 4;
                let value = |at: usize| match (four + at).checked_sub(before) {
                    Some(place) => value(symbols[place]),
                    None => 0,
                };
                match at % 3 {
                    0 => value(0) << 2 | value(1) >> 4,
                    1 => value(1) << 4 | value(2) >> 2,
                    _ => value(2) << 6 | value(3),
                }
            };
            has_row((before + symbols.len()) * 6 / 8, self.fewest, |at| {
                self.bytes.has(byte(at))
            })
        })
    }

    /// Whether the bytes are that pairs of digits write, from the first or the second on.
    /// `digit` is 16 or more where a symbol is none.
    pub(super) fn has_pairs(self, symbols: &[u8], digit: impl Fn(u8) -> u8) -> bool {
        (0..2).any(|phase| {
            let symbols = symbols.get(phase..).unwrap_or_default();
            has_row(symbols.len() / 2, self.fewest, |at| {
                let (high, low) = (digit(symbols[2 * at]), digit(symbols[2 * at + 1]));
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
    first_row(0, length, fewest, is).is_some()
}

/// Where the first such row begins, from `from` on.
fn first_row(
    from: usize,
    length: usize,
    fewest: usize,
    is: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut start = from;
    while start + fewest <= length {
        match (start..start + fewest).rev().find(|&at| !is(at)) {
            Some(gap) => start = gap + 1,
            None => return Some(start),
        }
    }
    None
}

/// How many bytes are searched on either side of what may be carried: a mark may hold any
/// character.
const BESIDE: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::cut, views::VIEWS};

    #[test]
    fn bytes_of_units_and_marks_may_be_carried() {
        let introducers = VIEWS.iter().flat_map(|view| view.introducers());
        assert!(introducers.copied().all(may_be_carried));
        let marks = cut::SIGNS.iter().chain(cut::WORDS);
        assert!(marks.flat_map(|mark| mark.bytes()).all(may_be_carried));
        let no_width = [
            0xad, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x2064, 0x2066, 0x2069, 0xfeff,
        ];
        for character in no_width.into_iter().filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).bytes();
            assert!(bytes.into_iter().all(may_be_carried), "{character:?}");
        }
        assert!(!may_be_carried(0) && !may_be_carried(0xff));
    }

    #[test]
    fn a_row_is_found_wherever_it_stands() {
        for start in 0..=12 {
            let is = |at: usize| (start..start + 8).contains(&at) || at.is_multiple_of(3);
            assert!(has_row(20, 8, is), "{start}");
            let is = |at: usize| (start..start + 7).contains(&at);
            assert!(!has_row(20, 8, is), "{start}");
        }
        assert!(!has_row(7, 8, |_| true));
    }

    #[test]
    fn stretches_have_all_rows_and_what_stands_beside_them() {
        let mut bytes = Bytes::default();
        bytes.add(b'a');
        let worth = Worth::new(&bytes, 8);
        let rows = |rows: &[(usize, usize)]| -> Vec<(usize, usize)> {
            let is = |at: usize| rows.iter().any(|&(start, end)| start <= at && at < end);
            let byte = |at: usize| if is(at) { b'a' } else { 0 };
            let decoded: Vec<u8> = (0..2000).map(byte).collect();
            let stretches = worth.stretches(&decoded);
            stretches
                .map(|stretch| (stretch.start, stretch.end))
                .collect()
        };
        assert_eq!(rows(&[(0, 7), (100, 107)]), []);
        assert_eq!(rows(&[(3, 11)]), [(0, 139)]);
        assert_eq!(
            rows(&[(500, 508), (1500, 1600)]),
            [(372, 636), (1372, 1728)]
        );
        assert_eq!(rows(&[(500, 508), (700, 703), (760, 768)]), [(372, 896)]);
        assert_eq!(rows(&[(1990, 2000)]), [(1862, 2000)]);
        assert_eq!(rows(&[(0, 2000)]), [(0, 2000)]);
    }

    #[test]
    fn base64_and_digits_of_text_are_worth_a_search() {
        let mut bytes = Bytes::default();
        (0..=u8::MAX)
            .filter(|&byte| may_be_carried(byte))
            .for_each(|byte| bytes.add(byte));
        let worth = Worth::new(&bytes, 11);
        let has_sixes = |text: &[u8]| {
            worth.has_sixes(text, |byte| crate::views::BASE64_VALUES[usize::from(byte)])
        };
        for before in ["", "A", "AB", "ABC"] {
            // `kz-canary-1` and words of as many symbols.
            let text = format!("{before}a3otY2FuYXJ5LTE");
            assert!(has_sixes(text.as_bytes()), "{text}");
        }
        assert!(!has_sixes(b"internal/process"));
        assert!(!has_sixes(b"node_modules/undici/lib"));
        let digit = |byte: u8| crate::views::hex_value(byte).unwrap_or(16);
        assert!(worth.has_pairs(b"f6b7a2d63616e6172792d31", digit));
        assert!(!worth.has_pairs(b"9f86d081884c7d659a2feaa0c55ad015", digit));
    }
}
