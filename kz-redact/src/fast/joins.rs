//! Runs and lists that go on over units.

use zeroize::Zeroizing;

use super::{
    Filter, Layer,
    lists::begins_as_dump,
    masks::{KINDS, LIST, SYMBOL},
    runs::{end_of, is, skip_white},
    units::{Unit, Units, add_deep},
};
use crate::{
    oracle::{Lattice, Reading},
    views::TRANSPARENT,
};

/// What was done up to where, so that it is not done twice.
#[derive(Default)]
pub(super) struct Done {
    /// Runs that units are part of were lifted.
    joined: usize,
    /// Lists that units are part of were proposed.
    listed: usize,
}

/// The longest line of a dump.
const LINE_OF_DUMP: usize = 256;

impl Filter<'_> {
    /// Looks for runs of which this unit is a part.
    pub(super) fn join(
        &self,
        text: &[u8],
        complete: bool,
        at: usize,
        unit: &Unit,
        layer: &mut Layer,
        done: &mut Done,
    ) {
        let &[byte] = &unit.bytes[..unit.len] else {
            return;
        };
        let kind = KINDS[usize::from(byte)];
        let is_break = matches!(byte, b'\r' | b'\n' | b' ' | b'\t');
        let follows = if matches!(byte, b' ' | b'\t') {
            // An indentation, if a line was broken.
            let before = &text[..at];
            let line = before.trim_ascii_end();
            let broken = before.get(line.len()).copied();
            matches!(broken, Some(b'\r' | b'\n')) && is(line, line.len().wrapping_sub(1), SYMBOL)
        } else {
            at > 0 && is(text, at - 1, SYMBOL)
        };
        if (kind & SYMBOL != 0 || is_break && follows) && at >= done.joined {
            let end = if is_break {
                skip_white(text, unit.end)
            } else {
                unit.end
            };
            let start = if is_break {
                text[..at].trim_ascii_end().len()
            } else {
                at
            };
            if self.may_join(text, &layer.masks, (start, end)) {
                let Layer {
                    lifted, regions, ..
                } = layer;
                done.joined = self.lift_joined(text, complete, start, lifted, regions);
            }
        }
        let before = text[..at].last_chunk::<2>();
        if is_bar(byte) && before == Some(b"  ")
            || matches!(byte, b'\r' | b'\n') && begins_as_dump(text, unit.end)
        {
            let start = at.saturating_sub(LINE_OF_DUMP);
            let end = text.len().min(unit.end + LINE_OF_DUMP);
            layer.regions.push((start, end));
        }
        let goes_on = || {
            let watched = self.anchors.openers.signs();
            is(text, unit.end, LIST)
                || text
                    .get(unit.end)
                    .is_some_and(|&byte| watched[usize::from(byte)])
        };
        let follows = at > 0 && is(text, at - 1, LIST);
        if kind & LIST != 0 && at >= done.listed && (follows || goes_on()) {
            done.listed = self.propose_list(text, complete, (at, unit.end), layer);
        }
    }

    /// Proposes the list of numbers through `at`, if there are enough of them;
    /// returns where it ends at the latest.
    fn propose_list(
        &self,
        text: &[u8],
        complete: bool,
        (at, after): (usize, usize),
        layer: &mut Layer,
    ) -> usize {
        let mut start = at;
        while start > 0 && is(text, start - 1, LIST) {
            start -= 1;
        }
        if !self.may_list(text, start, at, after) {
            return at;
        }
        let flat = Lattice::read(text, complete, 0);
        let reading = Reading::watching(&flat, &*self.anchors.openers);
        let mut list = List::new();
        text[start..at].iter().for_each(|&byte| list.add(byte));
        let mut ahead = Ahead {
            text,
            complete,
            reading: &reading,
            units: Units::new(),
            block: None,
        };
        let mut end = at;
        loop {
            let further = end_of(text, end, LIST);
            text[end..further].iter().for_each(|&byte| list.add(byte));
            end = further;
            if let Some((byte, further)) = self.unit_of_kind(&mut ahead, end, LIST) {
                list.add(byte);
                end = further;
            } else if list.is_wide {
                // The column of characters of a dump.
                match self.end_of_line(&mut ahead, end) {
                    Some(line) => end = line,
                    None => break,
                }
                list.is_wide = false;
            } else {
                break;
            }
        }
        let end = end.min(text.len());
        list.end_line();
        if list.is_dump {
            // The first line may have no unit.
            start = start.saturating_sub(LINE_OF_DUMP);
        }
        let enough = list.numbers >= self.fewest.numbers || list.digits >= self.fewest.digits;
        if enough || list.is_dump || end == text.len() && !complete {
            layer.regions.push((start, end));
        }
        end
    }

    /// Whether there may be a list from `start` over the unit between `at` and
    /// `after`: most are too short, and no unit goes on with them.
    fn may_list(&self, text: &[u8], start: usize, at: usize, after: usize) -> bool {
        let end = end_of(text, after, LIST);
        let goes_on = end == text.len() || self.may_open(text, end);
        let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
        goes_on || 1 + digits(&text[start..at]) + digits(&text[after..end]) >= 6
    }
}

