//! What a rule is, and how one is tried at an anchor.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::{
    Close, Hit, LOOK_BEHIND,
    block::Block,
    format::{self, Part},
    markers,
    named::Named,
    regex_of,
};
use crate::PatternLevel;

/// One built-in rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Stands in the marker: `[REDACTED:id]`.
    pub(super) id: &'static str,
    /// Whose secret it is.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and tests"))]
    pub(super) provider: &'static str,
    /// The file that it stands in.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and tests"))]
    pub(super) family: &'static str,
    /// What the secret is, and which public document describes its format.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and tests"))]
    pub(super) about: &'static str,
    /// From which level on the rule is used.
    pub(super) strictness: Strictness,
    /// Literals of at least three bytes, one of which begins every match;
    /// `[…]` is one byte of a class (`SK[0-9a-f]`).
    pub(super) anchors: &'static [&'static str],
    /// The anchors and what must follow them, in classes too, if that is known.
    pub(super) heads: &'static [&'static str],
    /// Whether anchors are sought in either case (ASCII).
    pub(super) fold: bool,
    /// Whether every match begins with a run of `RUN` ([`super::scan`]) bytes of which
    /// keys are made, behind at most one other byte.
    pub(super) run: bool,
    /// With how many of those bytes every match begins, at least.
    pub(super) lead: usize,
    /// What must stand before the anchor.
    pub(super) left: Left,
    /// Which bytes after the anchor the matcher is shown.
    pub(super) reach: Reach,
    /// Names of which one stands before the value, for a rule without anchors; see
    /// [`super::named`].
    pub(super) context: &'static [&'static str],
    /// What stands inside the value, for a rule without anchors.
    pub(super) infix: &'static str,
    /// Says whether it is a match.
    pub(super) matcher: Matcher,
    /// Says whether a match is what it looks like: a checksum, a decoding. It is
    /// given what would be masked and what of the match stands before that.
    pub(super) check: Option<Check>,
    /// Templates (see `tests::expand`) of text that must match. What is to be
    /// masked stands between `«` and `»`.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and tests"))]
    pub(super) examples: &'static [&'static str],
    /// Templates of text that must not match.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by people and tests"))]
    pub(super) near_misses: &'static [&'static str],
}

/// See [`Rule::check`].
pub(super) type Check = fn(&[u8], &[u8]) -> bool;
/// See [`Matcher::Code`].
pub(super) type Code = fn(&[u8], &[u8], usize) -> Option<Range<usize>>;

/// How sure a rule is of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// On unless patterns are off.
    Default,
    /// On at level `strict` alone: it also finds things that are no secrets.
    Strict,
}

impl Strictness {
    pub(super) fn is_on(self, level: PatternLevel) -> bool {
        match level {
            PatternLevel::Off => false,
            PatternLevel::Default => self == Self::Default,
            PatternLevel::Strict => true,
        }
    }
}

/// What must stand before an anchor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left {
    /// Anything: the anchor is telling enough.
    Any,
    /// No letter or digit, unless it ends an escape (`\n`, `%20`, a colour code).
    WordStart,
    /// The same, and what the function says of the (at most [`LOOK_BEHIND`]) bytes
    /// before.
    WordAnd(fn(&[u8]) -> bool),
    /// One of these.
    After(&'static [&'static [u8]]),
    /// What the function says of the bytes before alone.
    Is(fn(&[u8]) -> bool),
}

/// The run of bytes after an anchor that a matcher is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Of which bytes.
    pub(super) class: Class,
    /// How many of them, at most.
    pub(super) max: usize,
}

impl Reach {
    pub(super) const TOKEN: Self = Self {
        class: Class::Token,
        max: 4096,
    };
    pub(super) const WORD: Self = Self {
        class: Class::Word,
        max: 4096,
    };
    pub(super) const LINE: Self = Self {
        class: Class::Line,
        max: 512,
    };

    /// Where it ends, if it begins at `from`.
    pub(super) fn end(self, text: &[u8], from: usize, walks: &mut Walks) -> usize {
        let limit = text.len().min(from + self.max);
        walks.end_of_run(self.class, text, from, limit)
    }
}

/// A class of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Letters, digits and `_-.+/=~%`: of what keys are made. A match that fills
    /// `max` goes on as far as the class does.
    Token,
    /// Up to white space, a control byte, a quote or an angle bracket.
    Word,
    /// Up to the end of the line.
    Line,
}

impl Class {
    pub(super) fn holds(self, byte: u8) -> bool {
        CLASSES[usize::from(byte)] >> self as u8 & 1 == 1
    }

    /// How many bytes of the class `text` begins with.
    fn run(self, text: &[u8]) -> usize {
        run(|byte| self.holds(byte), text)
    }

    const fn defines(self, byte: u8) -> bool {
        match self {
            Self::Token => {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~' | b'%')
            }
            Self::Word => byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | 0x7f),
            Self::Line => byte != b'\n' && byte != b'\r',
        }
    }
}

