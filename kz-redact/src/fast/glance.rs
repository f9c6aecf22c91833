//! Units that are told at a glance: most are `\"`, `%20` or a line break, with nothing
//! near that could make more of them.

use super::{
    Filter, Layer,
    openers::{Glance, Openers},
    units::{Unit, Units},
};
use crate::{oracle::Watch, views::TRANSPARENT};
impl Filter<'_> {
    /// Tells the units that begin with these bytes at `at`, if no byte that they take
    /// is itself written by a unit, and none that takes a closer look is read over
    /// them.
    pub(super) fn first_unit(&self, text: &[u8], at: usize, (first, second): (u8, u8)) -> First {
        match self.see(text, at, (first, second), |at| self.stands_unit(text, at)) {
            Seen::Nothing => First::Nothing,
            Seen::Unclear => First::Unclear,
            Seen::Unit(unit) => {
                let byte = unit.bytes[0];
                match self.anchors.openers.may_open_with(byte, text, unit.end) {
                    false => First::Unit(unit),
                    true if byte == b'\n' => First::Break(unit),
                    true => First::Unclear,
                }
            }
        }
    }

    /// Whether nothing but a path may be read over the one unit of two bytes at `at`,
    /// as over a quotation mark that is escaped; then it is followed.
    #[inline]
    pub(super) fn is_quiet(&self, text: &[u8], at: usize, second: u8, layer: &mut Layer) -> bool {
        let openers = &*self.anchors.openers;
        let Glance::Unit(byte, 2) = openers.glance(text[at], second) else {
            return false;
        };
        let is_quiet = Openers::is_quiet(byte)
            && !self.has_unit(text, at + 1)
            && !openers.may_open_with(byte, text, at + 2);
        if is_quiet {
            self.follow(text, at, &Unit::sign(byte, at + 2), layer);
        }
        is_quiet
    }

    /// Tells the units of a line break that is a unit itself. Says whether it could tell.
    pub(super) fn glance_over_break(&self, text: &[u8], line: &Unit, units: &mut Units) -> bool {
        let end = behind_indentation(text, line);
        if self.may_go_on_blank(text, end) {
            return false;
        }
        units.extend([*line, Unit::gap(line.end), Unit::fold(line.end)]);
        if end > line.end {
            units.extend([Unit::gap(end), Unit::fold(end)]);
        }
        true
    }

    /// Whether the white space behind a line break that is a unit may go on by another.
    pub(super) fn may_go_on_behind(&self, text: &[u8], line: &Unit) -> bool {
        self.may_go_on_blank(text, behind_indentation(text, line))
    }

    /// Whether white space that stands before `at` may go on there by a unit.
    fn may_go_on_blank(&self, text: &[u8], at: usize) -> bool {
        let (Some(&first), Some(&second)) = (text.get(at), text.get(at + 1)) else {
            return true;
        };
        let is_plain = || !self.may_open(text, at) && !self.has_unit(text, at);
        let is_other = || match self.see(text, at, (first, second), |at| self.has_unit(text, at)) {
            Seen::Unit(unit) => !unit.bytes[0].is_ascii_whitespace(),
            Seen::Nothing => true,
            Seen::Unclear => false,
        };
        !is_plain() && !is_other()
    }

    fn see(
        &self,
        text: &[u8],
        at: usize,
        (first, second): (u8, u8),
        has_unit: impl Fn(usize) -> bool,
    ) -> Seen {
        let rest = &text[at + 1..];
        let end_of = |is_part: fn(u8) -> bool| {
            let part = rest.iter().take(LONGEST).take_while(|&&byte| is_part(byte));
            at + 1 + part.count()
        };
        let ends_with = |end: usize, last: &[u8]| match text.get(end) {
            None => Seen::Unclear,
            Some(byte) if last.contains(byte) || has_unit(end) => Seen::Unclear,
            Some(_) => Seen::Nothing,
        };
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
        match self.anchors.openers.glance(first, second) {
            // A character reference ends with a semicolon.
            _ if first == b'&' => {
                let end = end_of(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
                ends_with(end, b";")
            }
            // Between the end of a line and its sign there are blanks.
            Glance::Unknown if first == b'=' && (is_blank(second) || !has_unit(at + 1)) => {
                ends_with(end_of(|byte| matches!(byte, b' ' | b'\t')), b"\r\n")
            }
            Glance::Unknown => Seen::Unclear,
            Glance::Unit(_, 2..) if has_unit(at + 1) => Seen::Unclear,
            Glance::Unit(byte, length) => Seen::Unit(Unit::sign(byte, at + usize::from(length))),
            Glance::Digits => match two_digits(text, at + 1) {
                Some(byte) => Seen::Unit(Unit::sign(byte, at + 3)),
                None => ends_with(at + 2, b""),
            },
        }
    }

    /// Whether a unit over which others may be read stands at `at`, or may.
    fn stands_unit(&self, text: &[u8], at: usize) -> bool {
        self.has_unit(text, at)
            && text.get(at + 1).is_none_or(|&second| {
                let seen = self.see(text, at, (text[at], second), |at| self.has_unit(text, at));
                !matches!(seen, Seen::Nothing)
            })
    }

    /// Whether a unit over which others may be read opens at `at`.
    pub(super) fn has_unit(&self, text: &[u8], at: usize) -> bool {
        text.get(at).is_some_and(|&byte| {
            let second = text.get(at + 1).copied();
            self.anchors.openers.may_open(byte, second)
        })
    }

    /// Looks for paths over the line break at `at`, which stands for nothing or for a
    /// blank, with the white space behind it. Says whether it could tell.
    pub(super) fn glance_at_break(&self, text: &[u8], at: usize, layer: &mut Layer) -> bool {
        let bytes = &self.anchors.bytes;
        let has_blanks = bytes.has(b' ') || bytes.has(b'\t');
        let is_white = |byte: u8| match byte {
            b' ' | b'\t' => true,
            // Each break would have to be followed on its own.
            b'\r' | b'\n' => !has_blanks,
            _ => false,
        };
        // No path has white space before it, and many breaks in a row are read over once.
        let is_apart = |byte: &u8| !has_blanks && is_white(*byte) && !bytes.has(*byte);
        if text[..at].last().is_some_and(is_apart) {
            return true;
        }
        let line = match (text[at], text.get(at + 1)) {
            (b'\n', _) => at + 1,
            (_, Some(b'\n')) => at + 2,
            _ => return false,
        };
        let white = text[line..].iter().take_while(|&&byte| {
            #[cfg(test)]
            crate::oracle::work::count();
            is_white(byte)
        });
        let end = line + white.count();
        // A blank may be written by a unit.
        if self.may_go_on_blank(text, end) {
            return false;
        }
        self.follow(text, at, &Unit::gap(end), layer);
        if bytes.has(b' ') {
            self.follow(text, at, &Unit::fold(end), layer);
        }
        if has_blanks && line < end {
            self.follow(text, at, &Unit::gap(line), layer);
            self.follow(text, at, &Unit::fold(line), layer);
        }
        true
    }
}

/// What is to be told of the units at a place.
pub(super) enum First {
    /// This is the only one.
    Unit(Unit),
    /// This line break, and what may be read over it.
    Break(Unit),
    Nothing,
    /// It takes a closer look.
    Unclear,
}

/// What is to be seen of the units at a place.
enum Seen {
    /// This is the only one.
    Unit(Unit),
    Nothing,
    /// It takes a closer look.
    Unclear,
}

/// More than the longest name or number of a character, and than the blanks before the
/// end of a line.
const LONGEST: usize = TRANSPARENT;

/// The longest indentation behind a line break.
const INDENTATION: usize = TRANSPARENT - 2;

fn behind_indentation(text: &[u8], line: &Unit) -> usize {
    let blanks = text[line.end..].iter().take(INDENTATION);
    let blanks = blanks.take_while(|byte| matches!(byte, b' ' | b'\t'));
    line.end + blanks.count()
}

/// The value of the two hexadecimal digits at `at`.
pub(super) fn two_digits(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| text.get(at).copied().and_then(crate::views::hex_value);
    Some(digit(at)? << 4 | digit(at + 1)?)
}
