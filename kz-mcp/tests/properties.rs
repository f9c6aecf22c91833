//! Whatever a server says: no value leaves, and JSON stays JSON.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::borrow::Cow;

use kz_mcp::{MessageFilter, Redactor};
use proptest::prelude::*;
use serde_json::{Value, json};

const CANARY: &str = "kz-canary-of-properties";
const NUMBER: u64 = 4_711_471_147_114_711;

fn filter() -> MessageFilter {
    let redactor = Redactor::builder()
        .secret("CANARY", CANARY)
        .secret("NUMBER", NUMBER.to_string())
        .patterns(kz_redact::PatternLevel::Off)
        .build()
        .unwrap();
    let filter = MessageFilter::new(redactor);
    filter.incoming(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#);
    filter
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z\"\\\\\u{e9}\u{1f980}\u{0}]{0,8}",
        1 => Just(CANARY.to_owned()),
        1 => "[a-z ]{0,4}".prop_map(|around| format!("{around}{CANARY}{around}")),
        1 => Just(NUMBER.to_string()),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::sample::select(vec!["text", "content", "_meta", "data", "structuredContent",
            "nextCursor", "progressToken", "id", "method", "code", "message"]).prop_map(str::to_owned),
        1 => text(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::from(NUMBER)),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn message() -> impl Strategy<Value = Value> {
    let id = prop_oneof![3 => Just(json!(1)), 1 => text().prop_map(Value::from), 1 => value()];
    let method = prop_oneof![Just("notifications/progress".to_owned()), text()];
    prop_oneof![
        (id.clone(), value())
            .prop_map(|(id, v)| json!({ "jsonrpc": "2.0", "id": id, "result": v })),
        (id.clone(), value()).prop_map(|(id, v)| json!({ "jsonrpc": "2.0", "id": id, "error": v })),
        (id, method.clone(), value())
            .prop_map(|(id, m, v)| json!({ "jsonrpc": "2.0", "id": id, "method": m, "params": v })),
        (method, value()).prop_map(|(m, v)| json!({ "jsonrpc": "2.0", "method": m, "params": v })),
        value(),
    ]
}

/// Whether a value is in a string, key or number of the JSON, as it is meant.
fn holds_a_value(json: &Value) -> bool {
    let is_in = |text: &str| text.contains(CANARY) || text.contains(&NUMBER.to_string());
    match json {
        Value::String(text) => is_in(text),
        Value::Number(number) => is_in(&number.to_string()),
        Value::Array(items) => items.iter().any(holds_a_value),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| is_in(key) || holds_a_value(value)),
        Value::Null | Value::Bool(_) => false,
    }
}

proptest! {
    #[test]
    fn no_value_leaves_and_json_stays_json(messages in prop::collection::vec(message(), 1..4)) {
        let batch = Value::from(messages.clone());
        for message in messages.iter().chain([&batch]) {
            let text = message.to_string();
            let filter = filter();
            let passed = filter.outgoing(text.as_bytes());
            let after: Value = serde_json::from_slice(&passed).unwrap();
            prop_assert!(!holds_a_value(&after), "{text}\n{after}");
            if holds_a_value(message) {
                // An answer to the client is an answer to the client still.
                if message["id"] == 1 && message.get("method").is_none() && message.get("jsonrpc").is_some() {
                    prop_assert_eq!(&after["id"], 1);
                }
            } else {
                prop_assert!(matches!(passed, Cow::Borrowed(_)), "{}", text);
            }
        }
    }

    #[test]
    fn odd_bytes_neither_panic_nor_leak(
        mut bytes in prop::collection::vec(any::<u8>(), 0..64),
        at in any::<prop::sample::Index>(),
        message in message(),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = message.to_string();
        let filter = filter();
        // Noise with a value in it, and a message that is cut off.
        bytes.splice(at.index(bytes.len() + 1)..at.index(bytes.len() + 1), CANARY.bytes());
        for bytes in [&bytes[..], &text.as_bytes()[..cut.index(text.len() + 1)]] {
            filter.incoming(bytes);
            let passed = filter.outgoing(bytes);
            prop_assert!(!passed.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()));
        }
    }
}
