//! Strings of JSON: where they end, and what they are without their escapes.

use std::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
    _mm_set1_epi8, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_loadu_si512,
    _mm512_mask2_permutex2var_epi8, _mm512_maskz_compress_epi8, _mm512_set1_epi8,
    _mm512_storeu_si512,
};

use super::SPILLED;
use crate::{
    json::{BLOCK, ESCAPABLE, MEANT, Signs},
    wiped,
};

/// Calls `visit` with what stands where in each block, behind one in which backslashes
/// stand `before`. To wipe the stack is left to the caller.
pub(crate) fn signs(blocks: &[[u8; BLOCK]], before: u64, visit: impl FnMut(Signs)) {
    if is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has AVX-512 with instructions on bytes.
        unsafe { signs_avx512(blocks, before, visit) };
    } else {
        // SAFETY: every x86-64 has SSE2.
        unsafe { signs_sse2(blocks, before, visit) };
    }
}

#[target_feature(enable = "avx512bw")]
fn signs_avx512(blocks: &[[u8; BLOCK]], mut before: u64, mut visit: impl FnMut(Signs)) {
    for block in blocks {
        // SAFETY: a block has 64 bytes.
        let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let equal = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
        let backslashes = equal(b'\\');
        // Which bytes may be escaped matters where one is.
        let escapable = if backslashes | before == 0 {
            0
        } else {
            ESCAPABLE.iter().fold(0, |any, byte| any | equal(*byte))
        };
        before = backslashes;
        visit(Signs {
            quotes: equal(b'"'),
            backslashes,
            controls: _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20)),
            escapable,
        });
    }
}

/// The same, sixteen bytes at a time.
#[target_feature(enable = "sse2")]
fn signs_sse2(blocks: &[[u8; BLOCK]], mut before: u64, mut visit: impl FnMut(Signs)) {
    for block in blocks {
        let mut signs = Signs::default();
        for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
            // SAFETY: these are sixteen bytes.
            let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
            let mask =
                |is: __m128i| u64::from(_mm_movemask_epi8(is).cast_unsigned()) << (part * 16);
            let equal = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
            let backslashes = mask(equal(b'\\'));
            signs.quotes |= mask(equal(b'"'));
            signs.backslashes |= backslashes;
            let least = _mm_min_epu8(bytes, _mm_set1_epi8(0x1f));
            signs.controls |= mask(_mm_cmpeq_epi8(bytes, least));
            if backslashes | before != 0 {
                let any = |any, byte: &u8| _mm_or_si128(any, equal(*byte));
                signs.escapable |= mask(ESCAPABLE.iter().fold(equal(b'"'), any));
            }
            before = backslashes;
        }
        visit(signs);
    }
}

/// Where an escape may begin of JSON, an address or markup, one bit a byte.
pub(crate) fn escapes(block: &[u8; BLOCK]) -> u64 {
    // SAFETY: every x86-64 has SSE2.
    unsafe { escapes_sse2(block) }
}

#[target_feature(enable = "sse2")]
fn escapes_sse2(block: &[u8; BLOCK]) -> u64 {
    let mut escapes = 0;
    for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
        // SAFETY: these are sixteen bytes.
        let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
        let equal = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
        let any = _mm_or_si128(_mm_or_si128(equal(b'\\'), equal(b'%')), equal(b'&'));
        escapes |= u64::from(_mm_movemask_epi8(any).cast_unsigned()) << (part * 16);
    }
    escapes
}

/// Moves the bytes of `blocks` to the front that are not `dropped`, and puts in the place
/// of each that stands behind one of `escapes` what it means there. Says how many are left,
/// or `None` if this processor cannot.
pub(crate) fn shorten(
    blocks: &mut [[u8; BLOCK]],
    escapes: &[u64],
    dropped: &[u64],
) -> Option<usize> {
    if !(is_x86_feature_detected!("avx512vbmi2") && is_x86_feature_detected!("avx512vbmi")) {
        return None;
    }
    // SAFETY: the processor has AVX-512 with these instructions.
    let left = unsafe { shorten_avx512(blocks, escapes, dropped) };
    wiped::stack::<SPILLED>();
    Some(left)
}

