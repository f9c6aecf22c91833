//! Units that are told at a glance: most are `\"`, `%20` or a line break, with nothing
//! near that could make more of them.

use super::{Filter, Layer, openers::Glance, units::Unit};
use crate::oracle::Watch;
/// What is to be seen of the units at a place.
pub(super) enum Seen {
    /// This is the only one.
    Unit(Unit),
    Nothing,
    /// It takes a closer look.
    Unclear,
}

impl Filter<'_> {
    /// Tells the units that begin with these bytes at `at`, if no byte that they take
    /// is itself written by a unit, and none is read over them.
    pub(super) fn glance(&self, text: &[u8], at: usize, first: u8, second: u8) -> Seen {
        let openers = &*self.anchors.openers;
        if first == b'&' {
            return self.glance_at_reference(text, at);
        }
        let (byte, length) = match openers.glance(first, second) {
            Glance::Unknown => return Seen::Unclear,
            Glance::Unit(byte, length) => {
                let length = usize::from(length);
                if length > 1 && self.has_unit(text, at + 1) {
                    return Seen::Unclear;
                }
                (byte, length)
            }
            Glance::Digits => match two_digits(text, at + 1) {
                Some(byte) => (byte, 3),
                None if text.len() < at + 3 || self.has_unit(text, at + 2) => {
                    return Seen::Unclear;
                }
                None => return Seen::Nothing,
            },
        };
        let end = at + length;
        if openers.may_open_with(byte, text, end) {
            return Seen::Unclear;
        }
        Seen::Unit(Unit::sign(byte, end))
    }

    /// Tells whether a character reference may stand at `at`.
    fn glance_at_reference(&self, text: &[u8], at: usize) -> Seen {
        let name = text[at + 1..].iter().take(LONGEST_REFERENCE);
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'#';
        let end = at + 1 + name.take_while(is_part).count();
        match text.get(end) {
            None | Some(b';') => Seen::Unclear,
            Some(_) if self.has_unit(text, end) => Seen::Unclear,
            Some(_) => Seen::Nothing,
        }
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
        let line = match (text[at], text.get(at + 1)) {
            (b'\n', _) => at + 1,
            (_, Some(b'\n')) => at + 2,
            _ => return false,
        };
        let white = text[line..].iter().take_while(|&&byte| is_white(byte));
        let end = line + white.count();
        // A blank may be written by a unit.
        if end + 1 >= text.len() || self.may_open(text, end) || self.has_unit(text, end) {
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

/// More than the longest name or number of a character.
const LONGEST_REFERENCE: usize = 24;

/// The value of the two hexadecimal digits at `at`.
fn two_digits(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| text.get(at).copied().and_then(crate::views::hex_value);
    Some(digit(at)? << 4 | digit(at + 1)?)
}
