use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::*;
use crate::{
    Redactor,
    patterns::block::{TOLD_APART, Values as Parts},
};

fn redactor() -> Redactor {
    Redactor::builder().build().unwrap()
}

fn redact(text: &str) -> String {
    redactor().redact_str(text).into_owned()
}

/// What a stream makes of a text in pieces.
fn streamed(text: &str, size: usize) -> String {
    let mut stream = redactor().stream();
    let mut output: Vec<u8> = Vec::new();
    for piece in text.as_bytes().chunks(size) {
        output.extend(stream.write(piece));
    }
    output.extend(stream.finish());
    String::from_utf8(output).unwrap()
}

/// Manifests in which what is to go stands in guillemets.
const MANIFESTS: [&str; 11] = [
    "kind: Secret\ndata:\n  user: «YXBw»\n  pass: «YXBwOmt6LWNhbmFyeQ==»\ntype: Opaque\n",
    "kind: Secret\r\ndata:\r\n  user: \"«YXBw»\"\r\n  pass: '«YXBwOmt6LWNhbmFyeQ==»'\r\ntype: x\r\n",
    "apiVersion: v1\ndata:\n  crt: |-\n    «YXBwOmt6LWNhbmFyeTEy\n    YXBwOmt6LWNhbmFyeQ==»\n  b: «YXBw»\nkind: Secret\n",
    "kind: Secret\ndata:\n  user: «YXBw» # «app»\n\n  # «the old one»\n  pass: «YXBwOmt6LWNhbmFyeQ==»\n",
    "{\n  \"apiVersion\": \"v1\",\n  \"data\": {\n    \"user\": \"«YXBw»\",\n    \"pass\": \"«YXBwOmt6LWNhbmFyeQ==»\"\n  },\n  \"kind\": \"Secret\"\n}\n",
    "{\"kind\":\"Secret\",\"data\":{\"user\":\"«YXBw»\",\"pass\":\"«YXBwOmt6LWNhbmFyeQ==»\"}}",
    "stringData:\n  user: «app»\n  pass: '«it''s kz»'\n  \"extra\": «kz canary»\ntype: Opaque\n",
    "stringData:\n    conf: |\n        «a: kz\n\n        b: canary»\n    # pass: «old kz»\n    z: >-\n      «kz»\nx: y\n",
    "stringData:\n  a: \"«kz\n    canary: one»\"\n  b:\n    «kz\n    canary»\n",
    "{\"kind\":\"Secret\",\"stringData\":{\"user\":\"«app»\",\"pass\":\"«it's kz»\"},\"x\":1}",
    "stringData:\n  a: \"«kz»\n  b: c\ntype: x\n",
];

/// A manifest, and as it is to be.
fn masked(template: &str) -> (String, String) {
    let label = if template.starts_with("stringData") {
        "[REDACTED:kubernetes-string-data]"
    } else if template.contains("stringData") {
        "[REDACTED:kubernetes-string-json]"
    } else {
        "[REDACTED:kubernetes-secret]"
    };
    let mut expected = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('«') {
        expected += before;
        expected += label;
        rest = after.split_once('»').unwrap().1;
    }
    (template.replace(['«', '»'], ""), expected + rest)
}

#[test]
fn only_values_go() {
    for template in &MANIFESTS[..10] {
        let (text, expected) = masked(template);
        assert_eq!(redact(&text), expected, "{text}");
        assert_eq!(redact(&expected), expected, "again");
        for size in [1, 3, 64, 1000] {
            assert_eq!(streamed(&text, size), expected, "by {size}: {text}");
        }
    }
    // Without its closing quote a value ends nowhere.
    assert_eq!(
        redact(&MANIFESTS[10].replace(['«', '»'], "")),
        "stringData:\n  a: \"[REDACTED:kubernetes-string-data]\ntype: x\n"
    );
}

#[test]
fn and_so_in_strings_of_json() {
    for template in &MANIFESTS[..10] {
        let (text, expected) = masked(template);
        let (mut text, mut expected) = (text, expected);
        for depth in 1..=3 {
            text = serde_json::json!({ "text": text }).to_string();
            expected = serde_json::json!({ "text": expected }).to_string();
            let output = redactor().redact_json_str(&text).unwrap().into_owned();
            assert_eq!(output, expected, "{depth}");
        }
    }
}

