//! With AVX2: 32 bytes at a time, told from their halves.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_set1_epi8,
};

use zeroize::Zeroizing;

use super::{
    super::tables::{Split, Tables, any},
    WIDTH,
};
use crate::patterns::sieve::{self, BLOCK, DEPTH, DEPTHS, Raw, SIEVES, Sieve};

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
            *raw = read(sieve, block);
        } else {
            // What is beyond the end is in no set that matters.
            let rest = &text[at..];
            let mut block = Zeroizing::new([0; WIDTH]);
            block[..rest.len()].copy_from_slice(rest);
            *raw = read(sieve, &block);
            raw.keep_first(rest.len());
        }
    }
}

/// What the sieves say of 32 bytes and of 32 more.
type Through = [[__m256i; 2]; SIEVES];

#[inline]
#[target_feature(enable = "avx2")]
fn read(sieve: &Sieve, block: &[u8; WIDTH]) -> Raw {
    let mut through: Through = [[_mm256_set1_epi8(-1); 2]; SIEVES];
    // Place by place, so that neither text nor what is known of it has to leave the
    // registers.
    place::<0>(sieve, block, &mut through);
    place::<1>(sieve, block, &mut through);
    place::<2>(sieve, block, &mut through);
    place::<3>(sieve, block, &mut through);
    place::<4>(sieve, block, &mut through);
    place::<5>(sieve, block, &mut through);
    place::<6>(sieve, block, &mut through);
    place::<7>(sieve, block, &mut through);
    let bytes = load::<0>(block);
    let classes = Tables::new(&sieve::CLASSES);
    let classes = [
        classes.sets_of(&Split::new(bytes[0])),
        classes.sets_of(&Split::new(bytes[1])),
    ];
    let em = _mm256_set1_epi8(b'm'.cast_signed());
    let [first, second, third, fourth] = through;
    Raw {
        members: mask(classes, sieve::MEMBERS),
        digits: mask(classes, sieve::DIGITS),
        words: mask(classes, sieve::WORDS),
        escapes: mask(classes, sieve::ESCAPES),
        ems: mask(
            [
                _mm256_cmpeq_epi8(bytes[0], em),
                _mm256_cmpeq_epi8(bytes[1], em),
            ],
            u8::MAX,
        ),
        anywhere: mask(first, sieve::ANYWHERE),
        at_words: mask(second, sieve::AT_WORDS),
        before_queries: mask(second, sieve::BEFORE_QUERIES),
        runs_at_words: mask(third, sieve::RUNS_AT_WORDS),
        runs_anywhere: mask(fourth, sieve::RUNS_ANYWHERE),
        hints: mask(fourth, sieve::HINTS),
        marks: mask(fourth, sieve::MARKS),
    }
}

/// Keeps the buckets that let the bytes of one place through.
#[inline]
#[target_feature(enable = "avx2")]
fn place<const N: usize>(sieve: &Sieve, block: &[u8; WIDTH], through: &mut Through) {
    let [low, high] = load::<N>(block);
    let (low, high) = (Split::new(low), Split::new(high));
    let mut of = 0;
    // No iterator: one that is not inlined takes its registers through memory.
    while of < SIEVES {
        if N < DEPTHS[of] {
            let tables = Tables::new(&sieve.halves[of][N]);
            through[of][0] = _mm256_and_si256(through[of][0], tables.sets_of(&low));
            through[of][1] = _mm256_and_si256(through[of][1], tables.sets_of(&high));
        }
        of += 1;
    }
}

/// 64 bytes from the place on.
#[inline]
#[target_feature(enable = "avx2")]
fn load<const PLACE: usize>(block: &[u8; WIDTH]) -> [__m256i; 2] {
    const { assert!(PLACE < DEPTH) };
    // SAFETY: 64 bytes from each place on are in the block.
    unsafe {
        let start = block.as_ptr().add(PLACE);
        [
            _mm256_loadu_si256(start.cast()),
            _mm256_loadu_si256(start.add(32).cast()),
        ]
    }
}

/// Which bytes are in one of `sets`.
#[inline]
#[target_feature(enable = "avx2")]
fn mask([low, high]: [__m256i; 2], sets: u8) -> u64 {
    u64::from(any(low, sets)) | u64::from(any(high, sets)) << 32
}
