use std::collections::HashSet;

use super::{
    Filter, Layer,
    lifted::Lifted,
    masks::{KINDS, LIST, Masks, SYMBOL},
};
use crate::{
    oracle::{Lattice, Reading},
    views::{RUNS, TRANSPARENT, is_introducer},
};

/// How many symbols are lifted before they are decoded.
const BATCH: usize = 64 * 1024;

/// How much of a run is lifted again when it is cut to be decoded: more than an
/// anchor takes that is three runs deep.
const OVERLAP: usize = 2048;

impl Filter<'_> {
    /// Looks at the runs of the text that are long enough to carry something.
    pub(super) fn find_runs(
        &self,
        text: &[u8],
        complete: bool,
        layer: &mut Layer,
        deeper: &mut [Layer],
    ) {
        let masks = std::mem::take(&mut layer.masks);
        self.lift_runs(text, complete, &masks, layer, deeper);
        self.flush(text, true, layer, deeper);
        self.find_lists(text, complete, &masks, layer, deeper);
        layer.masks = masks;
    }

    /// Lifts runs of symbols that stand in the text as they are, over line breaks.
    fn lift_runs(
        &self,
        text: &[u8],
        complete: bool,
        masks: &[Masks],
        layer: &mut Layer,
        deeper: &mut [Layer],
    ) {
        let fewest = self.fewest.symbols;
        let mut until = 0;
        let mut before = 0;
        for (index, mask) in masks.iter().enumerate() {
            let next = masks.get(index + 1).map_or(0, |mask| mask.symbols);
            let long = beginnings(mask.symbols, next, fewest);
            let joints = mask.breaks & (mask.symbols << 1 | before);
            before = mask.symbols >> 63;
            let mut events = long | joints;
            while events != 0 {
                let bit = events.trailing_zeros();
                events &= events - 1;
                let at = index * 64 + bit as usize;
                if at < until {
                    continue;
                }
                let start = if joints >> bit & 1 == 1 {
                    if !self.may_join(text, at, skip_break(text, at)) {
                        continue;
                    }
                    run_start(text, at).max(until)
                } else {
                    at
                };
                until = self.lift(text, complete, start, layer, deeper);
            }
        }
    }

    /// Lifts the run that begins at `start`; returns where it ends.
    fn lift(
        &self,
        text: &[u8],
        complete: bool,
        start: usize,
        layer: &mut Layer,
        deeper: &mut [Layer],
    ) -> usize {
        let mut mark = layer.lifted.begin();
        let mut at = start;
        let mut is_long = false;
        loop {
            let end = end_of(text, at, SYMBOL);
            let mut from = at;
            while end - from > BATCH {
                layer.lifted.add(&text[from..from + BATCH], from);
                from += BATCH - OVERLAP;
                self.flush(text, false, layer, deeper);
                mark = layer.lifted.begin();
                is_long = true;
            }
            layer.lifted.add(&text[from..end], from);
            at = end;
            let next = skip_break(text, end);
            if next == end || !is(text, next, SYMBOL) {
                break;
            }
            at = next;
            if layer.lifted.len() > BATCH && layer.lifted.added(&mark) > OVERLAP {
                is_long = true;
                self.flush(text, false, layer, deeper);
                mark = layer.lifted.begin();
                at = back_over(text, at, OVERLAP, start);
            }
        }
        if !is_long && layer.lifted.added(&mark) < self.fewest.symbols {
            layer.lifted.take_back(&mark);
            return at;
        }
        let open = !complete && skip_break(text, at) >= text.len();
        if open || layer.lifted.len() > BATCH {
            self.flush(text, !open, layer, deeper);
        }
        at
    }

    /// Whether runs that meet at a break or unit from `at` to `end` may be long
    /// enough together.
    pub(super) fn may_join(&self, text: &[u8], at: usize, end: usize) -> bool {
        let fewest = self.fewest.symbols;
        let most = fewest + 4 * TRANSPARENT;
        let start = back_over(text, at, most, 0);
        // The unit itself may be a symbol.
        let mut count = 1 + symbols_in(&text[start..at]);
        let mut right = end;
        loop {
            let further = end_of(&text[..text.len().min(right + most)], right, SYMBOL);
            count += further - right;
            if count >= fewest || at - start >= most {
                return true;
            }
            right = skip_break(text, further);
            if right == further || !is(text, right, SYMBOL) {
                break;
            }
        }
        self.may_open(text, right)
    }

    /// Whether a unit may begin at `at`, or more text may tell.
    pub(super) fn may_open(&self, text: &[u8], at: usize) -> bool {
        let openers = &self.anchors.openers;
        match (text.get(at), text.get(at + 1)) {
            (Some(&first), Some(&second)) => openers.opens(first, second),
            (Some(&first), None) => openers.signs()[usize::from(first)],
            (None, _) => false,
        }
    }

    /// Lifts the runs through `at` that units are part of.
    pub(super) fn lift_joined(
        &self,
        text: &[u8],
        complete: bool,
        at: usize,
        lifted: &mut Lifted,
        regions: &mut Vec<(usize, usize)>,
    ) -> usize {
        let start = run_start(text, at);
        let mut length = 128.max((at - start) * 2);
        loop {
            let end = text.len().min(start + length);
            let cut = end < text.len();
            let lattice = Lattice::read(&text[start..end], complete && !cut, crate::oracle::LEVELS);
            let mark = lifted.begin();
            let mut shortest = usize::MAX;
            let mut open = false;
            let mut before = 0;
            for level in 1..=crate::oracle::LEVELS {
                let reading = Reading::new(&lattice, level);
                let own = lifted.begin();
                let mut place = 0;
                let mut first = true;
                while let Some(symbol) = RUNS[0].symbol(&reading, place, first) {
                    lifted.add_value(symbol.value, start + symbol.start as usize);
                    place = symbol.end as usize;
                    first = false;
                }
                open |= reading.touched_end();
                shortest = shortest.min(place);
                let count = lifted.added(&own);
                if count < self.fewest.symbols || count == before {
                    lifted.take_back(&own);
                }
                before = count;
            }
            if open && cut {
                lifted.take_back(&mark);
                length *= 2;
                continue;
            }
            if open {
                regions.push((start, text.len()));
            }
            return start + shortest;
        }
    }

    /// Decodes what was lifted and searches it. Without `complete`, the last run
    /// goes on.
    fn flush(&self, text: &[u8], complete: bool, layer: &mut Layer, deeper: &mut [Layer]) {
        if layer.lifted.is_empty() {
            layer.lifted.clear();
            return;
        }
        let mut decoded = std::mem::take(&mut layer.decoded);
        for phase in 0..4 {
            layer.lifted.decode(phase, &mut decoded);
            let source = |from, to| layer.lifted.source(phase, from, to);
            self.search_decoded(&decoded, complete, deeper, text, &mut layer.regions, source);
        }
        layer.lifted.collect_digits(self.fewest.digits);
        if layer.lifted.has_digits() {
            for phase in 0..2 {
                layer.lifted.decode_digits(phase, &mut decoded);
                let source = |from, to| layer.lifted.digit_source(phase, from, to);
                self.search_decoded(&decoded, complete, deeper, text, &mut layer.regions, source);
            }
        }
        layer.lifted.clear();
        decoded.clear();
        layer.decoded = decoded;
    }

    /// Searches decoded bytes; where something is, the oracle has to look.
    fn search_decoded(
        &self,
        decoded: &[u8],
        complete: bool,
        deeper: &mut [Layer],
        text: &[u8],
        regions: &mut Vec<(usize, usize)>,
        source: impl Fn(usize, usize) -> (usize, usize),
    ) {
        if decoded.len() < self.anchors.shortest {
            return;
        }
        let mut live = self.search(decoded, complete, deeper);
        if !complete {
            live = live.min(self.undecided(decoded));
        }
        let Some(inner) = deeper.first() else { return };
        for found in &inner.matches {
            regions.push(source(found.start as usize, found.end as usize));
        }
        for &(start, end) in &inner.regions {
            regions.push(source(start, end));
        }
        for &(start, end) in &inner.zones {
            let start = start.saturating_sub(super::AROUND);
            regions.push(source(start, end + super::AROUND));
        }
        if !complete && live < decoded.len() {
            let (start, end) = source(live, decoded.len());
            regions.push((start, text.len().min(end + OVERLAP)));
        }
    }

    /// Looks at lists of numbers and at dumps that stand in the text as they are.
    fn find_lists(
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
            let next = masks.get(index + 1).map_or(0, |mask| mask.lists);
            let long = beginnings(mask.lists, next, fewest);
            let mut events = long | mask.breaks;
            while events != 0 {
                let bit = events.trailing_zeros();
                events &= events - 1;
                let at = index * 64 + bit as usize;
                if at >= dumped && is_line_of_dump(text, at) {
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
        self.search_decoded(&numbers, true, deeper, text, &mut layer.regions, source);
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
pub(super) fn is_line_of_dump(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(b'\r' | b'\n')) && begins_as_dump(text, at + 1)
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

fn line_start(text: &[u8], at: usize) -> usize {
    let line = text[..at].iter().rev().take(4 * TRANSPARENT);
    at - line.take_while(|&&byte| byte != b'\n').count()
}

/// Where in a word of a mask stretches of at least `fewest` bits begin, of up to
/// 64, of which the last may lie in the next word.
fn beginnings(word: u64, next: u64, fewest: usize) -> u64 {
    if word == 0 {
        return 0;
    }
    let mut bits = u128::from(word) | u128::from(next) << 64;
    let fewest = fewest.min(64);
    let mut reached = 1;
    while reached * 2 <= fewest {
        bits &= bits >> reached;
        reached *= 2;
        if bits == 0 {
            return 0;
        }
    }
    bits &= bits >> (fewest - reached);
    u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default()
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

pub(super) fn symbols_in(text: &[u8]) -> usize {
    let is_symbol = |byte: &&u8| KINDS[usize::from(**byte)] & SYMBOL != 0;
    text.iter().filter(is_symbol).count()
}

pub(super) fn is(text: &[u8], at: usize, kind: u8) -> bool {
    text.get(at)
        .is_some_and(|&byte| KINDS[usize::from(byte)] & kind != 0)
}

/// The first place from `at` on where no byte of this kind stands.
pub(super) fn end_of(text: &[u8], at: usize, kind: u8) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|&byte| KINDS[usize::from(byte)] & kind == 0);
    at + length.unwrap_or(rest.len())
}

/// Behind a line break and its indentation, or `at` when there is none.
pub(super) fn skip_break(text: &[u8], at: usize) -> usize {
    if !matches!(text.get(at), Some(b'\r' | b'\n')) {
        return at;
    }
    let rest = &text[at + 1..];
    let white = rest
        .iter()
        .take(TRANSPARENT)
        .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'));
    at + 1 + white.count()
}

/// Where the run begins that stands before `at`, over line breaks.
pub(super) fn run_start(text: &[u8], at: usize) -> usize {
    back_over(text, at, usize::MAX, 0)
}

/// As [`run_start`], over about `most` bytes at most and not before `floor`.
pub(super) fn back_over(text: &[u8], at: usize, most: usize, floor: usize) -> usize {
    let mut start = at;
    loop {
        while start > floor && at - start < most && is(text, start - 1, SYMBOL) {
            start -= 1;
        }
        if at - start >= most {
            return start;
        }
        let mut before = start;
        while before > floor
            && start - before <= TRANSPARENT
            && matches!(text[before - 1], b'\r' | b'\n' | b' ' | b'\t')
        {
            before -= 1;
        }
        let broken = before < start && matches!(text[before], b'\r' | b'\n');
        if !broken || before <= floor || !is(text, before - 1, SYMBOL) {
            return start;
        }
        start = before;
    }
}
