use super::{Found, View, indentation};
use crate::oracle::Reading;

/// `CR LF` for a line feed.
pub(super) struct CarriageReturn;

impl View for CarriageReturn {
    fn introducers(&self) -> &'static [u8] {
        b"\r"
    }

    fn results(&self) -> Option<&'static [u8]> {
        Some(b"\n")
    }

    fn units(&self, text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        text.each(next, |byte, end| {
            if byte == b'\n' {
                found(b"\n", end);
            }
        });
    }
}

/// A line break with the indentation behind it that a printer put in: a hard wrap,
/// where it stands for nothing, or a folded space (YAML 1.2.2, section 6.5). In
/// long values only, since it joins what ordinary text keeps apart.
pub(super) struct Wrap;

impl View for Wrap {
    fn introducers(&self) -> &'static [u8] {
        b"\r\n"
    }

    fn shortest(&self) -> usize {
        16
    }

    fn units(&self, text: &Reading<'_>, introducer: u8, next: usize, found: &mut Found<'_>) {
        let mut end = next;
        if introducer == b'\r' {
            match text.take(next, |byte| byte == b'\n') {
                Some((_, at)) => end = at,
                None => return,
            }
        }
        let Some((plain, all)) = indentation(text, end) else {
            return;
        };
        // The blanks may belong to the value too.
        for end in [end, plain, all] {
            found(b"", end);
            found(b" ", end);
        }
    }
}
