use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::Parts;

/// Registers what a value of an `Authorization` header authorises with, without
/// the scheme before it. Says whether the value is one.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    let Some((scheme, credentials)) = split(value) else {
        return false;
    };
    match scheme.to_ascii_lowercase().as_slice() {
        b"basic" => {
            parts.whole(credentials);
            basic(parts, credentials);
            true
        }
        b"bearer" | b"token" | b"apikey" => parts.whole(credentials),
        _ => false,
    }
}

/// `scheme credentials`, of which the latter are one word (RFC 9110, 11.4).
fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = value.iter().position(|&byte| byte == b' ')?;
    let credentials = value[space..].trim_ascii();
    let is_word = !credentials.iter().any(u8::is_ascii_whitespace);
    is_word.then_some((&value[..space], credentials))
}

/// `user:password` in base64 (RFC 7617).
fn basic(parts: &mut Parts, encoded: &[u8]) {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let mut decoded = Zeroizing::new(vec![0; encoded.len()]);
    let engine = GeneralPurpose::new(&STANDARD, config);
    let Ok(length) = engine.decode_slice(encoded, &mut decoded) else {
        return;
    };
    let pair = &decoded[..length];
    let Some(colon) = pair.iter().position(|&byte| byte == b':') else {
        return;
    };
    let (user, password) = (&pair[..colon], &pair[colon + 1..]);
    if password == user || !parts.whole(password) {
        parts.note("a password is weak: masked inside its header only");
    }
    parts.credentials(user, password);
}