/// Whether the column of characters of a dump may stand behind this byte.
pub(super) fn is_bar(byte: u8) -> bool {
    matches!(byte, b'|' | b'>')
}

/// How much of the beginning of a line tells a dump.
const HEAD: usize = TRANSPARENT;

/// What is counted of a list of numbers.
struct List {
    digits: usize,
    numbers: usize,
    in_number: bool,
    /// The beginning of the line, and its length.
    head: Zeroizing<[u8; HEAD + 1]>,
    length: usize,
    /// Blanks at the end.
    blanks: usize,
    /// There is room behind the numbers of the line, as before a column of
    /// characters.
    is_wide: bool,
    /// Some line is one of a dump.
    is_dump: bool,
}

impl List {
    fn new() -> Self {
        Self {
            digits: 0,
            numbers: 0,
            in_number: false,
            head: Zeroizing::new([0; HEAD + 1]),
            length: 0,
            blanks: 0,
            is_wide: false,
            is_dump: false,
        }
    }

    fn add(&mut self, byte: u8) {
        if matches!(byte, b'\r' | b'\n') {
            self.end_line();
        } else if self.length < HEAD {
            // A plus belongs to no list but as the blank of a form.
            self.head[self.length] = if byte == b'+' { b' ' } else { byte };
            self.length += 1;
        }
        let is_digit = byte.is_ascii_hexdigit();
        self.digits += usize::from(is_digit);
        self.numbers += usize::from(is_digit && !self.in_number);
        self.in_number = is_digit;
        self.blanks = match byte {
            b' ' | b'\t' | b'+' => self.blanks + 1,
            _ => 0,
        };
        self.is_wide |= self.blanks >= 2 && self.digits >= 6;
    }

    fn end_line(&mut self) {
        // Where the line ends, no bytes follow.
        self.head[self.length] = b'.';
        self.is_dump |= begins_as_dump(&self.head[..=self.length], 0);
        self.length = 0;
        self.blanks = 0;
        self.is_wide = false;
    }
}

/// What it takes to read on from a unit.
struct Ahead<'a> {
    text: &'a [u8],
    complete: bool,
    reading: &'a Reading<'a>,
    units: Units,
    block: Option<(usize, Lattice<'a>)>,
}

impl Filter<'_> {
    /// The longest unit at `at` that stands for a byte of this kind, and the byte.
    fn unit_of_kind(&self, ahead: &mut Ahead<'_>, at: usize, kind: u8) -> Option<(u8, usize)> {
        let &opener = ahead.text.get(at)?;
        ahead.units.clear();
        if self.read_units(ahead.reading, opener, at + 1, &mut ahead.units) {
            add_deep(
                ahead.text,
                ahead.complete,
                at,
                &mut ahead.block,
                &mut ahead.units,
            );
        }
        ahead
            .units
            .iter()
            .filter(|unit| unit.len == 1 && unit.is_sign)
            .filter(|unit| KINDS[usize::from(unit.bytes[0])] & kind != 0)
            .max_by_key(|unit| unit.end)
            .map(|unit| (unit.bytes[0], unit.end))
    }

    /// Where the line ends that goes on at `at`, if its rest is no longer than the
    /// column of characters of a dump.
    fn end_of_line(&self, ahead: &mut Ahead<'_>, at: usize) -> Option<usize> {
        let mut at = at;
        for _ in 0..TRANSPARENT + 2 {
            match self.unit_of_kind(ahead, at, u8::MAX) {
                Some((b'\r' | b'\n', end)) => return Some(end),
                Some((_, end)) => at = end,
                None => {
                    let longest = ahead.units.iter().map(|unit| unit.end).max();
                    match ahead.text.get(at) {
                        Some(b'\r' | b'\n') => return Some(at),
                        Some(_) => at = longest.unwrap_or(at + 1),
                        None => return None,
                    }
                }
            }
        }
        None
    }
}
