use crate::needle::Needles;

/// What finds known values: the seam between the public API and an engine.
pub(crate) trait Engine {
    /// Finds all needles in `window`.
    ///
    /// Returns the matches in any order, and the earliest place where something
    /// could still become a match if more text followed: what begins before it
    /// is settled. With `last`, no text follows and that place is the end.
    fn scan(&self, needles: &Needles, window: &[u8], last: bool) -> (Vec<Match>, usize);
}

/// Where a needle was found, in bytes of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    /// Which needle, by its place in the table.
    pub(crate) needle: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}
