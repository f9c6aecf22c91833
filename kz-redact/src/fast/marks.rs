//! Marks that say that something was left out.

use std::ops::Range;

use memchr::{memchr3, memrchr3};

use super::{
    Filter, Layer,
    carried::Worth,
    glance::First,
    grams::eight,
    lifted::Lifted,
    masks::{DIGIT, KINDS, LIST, SYMBOL},
    runs::run_start,
    units::Unit,
};
use crate::{oracle::cut, views::is_introducer};

impl Filter<'_> {
    /// Looks at the marks of the block at `index` that stand as they are.
    pub(super) fn find_marks(&self, text: &[u8], index: usize, marks: u64, layer: &mut Layer) {
        let mut marks = marks;
        while marks != 0 {
            let at = index * 64 + marks.trailing_zeros() as usize;
            marks &= marks - 1;
            if let Some(length) = mark_at(text, at) {
                self.propose_mark(text, at, Behind::Mark(at + length), layer);
                if let Some(bracket) = bracket_before(text, at) {
                    self.propose_mark(text, bracket, Behind::Part(at + length), layer);
                }
            }
        }
    }

    /// Proposes to look around a unit that may be part of a mark: of its signs, or of a
    /// word behind a bracket.
    pub(super) fn follow_mark(
        &self,
        text: &[u8],
        at: usize,
        unit: &Unit,
        brackets: &mut Brackets,
        layer: &mut Layer,
    ) {
        let is_mark = match unit.bytes[0] {
            byte @ (b'.' | b'*') => {
                let beside = |at: Option<usize>| at.and_then(|at| text.get(at)) == Some(&byte);
                beside(at.checked_sub(1)) || beside(Some(unit.end)) || self.has_unit(text, unit.end)
            }
            0xe2 => true,
            b'[' | b'<' | b'(' => self.may_close(text, unit.end),
            _ => false,
        };
        if is_mark {
            self.propose_mark(text, at, Behind::Part(unit.end), layer);
        } else if unit.bytes[0].is_ascii_alphabetic()
            && let Some(bracket) = brackets.open_before(text, at)
        {
            self.propose_mark(text, bracket, Behind::Part(unit.end), layer);
        }
    }

    /// Whether the bracket of a mark may close, of which the inside begins at `at`.
    fn may_close(&self, text: &[u8], at: usize) -> bool {
        let mut at = at;
        for _ in 0..=cut::BETWEEN {
            let Some(&(mut byte)) = text.get(at) else {
                return true;
            };
            let mut end = at + 1;
            if self.has_unit(text, at) {
                let Some(&second) = text.get(end) else {
                    return true;
                };
                match self.first_unit(text, at, (byte, second)) {
                    First::Unit(unit) => (byte, end) = (unit.bytes[0], unit.end),
                    First::Break(line) if self.may_go_on_behind(text, &line) => return true,
                    First::Unclear => return true,
                    First::Break(_) | First::Nothing => {}
                }
            }
            match byte {
                b']' | b'>' | b')' => return true,
                b' ' | 0x21..=0x7e | 0x80.. => at = end,
                _ => return false,
            }
        }
        false
    }

    /// Proposes to look around a mark that says that something was left out, or what
    /// may be one, of which a part ends at `behind`: if an anchor or a run stands before
    /// it, or the end of a value or a run behind it.
    pub(super) fn propose_mark(&self, text: &[u8], at: usize, behind: Behind, layer: &mut Layer) {
        let mut before = &text[..at];
        let mut is_cut = self.may_end_in_anchor(before);
        while at - before.len() < BESIDE
            && let [rest @ .., b' ' | b'\n' | b'\r' | b','] = before
        {
            before = rest;
            is_cut |= self.may_end_in_anchor(before);
        }
        let places = behind.places(text);
        let after = text.len().min(places.end + MARK);
        if is_cut
            || self.ends_in_carrier(before)
            || self.has_carrier(&text[places.start..after], places.len(), behind)
        {
            let run = run_start(text, before.len());
            let list = before.iter().rev().take(LONGEST_LIST);
            let list = list.take_while(|&&byte| KINDS[usize::from(byte)] & LIST != 0);
            let start = run.min(before.len() - list.count());
            // What follows on the mark belongs to the zone.
            layer.zones.push((start, after));
        } else if places.into_iter().any(|place| self.may_end(text, place)) {
            layer.starts.push(at);
        }
    }

    /// Whether the last bytes of `text` may be those of an anchor.
    fn may_end_in_anchor(&self, text: &[u8]) -> bool {
        let anchors = self.anchors;
        text.len() >= 4
            && anchors
                .joints
                .has(anchors.hasher.hash::<4>(eight(text, text.len() - 4)))
    }

    /// Whether the end of some needle may begin at `at`.
    fn may_end(&self, text: &[u8], at: usize) -> bool {
        let four = text.get(at..at + 4).unwrap_or_default();
        let is_open = (at..at + 4).any(|at| at >= text.len() || self.has_unit(text, at));
        let begins = |&three: &[u8; 3]| self.anchors.may_end(three);
        is_open
            || four.first_chunk().is_some_and(begins)
                && self.needles.ends().into_iter().any(|(mut low, mut high)| {
                    for (depth, &byte) in four.iter().enumerate() {
                        if low < high {
                            (low, high) = self.needles.narrow(low, high, depth, byte);
                        }
                    }
                    low < high
                })
    }
}

