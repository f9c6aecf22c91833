use std::collections::HashSet;

use super::{LEVELS, Lattice, Reading, cut};
use crate::{
    engine::Match,
    needle::{MIN_LENGTH, Needles},
    request::OnRequest,
    views::TRANSPARENT,
};

/// Finds every needle that can be read somewhere in `lattice`.
///
/// Returns the first node from which one could still be read once more text is
/// known, or the end of the text.
pub(super) fn walk(lattice: &Lattice<'_>, needles: &Needles, matches: &mut Vec<Match>) -> usize {
    let text = lattice.text();
    let mut live = text.len();
    let with_ends = needles.have_ends();
    let set_apart = needles.requested().has(OnRequest::Spaced);
    let mut walker = Walker::new(lattice, needles, matches);
    for start in 0..text.len() {
        if lattice.is_plain(start) && lattice.is_plain(start + 1) {
            let begins = match text.get(start + 1) {
                Some(&second) if !set_apart => needles.begin_with(text[start], second),
                _ => needles.begin(text[start]),
            };
            let end_may_follow = cut::opens(text[start]) || is_cut(lattice, start);
            if !(begins || with_ends && end_may_follow) {
                continue;
            }
        } else if !may_begin(lattice, needles, start) {
            continue;
        }
        if walker.walk_from(start) && live > start {
            live = start;
        }
    }
    live
}

/// Whether a path may begin at `node`: the first byte of some needle can be read
/// there, or of a mark.
fn may_begin(lattice: &Lattice<'_>, needles: &Needles, node: usize) -> bool {
    let with_ends = needles.have_ends();
    let begins = |bytes: &[u8]| {
        bytes
            .first()
            .is_some_and(|&byte| needles.begin(byte) || with_ends && cut::opens(byte))
    };
    lattice.is_open(node)
        || with_ends && is_cut(lattice, node)
        || begins(&lattice.text()[node..])
        || lattice.edges(node).iter().any(|edge| begins(edge.bytes()))
}

/// Whether the end of a value may stand at `node` because what carries it was cut
/// off before.
fn is_cut(lattice: &Lattice<'_>, node: usize) -> bool {
    node == 0 && lattice.is_cut().before
}

/// Finds needles by walking through a lattice from one node after the other.
pub(crate) struct Walker<'w> {
    lattice: &'w Lattice<'w>,
    needles: &'w Needles,
    /// What is left to try.
    steps: Vec<Step>,
    /// The node before and after each byte of the needle on the current path.
    path: Vec<(u32, u32)>,
    /// Steps already taken where paths may meet again.
    seen: HashSet<(u32, u32, u32, u8)>,
    matches: &'w mut Vec<Match>,
}

/// A place on a path: the needles between `low` and `high` have been read up to
/// `depth`, the next byte is read at `node`.
#[derive(Clone, Copy)]
struct Step {
    node: u32,
    low: u32,
    high: u32,
    depth: u32,
    /// What stood for nothing so far, as [`gap`] counts it.
    skipped: u32,
    /// The length of the shortest needle that may be read like this.
    shortest: u8,
    /// The node before and after the last byte.
    last: (u32, u32),
    /// How many bytes of the needle the last edge carried.
    carried: u32,
}

impl<'w> Walker<'w> {
    pub(crate) fn new(
        lattice: &'w Lattice<'w>,
        needles: &'w Needles,
        matches: &'w mut Vec<Match>,
    ) -> Self {
        Self {
            lattice,
            needles,
            steps: Vec::new(),
            path: Vec::new(),
            seen: HashSet::new(),
            matches,
        }
    }

    /// Tries every path from `start`; says whether one could go on beyond the
    /// text.
    pub(crate) fn walk_from(&mut self, start: usize) -> bool {
        let mut live = false;
        self.seen.clear();
        self.steps.clear();
        for table in self.needles.tables() {
            self.begin(start, table);
        }
        if self.needles.have_ends() {
            let reading = Reading::new(self.lattice, LEVELS);
            let mut places = Vec::from_iter(is_cut(self.lattice, start).then_some(start));
            places.extend(cut::behind_mark(&reading, start).into_iter().flatten());
            places.dedup();
            live |= reading.touched_end();
            for place in places {
                for table in self.needles.ends() {
                    self.begin(place, table);
                }
            }
        }
        while let Some(mut step) = self.steps.pop() {
            #[cfg(test)]
            super::work::count();
            self.path
                .truncate(step.depth as usize - step.carried as usize);
            for _ in 0..step.carried {
                self.path.push(step.last);
            }
            self.complete(&mut step);
            if step.low == step.high {
                continue;
            }
            live |= self.cut_off(&step);
            let node = step.node as usize;
            live |= if step.depth == 0 {
                self.lattice.is_open(node)
            } else {
                self.lattice.is_open_inside(node)
            };
            if let Some(&byte) = self.lattice.text().get(node) {
                self.advance(&step, &[byte], step.node + 1, false);
            }
            for edge in self.lattice.edges(node) {
                let step = Step {
                    shortest: step.shortest.max(edge.shortest),
                    ..step
                };
                if edge.bytes().is_empty() {
                    if step.depth > 0 {
                        self.skip(&step, edge.to);
                    }
                } else {
                    self.advance(&step, edge.bytes(), edge.to, true);
                }
            }
            if step.carried > 0 && self.ends_line(&step) {
                live |= self.skip_prefix(&step);
            }
            if step.carried > 0 && self.needles.requested().has(OnRequest::Spaced) {
                live |= self.skip_between(&step);
            }
        }
        live
    }

