#[cfg(target_arch = "x86_64")]
use super::openers::Sevens;
use super::openers::{Openers, opens_mark};

/// Where in a text the bytes of some kinds stand: one bit a byte.
#[derive(Clone, Copy, Default)]
pub(super) struct Masks {
    /// Letters, digits and `+ / - _`, of which base64 and hex are made.
    pub(super) symbols: u64,
    /// Line feeds, carriage returns and tabs.
    pub(super) breaks: u64,
    /// Hexadecimal digits.
    pub(super) digits: u64,
    /// What lists of numbers are made of: digits, `x`, white space and separators.
    pub(super) lists: u64,
    /// The first byte of what may be a unit that matters.
    pub(super) openers: u64,
    /// The first byte of what may be a mark that says that something was left out.
    pub(super) marks: u64,
}

impl Masks {
    /// What a run is made of, but no list.
    pub(super) fn letters(&self) -> u64 {
        self.symbols & !self.lists
    }
}

/// The masks of `text`, for each 64 bytes of it.
pub(super) fn masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    masks.clear();
    masks.reserve(text.len().div_ceil(64));
    #[cfg(target_arch = "x86_64")]
    if super::vector::masks(text, openers, masks) {
        return;
    }
    by_table(text, openers, masks);
}

/// The masks of a text, of any 64 bytes of it.
#[derive(Clone, Copy)]
pub(super) struct Rows<'m>(pub(super) &'m [Masks]);

impl Rows<'_> {
    /// Of the 64 bytes before `at`, the nearest in the highest bit.
    #[inline]
    fn before(self, at: usize, mask: impl Fn(&Masks) -> u64) -> u64 {
        let mask = |index: usize| self.0.get(index).map_or(0, &mask);
        let (index, bit) = (at / 64, at % 64);
        let before = index.checked_sub(1).map_or(0, mask);
        match bit {
            0 => before,
            _ => mask(index) << (64 - bit) | before >> bit,
        }
    }

    /// Of the 64 bytes from `at` on, the first in the lowest bit.
    #[inline]
    fn from(self, at: usize, mask: impl Fn(&Masks) -> u64) -> u64 {
        let mask = |index: usize| self.0.get(index).map_or(0, &mask);
        let (index, bit) = (at / 64, at % 64);
        match bit {
            0 => mask(index),
            _ => mask(index) >> bit | mask(index + 1) << (64 - bit),
        }
    }

    pub(super) fn symbols_before(self, at: usize) -> u64 {
        self.before(at, |masks| masks.symbols)
    }

    pub(super) fn symbols_from(self, at: usize) -> u64 {
        self.from(at, |masks| masks.symbols)
    }

    /// The first place from `at` on where no symbol stands.
    pub(super) fn end_of_symbols(self, at: usize) -> usize {
        let mut end = at;
        loop {
            let row = self.symbols_from(end).trailing_ones();
            end += row as usize;
            if row < 64 {
                return end;
            }
        }
    }

    pub(super) fn digits_before(self, at: usize) -> u64 {
        self.before(at, |masks| masks.digits)
    }

    pub(super) fn digits_from(self, at: usize) -> u64 {
        self.from(at, |masks| masks.digits)
    }

    pub(super) fn lists_before(self, at: usize) -> u64 {
        self.before(at, |masks| masks.lists)
    }

    pub(super) fn lists_from(self, at: usize) -> u64 {
        self.from(at, |masks| masks.lists)
    }

    pub(super) fn openers_from(self, at: usize) -> u64 {
        self.from(at, |masks| masks.openers)
    }
}

/// As [`masks`], a byte at a time.
pub(super) fn by_table(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    for at in (masks.len() * 64..text.len()).step_by(64) {
        masks.push(of_block(text, at, openers));
    }
}

/// The masks of the 64 bytes at `at`, or of what there is of them.
pub(super) fn of_block(text: &[u8], at: usize, openers: &Openers) -> Masks {
    let mut masks = Masks::default();
    let end = text.len().min(at + 64);
    for (bit, place) in (at..end).enumerate() {
        let kind = KINDS[usize::from(text[place])];
        let set = |mask: &mut u64, is: bool| *mask |= u64::from(is) << bit;
        set(&mut masks.symbols, kind & SYMBOL != 0);
        set(&mut masks.breaks, kind & BREAK != 0);
        set(&mut masks.digits, kind & DIGIT != 0);
        set(&mut masks.lists, kind & LIST != 0);
        let opens = text
            .get(place + 1)
            .is_some_and(|&second| openers.opens(text[place], second));
        set(&mut masks.openers, opens);
        let mark = text.get(place..place + 3).is_some_and(opens_mark);
        set(&mut masks.marks, mark);
    }
    masks
}