/// The classes of each byte, one bit each.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        let all = [Class::Token, Class::Word, Class::Line];
        let mut class = 0;
        while class < all.len() {
            classes[byte as usize] |= (all[class].defines(byte) as u8) << class;
            class += 1;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};

/// What one scan has walked, so that anchors that stand close together do not
/// make it walk the same bytes again and again.
#[derive(Debug, Default)]
pub(super) struct Walks {
    /// Begin and end of a stretch that holds nothing but bytes of a class.
    stretches: [(usize, usize); 3],
    /// Where the last block ended.
    block: usize,
    /// Where the last run of [`Class::Token`] ended that was masked to its end.
    /// What a rule of that class could find before it lies inside.
    masked: usize,
}

impl Walks {
    /// Where the run of `class` that begins at `from` ends, or `limit`.
    fn end_of_run(&mut self, class: Class, text: &[u8], from: usize, limit: usize) -> usize {
        let (start, end) = &mut self.stretches[class as usize];
        if from < *start || *end < from {
            (*start, *end) = (from, from);
        }
        if *end < limit {
            let run = class.run(&text[*end..limit]);
            steps::count(run);
            *end += run;
        }
        limit.min(*end)
    }
}

/// How a rule decides.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher {
    /// A regex, anchored, ASCII, matched against anchor and reach. Group 1 is
    /// what gets masked, if there is one; the whole match otherwise.
    Regex(&'static str),
    /// A format, or one of several; all of it gets masked.
    Format(&'static [&'static [Part]]),
    /// A function of the bytes before the anchor, of anchor and reach, and of
    /// the anchor's length, for what no regular language describes. The range
    /// counts from the anchor.
    Code(Code),
    /// A block that is open until it is closed; see [`Block`].
    Block(Block),
    /// A value that a name gives away; it has no anchors.
    Named(Named),
}

impl Rule {
    /// What is left out.
    pub(super) const EMPTY: Self = Self {
        id: "",
        provider: "any",
        family: "structure",
        about: "",
        strictness: Strictness::Default,
        anchors: &[],
        heads: &[],
        fold: false,
        run: false,
        lead: 0,
        left: Left::Any,
        reach: Reach::TOKEN,
        context: &[],
        infix: "",
        matcher: Matcher::Regex(""),
        check: None,
        examples: &[],
        near_misses: &[],
    };

    /// The match at the anchor of `length` bytes at `at`.
    pub(super) fn find_at(
        &self,
        index: usize,
        text: &[u8],
        at: usize,
        length: usize,
        walks: &mut Walks,
    ) -> Option<Hit> {
        let before = &text[at.saturating_sub(LOOK_BEHIND)..at];
        if !self.left.allows(before) {
            return None;
        }
        if self.reach.class == Class::Token && at < walks.masked {
            return None;
        }
        let reach = self.reach_from(text, at + length, walks);
        let shown = &text[at..reach];
        steps::count(shown.len());
        let span = match self.matcher {
            Matcher::Regex(_) => {
                let groups = regex_of(index)?.captures(shown)?;
                // The first group that took part, or all of it.
                let group = groups.iter().skip(1).flatten().next();
                group.or_else(|| groups.get(0))?.range()
            }
            Matcher::Format(formats) => 0..format::length(formats, shown)?,
            Matcher::Named(_) => return None,
            Matcher::Code(matcher) => matcher(before, shown, length)?,
            Matcher::Block(block) => return block.find_at(index, text, at, &mut walks.block),
        };
        let value = &shown[span.clone()];
        if value.is_empty()
            || markers::is_masked(value)
            || self
                .check
                .is_some_and(|check| !check(value, &shown[..span.start]))
        {
            return None;
        }
        let (start, mut end) = (at + span.start, at + span.end);
        let mut open = false;
        if self.reach.class == Class::Token && end == reach {
            if reach - at - length == self.reach.max {
                end = walks.end_of_run(Class::Token, text, end, text.len());
                open = end == text.len();
            }
            walks.masked = end;
        }
        Some(Hit {
            start: align_start(text, start),
            end: align_end(text, end),
            rule: index,
            open,
        })
    }

    /// Calls `visit` with what of a `hit`, which [`find_at`](Self::find_at) found at `at`, is
    /// masked: all of it, or the values of a block.
    pub(super) fn each_value(&self, text: &[u8], at: usize, hit: Hit, mut visit: impl FnMut(Hit)) {
        match self.matcher {
            Matcher::Block(block) => block.each_value(text, at, hit, visit),
            _ => visit(hit),
        }
    }