    /// Begins to read the needles of a table at `node`.
    fn begin(&mut self, node: usize, (low, high): (u32, u32)) {
        self.steps.push(Step {
            node: super::place(node),
            low,
            high,
            depth: 0,
            skipped: 0,
            shortest: 0,
            last: (0, 0),
            carried: 0,
        });
    }

    /// Records a needle that was read so far that a mark may say that its rest was
    /// left out. Says whether a mark could still come.
    fn cut_off(&mut self, step: &Step) -> bool {
        let depth = step.depth as usize;
        if depth < MIN_LENGTH || step.carried == 0 {
            return false;
        }
        let reading = Reading::new(self.lattice, LEVELS);
        let node = step.node as usize;
        let at_end = node == self.lattice.text().len() && self.lattice.is_cut().after;
        let is_cut = at_end || cut::is_cut_after(&reading, node);
        let live = reading.touched_end();
        if !is_cut {
            return live;
        }
        let shown = (step.low..step.high)
            .filter(|&index| self.needles.may_be_cut_after(index, depth))
            .min_by_key(|&index| self.needles.get(index as usize).order());
        if let (Some(needle), Some(first), Some(last)) =
            (shown, self.path.first(), self.path.last())
        {
            self.matches.push(Match {
                needle,
                start: first.0,
                end: last.1,
            });
        }
        live
    }

    /// Records the needles that end here and leaves the longer ones.
    fn complete(&mut self, step: &mut Step) {
        while step.low < step.high {
            let needle = self.needles.get(step.low as usize);
            if self.needles.length(step.low) != step.depth as usize {
                break;
            }
            // Of an end there is no more to mask than itself.
            let mask = if self.needles.is_end(step.low) {
                0..step.depth as usize
            } else {
                needle.mask()
            };
            if let (Some(first), Some(last)) =
                (self.path.get(mask.start), self.path.get(mask.end - 1))
                && step.skipped as usize <= may_skip(needle.bytes().len())
                && usize::from(step.shortest) <= needle.bytes().len()
            {
                self.matches.push(Match {
                    needle: step.low,
                    start: first.0,
                    end: last.1,
                });
            }
            step.low += 1;
        }
    }

    fn advance(&mut self, step: &Step, bytes: &[u8], to: u32, by_unit: bool) {
        let (mut low, mut high) = (step.low, step.high);
        let mut depth = step.depth;
        for &byte in bytes {
            (low, high) = self.needles.narrow(low, high, depth as usize, byte);
            if low == high {
                return;
            }
            depth += 1;
        }
        let next = Step {
            node: to,
            low,
            high,
            depth,
            skipped: step.skipped,
            shortest: step.shortest,
            last: (step.node, to),
            carried: depth - step.depth,
        };
        self.push(next, by_unit);
    }

    fn push(&mut self, step: Step, may_meet: bool) {
        if !may_meet && self.seen.is_empty()
            || self
                .seen
                .insert((step.node, step.low, step.depth, step.shortest))
        {
            self.steps.push(step);
        }
    }

    /// Goes on at `node` without reading a byte of the needle.
    fn skip(&mut self, step: &Step, node: u32) {
        let skipped = step.skipped + gap(node - step.node);
        if skipped as usize <= may_skip(self.needles.longest()) {
            let next = Step {
                node,
                skipped,
                carried: 0,
                ..*step
            };
            self.push(next, true);
        }
    }

    fn ends_line(&self, step: &Step) -> bool {
        self.needles.byte(step.low, step.depth as usize - 1) == Some(b'\n')
    }

    /// After a line feed of the needle, goes on behind an indentation or another
    /// prefix without letters. Says whether that could lie beyond the text.
    fn skip_prefix(&mut self, step: &Step) -> bool {
        let from = step.node as usize;
        let mut node = from;
        while node - from < TRANSPARENT {
            if self.lattice.is_open(node) {
                return true;
            }
            let unit = self
                .lattice
                .edges(node)
                .iter()
                .rev()
                .find(|edge| matches!(edge.bytes(), &[byte] if is_prefix(byte)));
            node = match (unit, self.lattice.text().get(node)) {
                (Some(edge), _) => edge.to as usize,
                (None, Some(&byte)) if is_prefix(byte) => node + 1,
                _ => return false,
            };
            self.skip(step, super::place(node));
        }
        false
    }

    /// After any byte of the needle, goes on behind what sets letters apart, however
    /// it is read. Says whether that could lie beyond the text.
    fn skip_between(&mut self, step: &Step) -> bool {
        let mut live = false;
        let mut nodes = vec![step.node];
        for _ in 0..SPACE {
            let mut next = Vec::new();
            for node in nodes {
                live |= self.lattice.is_open(node as usize);
                let byte = self.lattice.text().get(node as usize);
                next.extend(byte.filter(|&&byte| is_space(byte)).map(|_| node + 1));
                let edges = self.lattice.edges(node as usize).iter();
                let units = edges.filter(|edge| matches!(edge.bytes(), &[byte] if is_space(byte)));
                next.extend(units.map(|edge| edge.to));
            }
            next.sort_unstable();
            next.dedup();
            for &node in &next {
                self.skip(step, node);
            }
            nodes = next;
        }
        live
    }
}

/// What a stretch of this length that stands for nothing counts: no more than a
/// character of UTF-8, since it may be one that is written in some other view.
fn gap(length: u32) -> u32 {
    length.min(4)
}

/// How much that stands for nothing may lie in a value of this length.
fn may_skip(length: usize) -> usize {
    4 * length.max(TRANSPARENT / 4)
}

/// Most bytes between two letters that are set apart: `', '`.
const SPACE: usize = 4;

/// What sets letters apart.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b",;:.-_|/*\\'\"`+".contains(&byte)
}

/// No letters: a marker must never become a prefix.
fn is_prefix(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphabetic() && byte != b'\n' && byte != b'\r'
}
