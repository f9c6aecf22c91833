//! What a sieve says of the blocks that are looked at together.

use crate::patterns::scan::RUN;

/// How many bytes a block is of: one bit each in a mask.
pub(crate) const BLOCK: usize = 64;
/// How many blocks are looked at together.
pub(crate) const AHEAD: usize = 24;
/// The block before them and the one behind them are at hand, too.
pub(crate) const ROOM: usize = AHEAD + 2;

/// One kind of mask of each block in a row.
pub(crate) type Row = [u64; ROOM];

/// What stands where in some blocks. The masks of a kind lie together, so that those of
/// eight blocks are put together at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// Letters, digits and `_-+/.~`, of which keys are made.
    pub(crate) members: Row,
    pub(crate) digits: Row,
    /// Letters and digits.
    pub(crate) words: Row,
    /// `\\` and `%`, with which an escape begins.
    pub(crate) escapes: Row,
    /// The letter with which a colour code ends.
    pub(crate) ems: Row,
    /// Where an anchor may begin that stands at the beginning of a word.
    pub(crate) at_words: Row,
    /// Where the byte before one may stand that follows a separator of queries.
    pub(crate) before_queries: Row,
    /// Where any other anchor may begin.
    pub(crate) anywhere: Row,
    /// Where members go on for long, from there or from the next byte on.
    pub(crate) long: Row,
    /// In blocks with long runs, the same for anchors that begin one. Of other blocks, these
    /// masks and the next may hold what was found in others before.
    pub(crate) runs_at_words: Row,
    pub(crate) runs_anywhere: Row,
    /// In blocks with long runs, where what stands inside of some keys may begin.
    pub(crate) marks: Row,
}

/// What stands where in one block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Raw {
    pub(crate) members: u64,
    pub(crate) digits: u64,
    pub(crate) words: u64,
    pub(crate) escapes: u64,
    pub(crate) ems: u64,
    pub(crate) at_words: u64,
    pub(crate) before_queries: u64,
    pub(crate) anywhere: u64,
}

/// What stands where in one block with a long run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RawRuns {
    pub(crate) at_words: u64,
    pub(crate) anywhere: u64,
    pub(crate) marks: u64,
}

/// What stands where in the 64 bytes before a place: the highest bit is for the byte right
/// before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// Where a word may begin that names a credential.
    pub(crate) hints: u64,
    /// Blanks, quotes, and the next two: what stands between most names and their values.
    pub(crate) gaps: u64,
    /// `=`, `:` and `,`.
    pub(crate) assigns: u64,
    /// Line breaks.
    pub(crate) breaks: u64,
    /// `&` and `!`, with which a label begins that is passed over.
    pub(crate) labels: u64,
    /// `>`, with which a tag ends.
    pub(crate) tags: u64,
}

impl Masks {
    #[inline]
    pub(crate) fn set(&mut self, slot: usize, raw: Raw) {
        self.members[slot] = raw.members;
        self.digits[slot] = raw.digits;
        self.words[slot] = raw.words;
        self.escapes[slot] = raw.escapes;
        self.ems[slot] = raw.ems;
        self.at_words[slot] = raw.at_words;
        self.before_queries[slot] = raw.before_queries;
        self.anywhere[slot] = raw.anywhere;
    }

    #[inline]
    pub(crate) fn set_runs(&mut self, slot: usize, raw: RawRuns) {
        self.runs_at_words[slot] = raw.at_words;
        self.runs_anywhere[slot] = raw.anywhere;
        self.marks[slot] = raw.marks;
    }

    /// Whether a long run begins in a block, or reaches it.
    #[inline]
    pub(crate) fn has_long(&self, slot: usize) -> bool {
        self.long[slot] | self.long[slot - 1] >> (BLOCK - RUN) != 0
    }

    /// Puts the last two of so many blocks first.
    pub(crate) fn keep_last_two(&mut self, known: usize) {
        let rows = [
            &mut self.members,
            &mut self.digits,
            &mut self.words,
            &mut self.escapes,
            &mut self.ems,
            &mut self.at_words,
            &mut self.before_queries,
            &mut self.anywhere,
            &mut self.long,
        ];
        for row in rows {
            row.copy_within(known - 2..known, 0);
        }
    }
}

impl Raw {
    /// What stands in the first bytes of the block, if the text ends there.
    #[must_use]
    pub(crate) fn keep_first(self, count: usize) -> Self {
        let kept = first_bits(count);
        Self {
            members: self.members & kept,
            digits: self.digits & kept,
            words: self.words & kept,
            escapes: self.escapes & kept,
            ems: self.ems & kept,
            at_words: self.at_words & kept,
            before_queries: self.before_queries & kept,
            anywhere: self.anywhere & kept,
        }
    }
}

impl RawRuns {
    /// See [`Raw::keep_first`].
    #[must_use]
    pub(crate) fn keep_first(self, count: usize) -> Self {
        let kept = first_bits(count);
        Self {
            at_words: self.at_words & kept,
            anywhere: self.anywhere & kept,
            marks: self.marks & kept,
        }
    }
}

impl Before {
    /// The same, if no more than the first `count` bytes were there, and all of them stand
    /// before the place.
    #[must_use]
    pub(crate) fn shifted(self, count: usize) -> Self {
        let shifted = |mask: u64| match count {
            0 => 0,
            _ => mask << (BLOCK - count),
        };
        Self {
            hints: shifted(self.hints),
            gaps: shifted(self.gaps),
            assigns: shifted(self.assigns),
            breaks: shifted(self.breaks),
            labels: shifted(self.labels),
            tags: shifted(self.tags),
        }
    }
}

/// The lowest bits, so many of them.
#[inline]
pub(crate) fn first_bits(count: usize) -> u64 {
    let beyond = u32::try_from(count).map_or(0, |count| u64::MAX.checked_shl(count).unwrap_or(0));
    !beyond
}
