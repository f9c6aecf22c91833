use super::{Lattice, Reading, cut, lattice::Cut, packed, place, search};
use crate::{
    engine::Match,
    needle::{MIN_LENGTH, Needles},
    views::{RUN_CLASSES, RUNS, RUNS_ON_REQUEST, Run, Symbol},
    wiped::Wiped,
};

/// Finds every needle inside what the runs of `lattice` carry; `levels` are left
/// for it. Returns the first node from which one could still be read once more
/// text is known, or the end of the text.
pub(super) fn search_runs(
    lattice: &Lattice<'_>,
    needles: &Needles,
    levels: u8,
    matches: &mut Vec<Match>,
) -> usize {
    let mut live = lattice.text().len();
    let classes = &*RUN_CLASSES;
    // A run may join one that was read before, over what that took for an offset of
    // a dump; of it no more matters than a needle can reach into.
    let reach = needles.longest().saturating_mul(4) + 64;
    for level in 0..levels {
        // What the units of this level write; only runs with one of them are new.
        let written = if level == 0 {
            !0
        } else {
            lattice
                .written_at(level)
                .fold(0, |all, byte| all | classes[usize::from(byte)])
        };
        for (index, &view) in RUNS.iter().enumerate() {
            let class = 1 << index | 1 << (index + 8);
            if written & class == 0 {
                continue;
            }
            let reading = Reading::new(lattice, level);
            let opens = |byte: u8| classes[usize::from(byte)] & 1 << index != 0;
            let continues = |byte: u8| classes[usize::from(byte)] & 1 << (index + 8) != 0;
            live = live.min(search_view(
                (view, opens, continues),
                lattice,
                &reading,
                (level, reach),
                |run| run.search(view, &reading, needles, levels - level - 1, matches),
            ));
        }
        for &(form, view) in RUNS_ON_REQUEST {
            if !needles.requested().has(form) {
                continue;
            }
            let reading = Reading::new(lattice, level);
            live = live.min(search_view(
                (view, |byte| view.opens(byte), |byte| view.continues(byte)),
                lattice,
                &reading,
                (level, reach),
                |run| run.search(view, &reading, needles, levels - level - 1, matches),
            ));
        }
    }
    live
}

/// Collects the runs of one view, which open with some bytes and go on with others,
/// and gives each to `search`.
fn search_view(
    (view, opens, continues): (&dyn Run, impl Fn(u8) -> bool, impl Fn(u8) -> bool),
    lattice: &Lattice<'_>,
    reading: &Reading<'_>,
    (level, reach): (u8, usize),
    mut search: impl FnMut(&Symbols) -> usize,
) -> usize {
    let fewest = (MIN_LENGTH * 8).div_ceil(view.bits() as usize);
    let text = lattice.text();
    let mut live = text.len();
    let mut visited = Visited(Vec::new());
    let mut run = Symbols {
        items: Wiped::new(),
        end: 0,
        complete: true,
    };
    let mut next = 0;
    while let Some(&byte) = text.get(next) {
        let start = next;
        next += 1;
        if opens(byte) {
            if visited.has(start) {
                continue;
            }
            // Most words are too short to carry anything.
            let rest = &text[start..text.len().min(start + WORD)];
            let length = rest
                .iter()
                .position(|&byte| !opens(byte))
                .unwrap_or(rest.len());
            let end = start + length;
            let goes_on = text
                .get(end)
                .is_none_or(|&byte| opens(byte) || continues(byte));
            let is_word = !goes_on
                && lattice.is_plain(end)
                && (!view.opens_units() || all_plain(lattice, start, end));
            if is_word && (level > 0 || length < fewest) {
                next = end;
                continue;
            }
        } else if level == 0 || lattice.is_plain(start) || visited.has(start) {
            continue;
        }
        // What stands inside a unit is no start, or runs of units would be read
        // once from each of their bytes.
        if level > 0 && lattice.is_inside(start, level) {
            continue;
        }
        reading.deepest();
        reading.touched_end();
        run.collect(view, reading, (start, reach), &mut visited);
        run.complete = !reading.touched_end();
        // Runs without a unit of this level have been searched at the level below.
        if reading.deepest() == level || !run.complete {
            live = live.min(search(&run));
        }
    }
    live
}

fn all_plain(lattice: &Lattice<'_>, start: usize, end: usize) -> bool {
    (start..end).all(|at| lattice.is_plain(at))
}

/// How far a word is looked at before it is read in earnest.
const WORD: usize = 64;

/// Places at which a symbol of some run begins.
struct Visited(Vec<u64>);

