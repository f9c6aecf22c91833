//! Marks that say that something was left out.

use super::{
    Filter, Layer,
    anchors::LONGEST,
    grams::eight,
    masks::{KINDS, LIST, SYMBOL},
    runs::run_start,
    units::Unit,
};
use crate::oracle::cut;

impl Filter<'_> {
    /// Proposes to look around a unit that may be part of a mark: of its signs, or of a
    /// word behind a bracket.
    pub(super) fn follow_mark(&self, text: &[u8], at: usize, unit: &Unit, layer: &mut Layer) {
        if matches!(unit.bytes[0], b'.' | b'*' | b'[' | b'<' | b'(' | 0xe2) {
            self.propose_mark(text, at, unit.end, layer);
        } else if unit.bytes[0].is_ascii_alphabetic()
            && let Some(bracket) = bracket_before(text, at)
        {
            self.propose_mark(text, bracket, unit.end, layer);
        }
    }

    /// Proposes to look around a mark that says that something was left out, or what
    /// may be one, if something may have been: if an anchor or a run stands before
    /// it, or the end of a value or a run behind it. Where units stand near, anything
    /// may.
    pub(super) fn propose_mark(&self, text: &[u8], at: usize, behind: usize, layer: &mut Layer) {
        let anchors = self.anchors;
        let signs = anchors.openers.signs();
        let mut before = &text[..at];
        for _ in 0..5 {
            before = before
                .strip_suffix(b" ")
                .or_else(|| before.strip_suffix(b"\n"))
                .or_else(|| before.strip_suffix(b"\r"))
                .or_else(|| before.strip_suffix(b","))
                .unwrap_or(before);
        }
        let near = &before[before.len().saturating_sub(LONGEST)..];
        let after = &text[text.len().min(behind)..text.len().min(behind + MARK)];
        let is_run = |text: &[u8]| {
            text.iter()
                .all(|&byte| KINDS[usize::from(byte)] & (SYMBOL | LIST) != 0)
        };
        let is_near = near.iter().any(|&byte| signs[usize::from(byte)])
            || near.len() >= 4
                && anchors
                    .joints
                    .may_hold(anchors.hasher.hash::<4>(eight(before, before.len() - 4)))
            || near.len() >= RUN && is_run(&near[near.len() - RUN..]);
        let is_after = after
            .iter()
            .take(LONGEST)
            .any(|&byte| signs[usize::from(byte)])
            || self.may_end(after)
            || after.windows(RUN).any(is_run);
        if is_near || is_after {
            let run = run_start(text, before.len());
            let list = before.iter().rev().take(LONGEST_LIST);
            let list = list.take_while(|&&byte| KINDS[usize::from(byte)] & LIST != 0);
            let start = run.min(before.len() - list.count());
            // What follows on the mark belongs to the zone.
            layer.zones.push((start, text.len().min(behind + MARK)));
        }
    }

    /// Whether the end of some needle begins near the front of `text`: behind the rest
    /// of a mark.
    fn may_end(&self, text: &[u8]) -> bool {
        text.windows(4).any(|four| {
            self.needles.ends().into_iter().any(|(mut low, mut high)| {
                for (depth, &byte) in four.iter().enumerate() {
                    if low < high {
                        (low, high) = self.needles.narrow(low, high, depth, byte);
                    }
                }
                low < high
            })
        })
    }
}

/// How much of the text behind the beginning of a mark is looked at: the mark, and
/// what the end of a value begins with.
const MARK: usize = 64;

/// How far back a list is read that a mark follows.
const LONGEST_LIST: usize = 64 * 1024;

/// The length of the shortest run that is looked at beside a mark.
const RUN: usize = 11;

/// Where the bracket stands that may open the mark of which something is at `at`, if
/// none has closed it.
pub(super) fn bracket_before(text: &[u8], at: usize) -> Option<usize> {
    let from = at.saturating_sub(MARK);
    let is_bracket = |byte: &u8| matches!(byte, b'[' | b'<' | b'(');
    let place = text[from..at].iter().rposition(is_bracket)?;
    let is_closed = text[from + place..at]
        .iter()
        .any(|byte| matches!(byte, b']' | b'>' | b')'));
    (!is_closed).then_some(from + place)
}

/// Whether a mark, or a part of one, stands at `at`.
pub(super) fn is_mark(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    let begins = |mark: &str| {
        rest.get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
    };
    cut::SIGNS.iter().chain(cut::WORDS).any(|mark| begins(mark))
}
