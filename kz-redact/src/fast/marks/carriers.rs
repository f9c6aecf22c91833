//! What may carry something, beside a mark.

use crate::{
    fast::{
        Filter,
        carried::Worth,
        lifted::Lifted,
        masks::{DIGIT, KINDS, LIST, SYMBOL},
    },
    views::{TRANSPARENT, is_introducer},
};

impl Filter<'_> {
    /// Whether symbols or numbers stand at the end of `text`, before a mark, that may carry
    /// something. Units may write some of them.
    pub(super) fn ends_in_carrier(&self, text: &[u8]) -> bool {
        let mut run = Run::new();
        let mut is_known = false;
        for left in (0..text.len()).rev().take(LONGEST_NEAR) {
            if !run.goes_on(text, left) {
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
    pub(super) fn has_carrier(&self, text: &[u8], places: usize) -> bool {
        let mut run = Run::new();
        let mut known = 0;
        for (at, &byte) in text.iter().enumerate() {
            if !run.goes_on(text, at) {
                if at >= places {
                    return false;
                }
                run = Run::new();
                run.goes_on(text, at);
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
                if !is_alone || self.may_carry(row) {
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

/// The length of the shortest run that is looked at beside a mark.
const RUN: usize = 11;

/// The longest unit that writes a line break, before the next line is indented.
const LONGEST_BREAK: usize = 12;

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

    /// Takes the next byte, in either direction, which stands at `at`; says whether it goes
    /// on with those before.
    fn goes_on(&mut self, text: &[u8], at: usize) -> bool {
        match text[at] {
            b' ' | b'\t' if self.is_broken || self.is_apart => {}
            b' ' | b'\t' => {
                // A unit may have broken the line.
                self.is_broken = ends_in_break(without_blanks(&text[..at]));
                self.is_apart = !self.is_broken;
            }
            b'\r' | b'\n' => (self.is_broken, self.is_apart) = (true, false),
            byte => {
                let is_name = b"nrtuU".contains(&byte) && at > 0 && is_of_unit(text[at - 1]);
                self.take(byte, is_of_unit(byte) || is_name);
            }
        }
        self.symbols.is_some() || self.digits.is_some()
    }

    fn take(&mut self, byte: u8, is_of_unit: bool) {
        let kind = KINDS[usize::from(byte)];
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

fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b' ' | b'\t'));
    &text[..text.len() - blanks.take(TRANSPARENT).count()]
}

/// Whether a line break ends `text`, or what may be a unit that writes one.
pub(super) fn ends_in_break(text: &[u8]) -> bool {
    let near = text.len().saturating_sub(LONGEST_BREAK);
    let Some(place) = text[near..].iter().rposition(|&byte| is_introducer(byte)) else {
        return false;
    };
    let is_of_break = |byte: &u8| byte.is_ascii_hexdigit() || b"nrxuU#;{}".contains(byte);
    matches!(text[near + place], b'\r' | b'\n')
        || near + place + 1 < text.len() && text[near + place + 1..].iter().all(is_of_break)
}