impl Visited {
    fn has(&self, place: usize) -> bool {
        self.0
            .get(place / 64)
            .is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn add(&mut self, place: usize) {
        if self.0.len() <= place / 64 {
            self.0.resize(place / 64 + 1, 0);
        }
        self.0[place / 64] |= 1 << (place % 64);
    }
}

pub(super) struct Symbols {
    pub(super) items: Wiped<Symbol>,
    /// Where the last symbol ends, or the run could have begun.
    pub(super) end: usize,
    /// More text would not make the run longer.
    pub(super) complete: bool,
}

impl Symbols {
    fn collect(
        &mut self,
        view: &dyn Run,
        reading: &Reading<'_>,
        (start, reach): (usize, usize),
        visited: &mut Visited,
    ) {
        self.items.clear();
        let mut at = start;
        let mut joined = 0;
        while let Some(symbol) = view.symbol(reading, at, self.items.is_empty()) {
            joined += usize::from(visited.has(symbol.start as usize));
            if joined > reach {
                break;
            }
            visited.add(symbol.start as usize);
            self.items.push(symbol);
            at = symbol.end as usize;
        }
        self.end = at;
    }

    fn start(&self) -> usize {
        self.items
            .first()
            .map_or(self.end, |symbol| symbol.start as usize)
    }

    /// Decodes the run at each phase and searches what it carries.
    fn search(
        &self,
        view: &dyn Run,
        reading: &Reading<'_>,
        needles: &Needles,
        levels: u8,
        matches: &mut Vec<Match>,
    ) -> usize {
        let bits = view.bits() as usize;
        let mut live = usize::MAX;
        if self.complete && self.items.len() * bits < MIN_LENGTH * 8 {
            return live;
        }
        if view.phases() > 0 {
            return packed::search_packed(self, view, reading, needles, levels, matches);
        }
        // A byte may begin at each of these distances from the start of the run.
        let step = match bits {
            5 => 1,
            6 => 2,
            bits => bits,
        };
        let mut found = Vec::new();
        // What the run carries may be cut off where a mark stands beside it.
        // The mark may be written in units that the run is not.
        let marks = reading.with_all_units();
        let (after, decided) = marks.decided(|| cut::is_cut_after(&marks, self.end));
        let complete = self.complete && decided;
        let cut = Cut {
            before: cut::is_cut_before(&marks, self.start()),
            after: after && decided,
        };
        for offset in (0..8).step_by(step) {
            let bytes = self.decode(bits, offset);
            let lattice = Lattice::read(&bytes, complete, levels).cut(cut);
            found.clear();
            let mut open = search(&lattice, needles, levels, &mut found);
            if complete {
                open = usize::MAX;
            }
            for inner in &found {
                let whole = (
                    cut.before && inner.start == 0,
                    cut.after && inner.end as usize == bytes.len(),
                );
                if let Some((start, end)) = self.span(view, reading, offset, inner) {
                    // Of a byte that was cut the other bits are secret too.
                    let start = if whole.0 { place(self.start()) } else { start };
                    let end = if whole.1 {
                        end.max(place(self.end))
                    } else {
                        end
                    };
                    matches.push(Match {
                        needle: inner.needle,
                        start,
                        end,
                    });
                    // The tail and the padding may be yet to come.
                    let at_end = end as usize >= self.end && !complete;
                    if at_end || reading.touched_end() {
                        live = live.min(start as usize);
                    }
                }
            }
            if open != usize::MAX {
                let symbol = self.items.get((open * 8 + offset) / bits);
                live = live.min(symbol.map_or(self.end, |symbol| symbol.start as usize));
            }
        }
        live
    }

    /// The bytes that the run carries from `offset` bits on.
    fn decode(&self, bits: usize, offset: usize) -> Wiped<u8> {
        let mut bytes = Wiped::with_capacity(self.items.len() * bits / 8 + 1);
        let mut window = 0_u32;
        let mut held = 0;
        let mut passed = 0;
        for symbol in self.items.iter() {
            window = window << bits | u32::from(symbol.value);
            held += bits;
            if passed < offset {
                let over = (offset - passed).min(held);
                held -= over;
                passed += over;
            }
            if held >= 8 {
                held -= 8;
                bytes.push((window >> held).to_le_bytes()[0]);
            }
        }
        bytes
    }

    /// The stretch of text that the bytes of `inner` alone determine, and the
    /// rest of the run if nothing else is in it.
    fn span(
        &self,
        view: &dyn Run,
        reading: &Reading<'_>,
        offset: usize,
        inner: &Match,
    ) -> Option<(u32, u32)> {
        let bits = view.bits() as usize;
        let first_bit = inner.start as usize * 8 + offset;
        let end_bit = inner.end as usize * 8 + offset;
        let mut first = first_bit.div_ceil(bits);
        let mut end = end_bit / bits;
        if first >= end {
            first = first_bit / bits;
            end = end_bit.div_ceil(bits);
        }
        let mut place_of_end = self.items.get(end - 1)?.end;
        if let Some(tail) = self.items.get(end)
            && end * bits < end_bit
        {
            let rest = (end + 1) * bits - end_bit;
            let alone = self
                .items
                .get(end + 1)
                .is_none_or(|next| next.start != tail.end);
            if alone && tail.value.trailing_zeros() as usize >= rest {
                place_of_end = place(view.padding(reading, tail.end as usize));
            }
        }
        if let Some(echo) = view.echo(reading, &self.items, first, end - 1) {
            place_of_end = place_of_end.max(place(echo));
        }
        Some((self.items.get(first)?.start, place_of_end))
    }
}
