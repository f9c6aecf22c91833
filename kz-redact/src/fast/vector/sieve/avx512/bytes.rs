//! Bytes of a text, and what a sieve looks them up by.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_gf2p8affine_epi64_epi8, _mm_loadu_si128, _mm_xor_si128,
    _mm512_alignr_epi8, _mm512_alignr_epi64, _mm512_castsi512_si128, _mm512_gf2p8affine_epi64_epi8,
    _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_xor_si512, _mm512_zextsi128_si512,
};

use crate::patterns::sieve::{BLOCK, DEPTH, first_bits, index_of_two, threes};

/// 64 bytes, and what follows them.
pub(super) struct Bytes {
    pub(super) first: __m512i,
    /// As many from the next two places on.
    second: __m512i,
    third: __m512i,
    /// The sixteen bytes behind those, and as many from the next place on.
    behind: [__m128i; 2],
}

/// What is read of a text for [`Bytes`].
const WIDTH: usize = BLOCK + 16 + 1;

impl Bytes {
    /// Those with which `text` begins, with zeros behind it.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    pub(super) fn at(text: &[u8]) -> Self {
        match text.first_chunk() {
            Some(block) => Self::whole(block),
            None => Self::part(text),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn whole(block: &[u8; WIDTH]) -> Self {
        // SAFETY: 64 bytes from each of the first three places on are in the block, and sixteen
        // from each of the two behind 64.
        unsafe {
            let start = block.as_ptr();
            let behind = start.add(BLOCK);
            Self {
                first: _mm512_loadu_si512(start.cast()),
                second: _mm512_loadu_si512(start.add(1).cast()),
                third: _mm512_loadu_si512(start.add(2).cast()),
                behind: [
                    _mm_loadu_si128(behind.cast()),
                    _mm_loadu_si128(behind.add(1).cast()),
                ],
            }
        }
    }

    #[cold]
    #[inline(never)]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn part(text: &[u8]) -> Self {
        Self {
            first: padded(text, 0),
            second: padded(text, 1),
            third: padded(text, 2),
            behind: [
                _mm512_castsi512_si128(padded(text, BLOCK)),
                _mm512_castsi512_si128(padded(text, BLOCK + 1)),
            ],
        }
    }

    /// The bytes of each place are the ones that stood a byte further on in the place before, so
    /// that pairs are made once, and moved.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    pub(super) fn told(&self) -> Told {
        const { assert!(DEPTH == 6) };
        let (before, here, third) = (
            Part::Before.matrix(),
            Part::Here.matrix(),
            Part::Third.matrix(),
        );
        let two = _mm512_xor_si512(
            _mm512_gf2p8affine_epi64_epi8::<0>(self.first, before),
            _mm512_gf2p8affine_epi64_epi8::<0>(self.second, here),
        );
        let behind = _mm_xor_si128(
            _mm_gf2p8affine_epi64_epi8::<0>(self.behind[0], _mm512_castsi512_si128(before)),
            _mm_gf2p8affine_epi64_epi8::<0>(self.behind[1], _mm512_castsi512_si128(here)),
        );
        // Sixteen bytes further on, from where the bytes are moved into each sixteen.
        let next = _mm512_alignr_epi64::<2>(_mm512_zextsi128_si512(behind), two);
        Told {
            indexes: [
                _mm512_gf2p8affine_epi64_epi8::<0>(self.first, here),
                two,
                _mm512_alignr_epi8::<1>(next, two),
                _mm512_alignr_epi8::<2>(next, two),
                _mm512_alignr_epi8::<3>(next, two),
                _mm512_alignr_epi8::<4>(next, two),
            ],
            hashes: _mm512_xor_si512(two, _mm512_gf2p8affine_epi64_epi8::<0>(self.third, third)),
        }
    }
}

/// The 64 bytes from such a place on, or zeros where there are none.
#[inline]
#[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
fn padded(text: &[u8], place: usize) -> __m512i {
    let rest = text.get(place..).unwrap_or_default();
    // Nothing is kept of a place that may not be mapped, but it takes 0.1 µs to see so.
    if rest.is_empty() {
        return _mm512_setzero_si512();
    }
    // SAFETY: what is not kept is not read.
    unsafe { _mm512_maskz_loadu_epi8(first_bits(rest.len()), rest.as_ptr().cast()) }
}

/// What the bytes from each place on are looked up by. Of those of two, the lower six bits.
pub(super) struct Told {
    pub(super) indexes: [__m512i; DEPTH],
    /// What the first three are looked up by together.
    pub(super) hashes: __m512i,
}

/// What a byte adds to that, as a matrix over bits.
#[derive(Clone, Copy)]
enum Part {
    /// To a pair, as the first of them …
    Before,
    /// or the second; of a byte alone this is the index.
    Here,
    Third,
}

impl Part {
    /// The matrix in each 64 bits. Its highest byte makes the lowest bit.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    fn matrix(self) -> __m512i {
        const fn of(part: Part) -> i64 {
            let (mut matrix, mut bit) = (0, 0);
            while bit < 8 {
                let byte = 1 << bit;
                let image = match part {
                    Part::Before => index_of_two(byte, 0),
                    Part::Here => index_of_two(0, byte),
                    Part::Third => threes::third_of(byte),
                };
                let mut row = 0;
                while row < 8 {
                    matrix |= ((image >> row & 1) as i64) << (8 * (7 - row) + bit);
                    row += 1;
                }
                bit += 1;
            }
            matrix
        }
        const ALL: [i64; 3] = [of(Part::Before), of(Part::Here), of(Part::Third)];
        _mm512_set1_epi64(ALL[self as usize])
    }
}
