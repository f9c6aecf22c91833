use super::{Found, View};
use crate::oracle::Reading;

/// A quotation mark inside quotation marks: `''` of SQL and YAML, `""` of CSV,
/// `'\''` and `'"'"'` of the shell.
pub(super) struct Doubled;

impl View for Doubled {
    fn introducers(&self) -> &'static [u8] {
        b"'\""
    }

    fn results(&self) -> Option<&'static [u8]> {
        Some(b"'\"")
    }

    fn units(&self, text: &Reading<'_>, introducer: u8, next: usize, found: &mut Found<'_>) {
        text.each(next, |byte, end| match (introducer, byte) {
            (b'\'', b'\'') | (b'"', b'"') => found(&[byte], end),
            (b'\'', b'\\') => follow(text, end, b"''", found),
            (b'\'', b'"') => follow(text, end, b"'\"'", found),
            _ => {}
        });
    }
}

/// Reads the `rest` of a unit, in every way: a quotation mark may be written as
/// it is or by a unit of its own.
fn follow(text: &Reading<'_>, at: usize, rest: &[u8], found: &mut Found<'_>) {
    let [wanted, rest @ ..] = rest else {
        found(b"'", at);
        return;
    };
    text.each(at, |byte, end| {
        if byte == *wanted {
            follow(text, end, rest, found);
        }
    });
}
