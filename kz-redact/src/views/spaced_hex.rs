//! Hexadecimal in groups, as debuggers and dumps print it.

use super::{Run, Symbol, TRANSPARENT, hex_value};
use crate::{
    oracle::{Reading, place},
    wiped::Wiped,
};

/// Pairs of hexadecimal digits with something in between: `<Buffer 53 33>`,
/// `53:33`, `53-33`, `5333 3a2f`, and dumps of several lines by xxd, `hexdump -C`,
/// od and tcpdump, with the column of offsets before and the column of characters
/// behind.
pub(super) struct SpacedHex;

/// Most digits of a group: sixteen bytes (`xxd -g 16`).
const GROUP: usize = 32;

/// Most characters behind the bytes of a line, with what fills it up.
const COLUMN: usize = 96;

/// Most places at which a line may end.
const ENDS: usize = 8;

impl Run for SpacedHex {
    fn bits(&self) -> u32 {
        8
    }

    fn opens(&self, byte: u8) -> bool {
        byte.is_ascii_hexdigit()
    }

    fn continues(&self, byte: u8) -> bool {
        is_blank(byte) || is_break(byte) || matches!(byte, b',' | b':' | b'-' | b'|' | b'>')
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        let start = if first {
            group(text, at)?;
            at
        } else if text.take(at, |byte| byte.is_ascii_hexdigit()).is_some() {
            at
        } else {
            next_group(text, at)?
        };
        let (high, at) = text.take(start, |byte| byte.is_ascii_hexdigit())?;
        let (low, end) = text.take(at, |byte| byte.is_ascii_hexdigit())?;
        Some(Symbol {
            value: hex_value(high)? * 16 + hex_value(low)?,
            start: place(start),
            end: place(end),
        })
    }

    fn echo(&self, text: &Reading<'_>, run: &[Symbol], first: usize, last: usize) -> Option<usize> {
        // Whether the line goes on may be open; reading on tells.
        self.symbol(text, run.last()?.end as usize, false);
        // The middle of a line of `hexdump -C` is wider; elsewhere that is where
        // the column of characters begins.
        [1, 2]
            .into_iter()
            .find_map(|widest| shown_again(text, run, (first, last), widest))
    }
}

/// Where the column of characters shows the last of some symbols, in a line of a
/// dump whose bytes stand at most `widest` blanks apart.
fn shown_again(
    text: &Reading<'_>,
    run: &[Symbol],
    (first, last): (usize, usize),
    widest: usize,
) -> Option<usize> {
    let same_line = |left: usize| {
        let (Some(one), Some(other)) = (run.get(left), run.get(left + 1)) else {
            return false;
        };
        let (at, blanks) = skip(text, one.end as usize, is_blank);
        at == other.start as usize && blanks <= widest
    };
    let behind = (last..run.len())
        .take_while(|&left| same_line(left))
        .count();
    let before = (first..last)
        .rev()
        .take_while(|&left| same_line(left))
        .count();
    let line = run.get(last - before..=last + behind)?;
    let (at, blanks) = skip_at_most(text, line.last()?.end as usize, 2, is_blank);
    if blanks < 2 {
        return None;
    }
    [true, false].into_iter().find_map(|by_unit| {
        let Column { signs, ends } = Column::read(text, at, by_unit);
        ends.into_iter().find_map(|end| {
            // A short line is filled up with blanks, and the column may begin with
            // some, so that only its end is where it is.
            let end_of_bytes = match signs.get(end.checked_sub(1)?)?.value {
                b'|' | b'<' => [end - 1, end],
                _ => [end; 2],
            };
            end_of_bytes.into_iter().find_map(|end| {
                let shown = &signs[end.checked_sub(line.len())?..end];
                let agree = line.iter().zip(shown).all(|(symbol, sign)| {
                    let is_shown = symbol.value == b' ' || symbol.value.is_ascii_graphic();
                    sign.value == if is_shown { symbol.value } else { b'.' }
                });
                agree.then(|| shown[shown.len() - 1 - behind].end as usize)
            })
        })
    })
}

/// The end of the group of digits at `at`: an even number of them, and no letter
/// behind.
fn group(text: &Reading<'_>, at: usize) -> Option<(usize, usize)> {
    let (end, digits) = skip_at_most(text, at, GROUP, |byte| byte.is_ascii_hexdigit());
    let whole = digits > 0 && digits % 2 == 0;
    let goes_on = text
        .raw(end)
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    (whole && !goes_on && !text.may_go_on(end)).then_some((end, digits))
}

