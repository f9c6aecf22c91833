use super::{Run, Symbol, base64::symbol_after_break};
use crate::oracle::Reading;

/// base32 (RFC 4648, sections 6 and 7), in either case, wrapped or not, padded or
/// not.
pub(super) struct Base32(Alphabet);

#[derive(Clone, Copy)]
enum Alphabet {
    Standard,
    ExtendedHex,
}

pub(super) static STANDARD: Base32 = Base32(Alphabet::Standard);
pub(super) static EXTENDED_HEX: Base32 = Base32(Alphabet::ExtendedHex);

impl Base32 {
    fn value(&self, byte: u8) -> Option<u8> {
        match (self.0, byte.to_ascii_uppercase()) {
            (Alphabet::Standard, upper @ b'A'..=b'Z') => Some(upper - b'A'),
            (Alphabet::Standard, digit @ b'2'..=b'7') => Some(digit - b'2' + 26),
            (Alphabet::ExtendedHex, digit @ b'0'..=b'9') => Some(digit - b'0'),
            (Alphabet::ExtendedHex, upper @ b'A'..=b'V') => Some(upper - b'A' + 10),
            _ => None,
        }
    }
}

impl Run for Base32 {
    fn bits(&self) -> u32 {
        5
    }

    fn opens(&self, byte: u8) -> bool {
        self.value(byte).is_some()
    }

    fn continues(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        symbol_after_break(text, at, first, |byte| self.value(byte))
    }

    fn padding(&self, text: &Reading<'_>, mut at: usize) -> usize {
        for _ in 0..6 {
            if let Some((_, end)) = text.take(at, |byte| byte == b'=') {
                at = end;
            }
        }
        at
    }
}
