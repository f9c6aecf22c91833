use std::cell::Cell;

use zeroize::DefaultIsZeroes;

use crate::{
    views::{VIEWS, View, is_introducer},
    wiped::Wiped,
};

/// A text together with every other way of reading it.
///
/// The *nodes* are the places between its bytes. Each byte leads from one node
/// to the next; besides, each unit of a view is an [`Edge`] from the node before
/// it to the node after it, which carries what the unit stands for. A unit of
/// level 1 is written in plain bytes, one of level *n* uses units of level
/// *n* - 1: `\\n` is a backslash and an `n` at level 1, a line feed at level 2.
///
/// Whether an edge exists depends on the text from its first node on, never on
/// what stands before: a text may be read from any place.
pub(crate) struct Lattice<'t> {
    text: &'t [u8],
    /// No more text can follow.
    complete: bool,
    /// The text is what a run carries that was cut off at its front or its end.
    cut: Cut,
    /// Sorted by first node.
    edges: Wiped<Edge>,
    /// For each node, the place of its first edge; empty when there is none.
    heads: Vec<u32>,
    /// Nodes at which edges end.
    ends: Vec<u64>,
    /// Nodes with edges or that are open; empty when there is none.
    special: Vec<u64>,
    /// Nodes from which more edges may lead once more text is known.
    open: Vec<u64>,
    /// The same for edges that only count inside a long value.
    open_inside: Vec<u64>,
}

/// Whether a mark in the text around says that something was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) before: bool,
    pub(crate) after: bool,
}

/// What a unit stands for: up to four bytes, or none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) level: u8,
    /// The length of the shortest value in which it counts; no other unit and no
    /// run is read over an edge that does not count everywhere.
    pub(crate) shortest: u8,
    len: u8,
    bytes: [u8; 4],
}

impl DefaultIsZeroes for Edge {}

impl Edge {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether a unit or a run of up to `level` is read over it.
    fn is_sign(&self, level: u8) -> bool {
        self.level <= level && self.shortest == 0
    }

    /// The bytes, and zeros behind them.
    pub(crate) fn four(&self) -> [u8; 4] {
        self.bytes
    }

    fn same_reading(&self, other: &Self) -> bool {
        self.to == other.to && self.bytes() == other.bytes() && self.shortest <= other.shortest
    }
}

impl<'t> Lattice<'t> {
    /// Reads `text` with units up to `levels`.
    pub(crate) fn read(text: &'t [u8], complete: bool, levels: u8) -> Self {
        let mut lattice = Self {
            text,
            complete,
            cut: Cut::default(),
            edges: Wiped::new(),
            heads: Vec::new(),
            ends: Vec::new(),
            special: Vec::new(),
            open: Vec::new(),
            open_inside: Vec::new(),
        };
        if levels == 0 {
            return lattice;
        }
        let introducers: Vec<u32> = (0_u32..)
            .zip(text)
            .filter_map(|(at, &byte)| is_introducer(byte).then_some(at))
            .collect();
        if introducers.is_empty() {
            return lattice;
        }
        lattice.special = vec![0; text.len() / 64 + 1];
        lattice.open = vec![0; text.len() / 64 + 1];
        lattice.open_inside = vec![0; text.len() / 64 + 1];
        lattice.ends = vec![0; text.len() / 64 + 1];
        for level in 1..=levels {
            if !lattice.add_level(level, &introducers) {
                break;
            }
        }
        lattice
    }

