//! Vector code, chosen at run time. Each function has a twin in plain Rust, with
//! which tests compare it.
#![expect(
    unsafe_code,
    reason = "a function that needs AVX2 is called only where the processor has it"
)]

mod sieve;
mod tables;

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_setzero_si256,
};

#[cfg(test)]
pub(crate) use self::sieve::SIEVES;
pub(crate) use self::sieve::sieve;
use self::tables::{Tables, any};
use super::{
    masks::{Masks, of_block},
    openers::{Halves, MARKS, Openers},
};
use crate::wiped;

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
