//! The engine that looks only where it is worth looking.
//!
//! A filter passes over the text and proposes places; the [oracle](crate::oracle)
//! decides there. So the two find the same, if the filter proposes enough, and
//! that is what it rests on:
//!
//! - Every needle has an *anchor*, its first bytes. A path through the text that
//!   reads the needle either has the anchor as it stands: then hashes of a few
//!   stretches of the text meet it ([`anchors`]). Or some byte of the anchor is
//!   written by a unit (`\x61`), or interrupted by one (a colour code): then the
//!   first such unit follows on bytes of the anchor as they stand ([`units`]).
//! - Or the needle is carried by a run (base64, hex, a list of numbers). Runs
//!   that are long enough are lifted out of the text, decoded at every phase, and
//!   passed through the same filter, layer by layer ([`runs`]).
//!
//! Text in which neither is there costs a few instructions for every 64 bytes.

mod anchors;
mod buffer;
mod carried;
mod glance;
mod grams;
mod idle;
mod joins;
mod lifted;
mod lists;
mod marks;
mod masks;
mod openers;
mod paths;
mod runs;
#[cfg(test)]
mod twin;
mod units;
#[cfg(target_arch = "x86_64")]
mod vector;

use std::cell::Cell;

pub(crate) use anchors::Anchors;
pub(crate) use openers::Halves;
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::{escapes, shorten, sieve, signs};

use crate::{
    engine::{Engine, Match},
    needle::Needles,
    oracle::{LEVELS, LONGEST_SIGN, Lattice, Oracle, Walker, place, scan_runs},
    views::is_introducer,
    wiped::Depth,
};
use anchors::{CLASSES, LONGEST};
use buffer::Buffer;
use carried::Worth;
use lifted::Lifted;
use masks::Masks;

/// See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fast;

impl Engine for Fast {
    fn scan(&self, needles: &Needles, window: &[u8], last: bool) -> (Vec<Match>, usize) {
        let (matches, live, _) = Self::scan_as_deep(needles, window, last);
        (matches, live)
    }
}

impl Fast {
    /// As [`scan`](Engine::scan), and says how deep on the stack that went.
    pub(crate) fn scan_as_deep(
        needles: &Needles,
        window: &[u8],
        last: bool,
    ) -> (Vec<Match>, usize, Depth) {
        if needles.len() == 0 {
            return (Vec::new(), window.len(), Depth::Filters);
        }
        if needles.anchors().without || needles.requested().has_views() {
            let (matches, live) = Oracle.scan(needles, window, last);
            return (matches, live, Depth::Deep);
        }
        // Nothing is written with fewer bytes than it has.
        if last && window.len() < needles.anchors().shortest {
            return (Vec::new(), window.len(), Depth::Filters);
        }
        let mut layers = LAYERS.take().unwrap_or_default();
        let filter = Filter::new(needles);
        let mut live = filter.search(window, last, &mut layers[..]);
        let depth = if last && has_proposed_nothing(&layers) {
            Depth::Filters
        } else {
            live = filter.decide(window, last, live, &mut layers[0]);
            Depth::Deep
        };
        let mut matches = Vec::new();
        if !layers[0].matches.is_empty() {
            matches.clone_from(&layers[0].matches);
            matches.sort_unstable();
            matches.dedup();
        }
        // What a very long text took is given back.
        if window.len() <= KEPT {
            layers
                .iter_mut()
                .filter(|layer| layer.is_used)
                .for_each(Layer::clear);
            LAYERS.set(Some(layers));
        }
        (matches, if last { window.len() } else { live }, depth)
    }
}

/// Whether the oracle has nothing to look at, and nothing was decoded or read as it does.
fn has_proposed_nothing([text, carried @ ..]: &Layers) -> bool {
    let is_settled = text.starts.is_empty() && text.zones.is_empty() && text.regions.is_empty();
    is_settled
        && !text.is_deep
        && text.matches.is_empty()
        && carried.iter().all(|layer| !layer.is_used)
}

