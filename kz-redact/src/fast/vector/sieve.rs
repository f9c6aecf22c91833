//! The vector code of the [sieve](crate::patterns::sieve) of patterns.

mod avx2;
mod avx512;

use crate::{
    patterns::sieve::{BLOCK, DEPTH, Raw, Sieve},
    wiped,
};

/// How much of the stack may hold vectors of text that found no register.
const SPILLED: usize = 1024;

/// Each way of [`sieve`], the best first.
#[cfg(test)]
pub(crate) const SIEVES: [Way; 2] = [avx512::sieve, avx2::sieve];
#[cfg(test)]
type Way = fn(&[u8], usize, &Sieve, &mut [Raw]) -> bool;

/// A block, and what a sieve looks at behind its last byte.
const WIDTH: usize = BLOCK + DEPTH - 1;

/// Writes what a sieve of patterns says of the blocks of `text` from `at` on, of
/// which there are as many as there are `raws`; says whether this processor can.
pub(crate) fn sieve(text: &[u8], at: usize, sieve: &Sieve, raws: &mut [Raw]) -> bool {
    let done = avx512::sieve(text, at, sieve, raws) || avx2::sieve(text, at, sieve, raws);
    if done {
        wiped::stack::<SPILLED>();
    }
    done
}
