use super::{Run, Symbol, TRANSPARENT, hex_value};
use crate::oracle::Reading;

/// Bytes as separate numbers: `[83, 51]`, `[83 51]`, `0x53, 0x33`.
pub(super) struct Array(Number);

#[derive(Clone, Copy, PartialEq)]
enum Number {
    /// `83`
    Decimal,
    /// `0x53`
    PrefixedHex,
}

pub(super) static DECIMAL: Array = Array(Number::Decimal);
pub(super) static PREFIXED_HEX: Array = Array(Number::PrefixedHex);

impl Run for Array {
    fn bits(&self) -> u32 {
        8
    }

    fn opens(&self, byte: u8) -> bool {
        match self.0 {
            Number::Decimal => byte.is_ascii_digit(),
            Number::PrefixedHex => byte == b'0',
        }
    }

    fn continues(&self, byte: u8) -> bool {
        is_separator(byte) || matches!(byte, b'x' | b'X')
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        let start = if first {
            // The tail of a longer number is no number.
            if text.is_preceded_by(at, |byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            at
        } else {
            separator(text, at)?
        };
        let (value, end) = self.number(text, start)?;
        // Nor is the head of one, nor what may still become one.
        let goes_on = text
            .raw(end)
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if goes_on || text.may_go_on(end) {
            return None;
        }
        Some(Symbol {
            value,
            start: crate::oracle::place(start),
            end: crate::oracle::place(end),
        })
    }
}

impl Array {
    fn number(&self, text: &Reading<'_>, at: usize) -> Option<(u8, usize)> {
        let mut at = at;
        if self.0 == Number::Decimal {
            let mut value = 0_u32;
            let mut count = 0;
            while count < 4
                && let Some((digit, end)) = text.take(at, |byte| byte.is_ascii_digit())
            {
                value = value * 10 + u32::from(digit - b'0');
                at = end;
                count += 1;
            }
            return match u8::try_from(value) {
                Ok(value) if (1..=3).contains(&count) => Some((value, at)),
                _ => None,
            };
        }
        (_, at) = text.take(at, |byte| byte == b'0')?;
        (_, at) = text.take(at, |byte| matches!(byte, b'x' | b'X'))?;
        let (high, at) = text.take(at, |byte| byte.is_ascii_hexdigit())?;
        // `0x5` is a whole number.
        let Some((low, end)) = text.take(at, |byte| byte.is_ascii_hexdigit()) else {
            return Some((hex_value(high)?, at));
        };
        Some((hex_value(high)? * 16 + hex_value(low)?, end))
    }
}

/// Commas and white space, with a line break or without.
fn separator(text: &Reading<'_>, at: usize) -> Option<usize> {
    let (_, mut end) = text.take(at, is_separator)?;
    for _ in 0..TRANSPARENT {
        match text.take(end, is_separator) {
            Some((_, further)) => end = further,
            None => break,
        }
    }
    Some(end)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n')
}
