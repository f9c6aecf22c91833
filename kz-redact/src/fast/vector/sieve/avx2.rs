//! With AVX2: 32 bytes at a time, told from their halves.

use std::{
    arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_set1_epi8,
    },
    ops::Range,
};

use zeroize::Zeroizing;

use super::{
    super::tables::{Split, Tables, any},
    WIDTH, Way,
};
use crate::patterns::{
    scan::{Found, Places, Step, combine_plainly},
    sieve::{self, BLOCK, Before, DEPTH, Masks, Raw, RawRuns, SIEVES, Sieve},
};

pub(super) const WAY: Way = Way {
    is_here: || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1"),
    is_exact: false,
    fill,
    fill_runs,
    look_back,
    combine,
    list,
};

#[target_feature(enable = "avx2")]
fn combine(masks: &mut Masks, found: &mut Found, count: usize, step: Step) {
    combine_plainly(masks, found, count, step);
}

#[target_feature(enable = "avx2,bmi1")]
fn list(blocks: &[u64], done: usize, places: &mut Places) -> usize {
    places.add(blocks, done)
}

#[target_feature(enable = "avx2")]
fn fill(sieve: &Sieve, text: &[u8], at: usize, masks: &mut Masks, slots: Range<usize>) {
    for (slot, at) in slots.zip((at..).step_by(BLOCK)) {
        let rest = &text[at..];
        let raw = match rest.first_chunk() {
            Some(block) => read(sieve, block),
            None => read(sieve, &padded(rest)).keep_first(rest.len()),
        };
        masks.set(slot, raw);
    }
}

#[target_feature(enable = "avx2")]
fn fill_runs(sieve: &Sieve, text: &[u8], at: usize, masks: &mut Masks, count: usize) {
    for slot in 1..=count {
        if !masks.has_long(slot) {
            continue;
        }
        let rest = &text[at + (slot - 1) * BLOCK..];
        let [first, second] = match rest.first_chunk() {
            Some(block) => through::<2, 2>(sieve, block),
            None => through::<2, 2>(sieve, &padded(rest)),
        };
        let raw = RawRuns {
            at_words: mask(first, sieve::RUNS_AT_WORDS),
            anywhere: mask(second, sieve::RUNS_ANYWHERE),
            marks: mask(second, sieve::MARKS),
        };
        masks.set_runs(slot, raw.keep_first(rest.len()));
    }
}

#[target_feature(enable = "avx2")]
fn look_back(sieve: &Sieve, text: &[u8], at: usize, places: &[u16], before: &mut [Before]) {
    let gaps = Tables::new(&sieve::GAPS);
    for (place, before) in places.iter().zip(before) {
        let end = at + usize::from(*place);
        let start = end.saturating_sub(BLOCK);
        let padded = padded(&text[start..]);
        let block = text[start..].first_chunk().unwrap_or(&padded);
        let [hints] = through::<4, 1>(sieve, block);
        let [low, high] = load::<0>(block);
        let gap = [
            gaps.sets_of(&Split::new(low)),
            gaps.sets_of(&Split::new(high)),
        ];
        let found = Before {
            hints: mask(hints, sieve::HINTS),
            gaps: mask(gap, sieve::IN_GAPS),
            assigns: mask(gap, sieve::ASSIGNS),
            breaks: mask(gap, sieve::BREAKS),
            labels: mask(gap, sieve::LABELS),
            tags: mask(gap, sieve::TAGS),
        };
        *before = found.shifted(end - start);
    }
}

/// What there is, and zeros behind it: they are in no set that matters.
fn padded(rest: &[u8]) -> Zeroizing<[u8; WIDTH]> {
    let mut block = Zeroizing::new([0; WIDTH]);
    let count = rest.len().min(WIDTH);
    block[..count].copy_from_slice(&rest[..count]);
    block
}

#[inline]
#[target_feature(enable = "avx2")]
fn read(sieve: &Sieve, block: &[u8; WIDTH]) -> Raw {
    let [first, second] = through::<0, 2>(sieve, block);
    let bytes = load::<0>(block);
    let classes = Tables::new(&sieve::CLASSES);
    let classes = [
        classes.sets_of(&Split::new(bytes[0])),
        classes.sets_of(&Split::new(bytes[1])),
    ];
    let em = _mm256_set1_epi8(b'm'.cast_signed());
    let ems = bytes.map(|bytes| _mm256_cmpeq_epi8(bytes, em));
    Raw {
        members: mask(classes, sieve::MEMBERS),
        digits: mask(classes, sieve::DIGITS),
        words: mask(classes, sieve::WORDS),
        escapes: mask(classes, sieve::ESCAPES),
        ems: mask(ems, u8::MAX),
        anywhere: mask(first, sieve::ANYWHERE[0]) | mask(second, sieve::ANYWHERE[1]),
        at_words: mask(second, sieve::AT_WORDS),
        before_queries: mask(second, sieve::BEFORE_QUERIES),
    }
}

/// What so many sieves, from such a one on, say of 32 bytes and of 32 more.
#[inline]
#[target_feature(enable = "avx2")]
fn through<const FIRST: usize, const COUNT: usize>(
    sieve: &Sieve,
    block: &[u8; WIDTH],
) -> [[__m256i; 2]; COUNT] {
    const { assert!(FIRST + COUNT <= SIEVES && DEPTH == 6) };
    let mut through = [[_mm256_set1_epi8(-1); 2]; COUNT];
    // Place by place, so that neither text nor what is known of it has to leave the
    // registers.
    place::<FIRST, COUNT, 0>(sieve, block, &mut through);
    place::<FIRST, COUNT, 1>(sieve, block, &mut through);
    place::<FIRST, COUNT, 2>(sieve, block, &mut through);
    place::<FIRST, COUNT, 3>(sieve, block, &mut through);
    place::<FIRST, COUNT, 4>(sieve, block, &mut through);
    place::<FIRST, COUNT, 5>(sieve, block, &mut through);
    through
}

/// Keeps the buckets that let the bytes of one place through.
#[inline]
#[target_feature(enable = "avx2")]
fn place<const FIRST: usize, const COUNT: usize, const N: usize>(
    sieve: &Sieve,
    block: &[u8; WIDTH],
    through: &mut [[__m256i; 2]; COUNT],
) {
    let [low, high] = load::<N>(block);
    let (low, high) = (Split::new(low), Split::new(high));
    let mut of = 0;
    // No iterator: one that is not inlined takes its registers through memory.
    while of < COUNT {
        let tables = Tables::new(&sieve.halves[FIRST + of][N]);
        through[of][0] = _mm256_and_si256(through[of][0], tables.sets_of(&low));
        through[of][1] = _mm256_and_si256(through[of][1], tables.sets_of(&high));
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
