//! Credentials that nobody declared: in the environment, and in the server's command.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::process::Command;

use testbed::canary::Canary;

use common::{Place, finish, made_up};

#[test]
fn credentials_are_known_by_name_and_by_shape() {
    let place = Place::new();
    let canary = made_up("value");
    let dsn = format!("postgres://app:{canary}@db.internal:5432/app");
    for (name, value) in [
        ("GITHUB_TOKEN", canary.as_str()),
        ("MY_API_KEY", &canary),
        ("DB_PASSWORD", &canary),
        ("DATABASE_URL", &dsn),
        ("WHERE", &dsn),
    ] {
        let ended = finish(
            place
                .run_script(&format!("echo \"${name}\"; echo \"<{canary}>\" >&2"))
                .env(name, value),
            "",
        );
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stdout.contains(&canary), "{name}: {}", ended.stdout);
        assert!(!ended.stderr.contains(&canary), "{name}: {}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("masking {name}")),
            "{}",
            ended.stderr
        );
    }
    // A weak one is passed on and named; it cannot be told apart from text.
    let ended = finish(place.run_script("echo abc").env("API_TOKEN", "abc"), "");
    assert_eq!(ended.stdout, "abc\n");
    assert!(
        ended.stderr.contains("too short to mask: API_TOKEN"),
        "{}",
        ended.stderr
    );
    // With nothing to say, nothing is said.
    let ended = finish(place.run_script("true").env("MAX_TOKENS", "4096"), "");
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_secret_on_the_servers_command_line_is_warned_of() {
    let place = Place::new();
    let canary = made_up("value");
    let ended = finish(
        place
            .kz(&["run", "--", "true", "--token", &canary])
            .env("API_TOKEN", &canary),
        "",
    );
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("warning: word 3 "),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("API_TOKEN"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(&canary), "{}", ended.stderr);
}

#[test]
fn credentials_in_the_servers_command_are_masked_in_every_form() {
    let place = Place::new();
    let (password, token, named) = (made_up("password"), made_up("token"), made_up("named"));
    let address = format!("postgres://app:{password}@db.example/app");
    // What they hold comes out alone and encoded, which no shape would tell.
    let script = r#"printf '%s' "$1" | sed 's/.*app:\(.*\)@.*/\1/' | base64 -w0; echo
                    printf '%s' "$2" | sed 's/--token=//' | base64 -w0; echo
                    printf '%s' "$4" | base64 -w0 >&2; echo "$5 $6 $8" >&2"#;
    let option = format!("--token={token}");
    let words = [
        "sh",
        &address,
        &option,
        "--api-key",
        &named,
        "--verbose",
        "plain-word-here",
        "--auth",
        "basic",
    ];
    let bare = finish(Command::new("sh").args(["-c", script]).args(words), "");
    let masked = finish(place.kz(&["run", "--", "sh", "-c", script]).args(words), "");
    for (name, value) in [
        ("password", &password),
        ("token", &token),
        ("named", &named),
    ] {
        let canary = Canary::new(name, value);
        let found = |ended: &common::Ended| {
            canary.forms_in(format!("{}{}", ended.stdout, ended.stderr).as_bytes())
        };
        assert!(
            found(&bare).contains(&"base64"),
            "{name}: this test could not fail"
        );
        assert!(found(&masked).is_empty(), "{name}: {masked:?}");
    }
    assert_eq!(
        masked.stdout,
        "[REDACTED:ARGUMENT_5]\n[REDACTED:ARGUMENT_6]\n"
    );
    assert!(
        masked
            .stderr
            .ends_with("[REDACTED:ARGUMENT_8]--verbose plain-word-here basic\n"),
        "{masked:?}"
    );
    assert!(
        masked
            .stderr
            .contains("warning: word 5 of the server's command"),
        "{masked:?}"
    );
}
