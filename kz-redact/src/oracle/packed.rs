use super::{Lattice, Reading, place, runs::Symbols, search};
use crate::{engine::Match, needle::Needles, views::Run};

/// Finds every needle inside what a run carries whose symbols are no bits. Returns
/// the first node from which one could still be read once more text is known.
pub(super) fn search_packed(
    run: &Symbols,
    view: &dyn Run,
    reading: &Reading<'_>,
    needles: &Needles,
    levels: u8,
    matches: &mut Vec<Match>,
) -> usize {
    let mut live = usize::MAX;
    let start_of = |symbol: usize| {
        let symbol = run.items.get(symbol);
        symbol.map_or(run.end, |symbol| symbol.start as usize)
    };
    for phase in 0..view.phases() {
        let Some(unpacked) = view.unpack(reading, &run.items, phase, run.complete) else {
            continue;
        };
        let lattice = Lattice::read(&unpacked.bytes, run.complete, levels);
        let mut found = Vec::new();
        let open = search(&lattice, needles, levels, &mut found);
        if !run.complete {
            live = live.min(start_of(unpacked.first(open)));
        }
        for inner in &found {
            let symbols = unpacked.symbols(inner.start as usize, inner.end as usize);
            let Some((first, end)) = symbols else {
                continue;
            };
            let mut place_of_end = start_of(end);
            if let Some(last) = run.items.get(end - 1) {
                place_of_end = last.end as usize;
            }
            reading.touched_end();
            if end == run.items.len() {
                place_of_end = view.padding(reading, place_of_end);
            }
            // The padding may be yet to come.
            if reading.touched_end() {
                live = live.min(start_of(first));
            }
            matches.push(Match {
                needle: inner.needle,
                start: place(start_of(first)),
                end: place(place_of_end),
            });
        }
    }
    live
}