#[test]
fn strings_of_any_length_are_closed_by_their_end_alone() {
    let long = "kz \\\"canary\\\\".repeat(900);
    let inside = format!(r#""a":"{long}","b" : "}}","c":"{long}""#);
    let text = format!(r#"{inside}}},"d":"e"}}"#);
    assert_eq!(json::close(text.as_bytes()), Close::At(inside.len()));
    for size in [1, 2, 7, 5000] {
        let (mut kept, mut taken) = (Vec::new(), 0);
        let end = text.as_bytes().chunks(size).find_map(|piece| {
            kept.extend_from_slice(piece);
            taken += piece.len();
            match json::close(&kept) {
                Close::At(at) => Some(taken - kept.len() + at),
                Close::NotYet { keep } => {
                    assert!(keep <= 4096 + size, "{keep}");
                    kept.drain(..kept.len() - keep);
                    None
                }
            }
        });
        assert_eq!(end, Some(inside.len()), "by {size}");
    }
}

#[test]
fn beyond_a_bound_the_rest_is_one() {
    let value = STANDARD.encode("kz-canary".repeat(90));
    for head in ["kind: Secret\ndata:\n", "stringData:\n"] {
        let mut text = head.to_owned();
        text.extend((0..200).map(|index| format!("  n{index}: {value}\n")));
        text += "type: Opaque\n";
        let whole = redact(&text);
        assert!(!whole.contains(&value[..40]));
        let told_apart = TOLD_APART / (value.len() + "  n0: \n".len());
        assert!(whole.matches("[REDACTED").count().abs_diff(told_apart) < 3);
        assert!(whole.ends_with("]\ntype: Opaque\n"));
        for size in [100, 5000, 100_000] {
            assert_eq!(streamed(&text, size), whole, "by {size}");
        }
    }
}

/// A name, a value and how they are written.
fn entry() -> impl Strategy<Value = (String, String, usize)> {
    ("[a-z._-]{1,12}", "[ -~é\n]{12,40}", 0..6_usize)
}

proptest! {
    /// Whatever a manifest holds: no value leaves, every name does, in whole text and in
    /// pieces.
    #[test]
    fn values_go_and_names_stay(
        entries in prop::collection::vec(entry(), 1..6),
        form in 0..4_usize,
        size in 1..50_usize,
    ) {
        let mut text = String::new();
        let mut values = Vec::new();
        for (index, (name, value, how)) in entries.iter().enumerate() {
            let value = STANDARD.encode(format!("kz{value}"));
            let name = format!("{}{name}", char::from(b'a' + u8::try_from(index).unwrap()));
            let entry = match (form, how) {
                (2 | 3, _) => format!("{}\"{name}\":\"{value}\"", if index > 0 { "," } else { "" }),
                (_, 0 | 1) => format!("  {name}: {value}\n"),
                (_, 2) => format!("  {name}: \"{value}\"\n"),
                (_, 3) => format!("  '{name}': '{value}'\n"),
                (_, 4) => format!("  {name}: |\n    {}\n    {}\n", &value[..12], &value[12..]),
                _ => format!("  {name}: {value} # {name}-kz\n"),
            };
            text.push_str(&entry);
            values.push((name, value));
        }
        let text = match form {
            0 => format!("apiVersion: v1\nkind: Secret\ndata:\n{text}type: Opaque\n"),
            1 => format!("apiVersion: v1\ndata:\n{text}kind: Secret\n"),
            2 => format!("{{\"apiVersion\":\"v1\",\"data\":{{{text}}},\"kind\":\"Secret\"}}"),
            _ => format!("{{\"kind\":\"Secret\",\"data\":{{{text}}}}}"),
        };
        let output = redact(&text);
        for (name, value) in &values {
            prop_assert!(!output.contains(&value[..8]), "{}\n{}", value, output);
            prop_assert!(output.contains(name.as_str()), "{}\n{}", name, output);
        }
        prop_assert_eq!(streamed(&text, size), output);
    }

    /// Of what a block is, from its first value on, only names and what stands around them
    /// is left out, whatever becomes of the text.
    #[test]
    fn all_but_names_is_masked(
        which in 0..MANIFESTS.len(),
        at in 0..400_usize,
        length in 0..20_usize,
        by in "[ -~\n]{0,12}",
        end in 0..400_usize,
    ) {
        let mut text = MANIFESTS[which].replace(['«', '»'], "").into_bytes();
        let at = at.min(text.len());
        text.splice(at..(at + length).min(text.len()), by.into_bytes());
        text.truncate(end.max(40));
        for rule in rules() {
            let Matcher::Block(block) = rule.matcher else { continue };
            // Any string of JSON may be a name.
            if rule.id == "kubernetes-string-json" {
                continue;
            }
            let Parts::These(values) = block.values else { continue };
            for anchor in 0..text.len() {
                let here = &text[anchor..];
                let is_anchor = |word: &&str| {
                    here.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
                };
                if !rule.anchors.iter().any(is_anchor) {
                    continue;
                }
                let (Opening::Yes(start) | Opening::After(start)) = (block.open)(here) else { continue };
                let end = match (block.close)(&here[start..]) {
                    Close::At(end) => start + end,
                    Close::NotYet { .. } => here.trim_ascii_end().len().max(start),
                };
                let found = values(&here[..end], start);
                prop_assert!(found.iter().all(|value| value.end <= end));
                let mut from = start;
                for value in found.iter().cloned().chain(std::iter::once(end..end)) {
                    prop_assert!(from <= value.start.max(start));
                    let left = &here[from..value.start.max(from)];
                    prop_assert!(
                        is_name(left),
                        "{:?} of {:?}",
                        String::from_utf8_lossy(left),
                        String::from_utf8_lossy(here)
                    );
                    from = value.end.max(from);
                }
            }
        }
    }
}

/// Whether a stretch between two values is at most a few names, each with a colon, and what
/// stands around them.
fn is_name(stretch: &[u8]) -> bool {
    let name =
        regex::bytes::Regex::new(r#"^(?:[\s"'\\,#|>+1-9-]|\\[nrt]|[^\s:#"'\\\[]*["'\\]{0,2}:)*$"#);
    name.unwrap().is_match(stretch)
}
