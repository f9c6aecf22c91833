//! The masks by AVX-512, a block at once: each byte is looked up by itself.

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_maskz_loadu_epi8,
    _mm512_movepi8_mask, _mm512_permutex2var_epi8, _mm512_set1_epi8, _mm512_test_epi8_mask,
};

use crate::fast::{
    masks::{BREAK, DIGIT, KIND_SEVENS, LIST, Masks, SYMBOL},
    openers::{MARK_SEVENS, Openers, Sets, Sevens},
};

/// Adds the masks of `text`.
#[target_feature(enable = "avx512bw,avx512vbmi")]
pub(super) fn masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    let kinds = Table::new(&KIND_SEVENS);
    let first = Whole::new(&openers.first);
    let second = Whole::new(&openers.second);
    let marks = [
        Table::new(&MARK_SEVENS[0]),
        Table::new(&MARK_SEVENS[1]),
        Table::new(&MARK_SEVENS[2]),
    ];
    let mut blocks = Blocks { text, at: 0 };
    while let Some(Block {
        bytes,
        next,
        third,
        there,
    }) = blocks.take()
    {
        let ascii = there & !_mm512_movepi8_mask(bytes);
        let kind = kinds.sets(bytes);
        let is = |kinds: u8| _mm512_test_epi8_mask(kind, _mm512_set1_epi8(kinds.cast_signed()));
        let mark = _mm512_and_si512(marks[0].sets(bytes), marks[1].sets(next));
        masks.push(Masks {
            symbols: is(SYMBOL) & ascii,
            breaks: is(BREAK) & ascii,
            digits: is(DIGIT) & ascii,
            lists: is(LIST) & ascii,
            openers: _mm512_test_epi8_mask(first.sets(bytes), second.sets(next)) & there,
            marks: _mm512_test_epi8_mask(mark, marks[2].sets(third)) & there,
        });
    }
}

/// A block, and the same from its second and its third byte on.
struct Block {
    bytes: __m512i,
    next: __m512i,
    third: __m512i,
    /// What is beyond the end is of no kind, and neither is what is not ASCII.
    there: u64,
}

/// The blocks of a text, one after the other.
struct Blocks<'t> {
    text: &'t [u8],
    at: usize,
}

impl Blocks<'_> {
    #[inline]
    #[target_feature(enable = "avx512bw")]
    fn take(&mut self) -> Option<Block> {
        let at = self.at;
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        self.at += 64;
        let Some(whole) = rest.first_chunk::<66>() else {
            return Some(Block {
                bytes: load(self.text, at),
                next: load(self.text, at + 1),
                third: load(self.text, at + 2),
                there: first_bits(rest.len()),
            });
        };
        // SAFETY: of each of these three places, 64 bytes are there.
        let load = |from: usize| unsafe { _mm512_loadu_si512(whole[from..].as_ptr().cast()) };
        Some(Block {
            bytes: load(0),
            next: load(1),
            third: load(2),
            there: u64::MAX,
        })
    }
}

fn first_bits(count: usize) -> u64 {
    if count < 64 {
        !(u64::MAX << count)
    } else {
        u64::MAX
    }
}

/// [`Sevens`] in registers.
struct Table {
    low: __m512i,
    high: __m512i,
}

impl Table {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi")]
    fn new(sevens: &Sevens) -> Self {
        Self::of(&sevens.0)
    }

    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi")]
    fn of(sets: &[u8; 128]) -> Self {
        let (low, high) = sets.split_at(64);
        // SAFETY: each half has 64 bytes.
        unsafe {
            Self {
                low: _mm512_loadu_si512(low.as_ptr().cast()),
                high: _mm512_loadu_si512(high.as_ptr().cast()),
            }
        }
    }

    /// The sets that each byte is in.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi")]
    fn sets(&self, bytes: __m512i) -> __m512i {
        _mm512_permutex2var_epi8(self.low, bytes, self.high)
    }
}

/// [`Sets`] in registers.
struct Whole {
    ascii: Table,
    others: Table,
}

impl Whole {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi")]
    fn new(sets: &Sets) -> Self {
        let (halves, _) = sets.bytes.as_chunks();
        Self {
            ascii: Table::of(&halves[0]),
            others: Table::of(&halves[1]),
        }
    }

    /// The sets that each byte is in.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi")]
    fn sets(&self, bytes: __m512i) -> __m512i {
        let is_other = _mm512_movepi8_mask(bytes);
        _mm512_mask_blend_epi8(is_other, self.ascii.sets(bytes), self.others.sets(bytes))
    }
}

/// The block at `at`, with zeros for what is beyond the end.
#[inline]
#[target_feature(enable = "avx512bw")]
fn load(text: &[u8], at: usize) -> __m512i {
    // Not the place of an empty slice, which is not mapped: to see so takes 0.1 µs.
    let rest = &text[at.min(text.len())..];
    // SAFETY: what the mask leaves out is not read, and all that it lets through is in the
    // text.
    unsafe { _mm512_maskz_loadu_epi8(first_bits(rest.len()), rest.as_ptr().cast()) }
}