    /// Says that the text is a part of something.
    pub(crate) fn cut(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    /// Whether a mark stands before the text, or behind it.
    pub(crate) fn is_cut(&self) -> Cut {
        self.cut
    }

    pub(crate) fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Whether nothing but the byte itself can be read at `node`.
    pub(crate) fn is_plain(&self, node: usize) -> bool {
        !bit(&self.special, node)
    }

    /// Whether more can be read from `node` once more text is known.
    pub(crate) fn is_open(&self, node: usize) -> bool {
        if node >= self.text.len() {
            !self.complete
        } else {
            bit(&self.open, node)
        }
    }

    /// As [`is_open`](Self::is_open), behind some bytes of a value.
    pub(crate) fn is_open_inside(&self, node: usize) -> bool {
        self.is_open(node) || bit(&self.open_inside, node)
    }

    /// The units that begin at `node`.
    pub(crate) fn edges(&self, node: usize) -> &[Edge] {
        match self.heads.get(node..node + 2) {
            Some(&[first, end]) => &self.edges[first as usize..end as usize],
            _ => &[],
        }
    }

    /// Whether `node` lies inside a unit of up to `level`.
    pub(crate) fn is_inside(&self, node: usize, level: u8) -> bool {
        (node.saturating_sub(LONGEST_SIGN)..node).any(|from| {
            self.edges(from)
                .iter()
                .any(|edge| edge.is_sign(level) && edge.to as usize > node)
        })
    }

    /// The single bytes that the units of exactly this level stand for.
    pub(crate) fn written_at(&self, level: u8) -> impl Iterator<Item = u8> {
        self.edges
            .iter()
            .filter_map(move |edge| match edge.bytes() {
                &[byte] if edge.level == level && edge.is_sign(level) => Some(byte),
                _ => None,
            })
    }

    /// Adds the units that need units of the level below; says whether any was
    /// new.
    fn add_level(&mut self, level: u8, introducers: &[u32]) -> bool {
        let mut fresh = Wiped::<Edge>::new();
        let mut opened = Vec::new();
        let mut opened_inside = Vec::new();
        {
            let reading = Reading::new(self, level - 1);
            let mut read = |byte: u8, from: u32, next: u32| {
                for view in VIEWS {
                    if view.introducers().contains(&byte)
                        && self.read_units(*view, &reading, byte, (from, next), &mut fresh)
                    {
                        if view.shortest() == 0 {
                            opened.push(from);
                        } else {
                            opened_inside.push(from);
                        }
                    }
                }
            };
            for &at in introducers {
                read(self.text[at as usize], at, at + 1);
            }
            for edge in self.edges.iter() {
                if let &[byte] = edge.bytes()
                    && edge.is_sign(level)
                    && is_introducer(byte)
                {
                    read(byte, edge.from, edge.to);
                }
            }
        }
        for node in opened {
            set(&mut self.open, node as usize);
            set(&mut self.special, node as usize);
        }
        for node in opened_inside {
            set(&mut self.open_inside, node as usize);
            set(&mut self.special, node as usize);
        }
        let any = !fresh.is_empty();
        for edge in fresh.iter() {
            set(&mut self.special, edge.from as usize);
            set(&mut self.ends, edge.to as usize);
        }
        if any {
            self.edges.extend_from_slice(&fresh);
            self.edges.as_mut_slice().sort_unstable();
            self.index();
        }
        any
    }

    fn index(&mut self) {
        self.heads.clear();
        self.heads.reserve(self.text.len() + 2);
        let mut place = 0;
        for node in 0..super::place(self.text.len()) + 2 {
            self.heads.push(place);
            while self
                .edges
                .get(place as usize)
                .is_some_and(|edge| edge.from == node)
            {
                place += 1;
            }
        }
    }

    /// Reads the units of one view behind one introducer into `fresh`; says
    /// whether more text could bring more.
    fn read_units(
        &self,
        view: &dyn View,
        reading: &Reading<'_>,
        introducer: u8,
        (from, next): (u32, u32),
        fresh: &mut Wiped<Edge>,
    ) -> bool {
        reading.touched_end.set(false);
        let mark = fresh.len();
        view.units(reading, introducer, next as usize, &mut |bytes, end| {
            let mut edge = Edge {
                from,
                to: super::place(end),
                level: reading.level + 1,
                shortest: view.shortest().to_le_bytes()[0],
                len: 0,
                bytes: [0; 4],
            };
            for (slot, &byte) in edge.bytes.iter_mut().zip(bytes) {
                *slot = byte;
                edge.len += 1;
            }
            let known = self
                .edges(from as usize)
                .iter()
                .any(|old| old.same_reading(&edge))
                || fresh[mark..].iter().any(|old| old.same_reading(&edge));
            if !known {
                fresh.push(edge);
            }
        });
        reading.touched_end.get()
    }
}

/// How far back a unit is sought that stands for one sign; a stream keeps as much
/// of what it has settled.
pub(crate) const LONGEST_SIGN: usize = 96;

/// Tells from two bytes whether a unit may begin with them.
pub(crate) trait Watch {
    /// Without a `second`, the text ends behind `first`.
    fn may_open(&self, first: u8, second: Option<u8>) -> bool;
}

/// A lattice as it is read from a unit of the level above.
pub(crate) struct Reading<'l> {
    lattice: &'l Lattice<'l>,
    level: u8,
    /// Whether more text could have changed what was read.
    touched_end: Cell<bool>,
    /// The highest level of a unit that was taken.
    deepest: Cell<u8>,
    /// Tells where units stand, where they themselves are not read.
    watch: Option<&'l dyn Watch>,
    /// Whether a byte was to be read where one may stand.
    touched_unit: Cell<bool>,
}

