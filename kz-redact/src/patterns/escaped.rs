//! Text in which strings of JSON are written into strings: a log of a message, an
//! answer that holds an answer. A line break is `\n` there, and a quotation mark `\"`
//! or `\\\"`, in an address `%22` and in markup `&quot;`; so rules are tried again on the
//! text with its escapes undone, level by level, and what they find is masked where it
//! is written.

use crate::json::{Loose, Shortened, decode_loosely, next_escape};

use super::{Hit, LOOK_BEHIND, scan::End};

/// So deep are strings in strings read.
const LEVELS: usize = 3;

/// How much of what stands before a text must be shown where it is escaped: each byte
/// that a rule may look at is written with 25 at most, and what is cut in the middle
/// of an escape is read anew soon after.
const CONTEXT: usize = LOOK_BEHIND * 25 + 256;

/// How many of the last bytes before a text tell rules what stands before it.
pub(crate) fn context_of(before: &[u8]) -> usize {
    const PLAIN: usize = if LOOK_BEHIND > 96 { LOOK_BEHIND } else { 96 };
    let plain = PLAIN.min(before.len());
    if next_escape(before, before.len() - plain).is_none() {
        return plain;
    }
    CONTEXT.min(before.len())
}

/// A text as it is meant, some levels of escapes below how it is written.
#[derive(Default)]
pub(super) struct Meant {
    levels: Vec<Shortened>,
    /// From which byte on it was not looked at before.
    pub(super) from: usize,
}

impl Meant {
    /// Calls `visit` with each of the levels. Of a text of which more may follow, they hold
    /// what stays as it is.
    pub(super) fn each(text: &[u8], from: usize, end: End, mut visit: impl FnMut(&Self)) {
        let mut meant = Self {
            from,
            ..Self::default()
        };
        for _ in 0..LEVELS {
            let above = meant.levels.last().map_or(text, Shortened::text);
            let Some(loose) = decode_loosely(above) else {
                return;
            };
            let Loose { mut decoded, .. } = loose;
            match (end, loose.tail) {
                (End::Open, Some(tail)) => decoded.truncate(tail),
                (End::Last, _) if !loose.is_shorter => return,
                _ => {}
            }
            meant.from = decoded.first_from(meant.from).min(decoded.text().len());
            meant.levels.push(decoded);
            visit(&meant);
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        self.levels.last().map_or(&[], Shortened::text)
    }

    /// Where a stretch of it is written.
    pub(super) fn written(&self, start: usize, end: usize) -> (usize, usize) {
        let levels = self.levels.iter().rev();
        levels.fold((start, end), |(start, end), level| {
            level.written(start, end)
        })
    }

    /// Where the byte at `at` begins to be written; where the text ends, if that is
    /// behind the last.
    pub(super) fn place(&self, at: usize) -> usize {
        let levels = self.levels.iter().rev();
        levels.fold(at, |at, level| level.written(at, at + 1).0)
    }

    /// A hit where it is written.
    pub(super) fn hit(&self, hit: &Hit) -> Hit {
        let (start, end) = self.written(hit.start, hit.end);
        Hit { start, end, ..*hit }
    }
}
