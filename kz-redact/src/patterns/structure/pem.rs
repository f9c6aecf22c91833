//! Private keys in PEM (RFC 7468) and in OpenPGP armour (RFC 9580).
//!
//! Never a public key, a certificate or a request: their labels do not say
//! PRIVATE KEY.

use std::ops::ControlFlow;

use memchr::memmem;

use super::super::{
    Close,
    block::{Block, Opening, Values},
    rule::{Left, Matcher, Reach, Rule, Strictness},
};
use crate::wiped::decode_base64;

/// The longest label in use is `ENCRYPTED PRIVATE KEY`; `OPENSSH`, `PGP … BLOCK`
/// and vendors' own are shorter.
const MAX_LABEL: usize = 64;
/// Where key material must have begun, if no line break says so.
const MAX_HEAD: usize = 512;
/// Keys are wrapped at 64; nothing encodes one in shorter pieces than this.
const MIN_RUN: usize = 16;

pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "private-key",
            about: "Private key in PEM or OpenPGP armour, also with literal \\n; RFC 7468, RFC 9580; \
                OpenVPN 2.6 manual, --secret. Without an END it is masked to the end of input",
            strictness: Strictness::Default,
            anchors: &["-----BEGIN ", "---- BEGIN "],
            fold: false,
            left: Left::Any,
            reach: Reach::LINE,
            matcher: Matcher::Block(Block {
                open: opening,
                close,
                values: Values::All,
            }),
            check: None,
            examples: &[
                "«-----BEGIN PRIVATE KEY-----\n<b64>\n<b20>==\n-----END PRIVATE KEY-----»\nrest",
                r"«-----BEGIN RSA PRIVATE KEY-----\n<b64>\n-----END RSA PRIVATE KEY-----»\n",
                "«-----BEGIN OPENSSH PRIVATE KEY-----\n<b64>\n<b64>»",
                "«-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n<b64>\n-----END PGP PRIVATE KEY BLOCK-----»",
                "«-----BEGIN EC PRIVATE KEY----- <b64> <b20> -----END EC PRIVATE KEY-----»",
                "«-----BEGIN OpenVPN Static key V1-----\n<hex32>\n<hex32>\n-----END OpenVPN Static key V1-----»",
                "«-----BEGIN OpenVPN tls-crypt-v2 client key-----\n<b64>\n-----END OpenVPN tls-crypt-v2 client key-----»",
                "«---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n<b64>\n---- END SSH2 ENCRYPTED PRIVATE KEY ----»",
            ],
            near_misses: &[
                "-----BEGIN PUBLIC KEY-----\n<b64>\n-----END PUBLIC KEY-----",
                "-----BEGIN CERTIFICATE-----\n<b64>\n-----END CERTIFICATE-----",
                "-----BEGIN CERTIFICATE REQUEST-----\n<b64>",
                "a file that starts with '-----BEGIN PRIVATE KEY-----', as all of them do",
                "-----BEGIN [A-Z ]+ PRIVATE KEY",
                "-----BEGIN PRIVATE KEY-----\nanything\n-----END PRIVATE KEY-----",
            ],
            ..Rule::EMPTY
        },
        Rule {
            id: "private-key-base64",
            about: "Private key in PEM, encoded as base64 once more, as CI variables hold it; RFC 7468",
            strictness: Strictness::Default,
            anchors: &["LS0tLS1CRUdJTi"],
            fold: false,
            left: Left::Any,
            reach: Reach::TOKEN,
            matcher: Matcher::Regex(r"[A-Za-z0-9+/_-]{40,}={0,2}"),
            check: Some(|value, _| decodes_to_a_private_key(value)),
            examples: &["KEY=«LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo<b64>»"],
            near_misses: &["LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg<b64>"],
            ..Rule::EMPTY
        },
    ]
}

fn decodes_to_a_private_key(value: &[u8]) -> bool {
    const HEAD: usize = 84;
    let head = &value[..value.len().min(HEAD) / 4 * 4];
    decode_base64(&base64::engine::general_purpose::STANDARD_NO_PAD, head)
        .is_some_and(|text| memmem::find(&text, b"PRIVATE KEY").is_some())
}