impl<'l> Reading<'l> {
    /// Reads units of up to `level`.
    pub(crate) fn new(lattice: &'l Lattice<'l>, level: u8) -> Self {
        Self {
            lattice,
            level,
            touched_end: Cell::new(false),
            deepest: Cell::new(0),
            watch: None,
            touched_unit: Cell::new(false),
        }
    }

    /// Reads bytes as they stand, and notes where a unit might have written one in
    /// other words.
    pub(crate) fn watching(lattice: &'l Lattice<'l>, watch: &'l dyn Watch) -> Self {
        Self {
            watch: Some(watch),
            ..Self::new(lattice, 0)
        }
    }

    /// The text that is read.
    pub(crate) fn text(&self) -> &'l [u8] {
        self.lattice.text
    }

    /// Whether a unit might have been read since the last call.
    pub(crate) fn touched_unit(&self) -> bool {
        self.touched_unit.replace(false)
    }

    fn watch(&self, at: usize) {
        if let Some(watch) = self.watch
            && let Some(byte) = self.raw(at)
            && watch.may_open(byte, self.lattice.text.get(at + 1).copied())
        {
            self.touched_unit.set(true);
        }
    }

    /// Whether more text could have changed what was read since the last call.
    pub(crate) fn touched_end(&self) -> bool {
        self.touched_end.replace(false)
    }

    /// What `read` returns, and whether that stays so whatever text follows.
    pub(crate) fn decided<T>(&self, read: impl FnOnce() -> T) -> (T, bool) {
        let before = self.touched_end.replace(false);
        let result = read();
        let touched = self.touched_end.get();
        self.touched_end.set(before || touched);
        (result, !touched)
    }

    /// The highest level of a unit that was taken since the last call.
    pub(crate) fn deepest(&self) -> u8 {
        self.deepest.replace(0)
    }

    /// Another reading of the same text, by units of every level.
    pub(crate) fn with_all_units(&self) -> Reading<'l> {
        Reading::new(self.lattice, super::LEVELS)
    }

    /// Whether nothing but the byte itself can be read at `at`.
    pub(crate) fn is_plain(&self, at: usize) -> bool {
        self.lattice.is_plain(at)
    }

    /// The byte at `at` as it stands.
    pub(crate) fn raw(&self, at: usize) -> Option<u8> {
        #[cfg(test)]
        super::work::count();
        self.lattice.text.get(at).copied()
    }

    /// Whether more can be read at `at` once more text is known; this counts as
    /// having touched the end.
    pub(crate) fn may_go_on(&self, at: usize) -> bool {
        let open = self.lattice.is_open(at);
        if open {
            self.touched_end.set(true);
        }
        open
    }

    /// Whether what stands before `at` is `wanted` however it is read.
    pub(crate) fn is_preceded_by(&self, at: usize, wanted: impl Fn(u8) -> bool) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.raw(before));
        let by_unit = || {
            (at.saturating_sub(LONGEST_SIGN)..at).any(|node| {
                self.lattice.edges(node).iter().any(|edge| {
                    edge.is_sign(self.level)
                        && edge.to as usize == at
                        && matches!(edge.bytes(), &[byte] if !wanted(byte))
                })
            })
        };
        before.is_some_and(&wanted) && !(bit(&self.lattice.ends, at) && by_unit())
    }

    /// The end of these bytes at `at`: one after the other, or by one unit.
    pub(crate) fn literal(&self, at: usize, bytes: &[u8]) -> Option<usize> {
        let one_by_one = bytes.iter().try_fold(at, |at, &wanted| {
            let (_, end) = self.take(at, |byte| byte == wanted)?;
            Some(end)
        });
        let by_unit = || {
            let mut edges = self.lattice.edges(at).iter();
            let whole = edges.find(|edge| edge.level <= self.level && edge.bytes() == bytes)?;
            Some(whole.to as usize)
        };
        one_by_one.or_else(by_unit)
    }

    /// Every byte that can be read at `at`, with the place where it ends.
    pub(crate) fn each(&self, at: usize, mut found: impl FnMut(u8, usize)) {
        self.may_go_on(at);
        self.watch(at);
        if let Some(byte) = self.raw(at) {
            found(byte, at + 1);
        }
        for edge in self.lattice.edges(at) {
            if edge.is_sign(self.level)
                && let &[byte] = edge.bytes()
            {
                found(byte, edge.to as usize);
            }
        }
    }

    /// The one byte at `at` that is `wanted`: as it stands if it can be, else by
    /// the longest unit.
    pub(crate) fn take(&self, at: usize, wanted: impl Fn(u8) -> bool) -> Option<(u8, usize)> {
        match self.raw(at) {
            Some(byte) if wanted(byte) => Some((byte, at + 1)),
            _ => self.longest_unit(at, wanted),
        }
    }

    /// The one byte at `at` that is `wanted`: by the longest unit if there is one,
    /// else as it stands.
    pub(crate) fn take_unit(&self, at: usize, wanted: impl Fn(u8) -> bool) -> Option<(u8, usize)> {
        self.longest_unit(at, &wanted).or_else(|| {
            let byte = self.raw(at).filter(|&byte| wanted(byte))?;
            Some((byte, at + 1))
        })
    }

    fn longest_unit(&self, at: usize, wanted: impl Fn(u8) -> bool) -> Option<(u8, usize)> {
        self.may_go_on(at);
        self.watch(at);
        let mut best: Option<&Edge> = None;
        for edge in self.lattice.edges(at) {
            if edge.is_sign(self.level)
                && let &[byte] = edge.bytes()
                && wanted(byte)
                && best.is_none_or(|best| edge.to > best.to)
            {
                best = Some(edge);
            }
        }
        let edge = best?;
        self.deepest.set(self.deepest.get().max(edge.level));
        Some((edge.bytes[0], edge.to as usize))
    }
}

