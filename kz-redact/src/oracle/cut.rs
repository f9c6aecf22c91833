//! Where tools cut text off: a value that is shown in part, beside a mark that says
//! so.

use super::{Reading, lattice::LONGEST_SIGN};

/// What stands where something was left out. A marker of kz is none.
pub(crate) static SIGNS: &[&str] = &[
    // Python's reprlib and textwrap, pytest, pandas, Node's Buffer and arrays,
    // numpy, Go's and Java's loggers, CSS.
    "...", // Rust's and Swift's test reports, terminals, editors, chat clients.
    "…",   // Consoles of key vendors, which show the ends of a key.
    "***",
];

/// The same in words, which count in brackets only: `[truncated]`, `<truncated>`,
/// `(12 bytes omitted)`.
pub(crate) static WORDS: &[&str] = &["truncated", "omitted", "snip", "elided"];

/// How many characters a sign has at most.
pub(crate) const LONGEST: usize = 3;

/// The shortest value of which a part is recognised.
pub(crate) const SHORTEST: usize = 16;

/// How much of a value of `length` must be there.
pub(crate) fn fewest(length: usize) -> usize {
    (length / 2).max(crate::needle::MIN_LENGTH)
}

/// The longest value of which the end alone is recognised.
pub(crate) const LONGEST_END: usize = 512;

/// Most characters between the brackets.
pub(crate) const BETWEEN: usize = 32;

/// Most white space between a value and a mark.
const BESIDE: usize = 4;

/// Whether a mark may open with this byte, or follow on it.
pub(crate) fn opens(byte: u8) -> bool {
    matches!(byte, b'.' | b'*' | b'[' | b'<' | b'(' | 0xe2)
}

/// Whether what is read at `at` says that the rest was left out.
pub(super) fn is_cut_after(text: &Reading<'_>, at: usize) -> bool {
    let at = text
        .take(at, |byte| byte == b',')
        .map_or(at, |(_, end)| end);
    let at = skip_white(text, at);
    mark(text, at).is_some()
}

/// Where a value may go on behind a mark that opens at `at`: behind the mark, and
/// behind the white space that follows as it stands or is written by units, since a
/// sign of the value may read as such.
pub(super) fn behind_mark(text: &Reading<'_>, at: usize) -> Option<[usize; 3]> {
    let end = mark(text, at)?;
    let plain = (end..end + BESIDE)
        .find(|&at| !text.raw(at).is_some_and(is_white))
        .unwrap_or(end + BESIDE);
    Some([end, plain, skip_white(text, end)])
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\r' | b'\n')
}

/// Whether a mark ends before `at`.
pub(super) fn is_cut_before(text: &Reading<'_>, at: usize) -> bool {
    let before = at.saturating_sub(LONGEST_SIGN)..at;
    let (found, _) = text.decided(|| {
        before
            .filter(|&node| text.raw(node).is_some_and(opens) || !text.is_plain(node))
            .any(|node| behind_mark(text, node).is_some_and(|ends| ends.contains(&at)))
    });
    found
}

/// Where the mark at `at` ends.
fn mark(text: &Reading<'_>, at: usize) -> Option<usize> {
    let sign = |at| {
        SIGNS
            .iter()
            .find_map(|sign| text.literal(at, sign.as_bytes()))
    };
    if let Some(end) = sign(at) {
        return Some(end);
    }
    let (_, inner) = text.take(at, |byte| matches!(byte, b'[' | b'<' | b'('))?;
    let mut end = inner;
    let mut says_so = false;
    for _ in 0..BETWEEN {
        if let Some((_, close)) = text.take(end, |byte| matches!(byte, b']' | b'>' | b')')) {
            return says_so.then_some(close);
        }
        let word = |word: &&str| word_at(text, end, word);
        says_so |= sign(end).is_some() || WORDS.iter().any(word);
        (_, end) = text.take_unit(end, |byte| {
            byte == b' ' || byte.is_ascii_graphic() || byte >= 0x80
        })?;
    }
    None
}

fn word_at(text: &Reading<'_>, mut at: usize, word: &str) -> bool {
    for wanted in word.bytes() {
        match text.take(at, |byte| byte.eq_ignore_ascii_case(&wanted)) {
            Some((_, end)) => at = end,
            None => return false,
        }
    }
    true
}

fn skip_white(text: &Reading<'_>, mut at: usize) -> usize {
    for _ in 0..BESIDE {
        match text.take(at, is_white) {
            Some((_, end)) => at = end,
            None => break,
        }
    }
    at
}
