use std::sync::LazyLock;

use super::{anchors::Bytes, joins::is_bar, masks::KINDS};
use crate::{
    oracle::{Lattice, Reading, Watch},
    views::{RUN_CLASSES, VIEWS, View},
};

/// Which units can matter, told from their first two bytes.
///
/// A unit matters when it stands for a byte of some anchor, for nothing (it then
/// interrupts), or for a byte that belongs to a run; or when its parts may be
/// written by units themselves. `\"` of a JSON text does not, unless a value has
/// a quotation mark near its beginning.
#[derive(Clone)]
pub(super) struct Openers {
    /// For each byte, the place of its seconds, or [`NONE`].
    places: [u8; 256],
    /// For each byte that opens a unit, what may stand behind it.
    seconds: Vec<Seconds>,
    /// Bytes that open units that matter.
    watched: [bool; 256],
    /// Those of them that open units which other units and runs are read over.
    signs: [bool; 256],
    /// For each byte, the views whose units it may open, one bit each.
    views: [u32; 256],
    /// Bytes that may be a part of something.
    parts: [bool; 256],
    /// For vector code: first bytes and second bytes.
    pub(super) first: Sets,
    pub(super) second: Sets,
}

/// Sets of bytes, up to eight, told from the two halves of a byte. Other bytes
/// may be in them too.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Halves {
    pub(crate) low: [u8; 16],
    pub(crate) high: [u8; 16],
}

/// Sets of bytes, up to eight: of each byte its own, or those told from its halves, which
/// other bytes may be in too.
#[derive(Clone)]
pub(super) struct Sets {
    pub(super) halves: Halves,
    pub(super) bytes: [u8; 256],
}

/// Sets of bytes, up to eight, told from the lower seven bits of a byte: exact in ASCII.
#[cfg(target_arch = "x86_64")]
pub(super) struct Sevens(pub(super) [u8; 128]);

impl Default for Sets {
    fn default() -> Self {
        Self {
            halves: Halves::default(),
            bytes: [0; 256],
        }
    }
}

impl Sets {
    fn add(&mut self, byte: u8, set: u8) {
        self.halves.add(byte, set);
        self.bytes[usize::from(byte)] |= set;
    }
}

/// The set of a byte that opens units. Those that share one agree in a half, or hardly
/// any text has what else is in both of theirs.
fn set_of(opener: u8) -> u8 {
    match opener {
        b'\n' | b'\r' => 0,
        0xc2 | 0xe2 | 0xef => 1,
        b'+' | 0x1b => 2,
        b'%' | b'&' => 3,
        b'"' => 4,
        b'\'' => 5,
        b'=' => 6,
        _ => 7,
    }
}

/// What units may begin with two bytes.
#[derive(Default)]
struct Pair {
    /// Some of them matter.
    matters: bool,
    /// Other units may be read over some of them.
    is_sign: bool,
    /// The views that they are of, one bit each.
    views: u32,
    at_a_glance: Glance,
}

/// What two bytes alone say of the units that begin with them, where no byte that they
/// take is itself written by a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Glance {
    /// Nothing: it takes more to tell.
    #[default]
    Unknown,
    /// There is one, which stands for this byte and has this length.
    Unit(u8, u8),
    /// There is one if the second and the third byte are hexadecimal digits; it stands
    /// for their value.
    Digits,
}

/// The second bytes of the units that one byte opens.
#[derive(Clone)]
struct Seconds {
    /// Of those that matter.
    matter: Bytes,
    /// Of those that other units may be read over, whatever they stand for: it may be
    /// the semicolon of an entity.
    signs: Bytes,
    /// For each second byte, the views whose units may begin so, one bit each.
    views: [u32; 256],
    at_a_glance: [Glance; 256],
}

impl Default for Seconds {
    fn default() -> Self {
        Self {
            matter: Bytes::default(),
            signs: Bytes::default(),
            views: [0; 256],
            at_a_glance: [Glance::Unknown; 256],
        }
    }
}

const NONE: u8 = u8::MAX;

