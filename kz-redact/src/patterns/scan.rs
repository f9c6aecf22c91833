//! Combines what a [sieve](super::sieve) says of each byte into places where a match
//! may begin: an anchor that must stand at the beginning of a word does, one that
//! begins a run of key characters is followed by enough of them.

use super::{
    runs,
    sieve::{BLOCK, Raw, Sieve},
};

/// How long a run is that an anchor of a format begins. Nearly all formats are longer,
/// and few words and paths are.
#[cfg(test)]
pub(super) const RUN: usize = 20;
const _: () = assert!(runs::MIN == 12, "`Block::new` finds twelve in a row");

/// What follows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing.
    Last,
    /// Any bytes.
    Open,
}

/// 64 bytes of a text, one bit a byte.
pub(super) struct Block<'r> {
    /// The place of the first.
    pub(super) at: usize,
    /// Where an anchor may begin.
    pub(super) anchors: u64,
    /// Where one may that must stand at the beginning of a word, behind a letter or digit
    /// that may belong to an escape: `\n`, `%20`, `\u0020` or a colour code.
    pub(super) within: u64,
    /// Where a run begins of [`runs::MIN`] bytes and more.
    pub(super) runs: u64,
    before: &'r Raw,
    raw: &'r Raw,
    after: &'r Raw,
}

/// How many blocks are looked at together.
const AHEAD: usize = 16;

/// Calls `visit` with the blocks of `text` from the one on that holds `from`.
#[inline]
pub(super) fn each_block(
    sieve: &Sieve,
    text: &[u8],
    from: usize,
    end: End,
    mut visit: impl FnMut(&Block<'_>),
) {
    // The block before, those that are visited in one go, and what follows them.
    let mut raws = [Raw::default(); AHEAD + 2];
    let mut at = from / BLOCK * BLOCK;
    if at > 0 {
        sieve.fill(text, at - BLOCK, &mut raws[..1]);
    }
    let mut known = 1;
    while at < text.len() {
        let next = at + (known - 1) * BLOCK;
        known += sieve.fill(text, next, &mut raws[known..]);
        if at + (known - 1) * BLOCK >= text.len() {
            known += add_what_follows(&mut raws, known, text.len(), end);
        }
        for places in raws[..known].windows(3) {
            let [before, raw, after] = places else { break };
            let mut wanted = u64::MAX << from.saturating_sub(at);
            if let rest @ 0..BLOCK = text.len() - at {
                wanted &= !(u64::MAX << rest);
            }
            visit(&Block::new(at, wanted, before, raw, after));
            at += BLOCK;
        }
        raws.copy_within(known - 2..known, 0);
        known = 2;
    }
}

/// Adds a block of what follows the text, if there is room, to those that reach its
/// end; says how many it adds.
fn add_what_follows(raws: &mut [Raw], known: usize, length: usize, end: End) -> usize {
    let members = match end {
        End::Last => 0,
        End::Open => u64::MAX,
    };
    let rest = length % BLOCK;
    if rest != 0 {
        raws[known - 1].members |= members << rest;
    }
    let Some(beyond) = raws.get_mut(known) else {
        return 0;
    };
    *beyond = Raw {
        members,
        ..Raw::default()
    };
    1
}

impl<'r> Block<'r> {
    #[inline]
    fn new(at: usize, wanted: u64, before: &'r Raw, raw: &'r Raw, after: &'r Raw) -> Self {
        let members = joined(raw.members, after.members);
        // Places with so many members in a row.
        let two = members & members >> 1;
        let four = two & two >> 2;
        let eight = four & four >> 4;
        let twelve = eight & eight >> 4;
        // What stands so many bytes before a place.
        let behind = |before: u64, raw: u64| raw << 1 | before >> (BLOCK - 1);
        // The byte before a run may be the first of the anchor.
        let twenty = twelve & eight >> 12;
        let long = low(twenty | (twenty & !(members << 1)) >> 1);
        let in_query = behind(before.before_queries, raw.before_queries);
        let at_words = raw.at_words | raw.runs_at_words & long;
        let anchors = raw.anywhere | in_query | raw.runs_anywhere & long;
        let after_words = behind(before.words, raw.words);
        let within = at_words & after_words & ends_of_escapes(before, raw);
        Self {
            at,
            anchors: (anchors | at_words & !after_words) & wanted,
            within: within & !anchors & wanted,
            runs: low(twelve) & !behind(before.members, raw.members) & wanted,
            before,
            raw,
            after,
        }
    }

    /// Whether a run that begins here may have a digit in its head.
    pub(super) fn may_have_digit(&self) -> bool {
        self.raw.digits | self.after.digits != 0 || self.after.members == u64::MAX
    }

    /// Whether the run that begins at `bit` has a digit in its head, if these blocks
    /// can tell.
    pub(super) fn has_digit(&self, bit: u32) -> Option<bool> {
        let members = joined(self.raw.members, self.after.members) >> bit;
        let digits = joined(self.raw.digits, self.after.digits) >> bit;
        let length = (!members).trailing_zeros();
        if digits.trailing_zeros() < length {
            Some(true)
        } else if length + bit < 128 {
            Some(false)
        } else {
            None
        }
    }

    /// Whether something may stand in the head of the run that begins at `bit` that stands
    /// inside of some keys. Blocks that are not at hand are taken to hold such.
    pub(super) fn has_mark(&self, bit: u32) -> bool {
        let members = joined(self.raw.members, self.after.members) >> bit;
        let marks = joined(self.raw.marks, self.after.marks) >> bit;
        let length = (!members).trailing_zeros();
        marks.trailing_zeros() < length || length + bit >= 128
    }

    /// Where in the 64 bytes before `bit` a word may begin that names a credential.
    pub(super) fn hints_before(&self, bit: u32) -> u64 {
        low(joined(self.before.hints, self.raw.hints) >> bit)
    }
}

/// What may stand behind an escape and thus at the beginning of a word, though the
/// escape ends with a letter or digit: `\n`, `%20`, `\x20`, `\u0020` or a colour code.
fn ends_of_escapes(before: &Raw, raw: &Raw) -> u64 {
    let colours = raw.ems << 1 | before.ems >> (BLOCK - 1);
    if before.escapes | raw.escapes == 0 {
        return colours;
    }
    let behind = |count| low(joined(before.escapes, raw.escapes) >> (BLOCK - count));
    behind(2) | behind(3) | behind(4) | behind(6) | colours
}

/// Two masks, the first of which comes first in the text.
fn joined(first: u64, second: u64) -> u128 {
    u128::from(first) | u128::from(second) << BLOCK
}

/// The first half.
fn low(bits: u128) -> u64 {
    const LOW: u128 = u64::MAX as u128;
    (bits & LOW) as u64
}
