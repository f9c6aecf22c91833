//! Marks that say that something was left out.

mod carriers;

use std::{cell::OnceCell, ops::Range, sync::LazyLock};

use memchr::{memchr3, memrchr3};

use carriers::ends_in_break;

use super::{
    Filter, Layer,
    glance::First,
    grams::{FOLD, eight},
    masks::{KINDS, LIST},
    runs::run_start,
    units::Unit,
};
use crate::{
    oracle::{LONGEST_SIGN, cut},
    views::is_introducer,
};

impl Filter<'_> {
    /// Looks at the marks of the block at `index` that stand as they are.
    pub(super) fn find_marks(&self, text: &[u8], index: usize, marks: u64, layer: &mut Layer) {
        let mut marks = marks;
        while marks != 0 {
            let at = index * 64 + marks.trailing_zeros() as usize;
            marks &= marks - 1;
            if let Some(length) = mark_at(text, at) {
                self.propose_mark(text, [at], Behind::Mark(at + length), layer);
                self.propose_mark(
                    text,
                    open_brackets(text, at),
                    Behind::Part(at + length),
                    layer,
                );
            }
        }
    }

    /// Proposes to look around a unit that may be part of a mark: of its signs, or of a
    /// word behind a bracket.
    pub(super) fn follow_mark(
        &self,
        text: &[u8],
        at: usize,
        unit: &Unit,
        brackets: &mut Brackets,
        layer: &mut Layer,
    ) {
        let behind = Behind::Part(unit.end);
        let first = match unit.bytes[0] {
            byte @ (b'.' | b'*') => {
                // Those before it stand as they are: a unit is looked at by itself.
                let signs = text[..at].iter().rev().take(cut::LONGEST - 1);
                let first = at - signs.take_while(|&&sign| sign == byte).count();
                let is_sign = first < at
                    || text.get(unit.end) == Some(&byte)
                    || self.has_unit(text, unit.end);
                is_sign.then_some(first)
            }
            0xe2 => Some(at),
            b'[' | b'<' | b'(' => self.may_close(text, unit.end).then_some(at),
            _ => None,
        };
        if let Some(first) = first {
            self.propose_mark(
                text,
                (first..=at).chain(open_brackets(text, first)),
                behind,
                layer,
            );
        } else if unit.bytes[0].is_ascii_alphabetic()
            && brackets.are_open_before(text, at)
            && self.may_be_of_word(text, unit.bytes[0], unit.end)
        {
            self.propose_mark(text, open_brackets(text, at), behind, layer);
        }
    }

    /// Whether `byte`, which a unit writes that ends at `end`, may be a letter of a word that
    /// says that something was left out.
    #[cold]
    #[inline(never)]
    pub(super) fn may_be_of_word(&self, text: &[u8], byte: u8, end: usize) -> bool {
        let goes_on = |next: Option<u8>| match (next, text.get(end)) {
            // It ends, or a unit may write the next letter.
            (None, _) | (_, None) => true,
            (Some(next), Some(byte)) => {
                next.eq_ignore_ascii_case(byte) || self.has_unit(text, end) || is_introducer(*byte)
            }
        };
        cut::WORDS.iter().any(|word| {
            let following = word.bytes().skip(1).map(Some).chain([None]);
            let mut letters = word.bytes().zip(following);
            letters.any(|(letter, next)| letter.eq_ignore_ascii_case(&byte) && goes_on(next))
        })
    }

    /// Whether the bracket of a mark may close, of which the inside begins at `at`.
    fn may_close(&self, text: &[u8], at: usize) -> bool {
        let mut at = at;
        for _ in 0..=cut::BETWEEN {
            let Some(&(mut byte)) = text.get(at) else {
                return true;
            };
            let mut end = at + 1;
            if self.has_unit(text, at) {
                let Some(&second) = text.get(end) else {
                    return true;
                };
                match self.first_unit(text, at, (byte, second)) {
                    First::Unit(unit) => (byte, end) = (unit.bytes[0], unit.end),
                    First::Break(line) if self.may_go_on_behind(text, &line) => return true,
                    First::Unclear => return true,
                    First::Break(_) | First::Nothing => {}
                }
            }
            match byte {
                b']' | b'>' | b')' => return true,
                b' ' | 0x21..=0x7e | 0x80.. => at = end,
                _ => return false,
            }
        }
        false
    }

    /// Proposes to look around a mark that says that something was left out, or what
    /// may be one, which begins at one of `starts` and of which a part ends at `behind`:
    /// if an anchor or a run stands before it, or the end of a value or a run behind it.
    fn propose_mark(
        &self,
        text: &[u8],
        starts: impl IntoIterator<Item = usize>,
        behind: Behind,
        layer: &mut Layer,
    ) {
        let places = behind.places(text);
        let after = text.len().min(places.end + MARK);
        let follows = OnceCell::new();
        let follows = || *follows.get_or_init(|| self.what_follows(text, &places, after));
        for at in starts {
            let (before, is_cut) = self.is_cut_before(&text[..at]);
            if is_cut || matches!(follows(), Follows::Carrier) {
                let run = run_start(text, before.len());
                let list = before.iter().rev().take(LONGEST_LIST);
                let list = list.take_while(|&&byte| KINDS[usize::from(byte)] & LIST != 0);
                let start = run.min(before.len() - list.count());
                // What follows on the mark belongs to the zone.
                layer.zones.push((start, after));
            } else if matches!(follows(), Follows::End) {
                layer.starts.push(at);
            }
        }
    }

    /// What stands behind a mark, where a value may go on at one of `places`.
    fn what_follows(&self, text: &[u8], places: &Range<usize>, after: usize) -> Follows {
        if self.has_carrier(&text[places.start..after], places.len()) {
            Follows::Carrier
        } else if places.clone().any(|place| self.may_end(text, place)) {
            Follows::End
        } else {
            Follows::Nothing
        }
    }

    /// Whether an anchor may end, or a run that may carry something, where `text` ends, or
    /// before the comma and the white space there, or before units. Says up to where that
    /// is.
    fn is_cut_before<'t>(&self, text: &'t [u8]) -> (&'t [u8], bool) {
        let (mut before, mut is_cut) = self.is_cut_beside(text);
        let mut rest = before;
        for _ in 0..UNITS {
            // Whatever it stands for, what it follows on may be what was cut.
            let Some(unit) = unit_before(rest) else {
                break;
            };
            let (beside, is_here) = self.is_cut_beside(unit);
            rest = beside;
            if is_here {
                (before, is_cut) = (beside, true);
            }
        }
        (before, is_cut)
    }

    /// As [`is_cut_before`](Self::is_cut_before), where nothing is written by units.
    fn is_cut_beside<'t>(&self, text: &'t [u8]) -> (&'t [u8], bool) {
        let mut before = text;
        let mut is_cut = self.may_end_in_anchor(before);
        while text.len() - before.len() < BESIDE
            && let [rest @ .., b' ' | b'\n' | b'\r' | b','] = before
        {
            before = rest;
            is_cut |= self.may_end_in_anchor(before);
        }
        (before, is_cut || self.ends_in_carrier(before))
    }

    /// Whether the last bytes of `text` may be those of an anchor.
    fn may_end_in_anchor(&self, text: &[u8]) -> bool {
        let anchors = self.anchors;
        text.len() >= 4
            && anchors
                .joints
                .has(anchors.hasher.hash::<4>(eight(text, text.len() - 4)))
    }

    /// Whether the end of some needle may begin at `at`.
    fn may_end(&self, text: &[u8], at: usize) -> bool {
        let four = text.get(at..at + 4).unwrap_or_default();
        let is_gap = |byte: u8| matches!(byte, b'\r' | b'\n' | 0x1b | 0xc2 | 0xe2 | 0xef);
        let is_open = (at..at + 4).any(|place| {
            place >= text.len()
                || self.has_unit(text, place)
                || is_gap(text[place]) && !text[at..place].trim_ascii().is_empty()
        });
        let begins = |&three: &[u8; 3]| self.anchors.may_end(three);
        is_open
            || four.first_chunk().is_some_and(begins)
                && self.needles.ends().into_iter().any(|(mut low, mut high)| {
                    for (depth, &byte) in four.iter().enumerate() {
                        if low < high {
                            (low, high) = self.needles.narrow(low, high, depth, byte);
                        }
                    }
                    low < high
                })
    }
}

