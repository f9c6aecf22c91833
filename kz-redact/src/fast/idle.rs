//! Units of which nothing can come, told from what stands right beside them.

use super::{
    Filter,
    glance::two_digits,
    grams::eight,
    joins::is_bar,
    lists::begins_as_dump,
    marks::Brackets,
    masks::{KINDS, LIST, Masks, Rows, SYMBOL},
    openers::{Glance, opens_sign},
    runs::skip_white,
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
        let (byte, end) = match openers.glance(text[at], second) {
            // No quotation mark of the shell.
            _ if text[at] == b'\'' && second == b'\\' => {
                return text
                    .get(at + 2)
                    .is_some_and(|byte| b"abefnrtv".contains(byte));
            }
            _ if text[at] == b'&' => return self.is_no_entity(text, at),
            Glance::Unknown if text[at] == b'=' && second == b' ' => {
                return self.ends_no_line(text, at + 1);
            }
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
        if may_turn | is_special | self.may_be_path(text, masks, (before, end), (byte, behind)) {
            return false;
        }
        let kind = KINDS[usize::from(byte)];
        let is_joined = kind & SYMBOL != 0 && self.may_join(text, masks, (at, end));
        let is_listed = kind & LIST != 0 && self.may_be_list(text, masks, (at, end), byte);
        if is_joined || is_listed {
            return false;
        }
        !byte.is_ascii_alphabetic()
            || !brackets.are_open_before(text, at)
            || !self.may_be_of_word(text, byte, end)
    }

    /// As [`is_idle`](Self::is_idle), for a line break that a unit writes.
    fn is_idle_break(&self, text: &[u8], masks: &[Masks], (at, end): (usize, usize)) -> bool {
        if !self.is_idle_line(text, masks, (at, end)) || begins_as_dump(text, end) {
            return false;
        }
        let follows = Rows(masks).symbols_before(at) >> 63 != 0;
        let is_joined = follows && self.may_join(text, masks, (at, skip_white(text, end)));
        !(is_joined || self.may_be_list(text, masks, (at, end), b'\n'))
    }

    /// Whether no path leads over the line break from `at` to `end`, or over white space
    /// with it. Where it says no, it takes a closer look.
    #[inline]
    pub(super) fn is_idle_line(&self, text: &[u8], masks: &[Masks], line: (usize, usize)) -> bool {
        self.leads_nowhere(text, masks, line) || self.leads_nowhere_indented(text, masks, line)
    }

    /// Whether no path leads over the line break from `at` to `end`, where no needle has
    /// white space and no more of that stands beside it.
    #[inline]
    fn leads_nowhere(&self, text: &[u8], masks: &[Masks], (at, end): (usize, usize)) -> bool {
        let (Some(before), Some(&[first, second, _])) =
            (at.checked_sub(1), text[end..].first_chunk())
        else {
            return false;
        };
        let is_white = |byte: u8| byte.is_ascii_whitespace();
        let may_turn = Rows(masks).openers_from(end) & 3 != 0;
        let beside = is_white(text[before]) | is_white(first);
        !(self.has_white | may_turn | beside) && !self.anchors.may_row(text[before], first, second)
    }

    /// As [`leads_nowhere`](Self::leads_nowhere), for a line break before blanks, or behind
    /// white space.
    #[inline(never)]
    fn leads_nowhere_indented(
        &self,
        text: &[u8],
        masks: &[Masks],
        (at, end): (usize, usize),
    ) -> bool {
        let Some(before) = at.checked_sub(1).filter(|_| !self.has_white) else {
            return false;
        };
        let before = text[before];
        // No path has white space before it.
        if matches!(before, b' ' | b'\t' | b'\n') {
            return true;
        }
        let mut end = end + blanks_at(text, end);
        // A blank line.
        if text.get(end) == Some(&b'\n') {
            end += 1 + blanks_at(text, end + 1);
        }
        let Some(&[first, second, _]) = text.get(end..).and_then(<[u8]>::first_chunk) else {
            return false;
        };
        let may_turn = Rows(masks).openers_from(end) & 3 != 0 || self.has_unit(text, end);
        let is_white = first.is_ascii_whitespace() || before.is_ascii_whitespace();
        !(may_turn || is_white || self.anchors.may_row(before, first, second))
    }

    /// Whether a needle may have `byte` between the bytes at `before` and `end`, or begin
    /// with it and what follows.
    #[inline]
    fn may_be_path(
        &self,
        text: &[u8],
        masks: &[Masks],
        (before, end): (usize, usize),
        (byte, behind): (u8, u8),
    ) -> bool {
        let anchors = self.anchors;
        let may_begin = || {
            let four = eight(text, end) << 8 | u64::from(byte);
            self.needles.begin_with(byte, behind)
                && (Rows(masks).openers_from(end) & 7 != 0
                    || end + 3 >= text.len()
                    || anchors.heads.may_hold(anchors.hasher.hash::<4>(four)))
        };
        anchors.may_row(text[before], byte, behind) || anchors.firsts.has(byte) && may_begin()
    }

    /// Whether no character reference stands at `at`: what may be its name or number ends
    /// without a semicolon.
    fn is_no_entity(&self, text: &[u8], at: usize) -> bool {
        let rest = text[at + 1..].iter().take(LONGEST_NAME);
        let name = rest.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#');
        let end = at + 1 + name.count();
        let ends = |&byte: &u8| {
            byte != b';'
                && byte != b'#'
                && !byte.is_ascii_alphanumeric()
                && !self.has_unit(text, end)
        };
        text.get(end).is_some_and(ends)
    }

    /// Whether behind the blanks from `at` on, no line ends that a sign before them would
    /// join with the next.
    fn ends_no_line(&self, text: &[u8], at: usize) -> bool {
        let end = at + blanks_at(text, at);
        let goes_on = |&byte: &u8| !byte.is_ascii_whitespace() && !self.has_unit(text, end);
        text.get(end).is_some_and(goes_on)
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

/// The longest name or number of a character that is looked for here.
const LONGEST_NAME: usize = 16;

/// How many blanks stand in a row at `at`, of those that indent a line.
pub(super) fn blanks_at(text: &[u8], at: usize) -> usize {
    let mut count = 0;
    while count < DEEPEST {
        let others = eight(text, at + count) ^ u64::from_le_bytes([b' '; 8]);
        let row = others.trailing_zeros() as usize / 8;
        count += row;
        if row < 8 {
            break;
        }
    }
    count
}

/// No deeper are most lines indented.
const DEEPEST: usize = 64;

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
