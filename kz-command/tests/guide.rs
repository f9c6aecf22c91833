//! What `docs/kz-run.md` says is done: each client's configuration is parsed as that
//! client parses it and run as it would run it, and messages are as they are shown.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod recipes;

use std::fs;

use recipes::{Desk, entry, snippet, snippets, words};
use serde_json::Value;

const GUIDE: &str = include_str!("../../docs/kz-run.md");

/// A desk with the guide's manifest, which reads from files that are there.
fn desk() -> Desk {
    let desk = Desk::new();
    let secrets = desk.path("secrets").display().to_string();
    desk.manifest(&snippet(GUIDE, "manifest").replace("/run/secrets", &secrets));
    desk
}

/// A client's table of servers, in JSON or TOML.
fn servers(name: &str, key: &str) -> Value {
    let text = snippet(GUIDE, name);
    let config: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).unwrap()
    } else {
        toml::from_str(text).unwrap()
    };
    assert_eq!(config.as_object().unwrap().len(), 1, "{name}");
    config[key].clone()
}

#[test]
fn every_snippet_is_tested() {
    let tested = [
        "manifest",
        "first",
        "claude-desktop",
        "claude-code",
        "claude-code-shell",
        "cursor",
        "vscode",
        "windsurf",
        "codex",
        "codex-shell",
        "codex-variables",
        "argument",
        "untrusted",
        "trust",
        "refused",
    ];
    assert_eq!(snippets(GUIDE), tested);
}

#[test]
fn every_client_starts_the_server() {
    let desk = desk();
    for (name, key, types) in [
        ("claude-desktop", "mcpServers", false),
        ("claude-code", "mcpServers", true),
        ("cursor", "mcpServers", true),
        ("vscode", "servers", true),
        ("windsurf", "mcpServers", false),
        ("codex", "mcp_servers", false),
        ("codex-variables", "mcp_servers", false),
    ] {
        let server = &servers(name, key)["github"];
        assert_eq!(server["type"] == "stdio", types, "{name}");
        desk.follow(name, &entry(server), "GITHUB_TOKEN");
    }
    desk.follow("first", &words(snippet(GUIDE, "first")), "GITHUB_TOKEN");
    for (name, prefix) in [
        ("claude-code-shell", "claude mcp add github -- "),
        ("codex-shell", "codex mcp add github -- "),
    ] {
        let command = snippet(GUIDE, name).trim().strip_prefix(prefix).unwrap();
        desk.follow(name, &words(command), "GITHUB_TOKEN");
    }
}

#[test]
fn a_server_gets_its_address_as_an_argument() {
    let server = &servers("argument", "mcpServers")["postgres"];
    desk().follow("argument", &entry(server), "DATABASE_URL");
}

#[test]
fn a_server_that_is_not_named_is_not_started() {
    let done = desk().run(&words(
        "kz run -- npx -y @modelcontextprotocol/server-github",
    ));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(
        done.stderr.contains("github") && done.stderr.contains("postgres"),
        "{done:?}"
    );
}

#[test]
fn a_stranger_s_manifest_wants_trust() {
    let desk = Desk::new();
    let notes = desk.path("notes");
    fs::create_dir_all(notes.join(".git")).unwrap();
    let manifest = notes.join(".keyzero.toml");
    let text = "[secrets]\nGITHUB_TOKEN = \"vault://secret/data/github#token\"\n\n\
                [providers.vault]\naddress = \"https://vault.example:8200\"\n\
                auth = { method = \"token\", token = \"env://VAULT_TOKEN\" }\n";
    fs::write(&manifest, text).unwrap();
    let run = words("kz run -- npx -y @modelcontextprotocol/server-github");
    let shown = snippet(GUIDE, "untrusted").replace("/home/ada/notes", notes.to_str().unwrap());
    let done = desk.run_in(&notes, &run);
    assert_eq!((done.stderr, done.code), (shown.clone(), Some(2)));

    let trusted = desk.run_in(&notes, &words(snippet(GUIDE, "trust")));
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    // Now it is read, and something else is missing.
    let done = desk.run_in(&notes, &run);
    assert!(
        done.code == Some(1) && done.stderr.contains("env://VAULT_TOKEN"),
        "{done:?}"
    );
    fs::write(&manifest, format!("{text}# changed\n")).unwrap();
    let done = desk.run_in(&notes, &run);
    assert_eq!((done.stderr, done.code), (shown, Some(2)));
}

#[test]
fn a_client_is_told_what_is_wrong() {
    let desk = Desk::new();
    let nowhere = desk.path("nowhere").display().to_string();
    desk.manifest(&snippet(GUIDE, "manifest").replace("/run/secrets", &nowhere));
    let done = desk.run(&words(snippet(GUIDE, "first")));
    let home = desk.path("").display().to_string();
    let said = done
        .stdout
        .replace(&nowhere, "/run/secrets")
        .replace(home.trim_end_matches('/'), "/home/ada");
    let said: Value = serde_json::from_str(&said).unwrap();
    let shown: Value = serde_json::from_str(snippet(GUIDE, "refused")).unwrap();
    assert_eq!(said, shown);
    assert_eq!(done.code, Some(1));
}
