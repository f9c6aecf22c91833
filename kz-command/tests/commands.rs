//! `kz redact`, `kz check`, `kz status`, `kz trust`.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io::{Read as _, Write as _};

use common::{Place, finish, made_up, read_until, start, wait};

#[test]
fn redact_masks_what_it_is_told_and_leaves_the_rest() {
    let place = Place::new();
    let canary = made_up("value");
    let mut command = place.kz(&["redact", "--secret", "API_TOKEN=env://SOURCE"]);
    command.env("SOURCE", &canary);
    let input = format!("one {canary}\r\n\u{1f511} two{canary}three\nno end {canary}");
    let ended = finish(&mut command, input.replace('\u{1f511}', "ż"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        ended.stdout,
        "one [REDACTED:API_TOKEN]\r\nż two[REDACTED:API_TOKEN]three\nno end [REDACTED:API_TOKEN]"
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn redact_streams() {
    let place = Place::new();
    let mut child = start(
        place
            .kz(&["redact", "--secret", "API_TOKEN=env://SOURCE"])
            .env("SOURCE", made_up("value")),
    );
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    for _ in 0..3 {
        stdin.write_all(b"a plain line of a log\n").unwrap();
        read_until(&mut stdout, "a plain line of a log");
    }
    drop(stdin);
    assert_eq!(wait(child).code, Some(0));
}

#[test]
fn redact_needs_no_memory_for_a_long_stream() {
    const SIZE: usize = 64 << 20;
    let place = Place::new();
    let mut child = start(&mut place.kz(&["redact", "--no-patterns"]));
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let writer = std::thread::spawn(move || {
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..SIZE / chunk.len() {
            stdin.write_all(&chunk).unwrap();
        }
    });
    let mut first = vec![0; SIZE / 2];
    stdout.read_exact(&mut first).unwrap();
    // It is still running: what it needed for the first half, it needs for all.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok())
        .unwrap();
    assert!(peak << 10 < SIZE / 2, "{peak} KiB at the peak");
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!(first.len() + rest.len(), SIZE);
    writer.join().unwrap();
    assert_eq!(wait(child).code, Some(0));
}

#[test]
fn redact_without_patterns_knows_the_values_alone() {
    let place = Place::new();
    let canary = made_up("value");
    // Assembled here: nothing in this file looks like a key.
    let shaped = format!("{}_{}", "ghp", "0123456789abcdefghijABCDEFGHIJ012345");
    let input = format!("{canary} {shaped}\n");
    for (arguments, masks_shape) in [(&[] as &[&str], true), (&["--no-patterns"], false)] {
        let ended = finish(
            place
                .kz(&["redact", "--secret", "API_TOKEN=env://SOURCE"])
                .args(arguments)
                .env("SOURCE", &canary),
            &input,
        );
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(
            ended.stdout.starts_with("[REDACTED:API_TOKEN] "),
            "{}",
            ended.stdout
        );
        assert_eq!(
            !ended.stdout.contains(&shaped),
            masks_shape,
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn redact_lets_nothing_through_when_it_cannot_start() {
    let place = Place::new();
    let ended = finish(
        &mut place.kz(&["redact", "--secret", "API_TOKEN=env://NOT_SET_HERE"]),
        "text",
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("API_TOKEN"), "{}", ended.stderr);
}

const MANIFEST: &str = r#"
[secrets]
API_TOKEN = "env://SOURCE"
DATABASE_URL = { provider = "vault", ref = "secret/data/dev/postgres/url" }

[production.secrets]
API_TOKEN = "env://PRODUCTION"

[servers.api]
secrets = ["API_TOKEN", { TOKEN = "API_TOKEN" }]
"#;

#[test]
fn check_prints_what_is_declared_and_resolves_nothing() {
    let place = Place::new();
    place.manifest(MANIFEST);
    let canary = made_up("value");
    let ended = finish(place.kz(&["check"]).env("SOURCE", &canary), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for text in [
        ".keyzero.toml",
        "API_TOKEN     env://SOURCE",
        "DATABASE_URL  vault://secret/data/dev/postgres#url",
        "server api: API_TOKEN, TOKEN = API_TOKEN",
    ] {
        assert!(ended.stdout.contains(text), "{}", ended.stdout);
    }
    assert!(!ended.stdout.contains(&canary));
    let ended = finish(&mut place.kz(&["--env", "production", "check"]), "");
    assert!(
        ended.stdout.contains("environment production"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("env://PRODUCTION"),
        "{}",
        ended.stdout
    );
    let ended = finish(&mut place.kz(&["check", "--env", "nowhere"]), "");
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
}

#[test]
fn check_names_every_mistake_and_quotes_no_line() {
    let place = Place::new();
    let canary = made_up("pasted");
    place.manifest(&format!(
        "[secrets]\nAPI_TOKEN = \"{canary}\"\nOTHER = {{ provider = \"vaullt\", ref = \"a/b/c\" }}\n\
         THIRD = {{ provider = \"env\", ref = \"X\", optionl = true }}\n"
    ));
    let ended = finish(&mut place.kz(&["check"]), "");
    assert_eq!(ended.code, Some(2));
    assert!(!ended.stderr.contains(&canary), "{}", ended.stderr);
    for text in ["kz: ", "API_TOKEN", "OTHER", "optional"] {
        assert!(ended.stderr.contains(text), "{text}: {}", ended.stderr);
    }
    let ended = finish(&mut Place::new().kz(&["check"]), "");
    assert_eq!(ended.code, Some(2), "no manifest: {}", ended.stdout);
    assert!(ended.stderr.contains(".keyzero.toml"), "{}", ended.stderr);
}

#[test]
fn status_resolves_and_shows_no_value() {
    let place = Place::new();
    place.manifest("[secrets]\nAPI_TOKEN = \"env://SOURCE\"\n");
    let canary = made_up("value");
    let ended = finish(place.kz(&["status"]).env("SOURCE", &canary), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("API_TOKEN"), "{}", ended.stdout);
    assert!(
        ended
            .stdout
            .contains(&format!("set({} chars)", canary.len())),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains(&canary));
    let ended = finish(&mut place.kz(&["status"]), "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended.stderr.contains("kz: 1 of 1 secret failed"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("env://SOURCE"), "{}", ended.stderr);
}

#[test]
fn trust_pins_a_manifest_as_it_is() {
    let place = Place::new();
    let text = "[secrets]\nAPI_TOKEN = \"exec://printf?arg=kz-canary-by-exec\"\n";
    let manifest = place.manifest(text);
    let script = ["run", "--", "sh", "-c", "echo $API_TOKEN"];
    let ended = finish(&mut place.kz(&script), "");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("kz trust"), "{}", ended.stderr);
    assert!(ended.stderr.contains(".keyzero.toml:2"), "{}", ended.stderr);
    let ended = finish(&mut place.kz(&["trust", manifest.to_str().unwrap()]), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = finish(&mut place.kz(&script), "");
    assert_eq!(ended.stdout, "[REDACTED:API_TOKEN]\n", "{}", ended.stderr);
    // One changed byte is another manifest.
    place.manifest(&format!("{text}#"));
    assert_eq!(finish(&mut place.kz(&script), "").code, Some(2));
}
