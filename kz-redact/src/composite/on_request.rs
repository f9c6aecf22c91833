//! What a value is looked for as on request.

use sha2::digest::Digest;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    needle::MIN_LENGTH,
    request::{OnRequest, Requested},
};

/// The spellings of `value` that were asked for.
pub(super) fn of(value: &[u8], requested: Requested) -> Vec<Zeroizing<Vec<u8>>> {
    let mut all = digests(value, requested);
    let Ok(text) = std::str::from_utf8(value) else {
        return all;
    };
    if requested.has(OnRequest::Reversed) {
        all.push(written(text, text.chars().rev()));
    }
    if requested.has(OnRequest::Fullwidth) {
        all.push(written(text, text.chars().map(fullwidth)));
        let letters = |c: char| {
            if c.is_ascii_alphanumeric() {
                fullwidth(c)
            } else {
                c
            }
        };
        all.push(written(text, text.chars().map(letters)));
    }
    // What reads the same is there already.
    all.retain(|spelling| spelling.as_slice() != value && spelling.len() >= MIN_LENGTH);
    all
}

/// The digests of `value`, if they were asked for. In hexadecimal and base64 they
/// are found as any value is.
pub(super) fn digests(value: &[u8], requested: Requested) -> Vec<Zeroizing<Vec<u8>>> {
    if !requested.has(OnRequest::Hashes) {
        return Vec::new();
    }
    vec![
        digest::<md5::Md5>(value),
        digest::<sha1::Sha1>(value),
        digest::<sha2::Sha256>(value),
        digest::<sha2::Sha384>(value),
        digest::<sha2::Sha512>(value),
    ]
}

fn digest<D: Digest>(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut digest = D::digest(value);
    let copy = Zeroizing::new(digest.to_vec());
    digest.as_mut_slice().zeroize();
    copy
}

fn written(text: &str, characters: impl Iterator<Item = char>) -> Zeroizing<Vec<u8>> {
    // A full-width character has three bytes, so that nothing is moved.
    let mut out = String::with_capacity(text.len() * 3);
    out.extend(characters);
    Zeroizing::new(out.into_bytes())
}

/// The full-width form of a sign of ASCII (Unicode, Halfwidth and Fullwidth Forms).
fn fullwidth(character: char) -> char {
    match character {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
        character => character,
    }
}