pub(super) const SYMBOL: u8 = 1;
pub(super) const BREAK: u8 = 2;
pub(super) const DIGIT: u8 = 4;
pub(super) const LIST: u8 = 8;

/// The kinds of each byte.
pub(super) static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut b = 0_u8;
    loop {
        let byte = b as usize;
        let hex = b.is_ascii_hexdigit();
        let white = matches!(b, b'\n' | b'\r' | b'\t');
        if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_') {
            kinds[byte] |= SYMBOL;
        }
        if white {
            kinds[byte] |= BREAK;
        }
        if hex {
            kinds[byte] |= DIGIT;
        }
        if hex || white || matches!(b, b'x' | b'X' | b' ' | b',' | b':' | b'-' | b'+') {
            kinds[byte] |= LIST;
        }
        if b == u8::MAX {
            break;
        }
        b += 1;
    }
    kinds
};

/// The kinds of ASCII bytes; no other byte has one.
#[cfg(target_arch = "x86_64")]
pub(super) const KIND_SEVENS: Sevens = {
    let mut sevens = Sevens([0; 128]);
    let mut byte = 0;
    while byte < 128 {
        sevens.0[byte] = KINDS[byte];
        byte += 1;
    }
    sevens
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fast::anchors::Bytes, views::RUNS};

    #[test]
    fn kinds_are_those_of_the_runs() {
        for byte in 0..=255_u8 {
            let kind = KINDS[usize::from(byte)];
            let opens = |runs: std::ops::Range<usize>| RUNS[runs].iter().any(|r| r.opens(byte));
            let goes_on = |runs: std::ops::Range<usize>| {
                RUNS[runs]
                    .iter()
                    .any(|r| r.opens(byte) || r.continues(byte))
            };
            assert_eq!(kind & SYMBOL != 0, opens(0..2), "{byte:#x}");
            assert_eq!(kind & DIGIT != 0, RUNS[1].opens(byte), "{byte:#x}");
            // Bars stand around the column of characters of a dump alone.
            let is_bar = matches!(byte, b'|' | b'>');
            assert!(
                kind & LIST != 0 || is_bar || !goes_on(2..RUNS.len()),
                "{byte:#x}"
            );
            assert!(kind & (SYMBOL | BREAK) != 0 || !goes_on(0..2), "{byte:#x}");
        }
    }

    type Way = fn(&[u8], &Openers, &mut Vec<Masks>);
    const WAYS: &[Way] = &[
        masks,
        #[cfg(target_arch = "x86_64")]
        crate::fast::vector::narrow_masks,
    ];

    #[test]
    fn vectors_see_what_bytes_show() {
        let mut anchors = Bytes::default();
        for byte in *b"a1\"'% " {
            anchors.add(byte);
        }
        let openers = Openers::new(&anchors);
        let random = &mut crate::forms::Random::new(7);
        for length in [0, 1, 2, 63, 64, 65, 127, 128, 200, 1000] {
            for _ in 0..50 {
                let text: Vec<u8> = (0..length)
                    .map(|_| match random.below(4) {
                        3 => *random.pick(b"..**truTRUomisni\xe2\x80\xa6"),
                        0 => *random.pick(b"\\%&'\"+\x1b\rnx#u[ "),
                        1 => u8::try_from(random.below(256)).unwrap(),
                        _ => *random.pick(b"abcXYZ019/_-\n\t ,"),
                    })
                    .collect();
                let mut slow = Vec::new();
                by_table(&text, &openers, &mut slow);
                for masks in WAYS {
                    let mut fast = Vec::new();
                    masks(&text, &openers, &mut fast);
                    assert_eq!(fast.len(), slow.len());
                    for (fast, slow) in fast.iter().zip(&slow) {
                        assert_eq!(fast.symbols, slow.symbols);
                        assert_eq!(fast.breaks, slow.breaks);
                        assert_eq!(fast.digits, slow.digits);
                        assert_eq!(fast.lists, slow.lists);
                        // A vector may see more.
                        assert_eq!(fast.openers & slow.openers, slow.openers);
                        assert_eq!(fast.marks & slow.marks, slow.marks);
                    }
                }
            }
        }
    }
}
