//! With AVX-512: 64 bytes at a time, each looked up in tables of 64.

mod bytes;

use std::{
    arch::x86_64::{
        __m256i, __m512i, _mm512_add_epi16, _mm512_and_si512, _mm512_castsi512_si256,
        _mm512_cvtepu8_epi16, _mm512_extracti64x4_epi64, _mm512_load_si512, _mm512_loadu_si512,
        _mm512_maskz_compress_epi8, _mm512_maskz_permutex2var_epi8, _mm512_permutex2var_epi8,
        _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_set1_epi16, _mm512_storeu_si512,
        _mm512_test_epi8_mask, _mm512_testn_epi8_mask,
    },
    ops::Range,
};

use self::bytes::{Bytes, Told};
use super::Way;
use crate::patterns::{
    scan::{Found, Places, Step, combine_plainly},
    sieve::{self, BLOCK, Before, DEPTH, Masks, ROOM, Raw, RawRuns, SIEVES, Sieve, Table},
};

pub(super) const WAY: Way = Way {
    is_here: || {
        is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("gfni")
            && is_x86_feature_detected!("popcnt")
    },
    is_exact: true,
    fill,
    fill_runs,
    look_back,
    combine,
    list,
};

#[target_feature(enable = "avx512bw,avx512vbmi,avx512vbmi2,gfni")]
fn combine(masks: &mut Masks, found: &mut Found, count: usize, step: Step) {
    combine_plainly(masks, found, count, step);
}

/// The places of the bits of a mask, one after the other, are what is left of all places
/// when the others are pressed out.
#[target_feature(enable = "avx512bw,avx512vbmi,avx512vbmi2,gfni,popcnt")]
fn list(blocks: &[u64], mut done: usize, places: &mut Places) -> usize {
    const ALL: [u8; BLOCK] = {
        let mut all = [0; BLOCK];
        let mut place = 0;
        while place < 64 {
            all[place as usize] = place;
            place += 1;
        }
        all
    };
    let all = load(&ALL);
    while done < blocks.len() && places.count <= Places::FULL {
        let mask = blocks[done];
        let bytes = _mm512_maskz_compress_epi8(mask, all);
        let first = u16::try_from(done * BLOCK).unwrap_or(u16::MAX);
        let first = _mm512_set1_epi16(first.cast_signed());
        let half = |half: __m256i| _mm512_add_epi16(_mm512_cvtepu8_epi16(half), first);
        let room = &mut places.all[places.count..places.count + BLOCK];
        // SAFETY: there is room for 64, which are written in two halves.
        unsafe {
            let low = half(_mm512_castsi512_si256(bytes));
            _mm512_storeu_si512(room.as_mut_ptr().cast(), low);
            if mask.count_ones() > 32 {
                let high = half(_mm512_extracti64x4_epi64::<1>(bytes));
                _mm512_storeu_si512(room.as_mut_ptr().add(32).cast(), high);
            }
        }
        places.count += mask.count_ones() as usize;
        done += 1;
    }
    done
}

#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn fill(sieve: &Sieve, text: &[u8], at: usize, masks: &mut Masks, slots: Range<usize>) {
    assert!(slots.end <= ROOM);
    let sieves = Everywhere::new(sieve);
    let mut rest = text.get(at..).unwrap_or_default();
    for slot in slots {
        let bytes = Bytes::at(rest);
        let mut raw = sieves.read(&bytes);
        if rest.len() < BLOCK {
            raw = raw.keep_first(rest.len());
        }
        masks.set(slot, raw);
        rest = rest.get(BLOCK..).unwrap_or_default();
    }
}

/// The sieves that look everywhere.
struct Everywhere {
    kinds: OfAscii,
    first: Tables,
    second: Tables,
}

