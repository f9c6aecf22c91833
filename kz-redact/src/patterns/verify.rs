//! Whether a match is what it looks like: checksums, decodings, and what tells a
//! key from a word. Files of rules name these functions.

use base64::{
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

use zeroize::Zeroizing;

use crate::wiped::decode_base64;

/// Base64 as people paste it: padded or not, cut off or not.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Not one character over and over, as `ghp_xxxxxxxx` in documentation.
pub(super) fn varied(value: &[u8]) -> bool {
    const TAIL: usize = 24;
    let tail = &value[value.len().saturating_sub(TAIL)..];
    let mut seen = [0_u64; 4];
    for byte in tail {
        seen[usize::from(*byte >> 6)] |= 1 << (byte & 63);
    }
    let distinct: u32 = seen.iter().map(|bits| bits.count_ones()).sum();
    distinct >= 5 || (tail.len() < 10 && distinct >= 3)
}

pub(super) fn digit(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit)
}

/// A value with a digit and a letter. Prose joined by dashes has no digits.
pub(super) fn mixed(value: &[u8]) -> bool {
    let body = &value[value.len().min(8)..];
    digit(body) && body.iter().any(u8::is_ascii_alphabetic)
}

/// Digits, capitals and small letters behind the first four bytes.
pub(super) fn mixed_key(value: &[u8]) -> bool {
    let body = &value[value.len().min(4)..];
    digit(body)
        && body.iter().any(u8::is_ascii_uppercase)
        && body.iter().any(u8::is_ascii_lowercase)
}

/// Amazon's own examples say so.
pub(super) fn not_example(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"EXAMPLE").is_none()
}

/// Forty characters of base64 that are no path and not Amazon's own example.
pub(super) fn aws_secret(value: &[u8]) -> bool {
    let slashes = value.split(|byte| *byte == b'/').count() - 1;
    !value.ends_with(b"EXAMPLEKEY") && slashes <= 6
}

/// Three parts of digits and letters of both cases.
pub(super) fn dotted(value: &[u8]) -> bool {
    value.split(|byte| *byte == b'.').all(|part| {
        part.iter().any(u8::is_ascii_uppercase) && part.iter().any(u8::is_ascii_lowercase)
    }) && digit(value)
        && random(value)
}

/// A digit, or capitals within words: no name of a program looks like that.
pub(super) fn random(value: &[u8]) -> bool {
    let body = &value[value.len().min(4)..];
    let turns = body
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        .count();
    let digits = body.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits >= 2 || turns >= 4
}

/// No token with a checksum is longer.
const LONGEST: usize = 400;

/// GitHub and npm end a token by the CRC-32 of what stands after the prefix, as
/// six digits to the base of 62; GitHub's blog, "Behind GitHub's new
/// authentication token formats".
pub(super) fn crc32_base62(value: &[u8]) -> bool {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let body = value.rsplit(|byte| *byte == b'_').next().unwrap_or(value);
    let Some((entropy, check)) = body.split_at_checked(body.len().saturating_sub(6)) else {
        return false;
    };
    (1..LONGEST).contains(&entropy.len())
        && number(check, DIGITS) == Some(u64::from(crc32(entropy)))
}

/// A routable token of GitLab ends with the CRC-32 of all before it, as seven
/// digits to the base of 36; GitLab's documentation, "Cells: routable tokens".
pub(super) fn crc32_base36(value: &[u8]) -> bool {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let (body, check) = value.split_at(value.len().saturating_sub(7));
    body.len() < LONGEST && number(check, DIGITS) == Some(u64::from(crc32(body)))
}

/// The first run of base64 behind the prefix decodes to an object of JSON.
pub(super) fn json(value: &[u8]) -> bool {
    let Some(start) = value.windows(2).position(|pair| pair == b"ey") else {
        return false;
    };
    let run = value[start..]
        .split(|byte| matches!(byte, b'.' | b'='))
        .next()
        .unwrap_or_default();
    // Enough of it to see the first key.
    let head = &run[..run.len().min(64) / 4 * 4];
    decode(head).is_some_and(|text| {
        let text = text.trim_ascii_start();
        text.first() == Some(&b'{')
            && text[1..].trim_ascii_start().first() == Some(&b'"')
            && text
                .iter()
                .all(|byte| *byte >= b' ' || byte.is_ascii_whitespace())
    })
}

/// The first part of a Discord token is the base64url of a decimal number.
pub(super) fn discord(value: &[u8]) -> bool {
    let head = value.split(|byte| *byte == b'.').next().unwrap_or(value);
    decode_base64(&general_purpose::URL_SAFE_NO_PAD, head)
        .is_some_and(|id| id.len() >= 16 && id.iter().all(u8::is_ascii_digit))
}

/// `hvs.…` as it is; the older form has digits and letters of both cases.
pub(super) fn vault(value: &[u8]) -> bool {
    let cases =
        value.iter().any(u8::is_ascii_uppercase) && value[2..].iter().any(u8::is_ascii_lowercase);
    mixed(value) && (cases || value.starts_with(b"hv"))
}

/// `hvs.` may follow anything that does not make a longer word of it, `s.` may
/// not follow a path or a member access either.
pub(super) fn before_a_vault_token(before: &[u8]) -> bool {
    !before.ends_with(b".")
}

/// The digits before the colon of a Telegram token.
pub(super) fn ends_with_bot_id(before: &[u8]) -> bool {
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit());
    (8..=11).contains(&digits.count())
}

/// What base64 of either alphabet stands for.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    decode_base64(&BASE64, text).or_else(|| decode_base64(&BASE64URL, text))
}

fn number(text: &[u8], digits: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = digits.iter().position(|digit| digit == byte)?;
        sum.checked_mul(digits.len() as u64)?
            .checked_add(digit as u64)
    })
}

/// CRC-32 of ISO 3309, as zlib and Ethernet have it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // Made here: thirty letters and their checksum.
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let body = b"kzcanarykzcanarykzcanarykzcana".to_vec();
        let mut rest = u64::from(crc32(&body));
        let mut check = Vec::new();
        for _ in 0..6 {
            check.insert(0, digits[usize::try_from(rest % 62).unwrap()]);
            rest /= 62;
        }
        let token = [b"ghp_".as_slice(), &body, &check].concat();
        assert!(crc32_base62(&token));
        let mut wrong = token.clone();
        wrong[6] ^= 1;
        assert!(!crc32_base62(&wrong));
        assert!(!crc32_base62(b"ghp_"));
    }

    #[test]
    fn one_character_over_and_over_is_no_key() {
        for dull in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "XXXXXXXXXXXX",
            "a1a1a1a1a1a1",
        ] {
            assert!(!varied(dull.as_bytes()), "{dull}");
        }
        assert!(varied(b"4fK9aZ2mQ7xB1nR8"));
    }

    #[test]
    fn json_in_base64() {
        use base64::engine::general_purpose::STANDARD;
        let token = |text: &str| format!("glc_{}", STANDARD.encode(text));
        assert!(json(
            token(r#"{"o": "1", "n": "kz", "k": "canary"}"#).as_bytes()
        ));
        assert!(!json(token("{not json at all, but a brace}").as_bytes()));
        assert!(!json(b"glc_eye_of_the_beholder"));
    }
}
