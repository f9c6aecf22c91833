//! Runs of the characters that keys are made of: where a value may begin that is told
//! by the words before it.

/// No shorter run is a value of this kind.
pub(super) const MIN: usize = 12;
/// How much of a run is looked at before it is looked at closely.
pub(super) const HEAD: usize = 128;

/// Letters, digits and `_-+/.~`; not `=`, which stands before a value.
pub(super) fn is_member(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'.' | b'~')
}

/// The beginning of the run that `text` begins with.
pub(super) fn head(text: &[u8]) -> &[u8] {
    let head = text.iter().take(HEAD);
    &text[..head.take_while(|byte| is_member(**byte)).count()]
}

/// Whether the run that `text` begins with has a digit in its head.
pub(super) fn has_digit(text: &[u8]) -> bool {
    head(text).iter().any(u8::is_ascii_digit)
}
