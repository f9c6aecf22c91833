//! The ways in which text can be written so that something reads it back.
//!
//! A [`View`] turns a *unit* of text, opened by an introducer, into the bytes
//! that it stands for: `\n`, `%2F`, `&lt;`, `''`. A [`Run`] is the same for
//! representations without introducer, where a whole run of symbols carries
//! bytes: base64, hex, arrays of numbers.
//!
//! Both read through a [`Reading`], so that they nest in any order: the
//! backslash that opens a unit may itself be written as `\\` or `%5C`.

mod array;
mod backslash;
mod base32;
mod base64;
mod base85;
mod codes;
mod entity;
mod gap;
mod gzip;
mod hex;
mod line;
mod percent;
mod quote;
mod quoted_printable;
mod spaced_hex;

use std::sync::LazyLock;

pub(crate) use base64::VALUES as BASE64_VALUES;

use crate::{oracle::Reading, request::OnRequest, wiped::Wiped};

/// One way of escaping single characters.
pub(crate) trait View: Sync {
    /// The bytes one of which opens every unit.
    fn introducers(&self) -> &'static [u8];

    /// The length of the shortest value in which units count. A view that says
    /// more than nothing is read by no other view and no run.
    fn shortest(&self) -> usize {
        0
    }

    /// The bytes that units can stand for, where those are few.
    fn results(&self) -> Option<&'static [u8]> {
        None
    }

    /// Reads the units that open with `introducer`, whose next byte stands at
    /// `next`. A unit may be read in several ways; all are given to `found`.
    fn units(&self, text: &Reading<'_>, introducer: u8, next: usize, found: &mut Found<'_>);
}

/// Takes the bytes that a unit stands for (at most four; none for a unit that
/// stands for nothing) and the place where the unit ends.
pub(crate) type Found<'f> = dyn FnMut(&[u8], usize) + 'f;

/// One way of writing bytes as a run of symbols.
pub(crate) trait Run: Sync {
    /// How many bits a symbol carries: 4, 5, 6 or 8. Where it is no number of bits
    /// ([`unpack`](Self::unpack)), at least as many as it carries.
    fn bits(&self) -> u32;

    /// Whether a run may begin with this raw byte.
    fn opens(&self, byte: u8) -> bool;

    /// Whether symbols may open units.
    fn opens_units(&self) -> bool {
        false
    }

    /// Whether a run may go on with this raw byte behind a symbol, which is none
    /// that opens it.
    fn continues(&self, byte: u8) -> bool;

    /// Reads the symbol at `at`, over what may stand before it inside a run
    /// unless it is the `first`.
    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol>;

    /// Where what is shown a second time ends, of the symbols from `first` to
    /// `last`, if that is behind them.
    fn echo(
        &self,
        _text: &Reading<'_>,
        _run: &[Symbol],
        _first: usize,
        _last: usize,
    ) -> Option<usize> {
        None
    }

    /// In how many ways the symbols may be grouped, where they do not carry bits.
    fn phases(&self) -> usize {
        0
    }

    /// The bytes that the symbols of a run carry, where they do not carry bits.
    fn unpack(
        &self,
        _text: &Reading<'_>,
        _run: &[Symbol],
        _phase: usize,
        _complete: bool,
    ) -> Option<Unpacked> {
        None
    }

    /// Where the padding that may follow a run at `at` ends.
    fn padding(&self, _text: &Reading<'_>, at: usize) -> usize {
        at
    }
}

/// One symbol of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Symbol {
    pub(crate) value: u8,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl zeroize::DefaultIsZeroes for Symbol {}

/// What a run carries, and which of its symbols.
pub(crate) struct Unpacked {
    pub(crate) bytes: Wiped<u8>,
    pub(crate) source: Source,
    /// The first symbol of which nothing was unpacked yet.
    pub(crate) rest: usize,
}

/// Which symbols bytes were unpacked from: the first, and the one behind the last.
pub(crate) enum Source {
    /// Each byte from its own.
    Each(Vec<(usize, usize)>),
    /// All from this many.
    Whole(usize),
}

impl Unpacked {
    /// What is known before there is enough to unpack anything.
    fn nothing() -> Self {
        Self {
            bytes: Wiped::new(),
            source: Source::Each(Vec::new()),
            rest: 0,
        }
    }

    /// Which symbols these bytes were unpacked from.
    pub(crate) fn symbols(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        match &self.source {
            Source::Each(each) => Some((each.get(start)?.0, each.get(end.checked_sub(1)?)?.1)),
            Source::Whole(count) => Some((0, *count)),
        }
    }

