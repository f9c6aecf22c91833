use super::{Run, Symbol, TRANSPARENT};
use crate::oracle::Reading;

/// base64 and base64url (RFC 4648, sections 4 and 5), wrapped or not, padded or
/// not. The two alphabets are read as one.
pub(super) struct Base64;

impl Run for Base64 {
    fn bits(&self) -> u32 {
        6
    }

    fn opens(&self, byte: u8) -> bool {
        VALUES[usize::from(byte)] < 64
    }

    fn continues(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        symbol_after_break(text, at, first, |byte| {
            let value = VALUES[usize::from(byte)];
            (value < 64).then_some(value)
        })
    }

    fn padding(&self, text: &Reading<'_>, mut at: usize) -> usize {
        for _ in 0..2 {
            if let Some((_, end)) = text.take(at, |byte| byte == b'=') {
                at = end;
            }
        }
        at
    }
}

/// Reads a symbol, over a line break and its indentation unless it is the first.
pub(super) fn symbol_after_break(
    text: &Reading<'_>,
    at: usize,
    first: bool,
    value: impl Fn(u8) -> Option<u8>,
) -> Option<Symbol> {
    let wanted = |byte| value(byte).is_some();
    let mut start = at;
    let mut taken = text.take(start, wanted);
    if taken.is_none() && !first {
        let (_, mut end) = text.take(at, |byte| matches!(byte, b'\r' | b'\n'))?;
        for _ in 0..TRANSPARENT {
            match text.take(end, |byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t')) {
                Some((_, further)) => end = further,
                None => break,
            }
        }
        start = end;
        taken = text.take(start, wanted);
    }
    let (byte, end) = taken?;
    Some(Symbol {
        value: value(byte)?,
        start: crate::oracle::place(start),
        end: crate::oracle::place(end),
    })
}

/// The six bits of each symbol; 255 for what is none.
pub(crate) const VALUES: [u8; 256] = {
    let mut table = [0xff; 256];
    let alphabet = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        table[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};