thread_local! {
    /// What a search needs, kept so that none allocates; wiped after each.
    static LAYERS: Cell<Option<Box<Layers>>> = const { Cell::new(None) };
}

/// The longest text whose memory is kept for the next.
const KEPT: usize = 1 << 20;

/// One layer for the text and one for each depth of runs inside of runs.
type Layers = [Layer; LEVELS as usize + 1];

/// What the search of one text needs and finds.
#[derive(Default)]
struct Layer {
    masks: Vec<Masks>,
    /// Where a path may begin that the oracle has to walk.
    starts: Vec<usize>,
    /// Stretches that the oracle has to read whole.
    zones: Vec<(usize, usize)>,
    /// Where runs stand that the oracle has to read.
    regions: Vec<(usize, usize)>,
    matches: Vec<Match>,
    lifted: Lifted,
    /// Numbers of lists, and where each comes from.
    numbers: Buffer,
    number_sources: Vec<(usize, usize)>,
    decoded: Buffer,
    /// There was a search since it was cleared.
    is_used: bool,
    /// A unit was read as the oracle reads it.
    is_deep: bool,
}

impl Layer {
    // Once, not once for each layer: in most texts only the first is used.
    #[inline(never)]
    fn clear(&mut self) {
        self.is_used = false;
        self.is_deep = false;
        self.masks.clear();
        self.starts.clear();
        self.zones.clear();
        self.regions.clear();
        self.matches.clear();
        self.lifted.clear();
        self.numbers.clear();
        self.number_sources.clear();
        self.decoded.clear();
    }
}

/// How much of the end of a text may hold an anchor that is not yet whole: an
/// anchor, and a unit that interrupts it.
const UNDECIDED: usize = LONGEST + LONGEST_SIGN + 16;

/// How many bytes before and after a run are read with it.
const MARGIN: usize = LONGEST_SIGN + 32;

struct Filter<'n> {
    needles: &'n Needles,
    anchors: &'n Anchors,
    /// The fewest symbols of base64, digits of hex, and numbers that carry the
    /// shortest needle, or part of one with its mark. What carries a part alone stands
    /// beside a mark, and belongs to its zone.
    fewest: Fewest,
    /// Some anchor has white space.
    has_white: bool,
}

#[derive(Clone, Copy)]
struct Fewest {
    symbols: usize,
    digits: usize,
    numbers: usize,
}

impl<'n> Filter<'n> {
    fn new(needles: &'n Needles) -> Self {
        let anchors = needles.anchors();
        let shortest = anchors.shortest_marked;
        Self {
            needles,
            anchors,
            fewest: Fewest {
                symbols: (shortest * 8).div_ceil(6),
                digits: shortest * 2,
                numbers: shortest,
            },
            has_white: b"\n \t".iter().any(|byte| anchors.bytes.has(*byte)),
        }
    }

