//! Keys whose name says how they are encoded: `AES_KEY_B64=…`.

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_harmless_before, is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "encoded-key",
        about: "A key under a name that says how it is encoded, as programs are handed keys of ciphers; \
                RFC 4648",
        anchors: &[
            "key_b64",
            "key_base64",
            "key_hex",
            "key-b64",
            "key-base64",
            "key-hex",
            "keyb64",
            "keybase64",
            "keyhex",
            "key.b64",
            "key.base64",
            "key.hex",
            "secret_b64",
            "secret_base64",
            "secret_hex",
            "secretbase64",
        ],
        fold: true,
        left: Left::Is(|before| !is_harmless_before(before)),
        reach: Reach::LINE,
        matcher: Matcher::Regex(
            r#"(?i:key|secret)[_.-]?(?i:b64|base64|hex)\\?["'`]?\s{0,4}(?:=>|:=|[:=])\s{0,4}\\?["'`]?([A-Za-z0-9+/_-]{20,512}={0,2})(?:[\s"'`\\,;})&]|$)"#,
        ),
        check: Some(|value, _| is_value(value) && is_encoded(value)),
        examples: &[
            "AES_KEY_B64=«<b43>=»",
            "hmacKeyBase64: \"«<b43>=»\"",
            "\"master_key_hex\": \"«<hex64>»\",",
            "export COOKIE_KEY_HEX='«<hex32>»'",
            "jwt.secret_b64 = «<b43>=»",
        ],
        near_misses: &[
            "PUBLIC_KEY_B64=<b43>=",
            "pubkey_hex = \"<hex64>\"",
            "AES_KEY_B64=$AES_KEY_FROM_THE_ENVIRONMENT_1",
            "AES_KEY_HEX=00000000000000000000000000000000",
            "key_hex = hex::encode(key_bytes_of_the_service1)",
            "cache_key_hex=<hex32>",
            "key_base64 = base64_encode_of_the_key_bytes",
        ],
        ..Rule::EMPTY
    }]
}

/// Whether so many letters and digits stand as an encoding of random bytes has them.
fn is_encoded(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_hex = value.iter().all(u8::is_ascii_hexdigit);
    let is_mixed =
        value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let head = &value[..value.len().min(128)];
    digits >= 2 && (is_mixed || is_hex && value.len() >= 32) && named::is_password(head, true)
}