/// Where a mark may end, or a part of one.
#[derive(Clone, Copy)]
pub(super) enum Behind {
    /// Here.
    Mark(usize),
    /// Somewhere behind this place.
    Part(usize),
}

impl Behind {
    /// Where a value may go on.
    fn places(self, text: &[u8]) -> Range<usize> {
        let (end, most) = match self {
            Self::Mark(end) => {
                let rest = text.get(end..).unwrap_or_default();
                let is_white = |byte: &&u8| matches!(**byte, b' ' | b'\r' | b'\n');
                let white = rest.iter().take(BESIDE).take_while(is_white);
                (end, white.count() + 1)
            }
            Self::Part(end) => (end, MARK),
        };
        end.min(text.len())..text.len().min(end + most)
    }
}

/// What stands behind a mark.
#[derive(Clone, Copy)]
enum Follows {
    /// Symbols or numbers that may carry something.
    Carrier,
    /// What may be the end of a value.
    End,
    Nothing,
}

/// How much of the text behind the beginning of a mark is looked at: the mark, and
/// what the end of a value begins with.
pub(super) const MARK: usize = 64;

/// How far back a list is read that a mark follows.
const LONGEST_LIST: usize = 64 * 1024;

/// How many bytes may stand between a value and a mark.
const BESIDE: usize = 5;

