//! The vector code of the [sieve](crate::patterns::sieve) of patterns, for two kinds of
//! processors.

mod avx2;
mod avx512;

use std::ops::Range;

use crate::patterns::{
    scan::{Found, Places, Step},
    sieve::{BEHIND, BLOCK, Before, Masks, Sieve},
};

/// A block, and what a sieve looks at behind its last byte.
const WIDTH: usize = BLOCK + BEHIND;

/// The vector code for a kind of processor, of which this is one.
#[derive(Debug)]
pub(crate) struct Way {
    is_here: fn() -> bool,
    /// It lets through what the tables do, and not what their halves do.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests compare it with its twin")
    )]
    is_exact: bool,
    fill: unsafe fn(&Sieve, &[u8], usize, &mut Masks, Range<usize>),
    fill_runs: unsafe fn(&Sieve, &[u8], usize, &mut Masks, usize),
    look_back: unsafe fn(&Sieve, &[u8], usize, &[u16], &mut [Before]),
    combine: unsafe fn(&mut Masks, &mut Found, usize, Step),
    list: unsafe fn(&[u64], usize, &mut Places) -> usize,
}

impl Way {
    /// Those that there are, the best first.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        static WAYS: [Way; 2] = [avx512::WAY, avx2::WAY];
        WAYS.iter().filter(|way| (way.is_here)())
    }

    #[cfg(test)]
    pub(crate) fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Writes what stands in the blocks of `text` from `at` on into these slots.
    pub(crate) fn fill(
        &self,
        sieve: &Sieve,
        text: &[u8],
        at: usize,
        masks: &mut Masks,
        slots: Range<usize>,
    ) {
        // SAFETY: `all` gives a way where the processor has what it needs; so below.
        unsafe { (self.fill)(sieve, text, at, masks, slots) };
    }

    /// As the function that it is named for in [`Sieve`]; so are the next ones.
    pub(crate) fn fill_runs(
        &self,
        sieve: &Sieve,
        text: &[u8],
        at: usize,
        masks: &mut Masks,
        count: usize,
    ) {
        // SAFETY: see `fill`.
        unsafe { (self.fill_runs)(sieve, text, at, masks, count) };
    }

    pub(crate) fn look_back(
        &self,
        sieve: &Sieve,
        text: &[u8],
        at: usize,
        places: &[u16],
        before: &mut [Before],
    ) {
        // SAFETY: see `fill`.
        unsafe { (self.look_back)(sieve, text, at, places, before) };
    }

    pub(crate) fn combine(&self, masks: &mut Masks, found: &mut Found, count: usize, step: Step) {
        // SAFETY: see `fill`.
        unsafe { (self.combine)(masks, found, count, step) };
    }

    pub(crate) fn list(&self, blocks: &[u64], done: usize, places: &mut Places) -> usize {
        // SAFETY: see `fill`.
        unsafe { (self.list)(blocks, done, places) }
    }
}
