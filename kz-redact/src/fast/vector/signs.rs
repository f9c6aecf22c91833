//! What tells where strings of JSON end.

use std::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_set1_epi8,
};

use crate::json::{BLOCK, Signs};

/// What stands where in a block, sixteen bytes at a time.
pub(crate) fn signs(block: &[u8; BLOCK]) -> Signs {
    // SAFETY: every x86-64 has SSE2.
    unsafe { signs_sse2(block) }
}

#[target_feature(enable = "sse2")]
fn signs_sse2(block: &[u8; BLOCK]) -> Signs {
    let mut signs = Signs::default();
    for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
        // SAFETY: these are sixteen bytes.
        let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
        let mask = |is: __m128i| u64::from(_mm_movemask_epi8(is).cast_unsigned()) << (part * 16);
        let equal = |byte: u8| mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed())));
        signs.quotes |= equal(b'"');
        signs.backslashes |= equal(b'\\');
        let least = _mm_min_epu8(bytes, _mm_set1_epi8(0x1f));
        signs.controls |= mask(_mm_cmpeq_epi8(bytes, least));
    }
    signs
}
