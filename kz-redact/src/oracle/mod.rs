//! The engine that decodes everything and is obviously right.
//!
//! It builds a [`Lattice`] of the text, in which each escaped character is an
//! edge beside the plain bytes, and looks for every path that spells a value.
//! Runs that carry bytes (base64, hex, arrays of numbers) are decoded at every
//! phase and searched the same way, up to three layers deep. What it finds at a
//! place depends on the text from there on alone, so that a stream finds what
//! the whole finds.

pub(crate) mod cut;
mod lattice;
mod packed;
mod runs;
mod walk;
#[cfg(test)]
pub(crate) mod work;

pub(crate) use lattice::{LONGEST_SIGN, Lattice, Reading, Watch};
pub(crate) use walk::Walker;

use crate::{
    engine::{Engine, Match},
    needle::Needles,
};

/// How deep views nest.
pub(crate) const LEVELS: u8 = 3;

/// See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Oracle;

impl Engine for Oracle {
    fn scan(&self, needles: &Needles, window: &[u8], last: bool) -> (Vec<Match>, usize) {
        let mut matches = Vec::new();
        if needles.len() == 0 {
            return (matches, window.len());
        }
        let lattice = Lattice::read(window, last, LEVELS);
        let live = search(&lattice, needles, LEVELS, &mut matches);
        (matches, if last { window.len() } else { live })
    }
}

/// Finds needles in the text of a lattice and in its runs.
fn search(lattice: &Lattice<'_>, needles: &Needles, levels: u8, matches: &mut Vec<Match>) -> usize {
    let live = walk::walk(lattice, needles, matches);
    live.min(runs::search_runs(lattice, needles, levels, matches))
}

/// Finds needles in what the runs of `lattice` carry; see [`Engine::scan`].
pub(crate) fn scan_runs(
    lattice: &Lattice<'_>,
    needles: &Needles,
    matches: &mut Vec<Match>,
) -> usize {
    runs::search_runs(lattice, needles, LEVELS, matches)
}

/// A place in a text as it is kept in tables.
///
/// # Panics
/// Beyond 4 GiB: a text of which the rest cannot be looked at must not pass. Streams
/// look at windows far below that, however long they are as a whole.
pub(crate) fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a text to be scanned at once is shorter than 4 GiB")
}
