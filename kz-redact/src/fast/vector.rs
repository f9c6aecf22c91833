//! Vector code, chosen at run time. Each function has a twin in plain Rust, with
//! which tests compare it.
#![expect(
    unsafe_code,
    reason = "a function that needs AVX2 is called only where the processor has it"
)]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::{
    masks::{Masks, of_block},
    openers::{Halves, MARKS, Openers},
};
use zeroize::Zeroizing;

use crate::{
    patterns::sieve::{self, BLOCK, DEPTH, Raw, SHALLOW, Sieve},
    wiped,
};

/// How much of the stack may hold vectors of text that found no register.
const SPILLED: usize = 4096;

/// Adds the masks of `text`; says whether this processor can.
pub(super) fn masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) -> bool {
    if !is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the processor has AVX2.
    unsafe { masks_avx2(text, openers, masks) };
    wiped::stack::<SPILLED>();
    true
}

/// The kinds of bytes, told from their halves. The first five are symbols.
const KINDS: Halves = {
    let mut halves = Halves {
        low: [0; 16],
        high: [0; 16],
    };
    let mut low = 0;
    while low < 16 {
        let mut sets = 0;
        if low <= 9 {
            sets |= DECIMAL;
        }
        if low >= 1 {
            sets |= 2;
        }
        if low <= 0xa {
            sets |= 4;
        }
        if low == 0xb || low == 0xd {
            sets |= SIGN;
        }
        if low == 0xf {
            sets |= 16;
        }
        if low >= 1 && low <= 6 {
            sets |= LETTER;
        }
        if low == 0x9 || low == 0xa || low == 0xd {
            sets |= BREAK;
        }
        if low == 0 || low == 0xc {
            sets |= SEPARATOR;
        }
        halves.low[low] = sets;
        low += 1;
    }
    halves.high[0] = BREAK;
    halves.high[2] = SIGN | 16 | SEPARATOR;
    halves.high[3] = DECIMAL;
    halves.high[4] = 2 | LETTER;
    halves.high[5] = 4 | 16;
    halves.high[6] = 2 | LETTER;
    halves.high[7] = 4;
    halves
};

const DECIMAL: u8 = 1;
const SYMBOLS: u8 = 31;
/// Plus and minus.
const SIGN: u8 = 8;
/// Hexadecimal digits that are letters.
const LETTER: u8 = 32;
const BREAK: u8 = 64;
const SEPARATOR: u8 = 128;

#[target_feature(enable = "avx2")]
fn masks_avx2(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    let kinds = Tables::new(&KINDS);
    let first = Tables::new(&openers.first);
    let second = Tables::new(&openers.second);
    let mut at = 0;
    // One byte more than a block, because a unit is told from two.
    while let Some(block) = text.get(at..at + 65) {
        let mut parts = [Masks::default(); 2];
        for (half, part) in parts.iter_mut().enumerate() {
            // SAFETY: 32 bytes from 0 or 32, and from one further, are in the block.
            let (bytes, next) = unsafe {
                let start = block.as_ptr().add(half * 32);
                (
                    _mm256_loadu_si256(start.cast()),
                    _mm256_loadu_si256(start.add(1).cast()),
                )
            };
            let kind = kinds.sets(bytes);
            let x = _mm256_cmpeq_epi8(
                _mm256_or_si256(bytes, _mm256_set1_epi8(0x20)),
                _mm256_set1_epi8(0x78),
            );
            let colon = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x3a));
            let list = _mm256_and_si256(
                kind,
                _mm256_set1_epi8((DECIMAL | LETTER | BREAK | SEPARATOR | SIGN).cast_signed()),
            );
            let opener = _mm256_and_si256(first.sets(bytes), second.sets(next));
            let opener = _mm256_or_si256(opener, marks(bytes, next));
            *part = Masks {
                symbols: u64::from(any(kind, SYMBOLS)),
                breaks: u64::from(any(kind, BREAK)),
                digits: u64::from(any(kind, DECIMAL | LETTER)),
                lists: u64::from(any(
                    _mm256_or_si256(_mm256_or_si256(list, x), colon),
                    u8::MAX,
                )),
                openers: u64::from(any(opener, u8::MAX)),
            };
        }
        let [low, high] = parts;
        masks.push(Masks {
            symbols: low.symbols | high.symbols << 32,
            breaks: low.breaks | high.breaks << 32,
            digits: low.digits | high.digits << 32,
            lists: low.lists | high.lists << 32,
            openers: low.openers | high.openers << 32,
        });
        at += 64;
    }
    while at < text.len() {
        masks.push(of_block(text, at, openers));
        at += 64;
    }
}

/// Where the first two bytes of a mark stand.
#[target_feature(enable = "avx2")]
fn marks(bytes: __m256i, next: __m256i) -> __m256i {
    let fold = _mm256_set1_epi8(0x20);
    let (bytes, next) = (_mm256_or_si256(bytes, fold), _mm256_or_si256(next, fold));
    let mut found = _mm256_setzero_si256();
    for [first, second] in MARKS {
        let first = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(first.cast_signed()));
        let second = _mm256_cmpeq_epi8(next, _mm256_set1_epi8(second.cast_signed()));
        found = _mm256_or_si256(found, _mm256_and_si256(first, second));
    }
    found
}

/// Which bytes are in one of `sets`.
#[target_feature(enable = "avx2")]
fn any(bytes: __m256i, sets: u8) -> u32 {
    let kept = _mm256_and_si256(bytes, _mm256_set1_epi8(sets.cast_signed()));
    let none = _mm256_cmpeq_epi8(kept, _mm256_setzero_si256());
    !_mm256_movemask_epi8(none).cast_unsigned()
}

/// [`Halves`] in registers.
struct Tables {
    low: __m256i,
    high: __m256i,
}

impl Tables {
    #[target_feature(enable = "avx2")]
    fn new(halves: &Halves) -> Self {
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

    #[target_feature(enable = "avx2")]
    fn all(halves: &[Halves; DEPTH]) -> [Self; DEPTH] {
        [
            Self::new(&halves[0]),
            Self::new(&halves[1]),
            Self::new(&halves[2]),
            Self::new(&halves[3]),
            Self::new(&halves[4]),
            Self::new(&halves[5]),
        ]
    }

    /// The sets that each byte is in.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sets(&self, bytes: __m256i) -> __m256i {
        self.sets_of(&Split::new(bytes))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn sets_of(&self, bytes: &Split) -> __m256i {
        _mm256_and_si256(
            _mm256_shuffle_epi8(self.low, bytes.low),
            _mm256_shuffle_epi8(self.high, bytes.high),
        )
    }
}

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
            first: Tables::all(first),
            second: Tables::all(second),
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

/// Bytes and their halves.
struct Split {
    whole: __m256i,
    low: __m256i,
    high: __m256i,
}

impl Split {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(whole: __m256i) -> Self {
        let nibble = _mm256_set1_epi8(15);
        Self {
            whole,
            low: _mm256_and_si256(whole, nibble),
            high: _mm256_and_si256(_mm256_srli_epi16::<4>(whole), nibble),
        }
    }
}