    /// The first symbol that the byte at `at` may come from, or a later one.
    pub(crate) fn first(&self, at: usize) -> usize {
        self.symbols(at, at + 1)
            .map_or(self.rest, |(first, _)| first)
    }
}

/// Every view.
pub(crate) static VIEWS: &[&dyn View] = &[
    &backslash::Backslash,
    &percent::Percent,
    &percent::FormSpace,
    &entity::Entity,
    &quote::Doubled,
    &quoted_printable::QuotedPrintable,
    &gap::Colour,
    &gap::ZeroWidth,
    &line::CarriageReturn,
    &line::Wrap,
];

/// Every run.
pub(crate) static RUNS: &[&dyn Run] = &[
    &base64::Base64,
    &hex::Hex,
    &array::DECIMAL,
    &spaced_hex::SpacedHex,
    &array::PREFIXED_HEX,
];

/// Runs that are read on request only.
pub(crate) static RUNS_ON_REQUEST: &[(OnRequest, &dyn Run)] = &[
    (OnRequest::Ascii85, &base85::ASCII85),
    (OnRequest::Ascii85, &base85::GIT),
    (OnRequest::Ascii85, &base85::Z85),
    (OnRequest::Base32, &base32::STANDARD),
    (OnRequest::Base32, &base32::EXTENDED_HEX),
    (OnRequest::CharacterCodes, &codes::DECIMAL),
    (OnRequest::CharacterCodes, &codes::PREFIXED),
    (OnRequest::Gzip, &gzip::Gzip),
];

/// For each byte, which runs it opens (low byte) and which it continues (high
/// byte), by their place in [`RUNS`].
pub(crate) static RUN_CLASSES: LazyLock<[u16; 256]> = LazyLock::new(|| {
    let mut classes = [0; 256];
    for (byte, class) in (0..=255_u8).zip(&mut classes) {
        for (index, run) in RUNS.iter().enumerate() {
            *class |= u16::from(run.opens(byte)) << index;
            *class |= u16::from(run.continues(byte)) << (index + 8);
        }
    }
    classes
});

/// Longest stretch that stands for nothing and may lie between two symbols of a
/// run or two characters of a value: a line break and its indentation, a colour
/// code, a prefix on a line.
pub(crate) const TRANSPARENT: usize = 64;

/// Whether `byte` opens a unit of some view.
pub(crate) fn is_introducer(byte: u8) -> bool {
    INTRODUCERS[usize::from(byte)]
}

static INTRODUCERS: [bool; 256] = {
    let mut table = [false; 256];
    let all = *b"\\%+&'\"=\x1b\r\n\xc2\xe2\xef";
    let mut index = 0;
    while index < all.len() {
        table[all[index] as usize] = true;
        index += 1;
    }
    table
};

/// The value of a hexadecimal digit.
pub(crate) fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Gives the UTF-8 of a code point to `found`, and nothing if it is one that stands
/// for nothing.
fn found_char(code: u32, end: usize, found: &mut Found<'_>) {
    if let Some(character) = char::from_u32(code) {
        let mut buffer = [0; 4];
        found(character.encode_utf8(&mut buffer).as_bytes(), end);
        zeroize::Zeroize::zeroize(&mut buffer);
        if gap::is_zero_width(code) {
            found(b"", end);
        }
    }
}

/// Reads up to `most` hexadecimal digits.
fn hex_digits(text: &Reading<'_>, mut at: usize, most: usize) -> (u32, usize, usize) {
    let mut value = 0_u32;
    let mut count = 0;
    while count < most
        && let Some((digit, end)) = text.take(at, |byte| byte.is_ascii_hexdigit())
    {
        value = value.wrapping_mul(16) + u32::from(hex_value(digit).unwrap_or(0));
        at = end;
        count += 1;
    }
    (value, count, at)
}

/// Where the indentation at `at` ends: the blanks that stand there, and those that
/// units write too, for a sign of the value may read as one. `None` when it is too
/// long.
fn indentation(text: &Reading<'_>, at: usize) -> Option<(usize, usize)> {
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let mut plain = at;
    let mut end = at;
    for _ in 0..TRANSPARENT - 2 {
        let Some((_, next)) = text.take(end, is_blank) else {
            return Some((plain, end));
        };
        if plain == end && text.raw(end).is_some_and(is_blank) {
            plain = next;
        }
        end = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_introducers_is_that_of_the_views() {
        for byte in 0..=255_u8 {
            let some = VIEWS.iter().any(|view| view.introducers().contains(&byte));
            assert_eq!(is_introducer(byte), some, "{byte:#x}");
        }
    }
}