    /// What a run must carry to be worth a search.
    fn worth(&self) -> Worth<'n> {
        Worth::new(&self.anchors.carried, self.anchors.shortest_marked)
    }

    /// Finds what can be read in the text itself, and where runs have to be read.
    /// Returns the first place from which something could still be read once more
    /// text is known, or the end of the text.
    fn search(&self, text: &[u8], complete: bool, layers: &mut [Layer]) -> usize {
        let Some((layer, deeper)) = layers.split_first_mut() else {
            return text.len();
        };
        layer.clear();
        layer.is_used = true;
        let mut live = text.len();
        masks::masks(text, &self.anchors.openers, &mut layer.masks);
        live = live.min(self.find_anchors::<0>(text, complete, layer));
        live = live.min(self.find_anchors::<1>(text, complete, layer));
        live = live.min(self.find_anchors::<2>(text, complete, layer));
        self.find_units(text, complete, layer, !deeper.is_empty());
        if !deeper.is_empty() {
            self.find_runs(text, complete, layer, deeper);
        }
        live.min(self.walk(text, complete, layer))
    }

    /// Looks for anchors as they stand.
    fn find_anchors<const CLASS: usize>(
        &self,
        text: &[u8],
        complete: bool,
        layer: &mut Layer,
    ) -> usize {
        let grams = &self.anchors.classes[CLASS];
        let mut live = text.len();
        if grams.is_empty() {
            return live;
        }
        let class = CLASSES[CLASS];
        let mut from = 0;
        while let Some((at, hash)) = self.anchors.next_in::<CLASS>(text, from) {
            let mut places = grams.places(hash);
            while places != 0 {
                let place = places.trailing_zeros() as usize;
                places &= places - 1;
                if place <= at {
                    let start = at - place;
                    live = live.min(self.read(text, complete, start, class.length, layer));
                }
            }
            from = at + class.step();
        }
        live
    }

    /// Compares the text from `start` on with the needles that share its first
    /// `length` bytes.
    fn read(
        &self,
        text: &[u8],
        complete: bool,
        start: usize,
        length: usize,
        layer: &mut Layer,
    ) -> usize {
        let rest = &text[start..];
        let mut live = text.len();
        let Some(anchor) = rest.get(..length) else {
            return live;
        };
        for index in self.needles.beginning(anchor) {
            let needle = self.needles.get(index);
            let bytes = needle.bytes();
            let common = needle.common(rest);
            if common == bytes.len() {
                let mask = needle.mask();
                layer.matches.push(Match {
                    needle: place(index),
                    start: place(start + mask.start),
                    end: place(start + mask.end),
                });
            }
            if common == rest.len() && common < bytes.len() && !complete {
                live = start;
            }
            // From here on it may be written in other words too.
            let end = common.min(bytes.len() - 1);
            let turns = (length..=end).any(|depth| {
                bytes[depth - 1] == b'\n'
                    || rest.get(depth).is_some_and(|&byte| is_introducer(byte))
            });
            // Or the rest was left out.
            let may_be_cut =
                common < bytes.len() && self.needles.may_be_cut_after(place(index), common);
            if may_be_cut {
                // What carries it may be cut, where this is carried by a run.
                layer.regions.push((start, start + common));
            }
            if (turns || may_be_cut) && layer.starts.last() != Some(&start) {
                layer.starts.push(start);
            }
        }
        live
    }

    /// Lets the oracle walk from every start.
    fn walk(&self, text: &[u8], complete: bool, layer: &mut Layer) -> usize {
        let mut live = text.len();
        layer.starts.sort_unstable();
        layer.starts.dedup();
        let mut starts = &layer.starts[..];
        let mut length = SLICE;
        while let Some(&first) = starts.first() {
            let end = text.len().min(first + length);
            let cut = end < text.len();
            let lattice = Lattice::read(&text[first..end], complete && !cut, LEVELS);
            let mark = layer.matches.len();
            let mut walker = Walker::new(&lattice, self.needles, &mut layer.matches);
            let mut done = 0;
            let mut enough = true;
            for &start in starts {
                if start - first > length / 2 {
                    break;
                }
                if walker.walk_from(start - first) {
                    if cut {
                        enough = false;
                        break;
                    }
                    live = live.min(start);
                }
                done += 1;
            }
            for found in &mut layer.matches[mark..] {
                found.start += place(first);
                found.end += place(first);
            }
            starts = &starts[done..];
            // What is found twice is the same.
            length = if enough { SLICE } else { length * 2 };
        }
        live
    }

    /// Lets the oracle read the zones, the runs of the regions, and the end of a text
    /// that goes on.
    fn decide(&self, text: &[u8], complete: bool, live: usize, layer: &mut Layer) -> usize {
        let mut live = live;
        for (start, end) in joined(&mut layer.zones, AROUND) {
            let from = start.saturating_sub(AROUND);
            let mut around = AROUND;
            let (found, open) = loop {
                let to = text.len().min(end + around);
                let cut = to < text.len();
                let (found, open) = Oracle.scan(self.needles, &text[from..to], complete && !cut);
                // What begins in the zone may end far behind it.
                if !cut || from + open > end {
                    break (found, if cut { text.len() } else { from + open });
                }
                around *= 2;
            };
            if !complete {
                live = live.min(open);
            }
            layer
                .matches
                .extend(found.iter().map(|found| moved(found, from)));
        }
        if !complete {
            layer.regions.push((self.undecided(text), text.len()));
        }
        for (start, end) in joined(&mut layer.regions, MARGIN) {
            let start = start.min(text.len());
            let from = start.saturating_sub(MARGIN);
            let to = text.len().min(end + MARGIN);
            let cut = to < text.len();
            let lattice = Lattice::read(&text[from..to], complete && !cut, LEVELS);
            let mut found = Vec::new();
            let mut open = scan_runs(&lattice, self.needles, &mut found);
            if !cut && !complete {
                let mut walker = Walker::new(&lattice, self.needles, &mut found);
                for begin in start..text.len() {
                    if walker.walk_from(begin - from) {
                        open = open.min(begin - from);
                        break;
                    }
                }
                live = live.min((from + open).max(start));
            }
            let found = found.iter().map(|found| moved(found, from));
            // What begins further before was read from the middle of a unit.
            let found = found.filter(|found| found.start as usize + MARGIN - LONGEST_SIGN >= start);
            layer.matches.extend(found);
        }
        live
    }

    /// From where on a text that goes on may hold the beginning of something that
    /// the filter cannot tell yet.
    fn undecided(&self, text: &[u8]) -> usize {
        let mut at = text.len();
        let mut left = 8 * self.fewest.symbols;
        // A run that is still short, with what may stand between its symbols.
        while at > 0 && left > 0 && text.len() - at < LONGEST_TAIL {
            let byte = text[at - 1];
            if masks::KINDS[usize::from(byte)] & (masks::SYMBOL | masks::LIST) != 0 {
                left -= usize::from(!byte.is_ascii_whitespace());
            } else if !(is_introducer(byte) || b"#;{}[]:".contains(&byte)) {
                break;
            }
            at -= 1;
        }
        let at = at.min(text.len().saturating_sub(UNDECIDED));
        at.min(Self::line_of_dump(text))
    }

    /// Where the first line of a dump may begin, of which the second has not yet
    /// come.
    fn line_of_dump(text: &[u8]) -> usize {
        let tail = text.len().saturating_sub(LINES_OF_DUMP);
        let is_list = |byte: &u8| masks::KINDS[usize::from(*byte)] & masks::LIST != 0;
        let mut lists = text[tail..].split(|byte| !is_list(byte));
        let is_dump = lists.any(|list| {
            list.len() >= 8 && list.iter().filter(|byte| byte.is_ascii_hexdigit()).count() >= 6
        });
        if is_dump { tail } else { text.len() }
    }
}

/// Joins stretches that are no further apart than twice `margin`.
fn joined(stretches: &mut [(usize, usize)], margin: usize) -> Vec<(usize, usize)> {
    stretches.sort_unstable();
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for &(start, end) in &*stretches {
        match joined.last_mut() {
            Some((_, last)) if start <= *last + 2 * margin => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// The same match in a text that begins `by` bytes earlier.
fn moved(found: &Match, by: usize) -> Match {
    Match {
        start: found.start + place(by),
        end: found.end + place(by),
        ..*found
    }
}

/// How much is read around a stretch full of units, of what they belong to.
const AROUND: usize = 512;

/// How much of the end of a text is held back for two lines of a dump.
const LINES_OF_DUMP: usize = 512;

/// Where the search for the end of a text stops.
const LONGEST_TAIL: usize = 4096;

/// How much text is read at first for a path.
const SLICE: usize = 256;
