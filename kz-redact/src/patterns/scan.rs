//! Combines what a [sieve](super::sieve) says of each byte into places where a match
//! may begin: an anchor that must stand at the beginning of a word does, one that
//! begins a run of key characters is followed by enough of them.

use super::{
    runs,
    sieve::{BLOCK, Raw, Sieve},
};

/// How long a run is that an anchor of a format begins, and one that is told by name.
pub(super) const RUN: usize = runs::MIN;
const _: () = assert!(RUN == 12, "`combine` finds twelve in a row");

/// What follows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing.
    Last,
    /// Any bytes.
    Open,
}

/// 64 bytes of a text, one bit a byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The place of the first.
    pub(super) at: usize,
    /// Where an anchor may begin.
    pub(super) anchors: u64,
    /// Where a run begins of [`RUN`] bytes and more.
    pub(super) runs: u64,
    /// Of this block and the next.
    members: u128,
    digits: u128,
    /// Of the block before and of this one.
    hints: u128,
}

impl Block {
    /// Whether the run that begins at `bit` has a digit in its head, if these blocks
    /// can tell.
    pub(super) fn has_digit(&self, bit: u32) -> Option<bool> {
        let length = (!(self.members >> bit)).trailing_zeros();
        let digit = (self.digits >> bit).trailing_zeros();
        if digit < length {
            Some(true)
        } else if length + bit < 128 {
            Some(false)
        } else {
            None
        }
    }

    /// Whether a word begins in the 64 bytes before `bit` that may name a credential.
    pub(super) fn is_hinted(&self, bit: u32) -> bool {
        const BEFORE: u128 = u64::MAX as u128;
        self.hints >> bit & BEFORE != 0
    }
}

/// The blocks of a text, from the one that holds `from` on.
pub(super) struct Blocks<'t> {
    sieve: &'t Sieve,
    text: &'t [u8],
    from: usize,
    end: End,
    /// Of the block before, of those that are to come, and of one more.
    raws: [Raw; AHEAD + 2],
    /// Which of them is the next, and how many there are.
    next: usize,
    known: usize,
    /// The place of the next.
    at: usize,
}

/// How many blocks are looked at together.
const AHEAD: usize = 16;

impl<'t> Blocks<'t> {
    pub(super) fn new(sieve: &'t Sieve, text: &'t [u8], from: usize, end: End) -> Self {
        let at = from / BLOCK * BLOCK;
        let mut blocks = Self {
            sieve,
            text,
            from,
            end,
            raws: [Raw::default(); AHEAD + 2],
            next: 1,
            known: 1,
            at,
        };
        if at > 0 {
            sieve.fill(text, at - BLOCK, &mut blocks.raws[..1]);
        }
        blocks
    }

    /// Looks at more of the text, so that the block behind the next is known.
    fn look_ahead(&mut self) {
        let kept = self.next - 1..self.known;
        let count = kept.len();
        self.raws.copy_within(kept, 0);
        self.next = 1;
        let unknown = self.at + (count - 1) * BLOCK;
        let found = self.sieve.fill(self.text, unknown, &mut self.raws[count..]);
        self.known = count + found;
        if unknown + found * BLOCK >= self.text.len() {
            self.add_what_follows();
        }
    }

    /// Behind the last block, which is the last that is known.
    fn add_what_follows(&mut self) {
        let members = match self.end {
            End::Last => 0,
            End::Open => u64::MAX,
        };
        let rest = self.text.len() % BLOCK;
        if rest != 0 {
            self.raws[self.known - 1].members |= members << rest;
        }
        if let Some(beyond) = self.raws.get_mut(self.known) {
            *beyond = Raw {
                members,
                ..Raw::default()
            };
        }
    }

    /// The next block.
    pub(super) fn next(&mut self) -> Option<Block> {
        if self.at >= self.text.len() {
            return None;
        }
        if self.next + 1 >= self.known {
            self.look_ahead();
        }
        let [before, raw, after] = [0, 1, 2].map(|place| &self.raws[self.next - 1 + place]);
        let block = combine(before, raw, after);
        let at = self.at;
        self.next += 1;
        self.at += BLOCK;
        let mut wanted = u64::MAX << self.from.saturating_sub(at);
        if let rest @ 0..BLOCK = self.text.len() - at {
            wanted &= !(u64::MAX << rest);
        }
        Some(Block {
            at,
            anchors: block.anchors & wanted,
            runs: block.runs & wanted,
            ..block
        })
    }
}

fn combine(before: &Raw, raw: &Raw, after: &Raw) -> Block {
    let joined = |low: u64, high: u64| u128::from(low) | u128::from(high) << BLOCK;
    let members = joined(raw.members, after.members);
    // Places with so many members in a row.
    let two = members & members >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let twelve = eight & eight >> 4;
    // What stands so many bytes before a place.
    let behind = |mask: fn(&Raw) -> u64, count: usize| {
        low(joined(mask(before), mask(raw)) >> (BLOCK - count))
    };
    let escape = |count| behind(|raw| raw.escapes, count);
    // A letter or digit before it may belong to an escape: `\n`, `%20`, `\x20`, `\u0020`
    // or the end of a colour code.
    let at_word = !behind(|raw| raw.words, 1)
        | escape(2)
        | escape(3)
        | escape(4)
        | escape(6)
        | behind(|raw| raw.ems, 1);
    // The byte before the run may be the first of the anchor.
    let runs = low(twelve | (twelve & !(members << 1)) >> 1);
    let in_run = (raw.runs_at_words & at_word | raw.runs_anywhere) & runs;
    let in_query = behind(|raw| raw.before_queries, 1);
    Block {
        at: 0,
        anchors: raw.anywhere | in_query | raw.at_words & at_word | in_run,
        runs: low(twelve) & !behind(|raw| raw.members, 1),
        members,
        digits: joined(raw.digits, after.digits),
        hints: joined(before.hints, raw.hints),
    }
}

/// The first half.
fn low(bits: u128) -> u64 {
    const LOW: u128 = u64::MAX as u128;
    (bits & LOW) as u64
}