impl Filter<'_> {
    /// Whether symbols or numbers stand at the end of `text`, before a mark, that may carry
    /// something. Units may write some of them.
    fn ends_in_carrier(&self, text: &[u8]) -> bool {
        let mut run = Run::new();
        let mut is_known = false;
        for &byte in text.iter().rev().take(LONGEST_NEAR) {
            if !run.goes_on(byte) {
                break;
            }
            if run.has_digits() {
                return true;
            }
            if run.has_symbols() && !std::mem::replace(&mut is_known, true) {
                let row = text.iter().rev().take_while(|byte| is_symbol(**byte));
                let (before, row) = text.split_at(text.len() - row.count());
                let is_alone = run.counts_no_more_than(row) && ends_at(before.iter().rev(), true);
                if !is_alone || self.may_carry(row) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether symbols or numbers that may carry something begin in one of the first
    /// `places` of `text`, behind a mark. Units may write some of them.
    fn has_carrier(&self, text: &[u8], places: usize, behind: Behind) -> bool {
        let mut run = Run::new();
        let mut known = 0;
        for (at, &byte) in text.iter().enumerate() {
            if !run.goes_on(byte) {
                if at >= places {
                    return false;
                }
                run = Run::new();
                run.goes_on(byte);
            }
            if run.has_digits() {
                return true;
            }
            if is_symbol(byte) && at >= known && run.has_symbols() {
                let before = text[..=at].iter().rev();
                let start = at + 1 - before.take_while(|byte| is_symbol(**byte)).count();
                let rest = &text[at..];
                known = at + rest.iter().take_while(|byte| is_symbol(**byte)).count();
                let row = &text[start..known];
                let is_alone = run.counts_no_more_than(row)
                    && ends_at(text[..start].iter().rev(), true)
                    && ends_at(text[known..].iter(), false);
                // Of a mark that is there in part, more is not known.
                let is_part = matches!(behind, Behind::Part(_));
                if is_part || !is_alone || self.may_carry(row) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether something may be read in what a row of symbols carries.
    fn may_carry(&self, row: &[u8]) -> bool {
        let worth = Worth::new(&self.anchors.carried, self.anchors.shortest);
        row.len() > LONGEST_ROW || Lifted::are_worth(row, worth)
    }
}

/// The longest row of symbols of which it is asked what it carries.
const LONGEST_ROW: usize = 4096;

/// Whether no run of symbols goes on with these bytes, nor beyond them. `otherwise` is said
/// where there are none.
fn ends_at<'t>(mut bytes: impl Iterator<Item = &'t u8>, otherwise: bool) -> bool {
    match bytes.next() {
        Some(b' ' | b'\t') => bytes.next().is_some_and(|byte| !byte.is_ascii_whitespace()),
        Some(byte) => !byte.is_ascii_whitespace() && !is_of_unit(*byte),
        None => otherwise,
    }
}

/// Where a mark may end, or a part of one.
#[derive(Clone, Copy)]
pub(super) enum Behind {
    /// Here.
    Mark(usize),
    /// Somewhere behind this place.
    Part(usize),
}

impl Behind {
    /// Where a value may go on.
    fn places(self, text: &[u8]) -> Range<usize> {
        let (end, most) = match self {
            Self::Mark(end) => {
                let rest = text.get(end..).unwrap_or_default();
                let is_white = |byte: &&u8| matches!(**byte, b' ' | b'\r' | b'\n');
                let white = rest.iter().take(BESIDE).take_while(is_white);
                (end, white.count() + 1)
            }
            Self::Part(end) => (end, MARK),
        };
        end.min(text.len())..text.len().min(end + most)
    }
}

/// How much of the text behind the beginning of a mark is looked at: the mark, and
/// what the end of a value begins with.
const MARK: usize = 64;

/// How far back a list is read that a mark follows.
const LONGEST_LIST: usize = 64 * 1024;

/// The length of the shortest run that is looked at beside a mark.
const RUN: usize = 11;

/// How many bytes may stand between a value and a mark.
const BESIDE: usize = 5;

/// How far a run is read back before a mark: over indentation, and units.
const LONGEST_NEAR: usize = 256;

/// How many digits the shortest list of numbers has.
const DIGITS: usize = 8;

/// Symbols or numbers in a row.
struct Run {
    /// How many symbols, unless there was what no run of symbols goes on over.
    symbols: Option<usize>,
    /// How many digits, unless there was what no list is made of.
    digits: Option<usize>,
    /// A line has been broken, and but for blanks nothing was since.
    is_broken: bool,
    /// There were blanks, and no break before them.
    is_apart: bool,
}

impl Run {
    fn new() -> Self {
        Self {
            symbols: Some(0),
            digits: Some(0),
            is_broken: true,
            is_apart: false,
        }
    }

    /// Takes the next byte, in either direction; says whether it goes on with those
    /// before.
    fn goes_on(&mut self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' => self.is_apart |= !self.is_broken,
            b'\r' | b'\n' => (self.is_broken, self.is_apart) = (true, false),
            _ => self.take(byte),
        }
        self.symbols.is_some() || self.digits.is_some()
    }

    fn take(&mut self, byte: u8) {
        let kind = KINDS[usize::from(byte)];
        let is_of_unit = is_of_unit(byte);
        let counted = |count: Option<usize>, goes_on: bool, counts: bool| {
            count
                .filter(|_| goes_on)
                .map(|count| count + usize::from(counts))
        };
        let is_symbol = kind & SYMBOL != 0;
        let goes_on = !self.is_apart && (is_of_unit || is_symbol);
        self.symbols = counted(self.symbols, goes_on, is_symbol);
        let goes_on = is_of_unit || kind & LIST != 0;
        self.digits = counted(self.digits, goes_on, kind & DIGIT != 0);
        self.is_broken = false;
    }

    fn has_symbols(&self) -> bool {
        self.symbols.is_some_and(|count| count >= RUN)
    }

    /// Whether all the symbols stand in this row.
    fn counts_no_more_than(&self, row: &[u8]) -> bool {
        self.symbols.is_some_and(|count| count <= row.len())
    }

    fn has_digits(&self) -> bool {
        self.digits.is_some_and(|count| count >= DIGITS)
    }
}

fn is_symbol(byte: u8) -> bool {
    KINDS[usize::from(byte)] & SYMBOL != 0
}

/// Whether `byte` may be one of those that write a unit, beside letters and digits.
fn is_of_unit(byte: u8) -> bool {
    is_introducer(byte) || b"#;{}".contains(&byte)
}

/// The brackets of a text, which is read once from its beginning on.
#[derive(Default)]
pub(super) struct Brackets {
    last: Option<usize>,
    until: usize,
}

impl Brackets {
    /// As [`bracket_before`], for places that follow on each other.
    pub(super) fn open_before(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let from = self.until.min(at);
        if let Some(place) = memrchr3(b'[', b'<', b'(', &text[from..at]) {
            self.last = Some(from + place);
        }
        self.until = at;
        self.last.filter(|&bracket| is_open(text, bracket, at))
    }
}

/// Where the bracket stands that may open the mark of which something is at `at`, if
/// none has closed it.
fn bracket_before(text: &[u8], at: usize) -> Option<usize> {
    Brackets {
        last: None,
        until: at.saturating_sub(MARK),
    }
    .open_before(text, at)
}

/// Whether `bracket` stands no further before `at` than in a mark, and is not closed.
fn is_open(text: &[u8], bracket: usize, at: usize) -> bool {
    bracket + MARK >= at && memchr3(b']', b'>', b')', &text[bracket..at]).is_none()
}

/// The length of the mark, or of the part of one, that stands at `at`.
fn mark_at(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..];
    let begins = |mark: &&&str| {
        rest.get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
    };
    let mark = cut::SIGNS.iter().chain(cut::WORDS).find(begins)?;
    Some(mark.len())
}
