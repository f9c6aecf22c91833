use super::{Found, TRANSPARENT, View, hex_digits};
use crate::oracle::Reading;

/// Quoted-printable (RFC 2045, section 6.7): `=3D`, and `=` at the end of a line,
/// which joins it with the next.
pub(super) struct QuotedPrintable;

impl View for QuotedPrintable {
    fn introducers(&self) -> &'static [u8] {
        b"="
    }

    fn units(&self, text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        let (value, count, end) = hex_digits(text, next, 2);
        if count == 2 {
            found(&[value.to_le_bytes()[0]], end);
            return;
        }
        // White space before the line break was added on the way (rule 3).
        let mut at = next;
        for _ in 0..TRANSPARENT {
            match text.take(at, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                Some((b'\n', end)) => {
                    found(b"", end);
                    return;
                }
                Some((_, end)) => at = end,
                None => return,
            }
        }
    }
}
