//! Tells from the letters before a gap that nothing there names a value, as is so before
//! nearly all dates, paths and numbers of a log.

use super::{
    gap::{VERBS, WRAPPERS},
    words::{GENERIC, TYPES},
};
use crate::patterns::sieve::Before;

/// With which letters words end, one bit a hash.
pub(super) struct Endings {
    /// Names that a value may be assigned to, by their last three letters …
    named: Bits,
    /// and by as many as they have, up to five.
    exactly: Bits,
    /// Words that are passed over.
    passed_over: Bits,
    /// Words before which one has to look for a name, on other lines, too.
    beyond: Bits,
}

/// The last letters and digits of a word, small ones, the last one in the highest byte.
type Letters = u64;

/// No more of them are compared.
const MOST: usize = 5;

impl Endings {
    /// Of these names, in small letters and digits.
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut all = Self {
            named: Bits::NONE,
            exactly: Bits::NONE,
            passed_over: Bits::NONE,
            beyond: Bits::NONE,
        };
        // `<add key="Name" value=` names the value by the attribute before.
        for name in names.chain(["value"]) {
            let letters = last_letters(name.as_bytes());
            all.exactly.add(last(name.len().min(MOST), letters));
            if name.len() > 2 {
                all.named.add(last(3, letters));
            } else {
                // Whatever stands before it.
                let third = |byte| u64::from(byte) << (u64::BITS - 24);
                (0..=u8::MAX).for_each(|byte| all.named.add(letters | third(byte)));
            }
        }
        for word in VERBS.iter().chain(&WRAPPERS) {
            all.passed_over.add(last(3, last_letters(word.as_bytes())));
        }
        for word in GENERIC.iter().chain(&TYPES) {
            all.beyond.add(last(3, last_letters(word.as_bytes())));
        }
        all
    }

    /// Whether one of the names may be what `text` ends with, but for signs.
    pub(super) fn may_end(&self, text: &[u8]) -> bool {
        let letters = last_letters(text);
        self.named.has(last(3, letters))
            && (2..=MOST).any(|count| self.exactly.has(last(count, letters)))
    }

    /// Which words that name a credential, of those that are known of, matter for a value
    /// at `start`, if none of the names can be what it is assigned to; `None` if one has to
    /// look closely.
    ///
    /// It tells what [`Glance`](super::gap::Glance) does, of most texts, and nearly without
    /// a branch.
    #[inline]
    pub(super) fn hints_that_matter(
        &self,
        text: &[u8],
        start: usize,
        known: &Before,
    ) -> Option<u64> {
        let length = known.gaps.leading_ones();
        // What stands before a gap as long as this is not known.
        let in_gap = !u64::MAX.checked_shr(length)?;
        let end = start.checked_sub(length as usize)?;
        let before = *text[..end].last_chunk::<8>()?;
        let [.., third, second, first] = before.map(|byte| KINDS[usize::from(byte)]);
        let is_assigned = known.assigns & in_gap != 0;
        let is_in_line = (known.breaks & in_gap).count_ones() <= 1;
        if first & SIGN != 0 && !is_assigned && is_in_line {
            return Some(known.hints);
        }
        let letters = u64::from_le_bytes(before) | u64::from_le_bytes([0x20; 8]);
        let letters = last(3, letters);
        // A prefix ends an escape or a colour, or begins a string.
        let is_name = first & second & third & ALNUM != 0
            && (first & PREFIX == 0 || second & LETTER != 0)
            && !self.passed_over.has(letters);
        let in_word = above(known.gaps & !in_gap);
        let is_label = text[end] == b' ' && known.labels & in_word != 0;
        if !is_name || is_label || !is_in_line {
            return None;
        }
        if is_assigned && self.named.has(letters) && self.may_end(&text[..end]) {
            return None;
        }
        // A tag before the value may begin on a line before and name it.
        let in_line = above(known.breaks & !in_gap);
        let is_alone = known.tags & in_line == 0 && !self.beyond.has(letters);
        Some(known.hints & if is_alone { in_line } else { u64::MAX })
    }
}

/// The bits above the highest one that is set.
fn above(mask: u64) -> u64 {
    let highest = u64::BITS - mask.leading_zeros();
    u64::MAX.checked_shl(highest).unwrap_or(0)
}

/// What a byte before a gap is, one bit each.
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'}' | b']' | b';' | b'!' | b'#' | b'%' | b'&' | b'^' | b'/' | b'_' => SIGN,
            b'b' | b'r' | b'f' | b'u' | b'n' | b't' | b'L' | b'm' => ALNUM | LETTER | PREFIX,
            b'A'..=b'Z' | b'a'..=b'z' => ALNUM | LETTER,
            b'0'..=b'9' => ALNUM,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};
/// Nothing is passed over that ends with it.
const SIGN: u8 = 1;
const ALNUM: u8 = 1 << 1;
const LETTER: u8 = 1 << 2;
/// It may belong to a quote, a backslash or a colour.
const PREFIX: u8 = 1 << 3;

