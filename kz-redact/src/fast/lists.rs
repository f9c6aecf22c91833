//! Lists of numbers and dumps that stand in the text as they are.

use std::collections::HashSet;

use super::{
    Filter, Layer,
    idle::blanks_at,
    masks::{KINDS, LIST, Masks, Rows},
    runs::{beginnings, end_of},
};
use crate::{
    oracle::{Lattice, Reading},
    views::{RUNS, TRANSPARENT, is_introducer},
};

impl Filter<'_> {
    /// Looks at lists of numbers and at dumps that stand in the text as they are.
    pub(super) fn find_lists(
        &self,
        text: &[u8],
        complete: bool,
        masks: &[Masks],
        layer: &mut Layer,
        deeper: &mut [Layer],
    ) {
        // Numbers of one digit, and a separator between each two.
        let fewest = 2 * self.fewest.numbers - 1;
        let (mut until, mut dumped) = (0, 0);
        for (index, mask) in masks.iter().enumerate() {
            let next = masks.get(index + 1).copied().unwrap_or_default();
            let long = beginnings(mask.lists, next.lists, fewest);
            // No line of a dump begins with what is no digit.
            let letters = mask.letters() >> 1 | next.letters() << 63;
            let mut events = long | mask.breaks & !letters;
            while events != 0 {
                let bit = events.trailing_zeros();
                events &= events - 1;
                let at = index * 64 + bit as usize;
                if at >= dumped && is_line_of_dump(text, masks, at) {
                    let line = line_start(text, at);
                    dumped = self
                        .add_lists(text, complete, (line, at), layer)
                        .max(at + 1);
                    until = until.max(dumped);
                }
                if at >= until && long >> bit & 1 == 1 {
                    until = end_of(text, at, LIST);
                    let (digits, numbers) = digits_in(masks, at, until);
                    if numbers >= self.fewest.numbers || digits >= self.fewest.digits {
                        until = self.add_lists(text, complete, (at, until), layer);
                    }
                }
            }
        }
        if layer.numbers.is_empty() {
            return;
        }
        let numbers = std::mem::take(&mut layer.numbers);
        let sources = std::mem::take(&mut layer.number_sources);
        // Lists read in one way follow those read in another.
        let source = |from: usize, to: usize| {
            let meant = &sources[from.min(sources.len())..to.min(sources.len())];
            let start = meant.iter().map(|&(start, _)| start).min().unwrap_or(0);
            let end = meant.iter().map(|&(_, end)| end).max().unwrap_or(start);
            (start, text.len().min(end + COLUMN))
        };
        if self.worth().has(&numbers) {
            self.search_decoded(&numbers, true, deeper, text, &mut layer.regions, source);
        }
        layer.numbers = numbers;
        layer.number_sources = sources;
    }

    /// Adds the numbers of lists that begin in a stretch, read in each way.
    /// Returns where the last of them ends, or the end of the stretch.
    fn add_lists(
        &self,
        text: &[u8],
        complete: bool,
        (start, end): (usize, usize),
        layer: &mut Layer,
    ) -> usize {
        let flat = Lattice::read(text, complete, 0);
        let reading = Reading::new(&flat, 0);
        let most = 4 * self.needles.longest() + TRANSPARENT;
        let mut furthest = end;
        for view in &RUNS[LISTS..] {
            // A dump may have read over what may be read otherwise.
            let mut visited = HashSet::new();
            for at in start..end {
                if !view.opens(text[at]) || visited.contains(&at) {
                    continue;
                }
                let mark = layer.numbers.len();
                let mut place = at;
                let mut again = 0;
                while let Some(number) = view.symbol(&reading, place, place == at) {
                    layer.numbers.push(number.value);
                    // What another list has read goes on as that does.
                    again += usize::from(!visited.insert(number.start as usize));
                    if again > most {
                        break;
                    }
                    layer
                        .number_sources
                        .push((number.start as usize, number.end as usize));
                    place = number.end as usize;
                }
                if !complete && reading.touched_end() {
                    layer.regions.push((at, text.len()));
                }
                if layer.numbers.len() - mark < self.fewest.numbers {
                    layer.numbers.truncate(mark);
                    layer.number_sources.truncate(mark);
                } else {
                    furthest = furthest.max(place);
                    // What is no text keeps two lists apart.
                    let last = layer.number_sources.last().copied().unwrap_or_default();
                    for _ in 0..16 {
                        layer.numbers.push(0);
                        layer.number_sources.push(last);
                    }
                }
            }
        }
        furthest
    }
}

