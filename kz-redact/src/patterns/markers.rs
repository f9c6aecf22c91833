//! What masking itself leaves behind, and what therefore is no secret.

use super::LOOK_BEHIND;

/// What every marker begins with.
const OPEN: &[u8] = crate::marker::OPEN.as_bytes();

/// Whether `value` is what masking leaves: a marker `[REDACTED:name]` or a token
/// `KZ_TOK_` and 26 characters of base32, with at most three bytes beside it
/// (punctuation that a match took along).
pub(super) fn is_masked(value: &[u8]) -> bool {
    let mut rest = value;
    let mut loose = 0;
    let mut found = false;
    while !rest.is_empty() {
        if let Some(length) = masked_prefix(rest) {
            found = true;
            rest = &rest[length..];
        } else {
            loose += 1;
            rest = &rest[1..];
            if loose > 3 {
                return false;
            }
        }
    }
    found
}

/// The length of the marker or token that `text` begins with.
pub(super) fn masked_prefix(text: &[u8]) -> Option<usize> {
    marker(text).or_else(|| token(text))
}

/// What stands behind the last marker of the bytes before a value: a marker names a rule,
/// which may be called like a service, and so leads to nothing.
pub(super) fn behind(before: &[u8]) -> &[u8] {
    let ends = memchr::memrchr_iter(b']', before);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    for end in ends {
        let length = before[..end]
            .iter()
            .rev()
            .take_while(|byte| is_name(byte))
            .count();
        let head = &before[..end - length];
        // Its beginning may stand further before.
        let is_cut = head.len() < OPEN.len() && OPEN.ends_with(head) && before.len() == LOOK_BEHIND;
        if is_cut || head.ends_with(OPEN) {
            return &before[end + 1..];
        }
    }
    before
}

/// Whether what follows `before` is the name in a marker.
pub(super) fn is_open(before: &[u8]) -> bool {
    before.ends_with(OPEN)
}

fn marker(text: &[u8]) -> Option<usize> {
    let name = text.strip_prefix(OPEN)?;
    let length = name
        .iter()
        .take(65)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        .count();
    let named = (1..=64).contains(&length) && !name[0].is_ascii_digit() && name[0] != b'-';
    (named && name.get(length) == Some(&b']')).then_some(OPEN.len() + length + 1)
}

fn token(text: &[u8]) -> Option<usize> {
    const OPEN: &[u8] = b"KZ_TOK_";
    const LENGTH: usize = 26;
    let body = text.strip_prefix(OPEN)?;
    let base32 = |byte: &u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(byte);
    let length = body
        .iter()
        .take(LENGTH + 1)
        .take_while(|byte| base32(byte))
        .count();
    (length == LENGTH).then_some(OPEN.len() + LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_and_tokens() {
        let token = format!("KZ_TOK_{}", "ABCDEFGHIJKLMNOPQRSTUVWX23");
        for masked in [
            "[REDACTED:a-rule]",
            "[REDACTED:NAME]",
            "[REDACTED:NAME].",
            &token,
        ] {
            assert!(is_masked(masked.as_bytes()), "{masked}");
        }
        for open in [
            "",
            "x",
            "[REDACTED:]",
            "[REDACTED:a b]",
            "[REDACTED:NAME]more",
            "KZ_TOK_AB",
        ] {
            assert!(!is_masked(open.as_bytes()), "{open}");
        }
    }
}
