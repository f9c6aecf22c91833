//! Text in which strings of JSON are written into strings: a log of a message, an
//! answer that holds an answer. A line break is `\n` there, and a quotation mark `\"`
//! or `\\\"`, in an address `%22` and in markup `&quot;`; so rules are tried again on the
//! text with its escapes undone, level by level, and what they find is masked where it
//! is written.
//!
//! Most text has few escapes. What a rule looks at is far from all of them nearly always, so
//! that what was found in the level above is noted, and rules are looked for anew only where
//! an escape is near.

use std::ops::Range;

use crate::json::{Loose, Shortened, decode_loosely, next_escape};

use super::{Hit, LOOK_BEHIND, filter::Event, runs, scan::End, sieve::BLOCK};

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

    /// Where in the last level something may begin that does not begin there in the level
    /// above, or not in the same way: `longest` bytes may belong to an anchor. None, if that
    /// is most of the text.
    ///
    /// What stands near the edges of a `part` of a text is noted with what stands beyond them.
    pub(super) fn changed(&self, longest: usize, is_part: bool) -> Option<Vec<Range<usize>>> {
        /// An event is the same if these bytes behind its place are: the head of a run, and
        /// the blocks in which marks in it are told.
        const HEAD: usize = runs::HEAD + 2 * BLOCK;
        let level = self.levels.last()?;
        let length = level.text().len();
        let (mut stretches, mut count) = (Vec::<Range<usize>>::new(), 0);
        let edges = if is_part {
            [0..0, length..length].map(Some)
        } else {
            [const { None }; 2]
        };
        let [first, last] = edges;
        for changed in first.into_iter().chain(level.changed()).chain(last) {
            let start = changed.start.saturating_sub(longest.max(HEAD)) / BLOCK * BLOCK;
            let end = (changed.end + LOOK_BEHIND)
                .next_multiple_of(BLOCK)
                .min(length);
            let start = start.max(self.from);
            if start >= end {
                continue;
            }
            match stretches.last_mut() {
                Some(last) if start <= last.end => {
                    count += end - last.end;
                    last.end = end;
                }
                _ => {
                    count += end - start;
                    stretches.push(start..end);
                }
            }
        }
        (count < length / 2).then_some(stretches)
    }

    /// Moves what was noted of the level above to where it stands in the last, without what is
    /// in one of the stretches that [changed](Self::changed).
    pub(super) fn keep(&self, noted: &mut Noted, changed: &[Range<usize>]) {
        let Some(level) = self.levels.last() else {
            return;
        };
        let mut changed = changed.iter().peekable();
        noted.events.retain_mut(|event| {
            let at = level.meant_by(event.at());
            *event = event.moved(at);
            while changed.next_if(|stretch| stretch.end <= at).is_some() {}
            at >= self.from && changed.peek().is_none_or(|stretch| at < stretch.start)
        });
    }
}

/// What was found in a text, by its place.
#[derive(Default)]
pub(super) struct Noted {
    events: Vec<Event>,
    is_full: bool,
    /// It was found in a text of which this one is a part.
    pub(super) is_part: bool,
}

impl Noted {
    /// More are not noted: a text that is full of them is searched anew.
    const MOST: usize = 4096;
    /// Few texts have more.
    const FIRST: usize = 64;

    /// Too many: whatever is below is searched anew.
    #[cfg(test)]
    pub(super) fn full() -> Self {
        Self {
            is_full: true,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, event: Event) {
        if self.events.len() < Self::MOST {
            if self.events.capacity() == 0 {
                self.events.reserve(Self::FIRST);
            }
            self.events.push(event);
        } else {
            self.is_full = true;
        }
    }

    /// What of [all](Self::all) that was found begins in a part of the text.
    pub(super) fn of_part(all: Option<&[Event]>, part: &Range<usize>) -> Self {
        let events = all.unwrap_or_default();
        let first = events.partition_point(|event| event.at() < part.start);
        let here = events[first..]
            .iter()
            .take_while(|event| event.at() < part.end);
        Self {
            events: here
                .map(|event| event.moved(event.at() - part.start))
                .collect(),
            is_full: all.is_none(),
            is_part: true,
        }
    }

    /// All, in the order of their places; none, if there were too many.
    pub(super) fn all(&mut self) -> Option<&[Event]> {
        self.events.sort_by_key(Event::at);
        (!self.is_full).then_some(&self.events)
    }
}