fn bit(bits: &[u64], index: usize) -> bool {
    bits.get(index / 64)
        .is_some_and(|word| word >> (index % 64) & 1 == 1)
}

fn set(bits: &mut [u64], index: usize) {
    if let Some(word) = bits.get_mut(index / 64) {
        *word |= 1 << (index % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(text: &str, from: usize) -> Vec<(Vec<u8>, u32, u8)> {
        Lattice::read(text.as_bytes(), true, 3)
            .edges(from)
            .iter()
            .map(|edge| (edge.bytes().to_vec(), edge.to, edge.level))
            .collect()
    }

    #[test]
    fn units_nest() {
        assert!(readings(r"\n", 0).contains(&(b"\n".to_vec(), 2, 1)));
        assert!(readings(r"\\n", 0).contains(&(b"\n".to_vec(), 3, 2)));
        assert!(readings(r"\\\\n", 0).contains(&(b"\n".to_vec(), 5, 3)));
        assert!(readings("%2541", 0).contains(&(b"A".to_vec(), 5, 2)));
        assert!(readings("%25%34%31", 0).contains(&(b"A".to_vec(), 9, 2)));
        assert!(readings("&amp;lt;", 0).contains(&(b"<".to_vec(), 8, 2)));
        assert!(readings(r"\ud83d\ude00", 0).contains(&("😀".as_bytes().to_vec(), 12, 1)));
        assert!(readings(r"\u001b[31m", 0).contains(&(Vec::new(), 10, 2)));
        assert!(readings(r"'\''", 0).contains(&(b"'".to_vec(), 4, 1)));
    }

    #[test]
    fn what_may_go_on_is_open() {
        for text in ["\\", "\\u00", "%4", "&am", "&#0", "'", "\r", "\x1b[3"] {
            assert!(
                Lattice::read(text.as_bytes(), false, 3).is_open(0),
                "{text:?}"
            );
            assert!(
                !Lattice::read(text.as_bytes(), true, 3).is_open(0),
                "{text:?}"
            );
        }
        for text in ["\\n ", "%41 ", "&am ", "' "] {
            assert!(
                !Lattice::read(text.as_bytes(), false, 3).is_open(0),
                "{text:?}"
            );
        }
    }
}
