//! Where in a JSON text strings end and escapes begin, 64 bytes at a time, as in simdjson
//! (Langdale and Lemire, Parsing Gigabytes of JSON per Second, 2019).

use zeroize::Zeroizing;

/// How many bytes a [`Block`] is of.
pub(crate) const BLOCK: usize = 64;

/// What stands where in 64 bytes: one bit a byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// Quotation marks that are not escaped.
    quotes: u64,
    /// The backslashes with which escapes begin.
    escapes: u64,
    /// Control characters, which strings must not hold.
    controls: u64,
}

/// A whole text.
pub(crate) struct Blocks {
    all: Vec<Block>,
    has_escapes: bool,
    has_controls: bool,
}

impl Blocks {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut blocks = Self {
            all: Vec::with_capacity(text.len().div_ceil(BLOCK)),
            has_escapes: false,
            has_controls: false,
        };
        let mut is_escaped = false;
        let (whole, rest) = text.as_chunks();
        for block in whole {
            blocks.push(Signs::in_block(block), &mut is_escaped);
        }
        if !rest.is_empty() {
            let mut block = Zeroizing::new([b' '; BLOCK]);
            block[..rest.len()].copy_from_slice(rest);
            blocks.push(Signs::in_block(&block), &mut is_escaped);
        }
        blocks
    }

    fn push(&mut self, signs: Signs, is_escaped: &mut bool) {
        let escapes = Escapes::among(signs.backslashes, is_escaped);
        self.has_escapes |= escapes.begin != 0;
        self.has_controls |= signs.controls != 0;
        self.all.push(Block {
            quotes: signs.quotes & !escapes.escaped,
            escapes: escapes.begin,
            controls: signs.controls,
        });
    }

    pub(super) fn has_escapes(&self) -> bool {
        self.has_escapes
    }

    /// Where escapes begin, in order.
    pub(super) fn escapes(&self) -> impl Iterator<Item = usize> {
        self.all.iter().enumerate().flat_map(|(index, block)| {
            let mut rest = block.escapes;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(index * BLOCK + bit)
            })
        })
    }

    /// The first quotation mark at or behind `from` that is not escaped.
    pub(super) fn next_quote(&self, from: usize) -> Option<usize> {
        let mut index = from / BLOCK;
        let mut quotes = self.all.get(index)?.quotes & u64::MAX << (from % BLOCK);
        while quotes == 0 {
            index += 1;
            quotes = self.all.get(index)?.quotes;
        }
        Some(index * BLOCK + quotes.trailing_zeros() as usize)
    }

    /// Whether a control character stands in `start..end`.
    pub(super) fn has_control(&self, start: usize, end: usize) -> bool {
        if !self.has_controls || start >= end {
            return false;
        }
        (start / BLOCK..=(end - 1) / BLOCK).any(|index| {
            let base = index * BLOCK;
            let mut wanted = u64::MAX << start.saturating_sub(base);
            if end - base < BLOCK {
                wanted &= !(u64::MAX << (end - base));
            }
            self.all[index].controls & wanted != 0
        })
    }
}

/// What single bytes tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signs {
    pub(crate) quotes: u64,
    pub(crate) backslashes: u64,
    pub(crate) controls: u64,
}

impl Signs {
    fn in_block(block: &[u8; BLOCK]) -> Self {
        #[cfg(target_arch = "x86_64")]
        return crate::fast::signs(block);
        #[cfg(not(target_arch = "x86_64"))]
        return Self::one_by_one(block);
    }

    #[cfg(any(test, not(target_arch = "x86_64")))]
    fn one_by_one(block: &[u8; BLOCK]) -> Self {
        let mask = |is: fn(u8) -> bool| {
            let bits = block.iter().enumerate();
            bits.fold(0, |mask, (bit, byte)| mask | u64::from(is(*byte)) << bit)
        };
        Self {
            quotes: mask(|byte| byte == b'"'),
            backslashes: mask(|byte| byte == b'\\'),
            controls: mask(|byte| byte < b' '),
        }
    }
}

/// Which backslashes begin an escape, and what they escape.
struct Escapes {
    begin: u64,
    escaped: u64,
}

impl Escapes {
    /// Of each row of backslashes every second one. `is_escaped` says whether the first byte
    /// is escaped by the last of the block before; afterwards, whether the next one is.
    fn among(backslashes: u64, is_escaped: &mut bool) -> Self {
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        let first = u64::from(*is_escaped);
        if backslashes == 0 {
            *is_escaped = false;
            return Self {
                begin: 0,
                escaped: first,
            };
        }
        // A subtraction carries through a row, and so tells where it ends: at an odd place
        // or an even one.
        let candidates = backslashes & !first;
        let ends = ((candidates << 1) | ODD).wrapping_sub(candidates) ^ ODD;
        let begin = ends & backslashes;
        *is_escaped = begin >> (BLOCK - 1) == 1;
        Self {
            begin,
            escaped: ends ^ (backslashes | first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::Random;

    #[test]
    fn blocks_say_what_bytes_show() {
        let random = &mut Random::new(3);
        for length in (0..300).chain([1000, 4096]) {
            let text: Vec<u8> = (0..length)
                .map(|_| *random.pick(b"\\\\\\\\\\\"\"\x00\x1f\x20n\xff"))
                .collect();
            let (mut quotes, mut escapes, mut controls) = (Vec::new(), Vec::new(), Vec::new());
            let mut is_escaped = false;
            for (at, &byte) in text.iter().enumerate() {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => {
                        escapes.push(at);
                        is_escaped = true;
                    }
                    b'"' => quotes.push(at),
                    _ => {}
                }
                if byte < b' ' {
                    controls.push(at);
                }
            }
            let blocks = Blocks::new(&text);
            assert_eq!(blocks.escapes().collect::<Vec<_>>(), escapes);
            assert_eq!(blocks.has_escapes(), !escapes.is_empty());
            for from in 0..=length + 1 {
                let next = quotes.iter().copied().find(|quote| *quote >= from);
                assert_eq!(blocks.next_quote(from), next, "{from} {length}");
            }
            for _ in 0..20 {
                let (one, other) = (random.below(length + 1), random.below(length + 1));
                let (start, end) = (one.min(other), one.max(other));
                let within = controls.iter().any(|at| (start..end).contains(at));
                assert_eq!(blocks.has_control(start, end), within, "{start} {end}");
            }
            for block in text.as_chunks().0 {
                assert_eq!(Signs::in_block(block), Signs::one_by_one(block));
            }
        }
    }
}
