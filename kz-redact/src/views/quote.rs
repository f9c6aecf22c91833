use super::{Found, View};
use crate::oracle::Reading;

/// A quotation mark inside quotation marks: `''` of SQL and YAML, `""` of CSV,
/// `'\''` and `'"'"'` of the shell.
pub(super) struct Doubled;

impl View for Doubled {
    fn introducers(&self) -> &'static [u8] {
        b"'\""
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

fn follow(text: &Reading<'_>, mut at: usize, rest: &[u8], found: &mut Found<'_>) {
    for &wanted in rest {
        match text.take(at, |byte| byte == wanted) {
            Some((_, end)) => at = end,
            None => return,
        }
    }
    found(b"'", at);
}
