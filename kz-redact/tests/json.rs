//! JSON is edited in place: only strings, keys and numbers change, and it stays
//! JSON.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kz_core::ErrorKind;
use kz_redact::{PatternLevel, Redactor};
use proptest::prelude::*;

fn redactor() -> Redactor {
    Redactor::builder()
        .patterns(PatternLevel::Off)
        .secret("A", "kz-canary-1")
        .secret("N", "4711471147")
        .secret("Q", "kz \"canary\"\n\\2")
        .build()
        .unwrap()
}

#[test]
fn table() {
    let cases = [
        // Everything else stays byte for byte.
        (
            r#" {"a" : 1.0e5, "a":null,"b":[ ] } "#,
            r#" {"a" : 1.0e5, "a":null,"b":[ ] } "#,
        ),
        (
            r#"["x kz-canary-1 \u00e9 y"]"#,
            r#"["x [REDACTED:A] \u00e9 y"]"#,
        ),
        (r#"["\u006bz-canary-\u0031\n"]"#, r#"["[REDACTED:A]\n"]"#),
        (r#"["kz \"canary\"\n\\2."]"#, r#"["[REDACTED:Q]."]"#),
        // JSON inside JSON inside JSON.
        (
            r#"["{\"a\":\"kz \\\"canary\\\"\\n\\\\2\"}"]"#,
            r#"["{\"a\":\"[REDACTED:Q]\"}"]"#,
        ),
        // Numbers become strings.
        (
            r#"{"n":4711471147, "m": 47114711471}"#,
            r#"{"n":"[REDACTED:N]", "m": "[REDACTED:N]"}"#,
        ),
        (
            r#"{"type":"Buffer","data":[1, 107,122,45,99,97,110,97,114,121,45,49 ,2]}"#,
            r#"{"type":"Buffer","data":[1, "[REDACTED:A]" ,2]}"#,
        ),
        // Keys, told apart.
        (
            r#"{"kz-canary-1":1,"[REDACTED:A]":2,"kz-canary-\u0031":3}"#,
            r#"{"[REDACTED:A]#2":1,"[REDACTED:A]":2,"[REDACTED:A]#3":3}"#,
        ),
        (
            r#"{"kz-canary-1 x":1,"a":{"kz-canary-1 x":2},"kz-canary-\u0031 x":3}"#,
            r#"{"[REDACTED:A] x":1,"a":{"[REDACTED:A] x":2},"[REDACTED:A] x#2":3}"#,
        ),
        // Split over blocks.
        (
            r#"{"content":[{"type":"text","text":"a kz-ca"},{"type":"text","text":"nary-1 b"}]}"#,
            r#"{"content":[{"type":"text","text":"a [REDACTED:A]"},{"type":"text","text":"[REDACTED:A] b"}]}"#,
        ),
        (
            r#"["a kz-","canary","-1 b"]"#,
            r#"["a [REDACTED:A]","[REDACTED:A]","[REDACTED:A] b"]"#,
        ),
        (r#"["a kz-",1,"canary-1 b"]"#, r#"["a kz-",1,"canary-1 b"]"#),
        // Lone surrogates are kept as written.
        (
            r#"["\ud800 kz-canary-1 \udc00"]"#,
            r#"["\ud800 [REDACTED:A] \udc00"]"#,
        ),
    ];
    for (text, expected) in cases {
        let redactor = redactor();
        assert_eq!(redactor.redact_json_str(text).unwrap(), expected, "{text}");
        assert_eq!(
            redactor.redact_json_str(expected).unwrap(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_is_not_json() {
    for text in ["", "{", "kz-canary-1", "[1] [2]", "{\"a\":kz-canary-1}"] {
        let error = redactor().redact_json_str(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.to_string().contains("canary"));
    }
}

#[test]
fn deep_nesting() {
    let deep = format!(
        "{}\"kz-canary-1\"{}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let output = redactor().redact_json_str(&deep).unwrap().into_owned();
    assert!(output.contains("[\"[REDACTED:A]\"]") && !output.contains("canary"));
    let deep = format!("{}1{}", "{\"text\":[".repeat(20_000), "]}".repeat(20_000));
    assert_eq!(redactor().redact_json_str(&deep).unwrap(), deep);
}

/// JSON in a string of JSON, as a tool's answer is, stays JSON down to the innermost.
#[test]
fn json_in_strings_stays_json() {
    let redactor = Redactor::builder()
        .secret("A", "kz-canary-1")
        .secret("N", "4711471147")
        .build()
        .unwrap();
    for (inner, expected) in [
        // A name beside its value.
        (
            r#"{"name":"DB_PASSWORD","value":"Kz9!canary"}"#,
            r#"{"name":"DB_PASSWORD","value":"[REDACTED:assigned-password]"}"#,
        ),
        (
            r#"{"log":"\n\"password\": \"Kz9!canary\"\n"}"#,
            r#"{"log":"\n\"password\": \"[REDACTED:assigned-password]\"\n"}"#,
        ),
        // Numbers become strings there, too, and equal keys are told apart.
        (
            r#"{"n":4711471147,"m":[1,4711471147]}"#,
            r#"{"n":"[REDACTED:N]","m":[1,"[REDACTED:N]"]}"#,
        ),
        (
            r#"{"kz-canary-1":1,"kz-canary-1 ":2,"kz-canary-\u0031":"\"kz-canary-1\""}"#,
            r#"{"[REDACTED:A]":1,"[REDACTED:A] ":2,"[REDACTED:A]#2":"\"[REDACTED:A]\""}"#,
        ),
        // What is no JSON, or all of a value, is text.
        ("{kz-canary-1, 4711471147}", "{[REDACTED:A], [REDACTED:N]}"),
        ("[1] 4711471147", "[1] [REDACTED:N]"),
        (" 4711471147", " [REDACTED:N]"),
    ] {
        let (mut text, mut output) = (inner.to_owned(), expected.to_owned());
        for _ in 0..3 {
            let in_string = |text: &str| serde_json::json!({"text": text, "n": 1}).to_string();
            (text, output) = (in_string(&text), in_string(&output));
            assert_eq!(redactor.redact_json_str(&text).unwrap(), output, "{inner}");
            assert_eq!(redactor.redact_json_str(&output).unwrap(), output);
        }
    }
}

/// As it is written a line goes on where it ends as it is meant.
#[test]
fn a_value_is_found_whose_quotation_mark_is_missing() {
    let redactor = Redactor::builder().build().unwrap();
    for before in [
        "",
        "a line of a log, longer than what rules look at before a value. ",
    ] {
        for end in ["\n", "\r\n"] {
            let text = format!("{before}{before}\"password\": \"Kz9!canary{end}");
            let message = serde_json::json!({"text": text}).to_string();
            let output = redactor.redact_json_str(&message).unwrap();
            assert!(!output.contains("Kz9!canary"), "{message}");
        }
    }
}

#[test]
fn rules_see_keys_and_decoded_text() {
    let redactor = Redactor::builder().build().unwrap();
    let token = ["gh", "p_", "kzCanary0kzCanary0kzCanary0kzCanary0"].concat();
    for text in [
        format!("{{\"t\":\"{token}\"}}"),
        format!("{{\"t\":\"\\u0067{}\"}}", &token[1..]),
        "{\"dsn\": \"host=db user=app password=kzCanaryOne9 dbname=\\u0078\"}".to_owned(),
    ] {
        let output = redactor.redact_json_str(&text).unwrap().into_owned();
        assert!(
            output.contains("[REDACTED:") && !output.contains("anary"),
            "{output}"
        );
        serde_json::from_str::<serde_json::Value>(&output).unwrap();
        assert_eq!(redactor.redact_json_str(&output).unwrap(), output);
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let text = prop::collection::vec(
        prop_oneof![
            Just("kz-canary-1".to_owned()),
            Just("kz \"canary\"\n\\2".to_owned()),
            Just("4711471147".to_owned()),
            Just("a3otY2FuYXJ5LTE=".to_owned()),
            Just("password=kz-canary-other ".to_owned()),
            "[a-z\\\\\"\n%&é😀 ]{0,6}",
        ],
        0..4,
    )
    .prop_map(|parts| parts.concat());
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        Just(4_711_471_147_u64.into()),
        text.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// The number of values in the tree: nothing is lost.
fn count(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        serde_json::Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn valid_json_stays_valid(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let redactor = Redactor::builder()
            .secret("A", "kz-canary-1")
            .secret("N", "4711471147")
            .secret("Q", "kz \"canary\"\n\\2")
            .build()
            .unwrap();
        let output = redactor.redact_json_str(&text).unwrap().into_owned();
        let parsed: serde_json::Value = serde_json::from_str(&output).unwrap();
        prop_assert_eq!(count(&parsed), count(&value));
        for survivor in ["kz-canary-1", "4711471147", "a3otY2FuYXJ5LTE", "kz \\\"canary\\\"\\n"] {
            prop_assert!(!output.contains(survivor), "{} in {}", survivor, output);
        }
        prop_assert_eq!(&redactor.redact_json_str(&output).unwrap(), &output);
        // And so it does in a string.
        let outer = serde_json::json!({ "text": text }).to_string();
        let output = redactor.redact_json_str(&outer).unwrap().into_owned();
        let outer: serde_json::Value = serde_json::from_str(&output).unwrap();
        let inner: serde_json::Value =
            serde_json::from_str(outer["text"].as_str().unwrap()).unwrap_or_default();
        prop_assert_eq!(count(&inner), count(&value));
        for survivor in ["kz-canary-1", "4711471147", "a3otY2FuYXJ5LTE"] {
            prop_assert!(!output.contains(survivor), "{} in {}", survivor, output);
        }
    }
}

#[test]
fn a_secret_of_kubernetes_keeps_its_names() {
    // What stands in a Secret is told by the whole document.
    let redactor = Redactor::builder().build().unwrap();
    let document = r#"{"apiVersion":"v1","data":{"extra":"YXBwOmt6LWNhbmFyeQ==","user":"YXBw"},"kind":"Secret","type":"Opaque"}"#;
    let output = redactor.redact_json_str(document).unwrap();
    assert_eq!(
        output,
        r#"{"apiVersion":"v1","data":{"extra":"[REDACTED:kubernetes-secret]","user":"[REDACTED:kubernetes-secret]"},"kind":"Secret","type":"Opaque"}"#
    );
}

#[test]
fn a_key_that_is_written_with_escapes_names_its_value() {
    let redactor = Redactor::builder().build().unwrap();
    for (key, value, is_found) in [
        (r"\u5bc6\u7801", "Kz9!canary", true),
        (r"\u041f\u0430\u0440\u043e\u043b\u044c", "Kz9!canary", true),
        (r"pass\u0077ord", "Kz9!canary", true),
        (r"pass\u0077ord", r"Kz9\u0021canary\u002b", true),
        (r"\u5bc6\u7801", r"\u8bf7\u8f93\u5165", false),
        (r"\u59d3\u540d", "Kz9!canary", false),
    ] {
        let text = format!(r#"{{"a":"\n","{key}": "{value}","b":1}}"#);
        let output = redactor.redact_json_str(&text).unwrap();
        assert_eq!(output.contains("[REDACTED"), is_found, "{output}");
        assert_eq!(output.contains(value), !is_found, "{output}");
        let parsed: serde_json::Value = serde_json::from_str(&output).unwrap();
        assert_eq!(parsed["b"], 1);
    }
}

#[test]
fn a_string_without_backslashes_may_hold_other_escapes() {
    let redactor = Redactor::builder().build().unwrap();
    for (string, rest) in [
        ("curl%20-u%20app%3AkzCanary2%20http", "kzCanary"),
        ("IDENTIFIED%20BY%20%27kzCanary2%27", "kzCanary"),
        (
            "{&quot;password&quot;: &quot;kzCanaryHunter2&quot;}",
            "CanaryHunter",
        ),
    ] {
        assert!(!redactor.redact_str(string).contains(rest), "{string}");
        let message = serde_json::json!({ "text": string }).to_string();
        let output = redactor.redact_json_str(&message).unwrap();
        assert!(!output.contains(rest), "{output}");
    }
}

proptest! {
    /// A result is often sent as text and, beside it, as structured content: what stands in a
    /// text twice is read once, and masked in both places as it is alone.
    #[test]
    fn what_stands_in_a_text_twice_is_masked_twice(
        secrets in prop::collection::vec((0..5_usize, 0..600_usize), 0..3),
        filling in "[a-z \\\\\"\n%&é=0-9]{0,40}",
        others in 0..12_usize,
    ) {
        const WRITTEN: [&str; 5] =
            ["kz-canary-1", "a3otY2FuYXJ5LTE=", "kz%2dcanary-1", "4711471147", "kz \"canary\"\n\\2"];
        let mut string = format!("{filling} ").repeat(600 / (filling.len() + 1) + 1);
        for (which, at) in secrets {
            let at = (0..=at.min(string.len())).rfind(|at| string.is_char_boundary(*at));
            string.insert_str(at.unwrap_or(0), &format!(" {} ", WRITTEN[which]));
        }
        let one = serde_json::json!({ "s": string }).to_string();
        let redactor = redactor();
        let expected = redactor.redact_json_str(&one).unwrap().into_owned();
        // Whatever long strings stand between, and however many there are.
        let between: Vec<String> = (0..others).map(|other| format!("{other} ").repeat(200)).collect();
        let object = serde_json::json!({ "s": string });
        let many = serde_json::json!([object, between, object, object]);
        let output = redactor.redact_json_str(&many.to_string()).unwrap().into_owned();
        prop_assert_eq!(output.matches(&expected).count(), 3, "{}", output);
    }
}