/// How far behind the bytes of a dump the column may end that shows them again.
const COLUMN: usize = 3 * TRANSPARENT;

/// The first of the runs that are lists; base64 and hex stand before it.
const LISTS: usize = 2;

/// Whether a line break stands at `at`, and behind it an offset and bytes, as in a
/// dump.
fn is_line_of_dump(text: &[u8], masks: &[Masks], at: usize) -> bool {
    // Nearly all lines begin with something else.
    let may_open = |&byte: &u8| KINDS[usize::from(byte)] & LIST != 0 || is_introducer(byte);
    // And so do most that begin with a letter that may be a digit.
    let is_word = || {
        matches!(text.get(at + 1..at + 3), Some([first, second])
            if first.is_ascii_hexdigit() && !second.is_ascii_hexdigit() && *second != b'x')
    };
    matches!(text.get(at), Some(b'\r' | b'\n'))
        && text.get(at + 1).is_none_or(may_open)
        && !is_word()
        && has_offset(text, masks, at + 1)
        && begins_as_dump(text, at + 1)
}

/// Whether an offset and bytes stand at `at`, perhaps indented. Units, and what lies
/// beyond the text, may be anything.
pub(super) fn begins_as_dump(text: &[u8], at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let rest = &rest[..rest.len().min(2 * TRANSPARENT)];
    let indented = rest.trim_ascii_start();
    let digits = indented.strip_prefix(b"0x").unwrap_or(indented);
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    if count < 4 {
        return false;
    }
    let behind = &digits[count..];
    let behind = behind.strip_prefix(b":").unwrap_or(behind);
    // Behind a blank, or a unit that stands for one, there are bytes.
    let blanks = behind
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    let bytes = &behind[blanks..];
    let opens = |byte: Option<&u8>| byte.is_none_or(|&byte| is_introducer(byte));
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    opens(bytes.first())
        || blanks > 0 && is_digit(bytes.first()) && (is_digit(bytes.get(1)) || opens(bytes.get(1)))
}

/// Whether digits stand behind the blanks at `at` that may be an offset.
fn has_offset(text: &[u8], masks: &[Masks], at: usize) -> bool {
    let at = at + blanks_at(text, at);
    let is_other = |&byte: &u8| byte.is_ascii_whitespace() || byte == b'0';
    Rows(masks).digits_from(at).trailing_ones() >= 4 || text.get(at).is_none_or(is_other)
}

fn line_start(text: &[u8], at: usize) -> usize {
    let line = text[..at].iter().rev().take(4 * TRANSPARENT);
    at - line.take_while(|&&byte| byte != b'\n').count()
}

/// How many digits stand between two places, and how often one begins a number.
fn digits_in(masks: &[Masks], start: usize, end: usize) -> (usize, usize) {
    let (mut count, mut numbers) = (0, 0);
    for index in start / 64..end.div_ceil(64) {
        let mut digits = masks[index].digits;
        let before = match index.checked_sub(1) {
            Some(before) if index > start / 64 => masks[before].digits >> 63,
            _ => 0,
        };
        if index == start / 64 {
            digits &= u64::MAX << (start % 64);
        }
        if index == end / 64 {
            digits &= !(u64::MAX << (end % 64));
        }
        count += digits.count_ones() as usize;
        numbers += (digits & !(digits << 1 | before)).count_ones() as usize;
    }
    (count, numbers)
}
