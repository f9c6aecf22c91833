use super::{Found, View, hex_digits};
use crate::oracle::Reading;

/// Percent-encoding: `%2F`, `%2f`, of some bytes or of all.
pub(super) struct Percent;

impl View for Percent {
    fn introducers(&self) -> &'static [u8] {
        b"%"
    }

    fn units(&self, text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        let (value, count, end) = hex_digits(text, next, 2);
        if count == 2 {
            found(&[value.to_le_bytes()[0]], end);
        }
    }
}

/// The `+` of a form, which stands for a space.
pub(super) struct FormSpace;

impl View for FormSpace {
    fn introducers(&self) -> &'static [u8] {
        b"+"
    }

    fn results(&self) -> Option<&'static [u8]> {
        Some(b" ")
    }

    fn units(&self, _text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        found(b" ", next);
    }
}