    /// Whether more text could change what [`find_at`](Self::find_at) says.
    pub(super) fn is_undecided(
        &self,
        index: usize,
        text: &[u8],
        at: usize,
        length: usize,
        walks: &mut Walks,
    ) -> bool {
        if !self.left.allows(&text[at.saturating_sub(LOOK_BEHIND)..at]) {
            return false;
        }
        if let Matcher::Block(block) = self.matcher {
            return block.is_undecided(&text[at..]);
        }
        let reach = self.reach_from(text, at + length, walks);
        if reach - at - length < self.reach.max {
            return reach == text.len();
        }
        // Full: an open match goes on with its class, any other needs the rest
        // of a UTF-8 sequence that `max` may have cut.
        if self.reach.class == Class::Token {
            self.find_at(index, text, at, length, walks)
                .is_some_and(|hit| hit.open)
        } else {
            text.len() < reach + 3
        }
    }

    /// See [`super::PatternSet::close`].
    pub(super) fn close(&self, text: &[u8]) -> Close {
        if let Matcher::Block(block) = self.matcher {
            return (block.close)(text);
        }
        let end = self.reach.class.run(text);
        if end < text.len() {
            Close::At(end)
        } else {
            Close::NotYet { keep: 0 }
        }
    }

    /// Whether nothing but the rest of the line tells what a match is behind an anchor that
    /// ends at `from`, and the line goes on behind that.
    pub(super) fn ends_in_line(&self, text: &[u8], from: usize, walks: &mut Walks) -> bool {
        let next = text.get(self.reach_from(text, from, walks));
        let is_same_line = next.is_some_and(|byte| !matches!(byte, b'\n' | b'\r'));
        is_same_line && !matches!(self.matcher, Matcher::Block(_))
    }

    /// Where the reach ends that begins at `from`.
    fn reach_from(&self, text: &[u8], from: usize, walks: &mut Walks) -> usize {
        self.reach.end(text, from, walks)
    }
}

/// How many bytes rules look at, so that a test can say that it grows with the text
/// and no faster.
pub(super) mod steps {
    #[cfg(test)]
    thread_local! {
        static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[cfg(test)]
    pub(in super::super) fn count(steps: usize) {
        STEPS.with(|all| all.set(all.get() + steps));
    }

    #[cfg(not(test))]
    pub(in super::super) fn count(_: usize) {}

    /// How many `work` takes.
    #[cfg(test)]
    pub(in super::super) fn of(work: impl FnOnce()) -> usize {
        STEPS.set(0);
        work();
        STEPS.get()
    }
}

impl Left {
    fn allows(self, before: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::WordStart => Self::at_word_start(before),
            Self::WordAnd(check) => Self::at_word_start(before) && check(before),
            Self::After(starts) => starts.iter().any(|start| before.ends_with(start)),
            Self::Is(check) => check(before),
        }
    }

    /// Whether a word can begin after `before`: it ends with no letter or digit, or with
    /// an escape whose last byte only looks like one.
    pub(super) fn at_word_start(before: &[u8]) -> bool {
        let Some((&last, rest)) = before.split_last() else {
            return true;
        };
        if !last.is_ascii_alphanumeric() {
            return true;
        }
        let hex = |count: usize| {
            before.len() > count
                && before[before.len() - count..]
                    .iter()
                    .all(u8::is_ascii_hexdigit)
        };
        let escapes = (rest.last() == Some(&b'\\') && b"abefnrtv0".contains(&last))
            || (hex(2) && before[..before.len() - 2].ends_with(b"%"))
            || (hex(2) && before[..before.len() - 2].ends_with(b"\\x"))
            || (hex(4) && before[..before.len() - 4].ends_with(b"\\u"));
        escapes || (last == b'm' && ends_with_colour(rest))
    }
}

/// Compiles the regex of a rule: anchored at the start, bytes, ASCII classes,
/// `.` also for line breaks.
pub(super) fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{source})"))
        .unicode(false)
        .dot_matches_new_line(true)
        .build()
}

/// `ESC [ 1 ; 31`, however the ESC is spelled, without its final `m`.
fn ends_with_colour(text: &[u8]) -> bool {
    let digits = text
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
        .count();
    text[..text.len() - digits].ends_with(b"[")
}

/// How many bytes of `class` `text` begins with.
pub(super) fn run(class: impl Fn(u8) -> bool, text: &[u8]) -> usize {
    text.iter().take_while(|byte| class(**byte)).count()
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Moves a start out of a UTF-8 sequence, to its lead byte.
pub(super) fn align_start(text: &[u8], start: usize) -> usize {
    match text.get(start) {
        Some(byte) if is_continuation(*byte) => {
            let before = text[..start].iter().rev().take(3);
            let back = before.take_while(|byte| is_continuation(**byte)).count();
            start.saturating_sub(back + 1)
        }
        _ => start,
    }
}

/// Moves an end out of a UTF-8 sequence, behind its last byte.
pub(super) fn align_end(text: &[u8], end: usize) -> usize {
    if end == 0 || text[end - 1].is_ascii() {
        return end;
    }
    let rest = text[end..].iter().take(3);
    end + rest.take_while(|byte| is_continuation(**byte)).count()
}
