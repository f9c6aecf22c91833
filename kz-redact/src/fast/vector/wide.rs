//! The masks by AVX-512, a block at once.

use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_cmpeq_epi8_mask,
    _mm512_maskz_loadu_epi8, _mm512_or_si512, _mm512_set1_epi8, _mm512_shuffle_epi8,
    _mm512_srli_epi16, _mm512_test_epi8_mask,
};

use super::{BREAK, DECIMAL, KINDS, LETTER, LISTS, SYMBOLS};
use crate::fast::{
    masks::Masks,
    openers::{Halves, MARKS, Openers},
};

/// Adds the masks of `text`.
#[target_feature(enable = "avx512bw")]
pub(super) fn masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    let kinds = Tables::new(&KINDS);
    let first = Tables::new(&openers.first);
    let second = Tables::new(&openers.second);
    let signs = [
        Tables::new(&MARKS[0]),
        Tables::new(&MARKS[1]),
        Tables::new(&MARKS[2]),
    ];
    for at in (0..text.len()).step_by(64) {
        let bytes = Split::load(text, at);
        let next = Split::load(text, at + 1);
        let third = Split::load(text, at + 2);
        let kind = kinds.sets(&bytes);
        let is = |sets: u8| _mm512_test_epi8_mask(kind, _mm512_set1_epi8(sets.cast_signed()));
        let folded = _mm512_or_si512(bytes.whole, _mm512_set1_epi8(0x20));
        let x = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8(0x78));
        let colon = _mm512_cmpeq_epi8_mask(bytes.whole, _mm512_set1_epi8(0x3a));
        let mark = _mm512_and_si512(signs[0].sets(&bytes), signs[1].sets(&next));
        // What is beyond the end is of no kind.
        let there = first_bits(text.len() - at);
        masks.push(Masks {
            symbols: is(SYMBOLS) & there,
            breaks: is(BREAK) & there,
            digits: is(DECIMAL | LETTER) & there,
            lists: (is(LISTS) | x | colon) & there,
            openers: _mm512_test_epi8_mask(first.sets(&bytes), second.sets(&next)) & there,
            marks: _mm512_test_epi8_mask(mark, signs[2].sets(&third)) & there,
        });
    }
}

fn first_bits(count: usize) -> u64 {
    if count < 64 {
        !(u64::MAX << count)
    } else {
        u64::MAX
    }
}

/// [`Halves`] in registers.
struct Tables {
    low: __m512i,
    high: __m512i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx512bw")]
    fn new(halves: &Halves) -> Self {
        // SAFETY: each half has sixteen bytes.
        let (low, high) = unsafe {
            (
                _mm_loadu_si128(halves.low.as_ptr().cast()),
                _mm_loadu_si128(halves.high.as_ptr().cast()),
            )
        };
        Self {
            low: _mm512_broadcast_i32x4(low),
            high: _mm512_broadcast_i32x4(high),
        }
    }

    /// The sets that each byte is in.
    #[inline]
    #[target_feature(enable = "avx512bw")]
    fn sets(&self, bytes: &Split) -> __m512i {
        _mm512_and_si512(
            _mm512_shuffle_epi8(self.low, bytes.low),
            _mm512_shuffle_epi8(self.high, bytes.high),
        )
    }
}

/// Bytes and their halves.
struct Split {
    whole: __m512i,
    low: __m512i,
    high: __m512i,
}

impl Split {
    /// The block at `at`, with zeros for what is beyond the end.
    #[inline]
    #[target_feature(enable = "avx512bw")]
    fn load(text: &[u8], at: usize) -> Self {
        // Not the place of an empty slice, which is not mapped: to see so takes 0.1 µs.
        let rest = &text[at.min(text.len())..];
        // SAFETY: what the mask leaves out is not read, and all that it lets through is
        // in the text.
        let whole =
            unsafe { _mm512_maskz_loadu_epi8(first_bits(rest.len()), rest.as_ptr().cast()) };
        let nibble = _mm512_set1_epi8(15);
        Self {
            whole,
            low: _mm512_and_si512(whole, nibble),
            high: _mm512_and_si512(_mm512_srli_epi16::<4>(whole), nibble),
        }
    }
}
