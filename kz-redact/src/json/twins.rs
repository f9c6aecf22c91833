//! Strings that a text holds twice: servers often send a result as text and, beside it, as
//! structured content.

use std::ops::Range;

use tinyvec::ArrayVec;

use super::{Kind, Part, Token, Unescaped};

/// Shorter strings are read again as fast as they are compared.
const LONG: usize = 256;

/// How many long strings each one is compared with, so that a text full of them takes no
/// longer.
const COMPARED: usize = 8;

/// Strings of a text that are byte for byte as another one, which is to be read in their
/// place.
pub(super) struct Twins {
    /// Each in order, and the token of the one that it is as.
    pairs: Vec<(Part, usize)>,
}

impl Twins {
    pub(super) fn among(json: &Unescaped<'_>, tokens: &[Token]) -> Self {
        let mut pairs = Vec::new();
        if json.written().len() < 2 * LONG {
            return Self { pairs };
        }
        let mut long = ArrayVec::<[usize; COMPARED]>::new();
        for (index, token) in tokens.iter().enumerate() {
            let is_string = matches!(token.kind, Kind::Key | Kind::String);
            if !is_string || token.end - token.start < LONG {
                continue;
            }
            let content = |index: usize| &json.written()[tokens[index].start..tokens[index].end];
            let same = |other: &&usize| content(**other) == content(index);
            match long.iter().find(same) {
                Some(&other) => pairs.extend(json.part_of(index).map(|part| (part, other))),
                // Or there are enough.
                None => drop(long.try_push(index)),
            }
        }
        Self { pairs }
    }

    /// The text as it is meant, without them.
    pub(super) fn others(&self, json: &Unescaped<'_>) -> impl Iterator<Item = Range<usize>> {
        let twins = || self.pairs.iter().map(|(twin, _)| &twin.meant);
        let starts = twins().map(|twin| twin.end);
        let ends = twins().map(|twin| twin.start);
        std::iter::once(0)
            .chain(starts)
            .zip(ends.chain(std::iter::once(json.meant().len())))
            .map(|(start, end)| start..end)
    }

    /// Adds those that are as one of `parts`.
    pub(super) fn join(&self, parts: &mut Vec<usize>) {
        if self.pairs.is_empty() {
            return;
        }
        // There may be many of both.
        parts.sort_unstable();
        let twins = self.pairs.iter();
        let twins = twins.filter(|(_, other)| parts.binary_search(other).is_ok());
        let twins: Vec<usize> = twins.map(|(twin, _)| twin.tokens.start).collect();
        parts.extend(twins);
    }
}
