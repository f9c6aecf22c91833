//! It answers with its environment.

use serde_json::{Value, json};
use testbed::canary::{Canary, made_up};

use super::{Arrives, Setup, call};

pub(crate) fn setups() -> Vec<Setup> {
    let token = made_up("token");
    let password = made_up("password");
    let address = format!("postgres://app:{password}@db.example/app");
    // As it stands in a string of JSON in a string of JSON.
    let escaped = made_up("quoted").replacen('-', "\"\\", 1);
    let twice = |text: &str| {
        let once = Value::from(text).to_string();
        let twice = Value::from(&once[1..once.len() - 1]).to_string();
        twice[1..twice.len() - 1].to_owned()
    };
    vec![
        Setup {
            canaries: vec![Canary::new("token", &token)],
            becomes: vec![(token.clone(), "[REDACTED:API_TOKEN]".to_owned())],
            secret: Some(("API_TOKEN", token)),
            arrives: Arrives::ON_STDOUT,
            ..setup("token")
        },
        Setup {
            argument: None,
            arrives: Arrives::ON_STDOUT,
            ..setup("address").with_address("DATABASE_URL", address, &password)
        },
        Setup {
            canaries: vec![Canary::new("token", &escaped)],
            becomes: vec![(twice(&escaped), "[REDACTED:API_TOKEN]".to_owned())],
            secret: Some(("API_TOKEN", escaped)),
            arrives: Arrives::ON_STDOUT,
            ..setup("token with characters that JSON escapes")
        },
        setup("nothing to hide"),
    ]
}

fn setup(name: &'static str) -> Setup {
    Setup {
        requests: session(),
        ready: Some("Starting default (STDIO) server..."),
        ..Setup::new("everything", name)
    }
}

fn session() -> Vec<(&'static str, Value)> {
    vec![
        ("tools/list", json!({})),
        call("get-env", json!({})),
        call(
            "echo",
            json!({ "message": "é \u{1f511} \u{2028} \" \\ / \u{7f}" }),
        ),
        call("get-sum", json!({ "a": 0.1, "b": 0.2 })),
        call("get-structured-content", json!({ "location": "Chicago" })),
        call("get-tiny-image", json!({})),
        call(
            "get-annotated-message",
            json!({ "messageType": "error", "includeImage": true }),
        ),
        call("get-resource-links", json!({ "count": 3 })),
        call("get-sum", json!({ "a": "one" })),
        call("no-such-tool", json!({})),
        ("prompts/list", json!({})),
        ("prompts/get", json!({ "name": "simple-prompt" })),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("no/such/method", json!({})),
        ("ping", json!({})),
    ]
}
