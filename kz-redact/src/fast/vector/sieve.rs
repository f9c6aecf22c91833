//! The vector code of the [sieve](crate::patterns::sieve) of patterns.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_set1_epi8,
};

use zeroize::Zeroizing;

use super::{
    SPILLED,
    tables::{Split, Tables, any},
};
use crate::{
    fast::openers::Halves,
    patterns::sieve::{self, BLOCK, DEPTH, Raw, SHALLOW, Sieve},
    wiped,
};

/// Writes what a sieve of patterns says of the blocks of `text` from `at` on, of
/// which there are as many as there are `raws`; says whether this processor can.
pub(crate) fn sieve(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) -> bool {
    if !is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the processor has AVX2.
    unsafe { sieve_avx2(text, at, sieve, raws) };
    wiped::stack::<SPILLED>();
    true
}

/// A block, and what a sieve looks at behind its last byte.
const WIDTH: usize = BLOCK + DEPTH - 1;

#[target_feature(enable = "avx2")]
fn sieve_avx2(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) {
    let tables = SieveTables::new(sieve);
    for (raw, at) in raws.iter_mut().zip((at..).step_by(BLOCK)) {
        if let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk()) {
            tables.read(block, raw);
        } else {
            // What is beyond the end is in no set that matters.
            let rest = &text[at..];
            let mut block = Zeroizing::new([0; WIDTH]);
            block[..rest.len()].copy_from_slice(rest);
            tables.read(&block, raw);
            raw.keep_first(rest.len());
        }
    }
}

/// The tables of a [`Sieve`] in registers.
struct SieveTables {
    classes: Tables,
    first: [Tables; DEPTH],
    second: [Tables; DEPTH],
    third: [Tables; SHALLOW],
}

impl SieveTables {
    #[target_feature(enable = "avx2")]
    fn new(sieve: &Sieve) -> Self {
        let [first, second, third] = &sieve.0;
        Self {
            classes: Tables::new(&sieve::CLASSES),
            first: all(first),
            second: all(second),
            third: [
                Tables::new(&third[0]),
                Tables::new(&third[1]),
                Tables::new(&third[2]),
                Tables::new(&third[3]),
            ],
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn read(&self, block: &[u8; WIDTH], raw: &mut Raw) {
        *raw = Raw::default();
        for half in 0..2 {
            // SAFETY: 32 bytes from 0 or 32, and from up to five further, are in the
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
                ]
            };
            let class = self.classes.sets_of(&bytes[0]);
            let first = through(&self.first, &bytes);
            let second = through(&self.second, &bytes);
            let third = through(&self.third, &bytes);
            let em = _mm256_cmpeq_epi8(bytes[0].whole, _mm256_set1_epi8(0x6d));
            let em = _mm256_movemask_epi8(em).cast_unsigned();
            let shift = half * 32;
            raw.members |= u64::from(any(class, sieve::MEMBERS)) << shift;
            raw.digits |= u64::from(any(class, sieve::DIGITS)) << shift;
            raw.words |= u64::from(any(class, sieve::WORDS)) << shift;
            raw.escapes |= u64::from(any(class, sieve::ESCAPES)) << shift;
            raw.ems |= u64::from(em) << shift;
            raw.anywhere |= u64::from(any(first, sieve::ANYWHERE)) << shift;
            raw.before_queries |= u64::from(any(first, sieve::BEFORE_QUERIES)) << shift;
            raw.at_words |= u64::from(any(second, sieve::AT_WORDS)) << shift;
            raw.runs_at_words |= u64::from(any(second, sieve::RUNS_AT_WORDS)) << shift;
            raw.runs_anywhere |= u64::from(any(third, sieve::RUNS_ANYWHERE)) << shift;
            raw.hints |= u64::from(any(third, sieve::HINTS)) << shift;
        }
    }
}

/// Which buckets let the bytes through that stand in a row.
#[inline]
#[target_feature(enable = "avx2")]
fn through<const N: usize>(tables: &[Tables; N], bytes: &[Split; DEPTH]) -> __m256i {
    let mut sets = tables[0].sets_of(&bytes[0]);
    let mut place = 1;
    // No iterator: one that is not inlined takes its registers through memory.
    while place < N {
        sets = _mm256_and_si256(sets, tables[place].sets_of(&bytes[place]));
        place += 1;
    }
    sets
}

#[target_feature(enable = "avx2")]
fn all(halves: &[Halves; DEPTH]) -> [Tables; DEPTH] {
    [
        Tables::new(&halves[0]),
        Tables::new(&halves[1]),
        Tables::new(&halves[2]),
        Tables::new(&halves[3]),
        Tables::new(&halves[4]),
        Tables::new(&halves[5]),
    ]
}
