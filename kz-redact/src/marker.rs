//! The grammar of markers: `[REDACTED:NAME]` and `[REDACTED:rule-id]`.

/// What every marker opens with.
pub(crate) const OPEN: &str = "[REDACTED:";

/// What stands where kz itself failed.
pub(crate) const FAILED: &str = "[REDACTED:error]";

/// Longest word between colon and bracket.
const LONGEST: usize = 64;

/// The marker of a name or a rule.
pub(crate) fn marker(word: &str) -> String {
    format!("{OPEN}{word}]")
}

/// Whether `text` is exactly one marker.
pub(crate) fn is_marker(text: &[u8]) -> bool {
    text.strip_prefix(OPEN.as_bytes())
        .and_then(|rest| rest.strip_suffix(b"]"))
        .is_some_and(is_word)
}

/// Whether a marker may name this: letters, digits, `_` and `-`.
pub(crate) fn is_word(word: &[u8]) -> bool {
    (1..=LONGEST).contains(&word.len()) && word.iter().all(|&byte| is_word_byte(byte))
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// What is left of `value` without the ends that a marker beside it could
/// complete: a value that ends in `[` would otherwise come into being where
/// another value behind it is replaced.
pub(crate) fn without_marker_ends(value: &[u8]) -> &[u8] {
    let mut value = value;
    let longest = (1..OPEN.len().min(value.len()))
        .rev()
        .find(|&len| value.ends_with(&OPEN.as_bytes()[..len]));
    if let Some(len) = longest {
        value = &value[..value.len() - len];
    }
    if let Some(at) = value.iter().position(|&byte| byte == b']')
        && value[..at]
            .iter()
            .all(|&byte| is_word_byte(byte) || byte == b':')
    {
        value = &value[at + 1..];
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        for (text, expected) in [
            ("[REDACTED:DATABASE_URL]", true),
            ("[REDACTED:aws-access-key]", true),
            ("[REDACTED:]", false),
            ("[REDACTED:a b]", false),
            ("[REDACTED:a]]", false),
            ("x[REDACTED:a]", false),
        ] {
            assert_eq!(is_marker(text.as_bytes()), expected, "{text}");
        }
        assert!(is_marker(marker("error").as_bytes()) && FAILED == marker("error"));
    }

    #[test]
    fn ends_that_a_marker_completes() {
        for (value, left) in [
            ("plain", "plain"),
            ("value[", "value"),
            ("value[REDA", "value"),
            ("]value", "value"),
            ("X]value", "value"),
            ("a b]value", "a b]value"),
        ] {
            assert_eq!(without_marker_ends(value.as_bytes()), left.as_bytes());
        }
    }
}
