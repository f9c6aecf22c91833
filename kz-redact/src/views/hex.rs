use super::{Run, Symbol, base64::symbol_after_break, hex_value};
use crate::oracle::Reading;

/// Pairs of hexadecimal digits in either case, wrapped or not.
pub(super) struct Hex;

impl Run for Hex {
    fn bits(&self) -> u32 {
        4
    }

    fn opens(&self, byte: u8) -> bool {
        byte.is_ascii_hexdigit()
    }

    fn continues(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        symbol_after_break(text, at, first, hex_value)
    }
}