/// The last letters and digits of a text, whatever stands between them.
fn last_letters(text: &[u8]) -> Letters {
    let letters = text
        .iter()
        .rev()
        .filter(|byte| byte.is_ascii_alphanumeric());
    let mut last = [0; 8];
    for (place, letter) in last.iter_mut().rev().zip(letters.take(MOST)) {
        *place = letter.to_ascii_lowercase();
    }
    u64::from_le_bytes(last)
}

/// So many of them.
#[inline]
fn last(count: usize, letters: Letters) -> Letters {
    letters & u64::MAX << (u64::BITS as usize - 8 * count)
}

/// A set of hashes of letters.
struct Bits([u64; SLOTS / 64]);

/// How many hashes are told apart.
const SLOTS: usize = 1 << 13;

impl Bits {
    const NONE: Self = Self([0; SLOTS / 64]);

    fn add(&mut self, letters: Letters) {
        let slot = slot_of(letters);
        self.0[slot / 64] |= 1 << (slot % 64);
    }

    #[inline]
    fn has(&self, letters: Letters) -> bool {
        let slot = slot_of(letters);
        self.0[slot / 64] >> (slot % 64) & 1 == 1
    }
}

/// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
#[inline]
fn slot_of(letters: Letters) -> usize {
    // The letters are in the highest bytes, and only higher bits depend on those.
    let product = letters.swap_bytes().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(product >> (u64::BITS - SLOTS.ilog2())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{LOOK_BEHIND, Names, gap::Glance, is_hinted, words::Around, words::Letters},
        *,
    };
    use crate::{forms::Random, patterns::runs::is_member};

    /// What is known of the bytes before `start`.
    fn known(text: &[u8], start: usize) -> Before {
        let mut known = Before::default();
        for (back, byte) in text[..start].iter().rev().enumerate().take(64) {
            let bit = 1 << (63 - back);
            let is = |bytes: &[u8]| if bytes.contains(byte) { bit } else { 0 };
            known.hints |= bit;
            known.gaps |= is(b" \t\n\"'`=:,");
            known.assigns |= is(b"=:,");
            known.breaks |= is(b"\n");
            known.labels |= is(b"&!");
            known.tags |= is(b">");
        }
        known
    }

    #[test]
    fn endings_tell_what_a_closer_look_does() {
        const PIECES: [&str; 58] = [
            " ",
            " ",
            " ",
            "\t",
            "\"",
            "\"",
            "'",
            "`",
            "=",
            "=",
            ":",
            ": ",
            ",",
            "\n",
            "\n",
            "\r",
            "}",
            "]",
            ";",
            "!",
            "#",
            "%",
            "&",
            "/",
            "_",
            "-",
            "->",
            "<",
            ">",
            "|",
            "@",
            "(",
            "\\",
            "\\n",
            "\x1b[32m",
            "b",
            "é",
            "is",
            "was",
            "value",
            "&name",
            "!!str",
            "Some",
            "12",
            "heroku",
            "datadog",
            "gcp",
            "token",
            "apiKey",
            "request",
            "message",
            "path",
            "string",
            "--body",
            "content",
            "name",
            "<secret\n>",
            "db_pw",
        ];
        const LINES: [&str; 12] = [
            "\n",
            "\n",
            " ",
            " ",
            "=",
            ": ",
            "token",
            "secret",
            "path",
            "request",
            "<secret\n",
            ">",
        ];
        let endings = &Names::all().endings;
        let random = &mut Random::new(37);
        let (mut told, mut of_line) = (0, 0);
        for _ in 0..300_000 {
            let count = random.below(12);
            let pieces = if random.below(2) == 0 {
                &PIECES[..]
            } else {
                &LINES
            };
            let before: String = (0..count).map(|_| *random.pick(pieces)).collect();
            if before.as_bytes().last().copied().is_some_and(is_member) {
                // The run began before.
                continue;
            }
            let text = [before.as_bytes(), b"2026-03-15T10"].concat();
            let start = before.len();
            let known = known(&text, start);
            let Some(hints) = endings.hints_that_matter(&text, start, &known) else {
                continue;
            };
            told += 1;
            match Glance::at(&text[..start], &known) {
                Glance::Unassigned => {}
                Glance::Assigned(name) => assert!(!endings.may_end(name), "{before:?}"),
                Glance::Unclear => panic!("{before:?} is unclear"),
            }
            // The words that are left out are read by nobody.
            if is_hinted(&text, start, known.hints) && !is_hinted(&text, start, hints) {
                of_line += 1;
                let mut letters = Letters::new([0; LOOK_BEHIND]);
                let before_it = &text[start.saturating_sub(LOOK_BEHIND)..start];
                let around = Around::read(before_it, &mut letters);
                let says = around.is_some_and(|all| all.says_secret(0) || all.is_secret());
                assert!(!says, "{before:?}");
            }
        }
        assert!(told > 30_000 && of_line > 1_000, "{told}, {of_line}");
    }
}
