//! With AVX-512: 64 bytes at a time, each looked up in tables of 64.

use std::{
    arch::x86_64::{
        __m512i, __mmask64, _mm512_add_epi8, _mm512_and_si512, _mm512_cmpeq_epi8_mask,
        _mm512_gf2p8affine_epi64_epi8, _mm512_load_si512, _mm512_loadu_si512,
        _mm512_mask_test_epi8_mask, _mm512_maskz_loadu_epi8, _mm512_movepi8_mask,
        _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_set1_epi64,
        _mm512_setzero_si512, _mm512_test_epi8_mask,
    },
    hint,
};

use crate::patterns::sieve::{self, BLOCK, DEPTH, DEPTHS, Raw, SIEVES, Sieve, Table};

/// See [`super::sieve`].
pub(super) fn sieve(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) -> bool {
    let can = is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("gfni");
    if can {
        // SAFETY: the processor has these.
        unsafe { sieve_avx512(text, at, sieve, raws) };
    }
    can
}

#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn sieve_avx512(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) {
    for (raw, at) in raws.iter_mut().zip((at..).step_by(BLOCK)) {
        // Each table is read where it is used: there are more than registers, and one
        // that was read before would be put on the stack.
        let sieve = hint::black_box(sieve);
        let rest = &text[at..];
        if let Some(block) = rest.first_chunk() {
            *raw = read(sieve, &whole(block));
        } else {
            *raw = last(sieve, rest);
        }
    }
}

#[cold]
#[inline(never)]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn last(sieve: &Sieve, rest: &[u8]) -> Raw {
    let mut raw = read(sieve, &part(rest));
    raw.keep_first(rest.len());
    raw
}

/// 64 bytes, and as many from each of the next places on.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn whole(block: &[u8; super::WIDTH]) -> [__m512i; DEPTH] {
    // SAFETY: 64 bytes from up to seven bytes on are in the block.
    unsafe {
        let start = block.as_ptr();
        [
            _mm512_loadu_si512(start.cast()),
            _mm512_loadu_si512(start.add(1).cast()),
            _mm512_loadu_si512(start.add(2).cast()),
            _mm512_loadu_si512(start.add(3).cast()),
            _mm512_loadu_si512(start.add(4).cast()),
            _mm512_loadu_si512(start.add(5).cast()),
            _mm512_loadu_si512(start.add(6).cast()),
            _mm512_loadu_si512(start.add(7).cast()),
        ]
    }
}

/// The same of what there is, and zeros behind it.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn part(text: &[u8]) -> [__m512i; DEPTH] {
    const ORDER: [u8; 64] = {
        let mut order = [0; 64];
        let mut place = 0;
        while place < 64 {
            order[place as usize] = place;
            place += 1;
        }
        order
    };
    let load = |text: &[u8]| {
        // Nothing is kept of a place that may not be mapped, but it takes 0.1 µs to see so.
        if text.is_empty() {
            return _mm512_setzero_si512();
        }
        let beyond = u64::MAX.checked_shl(u32::try_from(text.len()).unwrap_or(u32::MAX));
        let kept: __mmask64 = !beyond.unwrap_or(0);
        // SAFETY: what is not kept is not read.
        unsafe { _mm512_maskz_loadu_epi8(kept, text.as_ptr().cast()) }
    };
    let (first, second) = (load(text), load(text.get(64..).unwrap_or_default()));
    let shifted = |count: i8| {
        let order = _mm512_add_epi8(self::load(&ORDER), _mm512_set1_epi8(count));
        _mm512_permutex2var_epi8(first, order, second)
    };
    [
        first,
        shifted(1),
        shifted(2),
        shifted(3),
        shifted(4),
        shifted(5),
        shifted(6),
        shifted(7),
    ]
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn read(sieve: &Sieve, bytes: &[__m512i; DEPTH]) -> Raw {
    let class = _mm512_permutex2var_epi8(
        load(&sieve::CLASSES_OF_ASCII[..64]),
        bytes[0],
        load(&sieve::CLASSES_OF_ASCII[64..]),
    );
    let is_ascii = !_mm512_movepi8_mask(bytes[0]);
    let of = |classes: u8| {
        let classes = _mm512_set1_epi8(classes.cast_signed());
        _mm512_mask_test_epi8_mask(is_ascii, class, classes)
    };
    let indexes = [
        index(bytes[0]),
        index(bytes[1]),
        index(bytes[2]),
        index(bytes[3]),
        index(bytes[4]),
        index(bytes[5]),
        index(bytes[6]),
        index(bytes[7]),
    ];
    const { assert!(SIEVES == 4) };
    let first = through::<{ DEPTHS[0] }>(&sieve.tables[0], &indexes);
    let second = through::<{ DEPTHS[1] }>(&sieve.tables[1], &indexes);
    let third = through::<{ DEPTHS[2] }>(&sieve.tables[2], &indexes);
    let fourth = through::<{ DEPTHS[3] }>(&sieve.tables[3], &indexes);
    Raw {
        members: of(sieve::MEMBERS),
        digits: of(sieve::DIGITS),
        words: of(sieve::WORDS),
        escapes: of(sieve::ESCAPES),
        ems: _mm512_cmpeq_epi8_mask(bytes[0], _mm512_set1_epi8(b'm'.cast_signed())),
        anywhere: any(first, sieve::ANYWHERE),
        at_words: any(second, sieve::AT_WORDS),
        before_queries: any(second, sieve::BEFORE_QUERIES),
        runs_at_words: any(third, sieve::RUNS_AT_WORDS),
        runs_anywhere: any(fourth, sieve::RUNS_ANYWHERE),
        hints: any(fourth, sieve::HINTS),
        marks: any(fourth, sieve::MARKS),
    }
}

/// `byte & 31 | byte >> 1 & 32` of each byte: a matrix over bits, of which the last row
/// makes the lowest bit.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn index(bytes: __m512i) -> __m512i {
    const MATRIX: u64 = 0x0102_0408_1040_0000;
    _mm512_gf2p8affine_epi64_epi8::<0>(bytes, _mm512_set1_epi64(MATRIX.cast_signed()))
}

/// Which buckets let the bytes through that stand in a row.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn through<const N: usize>(tables: &[Table; DEPTH], indexes: &[__m512i; DEPTH]) -> __m512i {
    let mut sets = looked_up(&tables[0], indexes[0]);
    let mut place = 1;
    // No iterator: one that is not inlined takes its registers through memory.
    while place < N {
        sets = _mm512_and_si512(sets, looked_up(&tables[place], indexes[place]));
        place += 1;
    }
    sets
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn looked_up(table: &Table, indexes: __m512i) -> __m512i {
    // SAFETY: a table has 64 bytes and begins where a multiple of that does.
    let table = unsafe { _mm512_load_si512(table.0.as_ptr().cast()) };
    _mm512_permutexvar_epi8(indexes, table)
}

/// Which bytes are in one of `sets`.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn any(bytes: __m512i, sets: u8) -> u64 {
    _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(sets.cast_signed()))
}

#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn load(half: &[u8]) -> __m512i {
    assert!(half.len() == 64);
    // SAFETY: it has 64 bytes.
    unsafe { _mm512_loadu_si512(half.as_ptr().cast()) }
}
