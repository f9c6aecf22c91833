//! Credentials in HTTP headers, in the spellings that reach a log: raw, as an
//! option of curl, as a dict, a list of pairs, JSON, escaped JSON.

use base64::{
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use zeroize::Zeroizing;

use super::{
    super::rule::{Left, Matcher, Reach, Rule},
    is_placeholder,
};
use crate::wiped::decode_base64;

/// What may stand between the name of a header and its value: `: `, `": "`,
/// `', b'`, `":["`, `\":\"`, `=`, ` => `, and the like.
macro_rules! between {
    () => {
        r#"[\s"'\\)\]]{0,8}(?:[:=,]|=>|%3[Aa])(?:%20|b?["']|[\s\\(\[{]){0,10}?"#
    };
}
/// A credential: a marker, which is left alone, or what comes before white
/// space, a quote, or what closes a list or a tag.
macro_rules! credential {
    () => {
        concat!(
            r"(\[REDACTED:[A-Za-z0-9_-]+\]",
            r#"|[^\s"'`\\,;<>(){}\[\]\x00-\x1f][^\s"'`\\,;>(){}\]\x00-\x1f]{3,})"#
        )
    };
}

pub(super) fn rules() -> Vec<Rule> {
    const HEADER: Rule = Rule {
        fold: true,
        reach: Reach {
            max: 4096,
            ..Reach::LINE
        },
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "basic-auth",
            about: "The credentials of HTTP Basic authentication; RFC 7617",
            anchors: &["basic ", "basic%20"],
            left: Left::WordStart,
            matcher: Matcher::Regex(r"(?i:basic)(?:\s|%20){1,4}([A-Za-z0-9+/_-]{4,}={0,2})"),
            check: Some(|value, _| is_basic(value)),
            examples: &[
                "Authorization: Basic «<basic>»",
                r#"{"authorization": "Basic «<basic>»"}"#,
                "Proxy-Authorization: basic «<basic>»\r\n",
            ],
            near_misses: &[
                "WWW-Authenticate: Basic realm=\"x\"",
                "Authorization: Basic authentication is required",
                "Authorization: Basic [REDACTED:NAME]",
                "basic AAAAAAAAAAAA",
            ],
            ..HEADER
        },
        Rule {
            id: "authorization-header",
            about: "The credential of an Authorization or Proxy-Authorization header, after its \
                    scheme; RFC 9110, 11.6.2, RFC 6750",
            anchors: &["authorization", "x-amz-security-token"],
            left: Left::WordAnd(begins_a_name),
            matcher: Matcher::Regex(concat!(
                r"(?i:authorization|x-amz-security-token)",
                between!(),
                r"(?:[A-Za-z][A-Za-z0-9_-]{1,24}(?:[ \t]|%20){1,4})?(?:[a-z]{2,8}=)?",
                credential!(),
            )),
            check: Some(is_credential),
            examples: &[
                "Authorization: Bearer «kz-canary-<an8>»\r\nHost: x",
                "curl -H 'Authorization: token «<an20>»' x",
                "{'Authorization': 'Bearer «<an20>»', 'Accept': '*/*'}",
                r#"{"authorization": "Bearer «<an20>»"}"#,
                r#"{\"authorization\":\"Bearer «<an20>»\"}"#,
                "(b'Authorization', b'Bearer «<an20>»')",
                r#"["authorization","Bearer «<an20>»"]"#,
                "map[Authorization:[Bearer «<an20>»]]",
                "Proxy-Authorization: Bearer «<an20>»",
                "Authorization: «<an24>»",
                "Authorization: Api-Token «<an24>»",
                "Authorization: Bearer «kz-canary»",
            ],
            near_misses: &[
                "Authorization: Bearer [REDACTED:NAME]",
                "Authorization: Bearer KZ_TOK_<base32>",
                "Authorization: Bearer <token>",
                "Authorization: Bearer $TOKEN",
                "authorization: required",
                "headers.insert(header::AUTHORIZATION, auth_value)",
                "Win32_Security_Authorization = [\"Win32_Security_and_some_more\"]",
                "Authorization: Bearer token required",
                "authorization, which is checked first",
                "WWW-Authenticate: Bearer realm=\"x\"",
                "Authorization: Basic <jwt>",
            ],
            ..HEADER
        },
        Rule {
            id: "header-signature",
            about: "What an Authorization header proves a secret with: the response of Digest, the \
                    signatures of AWS, Google and others; RFC 7616, 3.4; AWS docs, 'Signature Version 4'",
            anchors: &[
                "digest ",
                "aws4-hmac-sha256",
                "aws4-ecdsa-p256",
                "oauth oauth_",
                "hmac ",
            ],
            left: Left::WordStart,
            matcher: Matcher::Regex(concat!(
                r"(?i:digest|aws4-[a-z0-9-]{8,24}|oauth|hmac)\s[^\n]*?",
                r#"\b(?i:response|signature|oauth_signature|mac)=\\?["']?([A-Za-z0-9+/%]{24,}={0,2})"#,
            )),
            check: Some(|value, _| super::is_random_looking(value)),
            examples: &[
                r#"Authorization: Digest username="app", realm="x", uri="/", response="«<hex32>»""#,
                "Authorization: AWS4-HMAC-SHA256 Credential=x/20250101/us-east-1/s3/aws4_request, \
                 SignedHeaders=host, Signature=«<hex64>»",
                r#"OAuth oauth_consumer_key="x", oauth_signature="«<an27>%3D»""#,
            ],
            near_misses: &[
                r#"WWW-Authenticate: Digest realm="x", nonce="<hex32>", opaque="<hex32>""#,
                "the digest of the response=<hex8>",
            ],
            ..HEADER
        },
        Rule {
            id: "bearer-token",
            about: "A bearer token without its header; RFC 6750",
            anchors: &["bearer ", "bearer%20"],
            left: Left::WordStart,
            matcher: Matcher::Regex(concat!(
                r"(?i:bearer)(?:\s|%20){1,4}",
                r"([A-Za-z0-9_.~+/=-]{16,})"
            )),
            check: Some(|value, _| super::is_random_looking(value)),
            examples: &[
                "invalid token: Bearer «<an20>»",
                "'Bearer «<an30>»…', 37, 38",
            ],
            near_misses: &[
                "Bearer authentication-is-required",
                "the bearer of-this-letter-of-introduction",
                "Bearer [REDACTED:bearer-token]",
            ],
            ..HEADER
        },
        Rule {
            id: "api-key-header",
            about: "A header that holds nothing but a credential: X-Api-Key, X-Vault-Token, \
                    Private-Token and their like; the API references of their services",
            anchors: &[
                "x-api-key",
                "apikey",
                "api-token",
                "x-vault-token",
                "x-auth-token",
                "private-token",
                "job-token",
                "x-goog-api-key",
                "x-shopify-access-token",
                "x-access-token",
                "x-figma-token",
                "ocp-apim-subscription-key",
                "x-consul-token",
                "x-nomad-token",
                "dd-api-key",
                "dd-application-key",
                "x-amz-sso_bearer_token",
                "x-csrf-token",
                "x-functions-key",
            ],
            left: Left::WordAnd(begins_a_name),
            matcher: Matcher::Regex(concat!(r"[A-Za-z0-9_-]+", between!(), credential!())),
            check: Some(|value, _| is_lone_credential(value)),
            examples: &[
                "X-Api-Key: «<an20>»",
                "{'X-Vault-Token': '«hvs.<an20>»'}",
                r#"{"private-token":"«<an20>»"}"#,
            ],
            near_misses: &[
                "X-Vault-Token: [REDACTED:VAULT_TOKEN]",
                "X-Api-Key: required",
                "Access-Control-Allow-Headers: x-api-key, x-auth-token, accept",
            ],
            ..HEADER
        },
    ]
}