/// How many units before a mark are looked at: what writes those bytes, at any depth, and
/// the last bytes of a value.
const UNITS: usize = 16;

/// How far the bracket of a mark stands before what it says, which units may write.
const INSIDE: usize = 2 * MARK;

/// The text before the unit, or before the broken line, that may end with `text`, or
/// behind which the last bytes of a value may stand.
fn unit_before(text: &[u8]) -> Option<&[u8]> {
    let near = text.len().saturating_sub(LONGEST_SIGN);
    let place = near + text[near..].iter().rposition(|&byte| is_introducer(byte))?;
    let inside = &text[place + 1..];
    let is_unit = match inside.iter().position(u8::is_ascii_whitespace) {
        None => true,
        Some(white) => {
            let last = inside[white..].trim_ascii_start();
            let is_short = last.len() < 4 && !last.iter().any(u8::is_ascii_whitespace);
            is_short && ends_in_break(&text[..=place + white])
        }
    };
    is_unit.then_some(&text[..place])
}

/// The brackets of a text, which is read once from its beginning on.
#[derive(Default)]
pub(super) struct Brackets {
    last: Option<usize>,
    until: usize,
}

impl Brackets {
    /// Whether one is open of a mark of which something is at `at`. Places follow on each
    /// other.
    pub(super) fn are_open_before(&mut self, text: &[u8], at: usize) -> bool {
        let from = self.until.min(at);
        if let Some(place) = memrchr3(b'[', b'<', b'(', &text[from..at]) {
            self.last = Some(from + place);
        }
        self.until = at;
        self.last
            .is_some_and(|bracket| bracket + INSIDE >= at && !closes(&text[bracket..at]))
    }
}

/// Where the brackets stand that may open the mark of which something is at `at`, the
/// nearest first.
fn open_brackets(text: &[u8], at: usize) -> impl Iterator<Item = usize> {
    let from = at.saturating_sub(INSIDE);
    let mut until = at;
    std::iter::from_fn(move || {
        let bracket = from + memrchr3(b'[', b'<', b'(', &text[from..until])?;
        let is_open = !closes(&text[bracket..until]);
        until = if is_open { bracket } else { from };
        is_open.then_some(bracket)
    })
}

/// Whether a bracket closes here.
fn closes(text: &[u8]) -> bool {
    memchr3(b']', b'>', b')', text).is_some()
}

/// The length of the mark, or of the part of one, that stands at `at`.
fn mark_at(text: &[u8], at: usize) -> Option<usize> {
    static BEGINNINGS: LazyLock<Vec<(u64, u64, &[u8])>> = LazyLock::new(|| {
        let marks = cut::SIGNS.iter().chain(cut::WORDS);
        let marks = marks.map(|mark| mark.as_bytes());
        marks
            .map(|mark| {
                (
                    eight(mark, 0) | FOLD,
                    eight(&[u8::MAX; 16][..mark.len()], 0),
                    mark,
                )
            })
            .collect()
    });
    let first = eight(text, at) | FOLD;
    let begins = |&&(beginning, mask, mark): &&(u64, u64, &[u8])| {
        (first ^ beginning) & mask == 0
            && text[at..]
                .get(..mark.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(mark))
    };
    let (_, _, mark) = BEGINNINGS.iter().find(begins)?;
    Some(mark.len())
}