/// Reads `-----BEGIN label-----` and enough of what follows to tell a key from
/// the mention of one.
fn opening(text: &[u8]) -> Opening {
    let Some(begin) = memmem::find(text.get(..11).unwrap_or(text), b"BEGIN ") else {
        return Opening::No;
    };
    let label_start = begin + b"BEGIN ".len();
    let rest = &text[label_start..];
    let belongs = |(at, byte): &(usize, &u8)| {
        let is_dash_in_word =
            || **byte == b'-' && rest.get(at + 1).is_some_and(|next| *next != b'-');
        byte.is_ascii_alphanumeric()
            || matches!(byte, b' ' | b'_' | b'.' | b'/')
            || is_dash_in_word()
    };
    let label = rest
        .iter()
        .enumerate()
        .take(MAX_LABEL + 1)
        .take_while(belongs)
        .count();
    if label > MAX_LABEL {
        return Opening::No;
    }
    if label == rest.len() {
        return Opening::Unclear;
    }
    let name = &rest[..label];
    let is_secret = [&b"PRIVATE KEY"[..], b"SECRET KEY", b"OpenVPN "]
        .iter()
        .any(|word| memmem::find(name, word).is_some());
    if !is_secret {
        return Opening::No;
    }
    let dashes = rest[label..]
        .iter()
        .take(5)
        .take_while(|byte| **byte == b'-')
        .count();
    let body = label_start + label + dashes;
    if dashes < 4 {
        return if body == text.len() {
            Opening::Unclear
        } else {
            Opening::No
        };
    }
    match holds_a_key(&text[body..]) {
        ControlFlow::Break(true) => Opening::Yes(body),
        ControlFlow::Break(false) => Opening::No,
        ControlFlow::Continue(()) => Opening::Unclear,
    }
}

/// Whether what follows the opening line is a body: after a line break always, but for the
/// `XXXX` and the words of documentation; otherwise if there is a run of base64 soon.
fn holds_a_key(body: &[u8]) -> ControlFlow<bool> {
    let line_breaks: [&[u8]; 5] = [b"\\\\n", b"\\n", b"\\r", b"\n", b"\r"];
    let mut rest = body;
    while let Some(after) = line_breaks.iter().find_map(|end| rest.strip_prefix(*end)) {
        rest = after;
    }
    if rest.len() < body.len() {
        let dull = rest.get(..4).is_some_and(|head| {
            [&b"XXXX"[..], b"xxxx", b"....", b"****"].contains(&head)
                || (head[0].is_ascii_lowercase() && head.contains(&b' '))
        });
        return ControlFlow::Break(!dull && !is_a_word(rest));
    }
    let head = &body[..body.len().min(MAX_HEAD)];
    let end = memmem::find(head, b"-----END");
    let runs = head[..end.unwrap_or(head.len())]
        .split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')));
    let is_material = |run: &[u8]| {
        run.len() >= MIN_RUN && run.iter().filter(|byte| byte.is_ascii_uppercase()).count() >= 3
    };
    if runs.into_iter().any(is_material) {
        ControlFlow::Break(true)
    } else if end.is_some() || head.len() == MAX_HEAD {
        ControlFlow::Break(false)
    } else {
        ControlFlow::Continue(())
    }
}

/// Whether an END closes small letters alone, of which no line of a key consists.
fn is_a_word(body: &[u8]) -> bool {
    let head = &body[..body.len().min(MAX_HEAD)];
    memmem::find(head, b"-----END").is_some_and(|end| {
        let is_small = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_whitespace();
        head[..end].iter().all(is_small)
    })
}

/// The end of the first `-----END label-----`.
fn close(body: &[u8]) -> Close {
    const LONGEST: usize = "----- END ".len() + MAX_LABEL + "-----".len();
    let mut from = 0;
    while let Some(at) = memmem::find(&body[from..], b"END ") {
        let at = from + at;
        from = at + 4;
        let before = &body[..at];
        if !(before.ends_with(b"----") || before.ends_with(b"---- ")) {
            continue;
        }
        let line = &body[at..body.len().min(at + LONGEST)];
        let Some(dashes) = memmem::find(line, b"----") else {
            if line.len() == LONGEST {
                continue; // no END line after all
            }
            return Close::NotYet {
                keep: body.len() - at + 5,
            };
        };
        let ends_key = [&b"KEY"[..], b" key"]
            .iter()
            .any(|word| memmem::find(&line[..dashes], word).is_some());
        if !ends_key {
            continue; // a certificate that lies between
        }
        let end = at + dashes + 4;
        // A fifth dash, if there is one, belongs to it.
        return match body.get(end) {
            Some(b'-') => Close::At(end + 1),
            Some(_) => Close::At(end),
            None => Close::NotYet {
                keep: body.len() - at + 5,
            },
        };
    }
    Close::NotYet {
        keep: body.len().min(LONGEST),
    }
}
