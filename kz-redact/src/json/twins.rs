//! Strings that a text holds twice: servers often send a result as text and, beside it, as
//! structured content.

use std::ops::Range;

use super::Unescaped;

/// Shorter strings are read again as fast as they are compared.
const LONG: usize = 256;

/// How many long strings each one is compared with, so that a text full of them takes no
/// longer.
const COMPARED: usize = 8;

/// Parts of a text that are byte for byte as another one, which is to be read in their place.
pub(super) struct Twins {
    /// The number of each in order, and that of the one that it is as.
    pairs: Vec<(usize, usize)>,
}

impl Twins {
    pub(super) fn among(json: &Unescaped<'_>) -> Self {
        let (mut pairs, mut long) = (Vec::new(), Vec::new());
        for (number, part) in json.parts.iter().enumerate() {
            if part.meant.len() < LONG || !json.is_string(number) {
                continue;
            }
            let same = |other: &&usize| json.part(**other) == json.part(number);
            match long.iter().find(same) {
                Some(&other) => pairs.push((number, other)),
                None if long.len() < COMPARED => long.push(number),
                None => {}
            }
        }
        Self { pairs }
    }

    /// The text as it is meant, without them.
    pub(super) fn others<'j>(
        &'j self,
        json: &'j Unescaped<'_>,
    ) -> impl Iterator<Item = Range<usize>> + 'j {
        let twin = |pair: &(usize, usize)| json.parts[pair.0].meant.clone();
        let starts = self.pairs.iter().map(move |pair| twin(pair).end);
        let ends = self.pairs.iter().map(move |pair| twin(pair).start);
        std::iter::once(0)
            .chain(starts)
            .zip(ends.chain(std::iter::once(json.meant().len())))
            .map(|(start, end)| start..end)
    }

    /// Adds those that are as one of `parts`.
    pub(super) fn join(&self, parts: &mut Vec<usize>) {
        let mut twins = self.pairs.clone();
        twins.retain(|(_, other)| parts.contains(other));
        parts.extend(twins.iter().map(|(twin, _)| twin));
    }
}