#[target_feature(enable = "avx512bw,avx512vbmi,avx512vbmi2")]
fn shorten_avx512(blocks: &mut [[u8; BLOCK]], escapes: &[u64], dropped: &[u64]) -> usize {
    // SAFETY: each half of the table has 64 bytes.
    let (low, high) = unsafe {
        (
            _mm512_loadu_si512(MEANT.as_ptr().cast()),
            _mm512_loadu_si512(MEANT[BLOCK..].as_ptr().cast()),
        )
    };
    let mut left = 0;
    let mut before = 0;
    for (index, dropped) in dropped.iter().enumerate() {
        let escapes = escapes.get(index).copied().unwrap_or(0);
        let escaped = escapes << 1 | before >> (BLOCK - 1);
        before = escapes;
        // SAFETY: a block has 64 bytes.
        let bytes = unsafe { _mm512_loadu_si512(blocks[index].as_ptr().cast()) };
        let meant = _mm512_mask2_permutex2var_epi8(low, bytes, escaped, high);
        let kept = _mm512_maskz_compress_epi8(!dropped, meant);
        let room = &mut blocks.as_flattened_mut()[left..left + BLOCK];
        // SAFETY: there is room for 64 bytes.
        unsafe { _mm512_storeu_si512(room.as_mut_ptr().cast(), kept) };
        left += dropped.count_zeros() as usize;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        forms::Random,
        json::{openers_one_by_one, shorten_one_by_one, signs_one_by_one},
    };

    fn blocks(random: &mut Random) -> Vec<[u8; BLOCK]> {
        let mut block = |_| {
            std::array::from_fn(|_| match random.below(3) {
                0 => *random.pick(b"\\\\\"bfnrt/u%& \x00\x1f"),
                1 => b'x',
                _ => u8::try_from(random.below(256)).unwrap(),
            })
        };
        (0..9).map(&mut block).collect()
    }

    #[test]
    fn vectors_see_what_bytes_show() {
        let random = &mut Random::new(5);
        for _ in 0..200 {
            let blocks = blocks(random);
            let (mut plain, mut fast, mut wide) = (Vec::new(), Vec::new(), Vec::new());
            signs_one_by_one(&blocks, |signs| plain.push(signs));
            signs(&blocks, 0, |signs| fast.push(signs));
            // SAFETY: every x86-64 has SSE2.
            unsafe { signs_sse2(&blocks, 0, |signs| wide.push(signs)) };
            for block in &blocks {
                assert_eq!(escapes(block), openers_one_by_one(block));
            }
            let mut before = 0;
            for ((plain, fast), wide) in plain.iter().zip(fast).zip(wide) {
                let matters = plain.backslashes << 1 | before >> (BLOCK - 1);
                before = plain.backslashes;
                for found in [fast, wide] {
                    assert_eq!(found.escapable & matters, plain.escapable & matters);
                    let escapable = plain.escapable;
                    assert_eq!(Signs { escapable, ..found }, *plain);
                }
            }
        }
    }

    #[test]
    fn vectors_leave_what_bytes_do() {
        let random = &mut Random::new(6);
        for _ in 0..200 {
            let mut fast: Vec<[u8; BLOCK]> = blocks(random);
            // What is escaped is ASCII.
            fast.as_flattened_mut()
                .iter_mut()
                .for_each(|byte| *byte &= 127);
            let mut plain = fast.clone();
            let masks = |random: &mut Random| -> Vec<u64> {
                let mut mask =
                    |_| (0..BLOCK).fold(0, |mask, _| mask << 1 | u64::from(random.coin()));
                (0..fast.len()).map(&mut mask).collect()
            };
            let (escapes, dropped) = (masks(random), masks(random));
            let left = shorten_one_by_one(&mut plain, &escapes, &dropped);
            if let Some(count) = shorten(&mut fast, &escapes, &dropped) {
                assert_eq!(count, left);
                assert_eq!(fast.as_flattened()[..left], plain.as_flattened()[..left]);
            }
        }
    }
}
