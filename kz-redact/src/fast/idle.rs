//! Units of which nothing can come, told from what stands right beside them.

use super::{
    Filter,
    glance::two_digits,
    joins::is_bar,
    lists::begins_as_dump,
    marks::Brackets,
    masks::{KINDS, LIST, Masks, Rows, SYMBOL},
    openers::{Glance, opens_sign},
};
use crate::views::is_introducer;

/// With no more digits than these, a list is none, and no line of a dump.
const DIGITS: u32 = 5;

/// How much of a list is looked at on either side of a unit.
const NEAR: u32 = 31;

impl Filter<'_> {
    /// Whether a unit of two bytes, or of a sign and two digits, begins with these bytes
    /// at `at`, and is part of nothing: of no path, no run, and no mark. Where it says
    /// no, it takes a closer look.
    ///
    /// What stands beside a unit can seldom be foreseen, so most is asked at once.
    #[inline]
    pub(super) fn is_idle(
        &self,
        text: &[u8],
        masks: &[Masks],
        at: usize,
        second: u8,
        brackets: &mut Brackets,
    ) -> bool {
        let openers = &*self.anchors.openers;
        if text[at] == b'\n' {
            return self.leads_nowhere(text, masks, (at, at + 1));
        }
        let (byte, end) = match openers.glance(text[at], second) {
            Glance::Unit(b'\n', 2) if !self.has_unit(text, at + 1) => {
                return self.is_idle_break(text, masks, (at, at + 2));
            }
            Glance::Unit(byte, 2) if !self.has_unit(text, at + 1) => (byte, at + 2),
            Glance::Digits => match two_digits(text, at + 1) {
                Some(byte) => (byte, at + 3),
                None => return false,
            },
            _ => return false,
        };
        if openers.watched()[usize::from(byte)] {
            return false;
        }
        if !openers.is_part(byte) {
            return true;
        }
        let (Some(before), Some(&behind)) = (at.checked_sub(1), text.get(end)) else {
            return false;
        };
        let may_turn = end + 1 >= text.len() || Rows(masks).openers_from(end) & 1 != 0;
        // Runs go on over a blank only where a line was broken.
        let is_white = matches!(byte, b'\r' | b'\n')
            | (byte.is_ascii_whitespace() & text[before].is_ascii_whitespace());
        let is_special = is_white | is_bar(byte) | opens_sign(byte);
        if may_turn | is_special | self.may_be_path(text[before], byte, behind) {
            return false;
        }
        let kind = KINDS[usize::from(byte)];
        let is_joined = kind & SYMBOL != 0 && self.may_join(text, masks, (at, end));
        let is_listed = kind & LIST != 0 && self.may_be_list(text, masks, (at, end), byte);
        if is_joined || is_listed {
            return false;
        }
        !byte.is_ascii_alphabetic() || brackets.open_before(text, at).is_none()
    }

    /// As [`is_idle`](Self::is_idle), for a line break that a unit writes.
    fn is_idle_break(&self, text: &[u8], masks: &[Masks], (at, end): (usize, usize)) -> bool {
        if !self.leads_nowhere(text, masks, (at, end)) || begins_as_dump(text, end) {
            return false;
        }
        let follows = Rows(masks).symbols_before(at) >> 63 != 0;
        let is_joined = follows && self.may_join(text, masks, (at, end));
        !(is_joined || self.may_be_list(text, masks, (at, end), b'\n'))
    }

    /// Whether no path leads over the line break from `at` to `end`, where no needle has
    /// white space and no more of that stands beside it.
    #[inline]
    fn leads_nowhere(&self, text: &[u8], masks: &[Masks], (at, end): (usize, usize)) -> bool {
        let bytes = &self.anchors.bytes;
        let (Some(before), Some(&[first, second, _])) =
            (at.checked_sub(1), text[end..].first_chunk())
        else {
            return false;
        };
        let is_white = |byte: u8| byte.is_ascii_whitespace();
        let has_white = bytes.has(b'\n') | bytes.has(b' ') | bytes.has(b'\t');
        let may_turn = Rows(masks).openers_from(end) & 3 != 0;
        let beside = is_white(text[before]) | is_white(first);
        !(has_white | may_turn | beside) && !self.anchors.may_row(text[before], first, second)
    }

    /// Whether an anchor may have these bytes, or the first two at its end, or a needle
    /// begin with the latter two.
    #[inline]
    fn may_be_path(&self, before: u8, byte: u8, behind: u8) -> bool {
        self.anchors.may_row(before, byte, behind)
            | (self.anchors.firsts.has(byte) & self.needles.begin_with(byte, behind))
    }

    /// Whether there may be a list of numbers, or a line of a dump, over the unit from
    /// `at` to `end`, which stands for `byte`.
    fn may_be_list(
        &self,
        text: &[u8],
        masks: &[Masks],
        (at, end): (usize, usize),
        byte: u8,
    ) -> bool {
        let rows = Rows(masks);
        let before = rows.lists_before(at).leading_ones();
        let behind = rows.lists_from(end).trailing_ones();
        let stop = end + behind as usize;
        if before >= NEAR || behind >= NEAR || stop + 1 >= text.len() {
            return true;
        }
        // What is of the list, with the unit in one place.
        let list = !(u64::MAX << (before + 1 + behind));
        let digits = (rows.digits_before(at) >> (63 - before) >> 1
            | u64::from(byte.is_ascii_hexdigit()) << before
            | rows.digits_from(end) << before << 1)
            & list;
        let others = list & !digits;
        let goes_on = rows.openers_from(stop) & 1 != 0;
        let is_wide = others & others >> 1 != 0;
        let is_enough = digits.count_ones() as usize >= self.fewest.numbers;
        let fours = digits & digits << 1 & digits << 2 & digits << 3;
        goes_on
            || digits.count_ones() > DIGITS
                && (is_wide || is_enough || may_be_dump(text, (at, end), before, fours << 1))
    }
}

/// Whether what stands at one of the `ends` of four digits or more, counted from
/// `before` bytes before the unit on, may stand behind the offset of a dump.
fn may_be_dump(text: &[u8], (at, end): (usize, usize), before: u32, ends: u64) -> bool {
    let mut ends = ends;
    while ends != 0 {
        let bit = ends.trailing_zeros();
        ends &= ends - 1;
        let place = match bit.checked_sub(before) {
            None => at - (before - bit) as usize,
            Some(0) => return true,
            Some(behind) => end + behind as usize - 1,
        };
        let may_follow = |&byte: &u8| match byte {
            b'\r' | b'\n' => false,
            _ => b" \t:".contains(&byte) || is_introducer(byte),
        };
        if text.get(place).is_none_or(may_follow) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::{PatternLevel, Redactor};

    #[test]
    fn a_unit_at_the_end_of_an_anchor_may_have_another_behind_it() {
        let redactor = Redactor::builder()
            .patterns(PatternLevel::Off)
            .secret("NAME", "kz-canary-1-'")
            .build()
            .unwrap();
        // No anchor has the quotation mark: what writes it is passed over by itself.
        for text in [
            r"a kz-canary-1\-\' b",
            r"a kz-canary-1=2D\' b",
            r"kz-canary-1-\' b",
        ] {
            let redacted = redactor.redact_str(text);
            assert!(redacted.contains("[REDACTED:NAME]"), "{redacted}");
        }
    }
}