/// Neither the last part of a path of names (`AWS::AppSync::ApiKey`) nor in a query.
fn begins_a_name(before: &[u8]) -> bool {
    !before.ends_with(b"::") && !before.ends_with(b"?") && !before.ends_with(b"&")
}

/// `user:password` in base64, of UTF-8 text without control bytes.
pub(super) fn is_basic(value: &[u8]) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut standard = Zeroizing::new(value.to_vec());
    for byte in standard.iter_mut() {
        *byte = match *byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
    }
    value.len() >= 8
        && decode_base64(&LENIENT, &standard).is_some_and(|pair| {
            pair.contains(&b':')
                && std::str::from_utf8(&pair).is_ok()
                && pair.iter().all(|byte| *byte >= b' ' && *byte != 0x7f)
        })
}

/// After a known scheme any word that prose would not hold; else what looks like
/// a key.
fn is_credential(value: &[u8], before: &[u8]) -> bool {
    const SCHEMES: [&[u8]; 12] = [
        b"bearer",
        b"token",
        b"apikey",
        b"api-key",
        b"negotiate",
        b"ntlm",
        b"oauth",
        b"jwt",
        b"key",
        b"pat",
        b"splunk",
        b"bot",
    ];
    let before = before
        .strip_suffix(b"%20")
        .unwrap_or(before)
        .trim_ascii_end();
    let scheme = before
        .rsplit(|byte| !(byte.is_ascii_alphabetic() || *byte == b'-'))
        .next();
    let is_scheme = |word: &[u8]| {
        SCHEMES
            .iter()
            .any(|scheme| word.eq_ignore_ascii_case(scheme))
    };
    let is_named = |name: &[u8]| scheme.is_some_and(|word| word.eq_ignore_ascii_case(name));
    if is_placeholder(value) || is_a_word(value) || is_scheme(value) {
        false
    } else if is_named(b"basic") && value.contains(&b'.') {
        // No base64 (RFC 7617, 2): whatever it is, another rule knows its format.
        false
    } else if scheme.is_some_and(is_scheme) {
        true
    } else {
        // The scope of AWS is public, its signature has a rule of its own.
        let is_public = value.starts_with(b"AWS4-") || value.starts_with(b"Credential=");
        value.len() >= 16 && super::is_random_looking(value) && !is_public
    }
}

fn is_lone_credential(value: &[u8]) -> bool {
    let has_digit = value.iter().any(u8::is_ascii_digit);
    value.len() >= 8 && has_digit && !is_placeholder(value)
}

/// Lower-case letters only, and few: prose about headers.
fn is_a_word(value: &[u8]) -> bool {
    value.len() <= 16
        && value
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'.')
}
