//! Vector code, chosen at run time. Each function has a twin in plain Rust, with
//! which tests compare it.
#![expect(
    unsafe_code,
    reason = "a function that needs AVX2 is called only where the processor has it"
)]

pub(crate) mod sieve;
mod strings;
mod tables;
mod wide;

use std::arch::x86_64::{
    _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_or_si256, _mm256_set1_epi8,
};

pub(crate) use self::strings::{escapes, shorten, signs};
use self::tables::{Split, Tables, any};
use super::{
    masks::{Masks, of_block},
    openers::{Halves, MARKS, Openers},
};
use crate::wiped;

/// How much of the stack may hold vectors of text that found no register.
const SPILLED: usize = 1024;

/// Adds the masks of `text`; says whether this processor can.
pub(super) fn masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) -> bool {
    if !is_x86_feature_detected!("avx2") {
        return false;
    }
    if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vbmi") {
        // SAFETY: the processor has AVX-512 with these instructions on bytes.
        unsafe { wide::masks(text, openers, masks) };
    } else {
        // SAFETY: the processor has AVX2.
        unsafe { masks_avx2(text, openers, masks) };
    }
    wiped::stack::<SPILLED>();
    true
}

/// As [`masks`], as a processor without AVX-512 finds them.
#[cfg(test)]
pub(super) fn narrow_masks(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        unsafe { masks_avx2(text, openers, masks) };
    } else {
        super::masks::by_table(text, openers, masks);
    }
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
/// Lists hold `x` and colons too.
const LISTS: u8 = DECIMAL | LETTER | BREAK | SEPARATOR | SIGN;

#[target_feature(enable = "avx2")]
fn masks_avx2(text: &[u8], openers: &Openers, masks: &mut Vec<Masks>) {
    let kinds = Tables::new(&KINDS);
    let first = Tables::new(&openers.first.halves);
    let second = Tables::new(&openers.second.halves);
    let signs = [
        Tables::new(&MARKS[0]),
        Tables::new(&MARKS[1]),
        Tables::new(&MARKS[2]),
    ];
    let mut at = 0;
    // Two bytes more than a block, because a mark is told from three.
    while let Some(block) = text.get(at..at + 66) {
        let mut parts = [Masks::default(); 2];
        for (half, part) in parts.iter_mut().enumerate() {
            // SAFETY: 32 bytes from 0 or 32, and from up to two further, are in the
            // block.
            let [bytes, next, third] = unsafe {
                let start = block.as_ptr().add(half * 32);
                [
                    Split::new(_mm256_loadu_si256(start.cast())),
                    Split::new(_mm256_loadu_si256(start.add(1).cast())),
                    Split::new(_mm256_loadu_si256(start.add(2).cast())),
                ]
            };
            let kind = kinds.sets_of(&bytes);
            let x = _mm256_cmpeq_epi8(
                _mm256_or_si256(bytes.whole, _mm256_set1_epi8(0x20)),
                _mm256_set1_epi8(0x78),
            );
            let colon = _mm256_cmpeq_epi8(bytes.whole, _mm256_set1_epi8(0x3a));
            let list = _mm256_and_si256(kind, _mm256_set1_epi8(LISTS.cast_signed()));
            let opener = _mm256_and_si256(first.sets_of(&bytes), second.sets_of(&next));
            let mark = _mm256_and_si256(
                _mm256_and_si256(signs[0].sets_of(&bytes), signs[1].sets_of(&next)),
                signs[2].sets_of(&third),
            );
            *part = Masks {
                symbols: u64::from(any(kind, SYMBOLS)),
                breaks: u64::from(any(kind, BREAK)),
                digits: u64::from(any(kind, DECIMAL | LETTER)),
                lists: u64::from(any(
                    _mm256_or_si256(_mm256_or_si256(list, x), colon),
                    u8::MAX,
                )),
                openers: u64::from(any(opener, u8::MAX)),
                marks: u64::from(any(mark, u8::MAX)),
            };
        }
        let [low, high] = parts;
        masks.push(Masks {
            symbols: low.symbols | high.symbols << 32,
            breaks: low.breaks | high.breaks << 32,
            digits: low.digits | high.digits << 32,
            lists: low.lists | high.lists << 32,
            openers: low.openers | high.openers << 32,
            marks: low.marks | high.marks << 32,
        });
        at += 64;
    }
    while at < text.len() {
        masks.push(of_block(text, at, openers));
        at += 64;
    }
}
