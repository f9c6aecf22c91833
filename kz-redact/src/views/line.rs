use super::{Found, View};
use crate::oracle::Reading;

/// `CR LF` for a line feed.
pub(super) struct CarriageReturn;

impl View for CarriageReturn {
    fn introducers(&self) -> &'static [u8] {
        b"\r"
    }

    fn units(&self, text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        text.each(next, |byte, end| {
            if byte == b'\n' {
                found(b"\n", end);
            }
        });
    }
}
