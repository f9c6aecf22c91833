//! Made-up secrets, and a search for them in every form in which they could leak.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A made-up secret, different in every call: `kz-canary-KIND-` and 24 hex digits.
///
/// It looks like no real key and needs no escaping in a URL, a shell or JSON.
pub fn made_up(kind: &str) -> String {
    // Randomly keyed by the standard library; good enough for what nobody attacks.
    let random = || RandomState::new().build_hasher().finish();
    format!(
        "kz-canary-{kind}-{:016x}{:08x}",
        random(),
        random() & 0xffff_ffff
    )
}

/// A value that must not be found.
#[derive(Debug, Clone)]
pub struct Canary {
    /// What it is, for the report: `password`.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Canary {
    /// Names a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// The forms of this value that occur in `text`, by name.
    ///
    /// Literal, percent-encoded (upper and lower hex, every byte), JSON-escaped, `\u`
    /// escapes, hex (lower, upper), and base64 and base64url at all three alignments.
    /// This search is written apart from the redactor, so that the two do not share a
    /// mistake.
    ///
    /// # Panics
    /// Never: a string is JSON.
    pub fn forms_in(&self, text: &[u8]) -> Vec<&'static str> {
        let value = self.value.as_bytes();
        let mut found: Vec<&'static str> = Vec::new();
        let mut check = |form: &'static str, needle: &[u8]| {
            // A form that changes nothing in this value is the literal.
            let is_literal = form != "literal" && needle == value;
            if !is_literal && !found.contains(&form) && contains(text, needle) {
                found.push(form);
            }
        };
        check("literal", value);
        check(
            "percent",
            percent(value, |byte| !is_unreserved(byte), false).as_bytes(),
        );
        check(
            "percent",
            percent(value, |byte| !is_unreserved(byte), true).as_bytes(),
        );
        check(
            "percent, every byte",
            percent(value, |_| true, false).as_bytes(),
        );
        check(
            "percent, every byte",
            percent(value, |_| true, true).as_bytes(),
        );
        let json = serde_json::to_string(&self.value).expect("every string can be written as JSON");
        check("json", &json.as_bytes()[1..json.len() - 1]);
        let unicode: String = self
            .value
            .encode_utf16()
            .map(|u| format!("\\u{u:04x}"))
            .collect();
        check("json, every character", unicode.as_bytes());
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        check("hex", hex.as_bytes());
        check("hex", hex.to_uppercase().as_bytes());
        for (form, alphabet) in [("base64", STANDARD), ("base64url", URL_SAFE)] {
            for lead in 0..3 {
                check(form, &base64_core(value, lead, alphabet));
            }
        }
        found
    }
}

/// Every canary in every form that occurs in `text`, as `NAME (FORM)`.
pub fn find(canaries: &[Canary], text: &[u8]) -> Vec<String> {
    let each = canaries.iter().flat_map(|canary| {
        canary
            .forms_in(text)
            .into_iter()
            .map(move |form| format!("{} ({form})", canary.name))
    });
    each.collect()
}

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    let group = |chunk: &[u8]| {
        let mut digits = base64_core(chunk, 0, STANDARD);
        let rest = chunk.len() % 3;
        if rest != 0 {
            // The bits that are left over, with zeros behind them.
            let last = chunk[rest - 1] << (6 - 2 * rest) & 0x3f;
            digits.push(STANDARD[usize::from(last)]);
            digits.resize(4, b'=');
        }
        digits
    };
    let digits = bytes.chunks(3).flat_map(group);
    digits.map(char::from).collect()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 characters that `value` alone determines when `lead` bytes stand before it.
fn base64_core(value: &[u8], lead: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut bits = vec![false; lead * 8];
    for byte in value {
        bits.extend((0..8).rev().map(|bit| byte >> bit & 1 == 1));
    }
    let first = (lead * 8).div_ceil(6);
    let digits = bits.chunks_exact(6).skip(first);
    digits
        .map(|digit| alphabet[digit.iter().fold(0, |n, bit| n << 1 | usize::from(*bit))])
        .collect()
}

fn percent(value: &[u8], encode: impl Fn(u8) -> bool, lower: bool) -> String {
    let one = |byte: &u8| match (encode(*byte), lower) {
        (false, _) => char::from(*byte).to_string(),
        (true, false) => format!("%{byte:02X}"),
        (true, true) => format!("%{byte:02x}"),
    };
    value.iter().map(one).collect()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && text.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    // `pass/wörd>?` in each form, the base64 ones made by an independent encoder with
    // 0, 1 and 2 bytes before the value.
    #[test]
    fn every_form_is_found() {
        let canary = Canary::new("password", "pass/w\u{f6}rd>?x\"");
        let table: &[(&str, &[u8])] = &[
            ("literal", "x pass/w\u{f6}rd>?x\" x".as_bytes()),
            ("percent", b"pass%2Fw%C3%B6rd%3E%3Fx%22"),
            ("percent", b"pass%2fw%c3%b6rd%3e%3fx%22"),
            (
                "percent, every byte",
                b"%70%61%73%73%2F%77%C3%B6%72%64%3E%3F%78%22",
            ),
            ("json", "pass/w\u{f6}rd>?x\\\"".as_bytes()),
            ("hex", b"706173732f77c3b672643e3f7822"),
            ("hex", b"706173732F77C3B672643E3F7822"),
            ("base64", b"cGFzcy93w7ZyZD4/eCI="),
            ("base64", b"LnBhc3Mvd8O2cmQ+P3gi"),
            ("base64", b"Li5wYXNzL3fDtnJkPj94Ig=="),
            ("base64url", b"cGFzcy93w7ZyZD4_eCI"),
        ];
        for (form, text) in table {
            assert!(canary.forms_in(text).contains(form), "{form}");
        }
        assert_eq!(canary.forms_in(b"password"), Vec::<&str>::new());
    }

    #[test]
    fn base64_is_padded() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(
            base64("pass/w\u{f6}rd>?x\"".as_bytes()),
            "cGFzcy93w7ZyZD4/eCI="
        );
    }

    #[test]
    fn made_up_values_differ() {
        assert_ne!(made_up("x"), made_up("x"));
    }
}
