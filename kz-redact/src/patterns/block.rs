//! Blocks, from an opening line to a closing one, as in PEM.

use std::ops::Range;

use super::{Close, Hit, rule::steps};

/// A block from an opening line to a closing one, as in PEM.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// Looks at the opening line and what follows it.
    pub(super) open: fn(&[u8]) -> Opening,
    /// The end of the block in what follows its opening line.
    pub(super) close: fn(&[u8]) -> Close,
    /// Which parts of it are values.
    pub(super) values: Values,
}

/// What of a block is masked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Values {
    /// All of it.
    All,
    /// What the function finds, in order, in the text from the anchor to the end of the
    /// block, of which it is told where that begins. From a value on that does not end
    /// within [`TOLD_APART`] the rest is masked as one, so that a stream, which cannot hold
    /// more, masks the same; what was found before must not depend on that rest.
    These(fn(&[u8], usize) -> Vec<Range<usize>>),
}

/// In how many of the first bytes of a block its values are told apart.
pub(super) const TOLD_APART: usize = 16 * 1024;

/// What stands at the anchor of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// No such block, whatever follows.
    No,
    /// Not enough text to say. At the end of input it counts as `No`.
    Unclear,
    /// The block is open; what it holds begins so many bytes after the anchor.
    Yes(usize),
    /// The same, but what stands before that stays as it is, and blanks at the end do.
    After(usize),
}

impl Block {
    pub(super) fn find_at(
        self,
        index: usize,
        text: &[u8],
        at: usize,
        seen: &mut usize,
    ) -> Option<Hit> {
        if at < *seen {
            return None; // inside the block before
        }
        let (start, body, tail) = match (self.open)(&text[at..]) {
            Opening::Yes(body) => (at, at + body, text.len()),
            Opening::After(body) => (at + body, at + body, text.trim_ascii_end().len()),
            Opening::No | Opening::Unclear => return None,
        };
        let (end, open) = match (self.close)(&text[body..]) {
            Close::At(end) => (body + end, false),
            Close::NotYet { .. } => (tail.max(start), true),
        };
        steps::count(end - at);
        *seen = end;
        Some(Hit {
            start,
            end,
            rule: index,
            open,
        })
    }

    pub(super) fn is_undecided(self, text: &[u8]) -> bool {
        match (self.open)(text) {
            Opening::No => false,
            Opening::Unclear => true,
            Opening::Yes(body) | Opening::After(body) => {
                matches!((self.close)(&text[body..]), Close::NotYet { .. })
            }
        }
    }

    /// Calls `visit` with what of a `hit` at `at` is masked.
    pub(super) fn each_value(self, text: &[u8], at: usize, hit: Hit, mut visit: impl FnMut(Hit)) {
        let Values::These(values) = self.values else {
            return visit(hit);
        };
        let values = values(&text[at..hit.end], hit.start - at);
        let mut values = values
            .into_iter()
            .map(|value| at + value.start..at + value.end)
            .peekable();
        if values.peek().is_none() {
            return visit(hit);
        }
        while let Some(value) = values.next() {
            let goes_on = value.end > hit.start + TOLD_APART;
            let is_last = goes_on || values.peek().is_none();
            visit(Hit {
                start: value.start,
                end: if goes_on { hit.end } else { value.end },
                open: is_last && hit.open,
                ..hit
            });
            if goes_on {
                return;
            }
        }
    }
}
