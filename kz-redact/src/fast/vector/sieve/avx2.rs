//! With AVX2: 32 bytes at a time, told from their halves.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_set1_epi8,
};

use zeroize::Zeroizing;

use super::{
    super::tables::{Split, Tables, any},
    WIDTH,
};
use crate::{
    fast::openers::Halves,
    patterns::sieve::{self, BLOCK, DEPTH, DEPTHS, Raw, Sieve},
};

/// See [`super::sieve`].
pub(super) fn sieve(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) -> bool {
    if !is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the processor has AVX2.
    unsafe { sieve_avx2(text, at, sieve, raws) };
    true
}

#[target_feature(enable = "avx2")]
fn sieve_avx2(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) {
    for (raw, at) in raws.iter_mut().zip((at..).step_by(BLOCK)) {
        if let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk()) {
            read(sieve, block, raw);
        } else {
            // What is beyond the end is in no set that matters.
            let rest = &text[at..];
            let mut block = Zeroizing::new([0; WIDTH]);
            block[..rest.len()].copy_from_slice(rest);
            read(sieve, &block, raw);
            raw.keep_first(rest.len());
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn read(sieve: &Sieve, block: &[u8; WIDTH], raw: &mut Raw) {
    *raw = Raw::default();
    for half in 0..2 {
        // SAFETY: 32 bytes from 0 or 32, and from up to seven further, are in the
        // block.
        let bytes: [Split; DEPTH] = unsafe {
            let start = block.as_ptr().add(half * 32);
            [
                Split::new(_mm256_loadu_si256(start.cast())),
                Split::new(_mm256_loadu_si256(start.add(1).cast())),
                Split::new(_mm256_loadu_si256(start.add(2).cast())),
                Split::new(_mm256_loadu_si256(start.add(3).cast())),
                Split::new(_mm256_loadu_si256(start.add(4).cast())),
                Split::new(_mm256_loadu_si256(start.add(5).cast())),
                Split::new(_mm256_loadu_si256(start.add(6).cast())),
                Split::new(_mm256_loadu_si256(start.add(7).cast())),
            ]
        };
        let em = _mm256_cmpeq_epi8(bytes[0].whole, _mm256_set1_epi8(b'm'.cast_signed()));
        let em = _mm256_movemask_epi8(em).cast_unsigned();
        let class = Tables::new(&sieve::CLASSES).sets_of(&bytes[0]);
        let first = through::<{ DEPTHS[0] }>(&sieve.halves[0], &bytes);
        let second = through::<{ DEPTHS[1] }>(&sieve.halves[1], &bytes);
        let third = through::<{ DEPTHS[2] }>(&sieve.halves[2], &bytes);
        let fourth = through::<{ DEPTHS[3] }>(&sieve.halves[3], &bytes);
        let shift = half * 32;
        raw.members |= u64::from(any(class, sieve::MEMBERS)) << shift;
        raw.digits |= u64::from(any(class, sieve::DIGITS)) << shift;
        raw.words |= u64::from(any(class, sieve::WORDS)) << shift;
        raw.escapes |= u64::from(any(class, sieve::ESCAPES)) << shift;
        raw.ems |= u64::from(em) << shift;
        raw.anywhere |= u64::from(any(first, sieve::ANYWHERE)) << shift;
        raw.at_words |= u64::from(any(second, sieve::AT_WORDS)) << shift;
        raw.before_queries |= u64::from(any(second, sieve::BEFORE_QUERIES)) << shift;
        raw.runs_at_words |= u64::from(any(third, sieve::RUNS_AT_WORDS)) << shift;
        raw.runs_anywhere |= u64::from(any(fourth, sieve::RUNS_ANYWHERE)) << shift;
        raw.hints |= u64::from(any(fourth, sieve::HINTS)) << shift;
        raw.marks |= u64::from(any(fourth, sieve::MARKS)) << shift;
    }
}

/// Which buckets let the bytes through that stand in a row.
#[inline]
#[target_feature(enable = "avx2")]
fn through<const N: usize>(halves: &[Halves; DEPTH], bytes: &[Split; DEPTH]) -> __m256i {
    let mut sets = Tables::new(&halves[0]).sets_of(&bytes[0]);
    let mut place = 1;
    // No iterator: one that is not inlined takes its registers through memory.
    while place < N {
        sets = _mm256_and_si256(sets, Tables::new(&halves[place]).sets_of(&bytes[place]));
        place += 1;
    }
    sets
}
