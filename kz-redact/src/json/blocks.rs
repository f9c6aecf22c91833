//! Where in a JSON text strings end and escapes begin, 64 bytes at a time, as in simdjson
//! (Langdale and Lemire, Parsing Gigabytes of JSON per Second, 2019).

use crate::wiped;

/// How many bytes a [`Block`] is of.
pub(crate) const BLOCK: usize = 64;

/// How much of the stack may hold vectors of text that found no register.
pub(super) const SPILLED: usize = 1024;

/// What stands behind a backslash in JSON, but for the `u` of a code point.
pub(crate) const ESCAPABLE: [u8; 8] = *b"\"\\/bfnrt";

/// What stands where in 64 bytes: one bit a byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Block {
    /// Quotation marks that are not escaped.
    quotes: u64,
    /// Control characters, which strings must not hold.
    controls: u64,
}

/// A whole text.
#[derive(Default)]
pub(crate) struct Blocks {
    all: Vec<Block>,
    /// The backslashes with which escapes begin, one bit a byte.
    escapes: Vec<u64>,
    /// Where those of escapes begin that are no letter or sign, in order.
    others: Vec<usize>,
    seen: Seen,
}

/// What was seen in the blocks so far.
#[derive(Default)]
struct Seen {
    /// The backslashes of the last one.
    backslashes: u64,
    /// Whether the byte behind it is escaped.
    is_escaped: bool,
    has_escapes: bool,
    has_controls: bool,
}

impl Blocks {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut blocks = Self::default();
        blocks.read(text);
        wiped::stack::<SPILLED>();
        blocks
    }

    /// Reads another text, in the memory of the last one. To wipe the stack is left to the
    /// caller.
    pub(super) fn read(&mut self, text: &[u8]) {
        let Self {
            all,
            escapes,
            others,
            seen,
        } = self;
        *seen = Seen::default();
        all.clear();
        escapes.clear();
        others.clear();
        let count = text.len().div_ceil(BLOCK);
        all.reserve(count);
        escapes.reserve(count);
        let (whole, rest) = text.as_chunks();
        self.add(whole);
        if !rest.is_empty() {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            self.add(std::slice::from_ref(&block));
            wiped::wipe(&mut block);
        }
    }

    fn add(&mut self, blocks: &[[u8; BLOCK]]) {
        let before = self.seen.backslashes;
        #[cfg(target_arch = "x86_64")]
        crate::fast::signs(blocks, before, |signs| self.push(signs));
        #[cfg(not(target_arch = "x86_64"))]
        signs_one_by_one(blocks, |signs| self.push(signs));
    }

    #[inline]
    fn push(&mut self, signs: Signs) {
        let escapes = Escapes::among(signs.backslashes, &mut self.seen.is_escaped);
        self.seen.backslashes = signs.backslashes;
        self.seen.has_escapes |= escapes.begin != 0;
        self.seen.has_controls |= signs.controls != 0;
        let mut others = escapes.escaped & !signs.escapable;
        while others != 0 {
            let at = self.all.len() * BLOCK + others.trailing_zeros() as usize;
            others &= others - 1;
            self.others.push(at - 1);
        }
        self.all.push(Block {
            quotes: signs.quotes & !escapes.escaped,
            controls: signs.controls,
        });
        self.escapes.push(escapes.begin);
    }

    pub(super) fn has_escapes(&self) -> bool {
        self.seen.has_escapes
    }

    /// The backslashes with which escapes begin, of each block.
    pub(super) fn escapes(&self) -> &[u64] {
        &self.escapes
    }

    /// Whether an escape begins at `place`.
    pub(super) fn is_escape(&self, place: usize) -> bool {
        let escapes = self.escapes.get(place / BLOCK);
        escapes.is_some_and(|escapes| escapes >> (place % BLOCK) & 1 == 1)
    }

    /// Where escapes begin that stand for a code point, if they are escapes at all.
    pub(super) fn code_points(&self) -> &[usize] {
        &self.others
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
        if !self.seen.has_controls || start >= end {
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
    /// Which are [`ESCAPABLE`], as far as it matters: where a byte may be escaped.
    pub(crate) escapable: u64,
}

/// Calls `visit` with what stands where in each block.
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(crate) fn signs_one_by_one(blocks: &[[u8; BLOCK]], mut visit: impl FnMut(Signs)) {
    for block in blocks {
        let mask = |is: fn(u8) -> bool| {
            let bits = block.iter().enumerate();
            bits.fold(0, |mask, (bit, byte)| mask | u64::from(is(*byte)) << bit)
        };
        visit(Signs {
            quotes: mask(|byte| byte == b'"'),
            backslashes: mask(|byte| byte == b'\\'),
            controls: mask(|byte| byte < b' '),
            escapable: mask(|byte| ESCAPABLE.contains(&byte)),
        });
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
                .map(|_| *random.pick(b"\\\\\\\\\\\"\"\x00\x1f\x20nuz\xff"))
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
            let found: Vec<usize> = (0..length)
                .filter(|at| blocks.escapes()[at / BLOCK] >> (at % BLOCK) & 1 == 1)
                .collect();
            assert_eq!(found, escapes);
            assert_eq!(blocks.has_escapes(), !escapes.is_empty());
            escapes.retain(|at| {
                !text
                    .get(at + 1)
                    .is_some_and(|byte| ESCAPABLE.contains(byte))
            });
            // That of the last byte escapes nothing.
            escapes.retain(|at| at + 1 < text.len().next_multiple_of(BLOCK));
            assert_eq!(blocks.code_points(), escapes);
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
        }
    }
}
