//! Sets of bytes in registers, told by the halves of each byte.

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
    _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_srli_epi16,
};

use crate::fast::openers::Halves;

/// [`Halves`] in registers.
pub(super) struct Tables {
    low: __m256i,
    high: __m256i,
}

impl Tables {
    #[target_feature(enable = "avx2")]
    pub(super) fn new(halves: &Halves) -> Self {
        // SAFETY: each half has sixteen bytes.
        let (low, high) = unsafe {
            (
                _mm_loadu_si128(halves.low.as_ptr().cast()),
                _mm_loadu_si128(halves.high.as_ptr().cast()),
            )
        };
        Self {
            low: _mm256_broadcastsi128_si256(low),
            high: _mm256_broadcastsi128_si256(high),
        }
    }

    /// The sets that each byte is in.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn sets_of(&self, bytes: &Split) -> __m256i {
        _mm256_and_si256(
            _mm256_shuffle_epi8(self.low, bytes.low),
            _mm256_shuffle_epi8(self.high, bytes.high),
        )
    }
}

/// Bytes and their halves.
pub(super) struct Split {
    pub(super) whole: __m256i,
    low: __m256i,
    high: __m256i,
}

impl Split {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn new(whole: __m256i) -> Self {
        let nibble = _mm256_set1_epi8(15);
        Self {
            whole,
            low: _mm256_and_si256(whole, nibble),
            high: _mm256_and_si256(_mm256_srli_epi16::<4>(whole), nibble),
        }
    }
}

/// Which bytes are in one of `sets`.
#[target_feature(enable = "avx2")]
pub(super) fn any(bytes: __m256i, sets: u8) -> u32 {
    let kept = _mm256_and_si256(bytes, _mm256_set1_epi8(sets.cast_signed()));
    let none = _mm256_cmpeq_epi8(kept, _mm256_setzero_si256());
    !_mm256_movemask_epi8(none).cast_unsigned()
}
