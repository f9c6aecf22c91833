use super::{Found, TRANSPARENT, View};
use crate::oracle::Reading;

/// A terminal colour code (`ESC [ 31 m`) or line erasure (`ESC [ K`), which
/// stands for nothing.
pub(super) struct Colour;

impl View for Colour {
    fn introducers(&self) -> &'static [u8] {
        b"\x1b"
    }

    fn units(&self, text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        let Some((_, mut at)) = text.take(next, |byte| byte == b'[') else {
            return;
        };
        for _ in 0..TRANSPARENT - 2 {
            let Some((byte, end)) = text.take(at, |byte| {
                byte.is_ascii_digit() || matches!(byte, b';' | b':' | b'm' | b'K')
            }) else {
                return;
            };
            if matches!(byte, b'm' | b'K') {
                found(b"", end);
                return;
            }
            at = end;
        }
    }
}
