use super::{Lattice, Reading, place, search};
use crate::{
    engine::Match,
    needle::{MIN_LENGTH, Needles},
    views::{RUNS, Run, Symbol},
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
    for level in 0..levels {
        if level > 0 && !lattice.has_level(level) {
            continue;
        }
        for &view in RUNS {
            let reading = Reading::new(lattice, level);
            live = live.min(search_view(view, lattice, &reading, level, |run| {
                run.search(view, &reading, needles, levels - level - 1, matches)
            }));
        }
    }
    live
}

/// Collects the runs of one view and gives each to `search`.
fn search_view(
    view: &dyn Run,
    lattice: &Lattice<'_>,
    reading: &Reading<'_>,
    level: u8,
    mut search: impl FnMut(&Symbols) -> usize,
) -> usize {
    let text = lattice.text();
    let mut live = text.len();
    let mut visited = vec![0_u64; text.len() / 64 + 1];
    let mut run = Symbols {
        symbols: Wiped::new(),
        end: 0,
        complete: true,
    };
    for start in 0..text.len() {
        let opens = view.opens(text[start]) || level > 0 && !lattice.is_plain(start);
        if !opens || visited[start / 64] >> (start % 64) & 1 == 1 {
            continue;
        }
        reading.deepest();
        reading.touched_end();
        run.collect(view, reading, start, &mut visited);
        run.complete = !reading.touched_end();
        // Runs without a unit of this level have been searched at the level below.
        if reading.deepest() == level || !run.complete {
            live = live.min(search(&run));
        }
    }
    live
}

struct Symbols {
    symbols: Wiped<Symbol>,
    /// Where the last symbol ends, or the run could have begun.
    end: usize,
    /// More text would not make the run longer.
    complete: bool,
}

impl Symbols {
    fn collect(
        &mut self,
        view: &dyn Run,
        reading: &Reading<'_>,
        start: usize,
        visited: &mut [u64],
    ) {
        self.symbols.clear();
        let mut at = start;
        while let Some(symbol) = view.symbol(reading, at, self.symbols.is_empty()) {
            visited[symbol.start as usize / 64] |= 1 << (symbol.start % 64);
            self.symbols.push(symbol);
            at = symbol.end as usize;
        }
        self.end = at;
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
        if self.complete && self.symbols.len() * bits < MIN_LENGTH * 8 {
            return live;
        }
        // A byte may begin at each of these distances from the start of the run.
        let step = match bits {
            6 => 2,
            bits => bits,
        };
        let mut found = Vec::new();
        for offset in (0..8).step_by(step) {
            let bytes = self.decode(bits, offset);
            let complete = self.complete;
            let lattice = Lattice::read(&bytes, complete, levels);
            found.clear();
            let mut open = search(&lattice, needles, levels, &mut found);
            if complete {
                open = usize::MAX;
            }
            for inner in &found {
                if let Some((start, end)) = self.span(view, reading, offset, inner) {
                    matches.push(Match {
                        needle: inner.needle,
                        start,
                        end,
                    });
                    // The tail and the padding may be yet to come.
                    let at_end = end as usize >= self.end && !self.complete;
                    if at_end || reading.touched_end() {
                        live = live.min(start as usize);
                    }
                }
            }
            if open != usize::MAX {
                let symbol = self.symbols.get((open * 8 + offset) / bits);
                live = live.min(symbol.map_or(self.end, |symbol| symbol.start as usize));
            }
        }
        live
    }

    /// The bytes that the run carries from `offset` bits on.
    fn decode(&self, bits: usize, offset: usize) -> Wiped<u8> {
        let mut bytes = Wiped::with_capacity(self.symbols.len() * bits / 8 + 1);
        let mut window = 0_u32;
        let mut held = 0;
        let mut passed = 0;
        for symbol in self.symbols.iter() {
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
        let mut place_of_end = self.symbols.get(end - 1)?.end;
        if let Some(tail) = self.symbols.get(end)
            && end * bits < end_bit
        {
            let rest = (end + 1) * bits - end_bit;
            let alone = self
                .symbols
                .get(end + 1)
                .is_none_or(|next| next.start != tail.end);
            if alone && tail.value.trailing_zeros() as usize >= rest {
                place_of_end = place(view.padding(reading, tail.end as usize));
            }
        }
        Some((self.symbols.get(first)?.start, place_of_end))
    }
}
