//! The private members of a JSON Web Key.

use std::ops::Range;

use memchr::memmem;

use super::super::{
    rule::{Left, Matcher, Reach, Rule, run},
    verify,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "jwk-private-member",
        about: "A private member of a JSON Web Key: d of any key, p, q, dp, dq, qi of RSA, k of a \
                symmetric one; RFC 7517, RFC 7518, 6",
        anchors: &[
            "\"d\":",
            "'d':",
            "\"d\\\":",
            "\"p\":",
            "\"q\":",
            "\"dp\":",
            "\"dq\":",
            "\"qi\":",
            "\"k\":",
            "'k':",
            "\"p\\\":",
            "\"q\\\":",
            "\"dp\\\":",
            "\"dq\\\":",
            "\"qi\\\":",
            "\"k\\\":",
        ],
        left: Left::Any,
        reach: Reach {
            max: 2048,
            ..Reach::LINE
        },
        matcher: Matcher::Code(member),
        examples: &[
            r#"{"kty":"EC","crv":"P-256","d":"«<url43>»"}"#,
            r#"{"kty": "RSA", "d": "«<url342>»", "e": "AQAB"}"#,
            r#"{\"kty\":\"OKP\",\"d\":\"«<url43>»\"}"#,
            r#"{"k":"«<url43>»","kty":"oct"}"#,
        ],
        near_misses: &[
            r#"{"d": "<url20>"}"#,
            r#"{"kty":"RSA","n":"<url342>","e":"AQAB"}"#,
            r#"{"k":"<url43>","v":"x"}"#,
            r#"{"d":"M12.5 3.1L20 40Z"}"#,
            r#"{"d":"<hex64>"}"#,
        ],
        ..Rule::EMPTY
    }]
}

fn member(before: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let start = anchor + run(|byte| b" \"'\\".contains(&byte), &text[anchor..]).min(4);
    let is_member = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let end = start + run(is_member, &text[start..]);
    let value = &text[start..end];
    let name = text[..anchor]
        .iter()
        .find(|byte| byte.is_ascii_alphabetic())?;
    let says_key = || {
        [before, text]
            .iter()
            .any(|text| memmem::find(text, b"kty").is_some())
    };
    // The shortest curve in use has 32 bytes; no prime of RSA less than 64.
    let suffices = match (name, text[..anchor].len()) {
        (b'k', _) => value.len() >= 22 && says_key(),
        (b'd', 0..=6) => value.len() >= 43,
        _ => value.len() >= 86,
    };
    let is_quoted = matches!(text.get(end), Some(b'"' | b'\'' | b'\\'));
    let cases =
        value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    (suffices && is_quoted && cases && verify::digit(value) && verify::varied(value))
        .then_some(start..end)
}
