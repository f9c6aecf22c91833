//! It prints the address that it was given, on stderr: on success, on each failure.

use serde_json::json;
use testbed::canary::made_up;
use testbed::free_port;
use testbed::redis::Redis;

use super::{Arrives, Ending, Setup, call};

pub(crate) fn setups(closed: &Redis, open: &Redis) -> Vec<Setup> {
    vec![
        Setup {
            arrives: Arrives::ON_BOTH,
            requests: session(&closed.dsn()),
            ..served(setup("works").with_address(
                "REDIS_URL",
                closed.dsn(),
                closed.password().unwrap(),
            ))
        },
        Setup {
            secret: None,
            argument: Some("REDIS_URL"),
            variables: vec![("REDIS_URL", open.dsn())],
            requests: session("nothing to hide"),
            ..served(setup("nothing to hide"))
        },
        trying({
            let wrong = made_up("wrong");
            let address = closed.dsn_with_password(&wrong);
            setup("wrong password").with_address("REDIS_URL", address, &wrong)
        }),
        trying({
            let password = made_up("unreachable");
            let address = format!("redis://kz_test:{password}@127.0.0.1:{}/0", free_port());
            setup("nobody listens").with_address("REDIS_URL", address, &password)
        }),
        Setup {
            arrives: Arrives::ON_STDERR,
            ending: Ending::ByItself,
            ..{
                let password = made_up("malformed");
                let address = format!("redis://kz_test:{password}@[127.0.0.1/0");
                setup("malformed address").with_address("REDIS_URL", address, &password)
            }
        },
    ]
}

fn setup(name: &'static str) -> Setup {
    Setup::new("redis", name)
}

/// It holds a connection, and so does not end with its input.
fn served(setup: Setup) -> Setup {
    Setup {
        ready: Some("Redis MCP Server running on stdio"),
        ending: Ending::OnRequest,
        ..setup
    }
}

/// It tries five times, for half a minute; the first is enough.
fn trying(setup: Setup) -> Setup {
    Setup {
        arrives: Arrives::ON_STDERR,
        ready: Some("[Redis Reconnecting]"),
        ending: Ending::Killed,
        ..setup
    }
}

fn session(value: &str) -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("tools/list", json!({})),
        call("set", json!({ "key": "copy", "value": value })),
        call("get", json!({ "key": "copy" })),
        call(
            "set",
            json!({ "key": "b", "value": "1", "expireSeconds": 60 }),
        ),
        call("list", json!({ "pattern": "[bc]*" })),
        call("get", json!({ "key": "b" })),
        call("get", json!({ "key": "absent" })),
        call("delete", json!({ "key": ["b", "copy"] })),
        call("list", json!({ "pattern": "*" })),
        call("set", json!({ "key": 1 })),
        call("no-such-tool", json!({})),
        ("no/such/method", json!({})),
        ("ping", json!({})),
    ]
}
