//! Units that matter: which stand in the text, and the paths that they are the first
//! unit of.

use tinyvec::TinyVec;

use super::{
    Filter, Layer,
    anchors::LONGEST,
    glance::First,
    joins::{Done, is_bar},
    marks::{Brackets, MARK},
    masks::KINDS,
};
use crate::oracle::{LEVELS, LONGEST_SIGN, Lattice, Reading};

/// How much text is read at once where units are written by units.
const BLOCK: usize = 160;

/// The longest stretch of text that is read for one unit.
const LONGEST_BLOCK: usize = 4096;

/// What a unit stands for and where it ends.
#[derive(Clone, Copy, Default)]
pub(super) struct Unit {
    pub(super) bytes: [u8; 4],
    pub(super) len: usize,
    pub(super) end: usize,
    /// How many units are read one over the other.
    level: u8,
    /// Whether other units and runs are read over it.
    pub(super) is_sign: bool,
}

/// Units that begin at one place: mostly one or two, for which nothing is allocated.
pub(super) type Units = TinyVec<[Unit; 6]>;

impl Unit {
    /// A unit that stands for one byte, and over which other units and runs are read.
    pub(super) fn sign(byte: u8, end: usize) -> Self {
        Self {
            bytes: [byte, 0, 0, 0],
            len: 1,
            end,
            level: 1,
            is_sign: true,
        }
    }

    /// A line break that stands for nothing.
    pub(super) fn gap(end: usize) -> Self {
        Self {
            end,
            level: 1,
            ..Self::default()
        }
    }

    /// A line break that stands for a blank.
    pub(super) fn fold(end: usize) -> Self {
        Self {
            is_sign: false,
            ..Self::sign(b' ', end)
        }
    }

    /// Whether runs may go on over it: to tell takes longer than to tell what it begins.
    fn may_join(&self) -> bool {
        self.is_sign
            && matches!(self.bytes[..self.len], [byte]
                if is_bar(byte) || KINDS[usize::from(byte)] != 0)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.end == other.end
            && self.len == other.len
            && self.bytes == other.bytes
            && self.is_sign >= other.is_sign
    }
}

/// A stretch of text that is full of units. There, telling one from the other
/// costs more than it saves: the oracle reads it whole.
#[derive(Default)]
struct Zone {
    start: usize,
    last: usize,
    count: usize,
}

/// How far apart units of a zone stand at most.
const NEAR: usize = 24;

/// How many units make a zone.
const FULL: usize = 24;

impl Zone {
    /// Adds a unit; says whether the oracle will read it.
    fn add(&mut self, at: usize, layer: &mut Layer) -> bool {
        if self.count == 0 || at - self.last > NEAR {
            self.end(layer);
            self.start = at;
        }
        self.last = at;
        self.count += 1;
        self.count > FULL
    }

    fn end(&mut self, layer: &mut Layer) {
        if self.count > FULL {
            // A mark may end with the zone, and the end of a value begin behind it.
            layer.zones.push((self.start, self.last + MARK));
        }
        self.count = 0;
    }
}

impl Filter<'_> {
    /// Looks at the units that may be part of something: for paths that begin
    /// with bytes as they stand before a unit, and for runs that units join.
    pub(super) fn find_units(
        &self,
        text: &[u8],
        complete: bool,
        layer: &mut Layer,
        with_runs: bool,
    ) {
        let openers = &*self.anchors.openers;
        let marks = self.needles.have_ends();
        let flat = Lattice::read(text, complete, 0);
        let mut closer = Closer {
            filter: self,
            reading: Reading::watching(&flat, openers),
            complete,
            with_runs,
            marks,
            block: None,
            done: Done::default(),
            zone: Zone::default(),
            units: Units::new(),
        };
        let mut brackets = Brackets::default();
        for index in 0..layer.masks.len() {
            let mask = &layer.masks[index];
            let mut hits = mask.openers;
            if marks && mask.marks != 0 {
                self.find_marks(text, index, mask.marks, layer);
            }
            while hits != 0 {
                let at = index * 64 + hits.trailing_zeros() as usize;
                hits &= hits - 1;
                // Most are line breaks, and nothing comes of most of those.
                let is_break = text[at] == b'\n';
                if is_break && self.is_idle_line(text, &layer.masks, (at, at + 1)) {
                    continue;
                }
                let Some(&second) = text.get(at + 1) else {
                    continue;
                };
                if !openers.opens(text[at], second)
                    || self.is_quiet(text, at, second, layer)
                    || !is_break && self.is_idle(text, &layer.masks, at, second, &mut brackets)
                {
                    continue;
                }
                closer.look(text, (at, second), &mut brackets, layer);
            }
        }
        closer.zone.end(layer);
    }

    /// Whether a unit may be a part of something.
    fn is_part(&self, unit: &Unit) -> bool {
        match unit.bytes[..unit.len] {
            [byte] => self.anchors.openers.is_part(byte),
            _ => true,
        }
    }

    /// Reads the units that begin with `opener`, whose next byte stands at `next`.
    /// Says whether units may be part of one.
    pub(super) fn read_units(
        &self,
        reading: &Reading<'_>,
        opener: u8,
        next: usize,
        units: &mut Units,
    ) -> bool {
        let openers = &*self.anchors.openers;
        let read = |opener: u8, next: usize, level: u8, units: &mut Units| {
            openers.each_view(opener, reading.text().get(next).copied(), |view| {
                view.units(reading, opener, next, &mut |bytes, end| {
                    let mut unit = Unit {
                        bytes: [0; 4],
                        len: bytes.len(),
                        end,
                        level,
                        is_sign: view.shortest() == 0,
                    };
                    unit.bytes[..bytes.len()].copy_from_slice(bytes);
                    if !units.iter().any(|known| known.says_the_same(&unit)) {
                        units.push(unit);
                    }
                });
            });
        };
        read(opener, next, 1, units);
        let mut index = 0;
        while let Some(&unit) = units.get(index) {
            index += 1;
            let byte = unit.bytes[0];
            let opens = unit.len == 1 && unit.is_sign && openers.watched()[usize::from(byte)];
            if opens && unit.level < LEVELS {
                read(byte, unit.end, unit.level + 1, units);
            }
        }
        reading.touched_unit()
    }
}

