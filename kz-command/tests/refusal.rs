//! A broken set-up: the client hears why, and nothing that was typed or read is
//! repeated.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{io::Write as _, process::Stdio};

use common::{Ended, Place, finish, made_up, start, wait};
use testbed::mcp::Client;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":"first","method":"initialize","params":{}}"#;

/// The error that the client got.
fn error_in(ended: &Ended) -> serde_json::Value {
    let line = ended
        .stdout
        .lines()
        .next()
        .unwrap_or_else(|| panic!("no answer: {ended:?}"));
    serde_json::from_str(line).unwrap()
}

#[test]
fn initialize_is_answered_with_the_reason() {
    let place = Place::new();
    let canary = made_up("typed");
    let typed = format!("API_TOKEN={canary}");
    let broken = place.path("work/broken.toml");
    std::fs::write(&broken, format!("[secrets\nX = \"{canary}\"")).unwrap();
    let broken = broken.to_str().unwrap();
    for (arguments, code, says) in [
        (
            &["--config", "/kz/no/such.toml", "--", "cat"] as &[&str],
            2,
            "such.toml",
        ),
        (&["--config", broken, "--", "cat"], 2, "broken.toml"),
        (
            &["--secret", "API_TOKEN=env://NOT_SET_HERE", "--", "cat"],
            1,
            "API_TOKEN",
        ),
        (&["--secret", &typed, "--", "cat"], 2, "--secret"),
        (&["--as", "nobody", "--", "cat"], 2, "--as"),
        (&["--", "kz-no-such-command"], 127, "kz-no-such-command"),
        (&[], 2, "CMD"),
    ] {
        let ended = finish(
            place.kz(&["run"]).args(arguments),
            format!("{INITIALIZE}\n"),
        );
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        let answer = error_in(&ended);
        assert_eq!(answer["jsonrpc"], "2.0");
        assert_eq!(answer["id"], "first");
        assert_eq!(answer["error"]["code"], -32603);
        let kind = match code {
            2 => "config",
            1 => "missing",
            _ => "internal",
        };
        assert_eq!(answer["error"]["data"]["kz"], kind, "{arguments:?}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("kz: "), "{message}");
        assert!(message.contains(says), "{arguments:?}: {message}");
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(&canary), "{arguments:?}: {text}");
        }
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
}

#[test]
fn a_client_that_keeps_its_end_open_is_answered_and_let_go() {
    let place = Place::new();
    let mut client = Client::start(place.kz(&["run", "--", "kz-no-such-command"])).unwrap();
    // No `initialize` in the revision of 2026-07-28: whatever comes first is answered.
    let failed = client.request("tools/list", serde_json::json!({}));
    assert!(failed.is_err() || failed.unwrap().get("error").is_some());
    let ended = client.wait().unwrap();
    assert_eq!(ended.status.code(), Some(127));
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(text.contains("kz-no-such-command"), "{text}");
}

#[test]
fn a_client_that_says_nothing_is_not_waited_for() {
    let place = Place::new();
    let mut child = start(&mut place.kz(&["run", "--", "kz-no-such-command"]));
    let stdin = child.stdin.take();
    // Its end of the pipe is still open.
    let ended = wait(child);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(127), ""));
    drop(stdin);
    // Notifications ask for no answer.
    let ended = finish(
        &mut place.kz(&["run", "--", "kz-no-such-command"]),
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\nnot json\n",
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(127), ""));
}

#[test]
fn without_a_client_nothing_is_answered() {
    let place = Place::new();
    let input = place.path("input");
    std::fs::write(&input, format!("{INITIALIZE}\n")).unwrap();
    let child = place
        .kz(&["run", "--", "kz-no-such-command"])
        .stdin(Stdio::from(std::fs::File::open(&input).unwrap()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = wait(child);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(127), ""));
}

#[test]
fn the_reason_holds_no_inherited_credential() {
    let place = Place::new();
    let canary = made_up("inherited");
    let mut command = place.kz(&["run", "--"]);
    // The command's own name is a credential: the worst there is.
    command
        .arg(format!("/{canary}"))
        .env("API_TOKEN", format!("/{canary}"));
    let mut child = start(&mut command);
    writeln!(child.stdin.take().unwrap(), "{INITIALIZE}").unwrap();
    let ended = wait(child);
    assert_eq!(ended.code, Some(127));
    assert!(!ended.stdout.contains(&canary), "{}", ended.stdout);
    assert!(!ended.stderr.contains(&canary), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("\"id\":\"first\""),
        "{}",
        ended.stdout
    );
}
