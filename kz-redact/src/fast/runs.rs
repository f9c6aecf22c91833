use super::{
    Filter, Layer,
    glance::First,
    lifted::Lifted,
    masks::{BREAK, KINDS, Masks, Rows, SYMBOL},
};
use crate::{
    oracle::{Lattice, Reading, place},
    views::{RUNS, TRANSPARENT},
};

/// How many symbols are lifted before they are decoded.
const BATCH: usize = 64 * 1024;

/// How much of a run is lifted again when it is cut to be decoded: more than an
/// anchor takes that is three runs deep.
const OVERLAP: usize = 2048;

/// How the last of the runs goes on that were lifted.
#[derive(Clone, Copy)]
enum Rest {
    /// It ends here.
    None,
    /// By symbols of which the last are among those already: what begins with them is
    /// found then.
    Repeated,
    /// By text that is not yet there.
    Unknown,
}

/// What a unit is of a run.
enum OfRun {
    /// A symbol, and where it ends.
    Symbol(usize),
    /// A line break, and where the white space behind it ends.
    Break(usize),
    Nothing,
    /// It takes a closer look.
    Unclear,
}

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
        self.flush(text, Rest::None, layer, deeper);
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
                    // Most of a long run lies behind its beginning.
                    events &= u64::MAX.checked_shl(place(until - index * 64)).unwrap_or(0);
                    continue;
                }
                let start = if joints >> bit & 1 == 1 {
                    if !self.may_join(text, masks, (at, skip_break(text, at))) {
                        continue;
                    }
                    run_start(text, at).max(until)
                } else {
                    at
                };
                until = match self.end_of_idle_run(text, complete, masks, start) {
                    Some(end) => end,
                    None => self.lift(text, complete, start, layer, deeper),
                };
            }
        }
    }

    /// Where the run at `start` ends, if it stands on one line and carries nothing.
    fn end_of_idle_run(
        &self,
        text: &[u8],
        complete: bool,
        masks: &[Masks],
        start: usize,
    ) -> Option<usize> {
        let end = Rows(masks).end_of_symbols(start);
        let next = skip_break(text, end);
        let is_open = !complete && next >= text.len();
        let goes_on = next != end && is(text, next, SYMBOL);
        let is_idle = !is_open
            && !goes_on
            && end - start <= BATCH
            && !Lifted::are_worth(&text[start..end], self.worth());
        is_idle.then_some(end)
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
                self.flush(text, Rest::Repeated, layer, deeper);
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
                self.flush(text, Rest::Repeated, layer, deeper);
                mark = layer.lifted.begin();
                at = back_over(text, at, OVERLAP, start);
            }
        }
        let is_short = !is_long && layer.lifted.added(&mark) < self.fewest.symbols;
        let open = !complete && skip_break(text, at) >= text.len();
        if is_short || !open && !layer.lifted.is_worth(&mark, self.worth()) {
            layer.lifted.take_back(&mark);
        } else if open {
            self.flush(text, Rest::Unknown, layer, deeper);
        } else if layer.lifted.len() > BATCH {
            self.flush(text, Rest::None, layer, deeper);
        }
        at
    }

    /// Whether runs that meet at a break or unit from `at` to `end` may be long
    /// enough together.
    pub(super) fn may_join(&self, text: &[u8], masks: &[Masks], (at, end): (usize, usize)) -> bool {
        let fewest = self.fewest.symbols;
        let rows = Rows(masks);
        // The unit itself may be a symbol.
        let mut count = 1;
        let mut left = at;
        loop {
            let row = rows.symbols_before(left).leading_ones() as usize;
            count += row;
            left -= row;
            if count >= fewest || at - left >= fewest + 4 * TRANSPARENT {
                return true;
            }
            if row < 64 {
                match before_break(text, left) {
                    Some(before) => left = before,
                    None => break,
                }
            }
        }
        let mut right = end;
        loop {
            let row = rows.symbols_from(right).trailing_ones() as usize;
            count += row;
            right += row;
            if count >= fewest {
                return true;
            }
            if row == 64 {
                continue;
            }
            let behind = skip_break(text, right);
            right = if behind > right && is(text, behind, SYMBOL) {
                behind
            } else {
                match self.behind_unit_of_run(text, behind) {
                    OfRun::Symbol(end) => {
                        count += 1;
                        end
                    }
                    OfRun::Break(end) => end,
                    OfRun::Unclear => return true,
                    OfRun::Nothing => return false,
                }
            }
        }
    }

    /// What the unit at `at` is of a run of symbols.
    fn behind_unit_of_run(&self, text: &[u8], at: usize) -> OfRun {
        let (Some(&first), Some(&second)) = (text.get(at), text.get(at + 1)) else {
            return if self.may_open(text, at) {
                OfRun::Unclear
            } else {
                OfRun::Nothing
            };
        };
        if !self.may_open(text, at) {
            return OfRun::Nothing;
        }
        let unit = match self.first_unit(text, at, (first, second)) {
            First::Unit(unit) => unit,
            First::Break(line) if self.may_go_on_behind(text, &line) => return OfRun::Unclear,
            First::Break(line) => line,
            First::Nothing => return OfRun::Nothing,
            First::Unclear => return OfRun::Unclear,
        };
        match KINDS[usize::from(unit.bytes[0])] {
            kind if kind & SYMBOL != 0 => OfRun::Symbol(unit.end),
            kind if kind & BREAK != 0 => OfRun::Break(skip_white(text, unit.end)),
            _ if unit.bytes[0] == b' ' => OfRun::Break(skip_white(text, unit.end)),
            _ => OfRun::Nothing,
        }
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

    /// Decodes what was lifted, and searches what is worth it.
    fn flush(&self, text: &[u8], rest: Rest, layer: &mut Layer, deeper: &mut [Layer]) {
        if layer.lifted.is_empty() {
            layer.lifted.clear();
            return;
        }
        let mut decoded = std::mem::take(&mut layer.decoded);
        for phase in 0..4 {
            layer.lifted.decode(phase, &mut decoded);
            let source = |from, to| layer.lifted.source(phase, from, to);
            self.search_carried(&decoded, rest, deeper, text, &mut layer.regions, source);
        }
        layer.lifted.collect_digits(self.fewest.digits);
        if layer.lifted.has_digits() {
            for phase in 0..2 {
                layer.lifted.decode_digits(phase, &mut decoded);
                let source = |from, to| layer.lifted.digit_source(phase, from, to);
                self.search_carried(&decoded, rest, deeper, text, &mut layer.regions, source);
            }
        }
        layer.lifted.clear();
        decoded.clear();
        layer.decoded = decoded;
    }

    /// Searches what symbols carry, where it is worth it.
    fn search_carried(
        &self,
        decoded: &[u8],
        rest: Rest,
        deeper: &mut [Layer],
        text: &[u8],
        regions: &mut Vec<(usize, usize)>,
        source: impl Fn(usize, usize) -> (usize, usize),
    ) {
        if matches!(rest, Rest::Unknown) {
            self.search_decoded(decoded, false, deeper, text, regions, source);
            return;
        }
        for stretch in self.worth().stretches(decoded) {
            let complete = matches!(rest, Rest::None) || stretch.end < decoded.len();
            let base = stretch.start;
            let source = |from: usize, to: usize| source(base + from, base + to);
            self.search_decoded(&decoded[stretch], complete, deeper, text, regions, source);
        }
    }

    /// Searches decoded bytes; where something is, the oracle has to look.
    pub(super) fn search_decoded(
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
}

/// Where in a word of a mask stretches of at least `fewest` bits begin, of up to
/// 64, of which the last may lie in the next word.
pub(super) fn beginnings(word: u64, next: u64, fewest: usize) -> u64 {
    let fewest = fewest.min(64);
    if word == 0 || fewest >= 16 && !may_begin(word, next, fewest) {
        return 0;
    }
    let mut bits = u128::from(word) | u128::from(next) << 64;
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

/// Whether a stretch of at least `fewest` bits may begin in a word, of which there are
/// no fewer than sixteen: it has so many in the word, or goes on in the next one.
#[inline]
fn may_begin(word: u64, next: u64, fewest: usize) -> bool {
    // Wherever it begins, it takes up two whole bytes in a row of one or both.
    if fewest >= 23 {
        const LAST: u64 = 0x8080_8080_8080_8080;
        let whole = (!word).wrapping_sub(LAST >> 7) & word & LAST;
        let goes_on = word >> 63 & u64::from(next & 0xff == 0xff) == 1;
        return whole & whole >> 8 != 0 || goes_on;
    }
    let mut row = word;
    for reached in [1, 2, 4, 8] {
        row &= row >> reached;
    }
    row != 0 || (word.leading_ones() + next.trailing_ones()) as usize >= fewest
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

/// Behind the white space at `at`, as it stands.
pub(super) fn skip_white(text: &[u8], at: usize) -> usize {
    let mut at = at;
    while matches!(text.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    skip_break(text, at)
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
        match before_break(text, start) {
            Some(before) if before > floor => start = before,
            _ => return start,
        }
    }
}

/// Where a run ends of which the next line begins at `at`, behind a line break and its
/// indentation.
fn before_break(text: &[u8], at: usize) -> Option<usize> {
    let is_white = |byte: &&u8| matches!(**byte, b'\r' | b'\n' | b' ' | b'\t');
    let white = text[..at].iter().rev().take(TRANSPARENT + 1);
    let before = at - white.take_while(is_white).count();
    let is_broken = matches!(text[before..at], [b'\r' | b'\n', ..]);
    (is_broken && before > 0 && is(text, before - 1, SYMBOL)).then_some(before)
}
