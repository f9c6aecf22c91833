//! JSON Web Tokens.

use base64::{
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use memchr::memmem;

use super::super::rule::{Left, Matcher, Reach, Rule, Strictness};
use crate::wiped::decode_base64;

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "jwt",
        about: "JSON Web Token, signed, unsigned or encrypted; RFC 7519, RFC 7515, RFC 7516: \
                its first part is a JSON object with alg",
        strictness: Strictness::Default,
        // The base64url of `{"`, of `{ ` and of `{` and a line break.
        anchors: &["eyJ", "eyA", "ewo", "ew0K"],
        fold: false,
        left: Left::WordStart,
        reach: Reach::TOKEN,
        // Three parts, or five with a key that may be empty.
        matcher: Matcher::Regex(concat!(
            r"[A-Za-z0-9_-]{10,}=*\.",
            r"(?:[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
            r"|[A-Za-z0-9_-]{4,}=*\.[A-Za-z0-9_-]*=*)",
        )),
        check: Some(|token, _| has_alg(token)),
        examples: &[
            "Bearer «<jwt>»",
            "«<jwt>».",
            r#"{"id_token":"«<jwt>»"}"#,
            "https://host/cb#id_token=«<jwt>»&state=1",
        ],
        near_misses: &[
            "eyJhbGciOi.x.y",
            "<json64>.<url20>.<url20>",
            "eyJhbGciOiJIUzI1NiJ9",
        ],
        ..Rule::EMPTY
    }]
}

/// Whether the first part decodes to an object with the key `alg`.
fn has_alg(token: &[u8]) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let header = token.split(|byte| *byte == b'.').next().unwrap_or(token);
    decode_base64(&LENIENT, header).is_some_and(|json| {
        json.first() == Some(&b'{') && memmem::find(&json, b"\"alg\"").is_some()
    })
}