impl Openers {
    /// The units that matter when these are the bytes of the anchors.
    pub(super) fn new(anchors: &Bytes) -> Self {
        let mut openers = Self {
            places: [NONE; 256],
            seconds: Vec::new(),
            watched: [false; 256],
            signs: [false; 256],
            views: [0; 256],
            parts: [false; 256],
            first: Sets::default(),
            second: Sets::default(),
        };
        for (index, view) in VIEWS.iter().enumerate() {
            let matters = view
                .results()
                .is_none_or(|results| results.iter().any(|&byte| matters(anchors, byte)));
            if matters {
                for &byte in view.introducers() {
                    openers.watched[usize::from(byte)] = true;
                    openers.signs[usize::from(byte)] |= view.shortest() == 0;
                    openers.views[usize::from(byte)] |= 1 << index;
                }
            }
        }
        for byte in 0..=255_u8 {
            openers.parts[usize::from(byte)] =
                matters(anchors, byte) || openers.watched[usize::from(byte)];
            if openers.watched[usize::from(byte)] {
                openers.add(anchors, byte);
            }
        }
        openers
    }

    fn add(&mut self, anchors: &Bytes, first: u8) {
        let mut seconds = Seconds::default();
        for second in 0..=255_u8 {
            let pair = self.pair(anchors, first, second);
            if pair.matters {
                seconds.matter.add(second);
            }
            if pair.is_sign {
                seconds.signs.add(second);
            }
            seconds.views[usize::from(second)] = pair.views;
            seconds.at_a_glance[usize::from(second)] = pair.at_a_glance;
        }
        let set = 1 << set_of(first);
        self.first.add(first, set);
        for second in 0..=255_u8 {
            if seconds.matter.has(second) {
                self.second.add(second, set);
            }
        }
        self.places[usize::from(first)] = u8::try_from(self.seconds.len()).unwrap_or(NONE - 1);
        self.seconds.push(seconds);
    }

    /// What units may begin with these two bytes.
    fn pair(&self, anchors: &Bytes, first: u8, second: u8) -> Pair {
        let text = [first, second];
        let flat = Lattice::read(&text, false, 0);
        let watch = AnySecond(&self.signs);
        let reading = Reading::watching(&flat, &watch);
        let mut pair = Pair::default();
        let mut left = self.views[usize::from(first)];
        while left != 0 {
            let index = left.trailing_zeros();
            left &= left - 1;
            let view = VIEWS[index as usize];
            let (mut any, mut matter) = (false, false);
            view.units(&reading, first, 1, &mut |bytes, _| {
                any = true;
                matter |= match *bytes {
                    [] => true,
                    [byte] => matters(anchors, byte) || self.watched[usize::from(byte)],
                    [byte, ..] => byte == 0xe2 || anchors.has(byte),
                };
            });
            // Both are asked, so that both begin anew.
            let is_open = reading.touched_end() | reading.touched_unit();
            pair.matters |= matter || is_open;
            pair.is_sign |= (any && view.shortest() == 0) || is_open;
            pair.views |= u32::from(any || is_open) << index;
        }
        pair.at_a_glance = self.at_a_glance(first, second);
        pair
    }

    /// What is to be known of units that begin with these bytes, if neither the second
    /// nor what follows is written by a unit.
    fn at_a_glance(&self, first: u8, second: u8) -> Glance {
        let mut glance = None;
        let mut left = self.views[usize::from(first)];
        while left != 0 {
            let looks = &LOOKS[left.trailing_zeros() as usize];
            left &= left - 1;
            let look = looks
                .iter()
                .find(|looks| looks.introducer == first)
                .and_then(|looks| looks.seconds[usize::from(second)]);
            match look {
                Some(Glance::Unknown) => return Glance::Unknown,
                Some(look) if glance.replace(look).is_some() => return Glance::Unknown,
                _ => {}
            }
        }
        glance.unwrap_or_default()
    }