/// What looks closer at units that may be part of something.
struct Closer<'f, 't> {
    filter: &'f Filter<'f>,
    reading: Reading<'f>,
    complete: bool,
    with_runs: bool,
    marks: bool,
    block: Option<(usize, Lattice<'t>)>,
    done: Done,
    zone: Zone,
    units: Units,
}

impl<'t> Closer<'_, 't> {
    /// Looks at the unit that begins at `at`, with `second` behind its first byte.
    #[inline(never)]
    fn look(
        &mut self,
        text: &'t [u8],
        (at, second): (usize, u8),
        brackets: &mut Brackets,
        layer: &mut Layer,
    ) {
        let filter = self.filter;
        let is_break = matches!(text[at], b'\n' | b'\r');
        if is_break && filter.glance_at_break(text, at, layer) {
            return;
        }
        let units = &mut self.units;
        units.clear();
        let mut is_deep = false;
        match filter.first_unit(text, at, (text[at], second)) {
            First::Nothing => return,
            First::Unit(unit) if !filter.is_part(&unit) => return,
            First::Unit(unit) => units.push(unit),
            First::Break(line) if filter.glance_over_break(text, &line, units) => {}
            First::Break(_) | First::Unclear => {
                layer.is_deep = true;
                is_deep = filter.read_units(&self.reading, text[at], at + 1, units);
                if !is_deep && units.iter().all(|unit| !filter.is_part(unit)) {
                    return;
                }
            }
        }
        layer.is_deep = true;
        let is_dear = is_deep || units.iter().any(Unit::may_join);
        if is_dear && self.zone.add(at, layer) {
            return;
        }
        if is_deep {
            let is_open = add_deep(text, self.complete, at, &mut self.block, units);
            if is_open && !self.complete {
                let start = at.saturating_sub(LONGEST);
                layer.regions.push((start, text.len()));
            }
        }
        for unit in &*units {
            filter.follow(text, at, unit, layer);
            if self.marks && unit.is_sign {
                filter.follow_mark(text, at, unit, brackets, layer);
            }
            if self.with_runs && unit.is_sign {
                filter.join(text, self.complete, at, unit, layer, &mut self.done);
            }
        }
    }
}

/// Adds the units at `at` of all levels; says whether there may be more once more
/// text is known.
pub(super) fn add_deep<'t>(
    text: &'t [u8],
    complete: bool,
    at: usize,
    block: &mut Option<(usize, Lattice<'t>)>,
    units: &mut Units,
) -> bool {
    let (base, lattice) = block_at(text, complete, at, block);
    units.extend(lattice.edges(at - base).iter().map(|edge| Unit {
        bytes: edge.four(),
        len: edge.bytes().len(),
        end: base + edge.to as usize,
        level: edge.level,
        is_sign: edge.shortest == 0,
    }));
    lattice.is_open(at - base)
}

/// A lattice in which the units at `at` are read as far as they go.
fn block_at<'b, 't>(
    text: &'t [u8],
    complete: bool,
    at: usize,
    block: &'b mut Option<(usize, Lattice<'t>)>,
) -> (usize, &'b Lattice<'t>) {
    let known = block.as_ref().is_some_and(|(base, lattice)| {
        let end = base + lattice.text().len();
        *base <= at && (end == text.len() || at + LONGEST_SIGN < end)
    });
    if !known {
        let mut length = BLOCK;
        loop {
            let end = text.len().min(at + length);
            let cut = end < text.len();
            let lattice = Lattice::read(&text[at..end], complete && !cut, LEVELS);
            if cut && lattice.is_open(0) && length < LONGEST_BLOCK {
                length *= 4;
                continue;
            }
            *block = Some((at, lattice));
            break;
        }
    }
    let (base, lattice) = block
        .as_ref()
        .expect("a block that was not known was read above");
    (*base, lattice)
}
