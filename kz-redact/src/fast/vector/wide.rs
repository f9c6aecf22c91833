//! The masks by AVX-512, a block at once: each byte is looked up by itself.

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_movepi8_mask,
    _mm512_permutex2var_epi8, _mm512_set1_epi8, _mm512_test_epi8_mask,
};

use crate::fast::{
    masks::{BREAK, DIGIT, KIND_SEVENS, LIST, Masks, SYMBOL},
    openers::{MARK_SEVENS, Openers, Sevens},
};

/// Adds the masks of `text`.
#[target_feature(enable = "avx512bw,avx512vbmi")]
pub(super) fn masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    let kinds = Table::new(&KIND_SEVENS);
    let first = Table::new(&openers.first.sevens);
    let second = Table::new(&openers.second.sevens);
    let marks = [
        Table::new(&MARK_SEVENS[0]),
        Table::new(&MARK_SEVENS[1]),
        Table::new(&MARK_SEVENS[2]),
    ];
    for at in (0..text.len()).step_by(64) {
        let bytes = load(text, at);
        let next = load(text, at + 1);
        let third = load(text, at + 2);
        // What is beyond the end is of no kind, and neither is what is not ASCII.
        let there = first_bits(text.len() - at);
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
        let (low, high) = sevens.0.split_at(64);
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