/// Where the next group begins, over what may stand between two.
fn next_group(text: &Reading<'_>, at: usize) -> Option<usize> {
    let (next, decided) = text.decided(|| next_line_of_dump(text, at));
    if next.is_some() || !decided {
        return next.filter(|_| decided);
    }
    let (behind, blanks) = skip(text, at, is_blank);
    let start = match text.take(at, |byte| matches!(byte, b':' | b'-')) {
        Some((_, end)) => skip(text, end, |byte| is_blank(byte) || is_break(byte)).0,
        None => {
            skip(text, at, |byte| {
                is_blank(byte) || is_break(byte) || byte == b','
            })
            .0
        }
    };
    let (_, digits) = group(text, start)?;
    // Behind several blanks the characters begin, but for the middle of a line of
    // `hexdump -C`.
    let is_far = start == behind && blanks > 1;
    (!is_far || blanks == 2 && digits == 2).then_some(start)
}

/// Where the bytes of the next line of a dump begin: behind the column of
/// characters, if there is one, a line break and an offset.
fn next_line_of_dump(text: &Reading<'_>, at: usize) -> Option<usize> {
    let (behind, blanks) = skip(text, at, is_blank);
    if let Some(next) = offset(text, behind, false) {
        return Some(next);
    }
    if blanks < 2 {
        return None;
    }
    let bar = text.take(behind, |byte| matches!(byte, b'|' | b'>'));
    [true, false].into_iter().find_map(|by_unit| {
        let Column { signs, ends } = Column::read(text, behind, by_unit);
        let mut ends = ends
            .into_iter()
            .filter_map(|end| signs.get(end.checked_sub(1)?));
        ends.find_map(|last| offset(text, last.end as usize, bar.is_none()))
    })
}

/// Where the bytes behind a line break and an offset begin. Without a colon behind
/// it, what looks like an offset may be bytes.
fn offset(text: &Reading<'_>, at: usize, needs_colon: bool) -> Option<usize> {
    let (at, breaks) = skip(text, at, is_break);
    if breaks == 0 {
        return None;
    }
    let (at, _) = skip(text, at, is_blank);
    let prefix = text
        .take(at, |byte| byte == b'0')
        .and_then(|(_, at)| text.take(at, |byte| byte == b'x'));
    let at = prefix.map_or(at, |(_, at)| at);
    let (at, digits) = skip_at_most(text, at, 16, |byte| byte.is_ascii_hexdigit());
    let colon = text.take(at, |byte| byte == b':');
    let (at, blanks) = skip(text, colon.map_or(at, |(_, at)| at), is_blank);
    if blanks == 0 || digits < if colon.is_some() { 4 } else { 6 } {
        return None;
    }
    let (_, length) = group(text, at)?;
    (colon.is_some() || !needs_colon && length <= 4).then_some(at)
}

/// The column of characters, as far as it may go.
struct Column {
    signs: Wiped<Symbol>,
    /// How many of the signs may be of the line.
    ends: Vec<usize>,
}

impl Column {
    /// Reads the rest of a line, by units or as it stands. What stands there may be
    /// text in which a unit reads as a line break (`=0A`), so that there it may end
    /// there, or go on.
    fn read(text: &Reading<'_>, at: usize, by_unit: bool) -> Self {
        let mut signs = Wiped::with_capacity(COLUMN);
        let mut ends = Vec::new();
        let mut at = at;
        let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        while signs.len() < COLUMN {
            // By the longest unit: the first half of one may read as a line break.
            let sign = text.take_unit(at, |byte| printable(byte) || is_break(byte));
            let is_end = sign.is_none_or(|(sign, _)| is_break(sign));
            if is_end && ends.len() < ENDS {
                ends.push(signs.len());
            }
            let taken = match sign {
                Some(_) if !by_unit => text
                    .raw(at)
                    .filter(|&byte| printable(byte))
                    .map(|byte| (byte, at + 1)),
                sign if !is_end => sign,
                _ => None,
            };
            let Some((value, end)) = taken else {
                return Self { signs, ends };
            };
            signs.push(Symbol {
                value,
                start: place(at),
                end: place(end),
            });
            at = end;
        }
        ends.push(signs.len());
        Self { signs, ends }
    }
}

fn skip(text: &Reading<'_>, at: usize, wanted: impl Fn(u8) -> bool) -> (usize, usize) {
    skip_at_most(text, at, TRANSPARENT, wanted)
}

fn skip_at_most(
    text: &Reading<'_>,
    mut at: usize,
    most: usize,
    wanted: impl Fn(u8) -> bool,
) -> (usize, usize) {
    let mut count = 0;
    while count < most
        && let Some((_, end)) = text.take(at, &wanted)
    {
        at = end;
        count += 1;
    }
    (at, count)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