impl Everywhere {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn new(sieve: &Sieve) -> Self {
        const { assert!(SIEVES == 5) };
        Self {
            kinds: OfAscii::new(&sieve::KINDS_OF_ASCII),
            first: Tables::new::<0>(sieve),
            second: Tables::new::<1>(sieve),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn read(&self, bytes: &Bytes) -> Raw {
        let kind = self.kinds.of(bytes.first);
        let told = bytes.told();
        let first = self.first.through(&told);
        let second = self.second.through(&told);
        Raw {
            members: any(kind, 128),
            digits: any(kind, 64),
            words: any(kind, 32),
            escapes: any(kind, 16),
            ems: any(kind, 8),
            anywhere: any(first, sieve::ANYWHERE[0]) | any(second, sieve::ANYWHERE[1]),
            at_words: any(second, sieve::AT_WORDS),
            before_queries: any(second, sieve::BEFORE_QUERIES),
        }
    }
}

#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn fill_runs(sieve: &Sieve, text: &[u8], at: usize, masks: &mut Masks, count: usize) {
    let mut slots = [0; ROOM];
    let mut needed = 0;
    for slot in 1..=count {
        slots[needed] = slot;
        needed += usize::from(masks.has_long(slot));
    }
    if needed == 0 {
        return;
    }
    let first = Tables::new::<2>(sieve);
    let second = Tables::new::<3>(sieve);
    for slot in &slots[..needed] {
        let rest = &text[at + (slot - 1) * BLOCK..];
        let told = Bytes::at(rest).told();
        let first = first.through(&told);
        let second = second.through(&told);
        let raw = RawRuns {
            at_words: any(first, sieve::RUNS_AT_WORDS),
            anywhere: any(second, sieve::RUNS_ANYWHERE),
            marks: any(second, sieve::MARKS),
        };
        masks.set_runs(*slot, raw.keep_first(rest.len()));
    }
}

#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn look_back(sieve: &Sieve, text: &[u8], at: usize, places: &[u16], before: &mut [Before]) {
    let tables = Tables::new::<4>(sieve);
    let gaps = OfAscii::new(&sieve::GAPS_OF_ASCII);
    for (place, before) in places.iter().zip(before) {
        let end = at + usize::from(*place);
        let start = end.saturating_sub(BLOCK);
        let bytes = Bytes::at(&text[start..]);
        let gap = gaps.of(bytes.first);
        let found = Before {
            hints: any(tables.through(&bytes.told()), sieve::HINTS),
            gaps: any(gap, sieve::IN_GAPS),
            assigns: any(gap, sieve::ASSIGNS),
            breaks: any(gap, sieve::BREAKS),
            labels: any(gap, sieve::LABELS),
            tags: any(gap, sieve::TAGS),
        };
        *before = found.shifted(end - start);
    }
}

/// A table of what each byte of ASCII is; any other is nothing.
struct OfAscii(OfSeven);

impl OfAscii {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn new(table: &[u8; 128]) -> Self {
        Self(OfSeven::new(table))
    }

    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn of(&self, bytes: __m512i) -> __m512i {
        // Those beyond ASCII have their highest bit set.
        let is_ascii = _mm512_testn_epi8_mask(bytes, _mm512_set1_epi8(i8::MIN));
        let OfSeven([low, high]) = self.0;
        _mm512_maskz_permutex2var_epi8(is_ascii, low, bytes, high)
    }
}

/// A table by the lower seven bits of a byte.
struct OfSeven([__m512i; 2]);

impl OfSeven {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn new(table: &[u8; 128]) -> Self {
        Self([load(&table[..64]), load(&table[64..])])
    }

    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn of(&self, bytes: __m512i) -> __m512i {
        let [low, high] = self.0;
        _mm512_permutex2var_epi8(low, bytes, high)
    }
}

/// The tables of a sieve, in registers.
struct Tables {
    places: [__m512i; DEPTH],
    threes: OfSeven,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn new<const OF: usize>(sieve: &Sieve) -> Self {
        const { assert!(OF < SIEVES) };
        let [first, second, third, fourth, fifth, sixth] = &sieve.tables[OF];
        // SAFETY: a table has 64 bytes and begins where a multiple of that does.
        let load = |table: &Table| unsafe { _mm512_load_si512(table.0.as_ptr().cast()) };
        Self {
            places: [
                load(first),
                load(second),
                load(third),
                load(fourth),
                load(fifth),
                load(sixth),
            ],
            threes: OfSeven::new(&sieve.threes[OF].0),
        }
    }

    /// Which buckets let the bytes through that stand in a row.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn through(&self, told: &Told) -> __m512i {
        let mut sets = self.threes.of(told.hashes);
        let mut place = 0;
        while place < DEPTH {
            let more = _mm512_permutexvar_epi8(told.indexes[place], self.places[place]);
            sets = _mm512_and_si512(sets, more);
            place += 1;
        }
        sets
    }
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