    /// What these two bytes alone say of the units that begin with them.
    pub(super) fn glance(&self, first: u8, second: u8) -> Glance {
        self.seconds
            .get(usize::from(self.places[usize::from(first)]))
            .map_or(Glance::Unknown, |seconds| {
                seconds.at_a_glance[usize::from(second)]
            })
    }

    /// Whether `byte` may be a part of something: of an anchor, a run, a mark, or another
    /// unit.
    pub(super) fn is_part(&self, byte: u8) -> bool {
        self.parts[usize::from(byte)]
    }

    /// Whether `byte` belongs to no run and no mark.
    pub(super) fn is_quiet(byte: u8) -> bool {
        KINDS[usize::from(byte)] == 0 && !is_bar(byte) && !opens_sign(byte)
    }

    /// Whether `byte` opens a unit that matters, if what stands behind it at `at` goes
    /// on with it.
    pub(super) fn may_open_with(&self, byte: u8, text: &[u8], at: usize) -> bool {
        if !self.watched[usize::from(byte)] {
            return false;
        }
        let Some(&next) = text.get(at) else {
            return true;
        };
        self.views_of(byte, next) != 0 || self.may_open(next, text.get(at + 1).copied())
    }

    fn views_of(&self, first: u8, second: u8) -> u32 {
        self.seconds
            .get(usize::from(self.places[usize::from(first)]))
            .map_or(self.views[usize::from(first)], |seconds| {
                seconds.views[usize::from(second)]
            })
    }

    pub(super) fn watched(&self) -> &[bool; 256] {
        &self.watched
    }

    pub(super) fn signs(&self) -> &[bool; 256] {
        &self.signs
    }

    /// Whether a unit that matters may begin with these two bytes.
    #[inline]
    pub(super) fn opens(&self, first: u8, second: u8) -> bool {
        match self
            .seconds
            .get(usize::from(self.places[usize::from(first)]))
        {
            Some(seconds) => seconds.matter.has(second),
            None => false,
        }
    }

    /// Gives every view that matters and may have a unit that begins with these bytes;
    /// without a `second`, the text ends.
    pub(super) fn each_view(
        &self,
        first: u8,
        second: Option<u8>,
        mut view: impl FnMut(&'static dyn View),
    ) {
        let seconds = self
            .seconds
            .get(usize::from(self.places[usize::from(first)]));
        let mut left = match (seconds, second) {
            (Some(seconds), Some(second)) => seconds.views[usize::from(second)],
            _ => self.views[usize::from(first)],
        };
        while left != 0 {
            view(VIEWS[left.trailing_zeros() as usize]);
            left &= left - 1;
        }
    }
}

impl Watch for Openers {
    fn may_open(&self, first: u8, second: Option<u8>) -> bool {
        let seconds = self
            .seconds
            .get(usize::from(self.places[usize::from(first)]));
        let is_sign = |second| seconds.is_some_and(|seconds| seconds.signs.has(second));
        self.signs[usize::from(first)] && second.is_none_or(is_sign)
    }
}

/// What each view says of its units, whatever is looked for.
static LOOKS: LazyLock<Vec<Vec<Looks>>> = LazyLock::new(|| {
    let looks_of = |view: &&'static dyn View| {
        let of_introducer = |&introducer: &u8| Looks {
            introducer,
            seconds: std::array::from_fn(|second| look(*view, introducer, second.to_le_bytes()[0])),
        };
        view.introducers().iter().map(of_introducer).collect()
    };
    VIEWS.iter().map(looks_of).collect()
});

/// What a view says of the units that one byte opens; `None` where there are none.
struct Looks {
    introducer: u8,
    seconds: [Option<Glance>; 256],
}

fn look(view: &dyn View, first: u8, second: u8) -> Option<Glance> {
    let text = [first, second];
    let flat = Lattice::read(&text, false, 0);
    let reading = Reading::new(&flat, 0);
    let mut found = None;
    let mut count = 0;
    view.units(&reading, first, 1, &mut |bytes, end| {
        found = match *bytes {
            [byte] if view.shortest() == 0 => Some((byte, end)),
            _ => None,
        };
        count += 1;
    });
    match (reading.touched_end(), count, found) {
        (false, 0, _) => None,
        (false, 1, Some((byte, end))) => Some(Glance::Unit(byte, end.to_le_bytes()[0])),
        (true, 0, _) if takes_two_digits(view) && second.is_ascii_hexdigit() => {
            Some(Glance::Digits)
        }
        _ => Some(Glance::Unknown),
    }
}

