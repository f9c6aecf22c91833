use super::{Found, TRANSPARENT, View};
use crate::oracle::Reading;

/// A character without width, which stands for nothing: zero-width space, joiner
/// and non-joiner, word joiner, byte order mark, soft hyphen, and the marks that
/// turn the direction of writing (Unicode, `Default_Ignorable_Code_Point`).
pub(super) struct ZeroWidth;

impl View for ZeroWidth {
    /// The first bytes of the characters in UTF-8.
    fn introducers(&self) -> &'static [u8] {
        b"\xc2\xe2\xef"
    }

    fn units(&self, text: &Reading<'_>, introducer: u8, next: usize, found: &mut Found<'_>) {
        if introducer == 0xc2 {
            if let Some((_, end)) = text.take(next, |byte| byte == 0xad) {
                found(b"", end);
            }
            return;
        }
        let Some((second, at)) = text.take(next, |byte| matches!(byte, 0x80 | 0x81 | 0xbb)) else {
            return;
        };
        let Some((third, end)) = text.take(at, |byte| byte >= 0x80) else {
            return;
        };
        let code = u32::from(introducer & 0x0f) << 12
            | u32::from(second & 0x3f) << 6
            | u32::from(third & 0x3f);
        if is_zero_width(code) {
            found(b"", end);
        }
    }
}

/// Whether the code point is one of [`ZeroWidth`].
pub(super) fn is_zero_width(code: u32) -> bool {
    matches!(
        code,
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0x2066..=0x2069 | 0xfeff
    )
}

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
