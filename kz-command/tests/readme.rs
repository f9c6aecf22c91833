//! The README's recipes are parsed and run as a client would run them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod recipes;

use std::{fs, process::Command};

use recipes::{Desk, entry, snippet, words};

const README: &str = include_str!("../../README.md");

#[test]
fn recipes_run() {
    let desk = Desk::new();
    let (_, grants) = README.split_once("[servers.github]").unwrap();
    let (grants, _) = grants.split_once("```").unwrap();
    desk.manifest(&format!(
        "[secrets]\nGITHUB_TOKEN = \"file://{}\"\n[servers.github]{grants}",
        desk.path("secrets/github-token").display()
    ));
    for name in ["claude-desktop", "claude-code"] {
        let config: serde_json::Value = serde_json::from_str(snippet(README, name)).unwrap();
        for server in config["mcpServers"].as_object().unwrap().values() {
            desk.follow(name, &entry(server), "GITHUB_TOKEN");
        }
    }
    let line = snippet(README, "claude-code-shell").trim();
    let command = line.strip_prefix("claude mcp add github -- ").unwrap();
    desk.follow("claude-code-shell", &words(command), "GITHUB_TOKEN");
}

#[test]
fn the_manifest_is_valid() {
    let (_, after) = README.split_once("```toml\n").unwrap();
    let (text, _) = after.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".keyzero.toml");
    fs::write(&path, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kz"))
        .args(["--config", path.to_str().unwrap(), "check"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