/// Whether the units of a view that opens with a digit are that and another.
fn takes_two_digits(view: &dyn View) -> bool {
    matches!(view.introducers(), b"%" | b"=")
}

/// Tells units from their first byte alone.
struct AnySecond<'s>(&'s [bool; 256]);

impl Watch for AnySecond<'_> {
    fn may_open(&self, first: u8, _: Option<u8>) -> bool {
        self.0[usize::from(first)]
    }
}

impl Halves {
    /// The sets that `byte` is in.
    pub(crate) const fn sets(&self, byte: u8) -> u8 {
        self.low[(byte & 15) as usize] & self.high[(byte >> 4) as usize]
    }

    fn add(&mut self, byte: u8, set: u8) {
        self.low[usize::from(byte & 15)] |= set;
        self.high[usize::from(byte >> 4)] |= set;
    }
}

/// The first three bytes of each mark that says that something was left out: one set
/// for each, as vector code tells them.
pub(super) const MARKS: [Halves; 3] = {
    let mut places = [Halves {
        low: [0; 16],
        high: [0; 16],
    }; 3];
    let mut mark = 0;
    while mark < STARTS.len() {
        let mut place = 0;
        while place < 3 {
            let byte = STARTS[mark][place];
            places[place].low[(byte & 15) as usize] |= 1 << mark;
            places[place].high[(byte >> 4) as usize] |= 1 << mark;
            if byte.is_ascii_lowercase() {
                places[place].high[(byte >> 4 & !2) as usize] |= 1 << mark;
            }
            place += 1;
        }
        mark += 1;
    }
    places
};

/// As [`MARKS`], told from the lower seven bits.
#[cfg(target_arch = "x86_64")]
pub(super) const MARK_SEVENS: [Sevens; 3] = {
    let mut places = [const { Sevens([0; 128]) }; 3];
    let mut place = 0;
    while place < 3 {
        let mut byte = 0_u8;
        loop {
            places[place].0[(byte & 127) as usize] |= MARKS[place].sets(byte);
            if byte == u8::MAX {
                break;
            }
            byte += 1;
        }
        place += 1;
    }
    places
};

/// The first three bytes of each mark, in lower case.
const STARTS: [[u8; 3]; 7] = [
    *b"...",
    *b"***",
    *b"\xe2\x80\xa6",
    *b"tru",
    *b"omi",
    *b"sni",
    *b"eli",
];

/// Whether a mark may begin with these three bytes.
#[inline]
pub(super) fn opens_mark(three: &[u8]) -> bool {
    STARTS.iter().any(|start| three.eq_ignore_ascii_case(start))
}

/// Whether `byte` may open a mark, or be one of its signs.
pub(super) fn opens_sign(byte: u8) -> bool {
    matches!(byte, b'.' | b'*' | b'[' | b'<' | b'(' | 0xe2)
}

/// Whether a unit that stands for `byte` can be part of something.
fn matters(anchors: &Bytes, byte: u8) -> bool {
    opens_sign(byte) || anchors.has(byte) || RUN_CLASSES[usize::from(byte)] != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_of_a_unit_is_hardly_ever_taken_for_another() {
        let mut anchors = Bytes::default();
        (b' '..=b'~').for_each(|byte| anchors.add(byte));
        let openers = Openers::new(&anchors);
        for byte in 0..=127_u8 {
            let opens = openers.watched[usize::from(byte)];
            assert_eq!(openers.first.halves.sets(byte) != 0, opens, "{byte:#x}");
            assert_eq!(openers.first.bytes[usize::from(byte)] != 0, opens);
        }
    }
}
