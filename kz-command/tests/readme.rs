//! The README's recipes are parsed and run as a client would run them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Stdio},
};

const README: &str = include_str!("../../README.md");

/// Stands where `npx` would start the server: it refuses any other package, and
/// answers with the credential that it was given.
const NPX: &str = r#"#!/bin/sh
[ "$1 $2" = "-y @modelcontextprotocol/server-github" ] || exit 64
read -r request
printf '{"jsonrpc":"2.0","id":1,"result":{"instructions":"%s"}}\n' "$GITHUB_PERSONAL_ACCESS_TOKEN"
"#;

/// The fenced block behind `<!-- snippet: name -->`.
fn snippet(name: &str) -> &'static str {
    let mark = format!("<!-- snippet: {name} -->");
    let after = README
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no snippet {name}"))
        .1;
    let body = after
        .split_once("```")
        .unwrap()
        .1
        .split_once('\n')
        .unwrap()
        .1;
    body.split_once("```").unwrap().0
}

fn commands() -> Vec<(&'static str, Vec<String>)> {
    let mut commands = Vec::new();
    for name in ["claude-desktop", "claude-code"] {
        let config: serde_json::Value = serde_json::from_str(snippet(name)).unwrap();
        for server in config["mcpServers"].as_object().unwrap().values() {
            let mut words = vec![server["command"].as_str().unwrap().to_owned()];
            let arguments = server["args"].as_array().unwrap();
            words.extend(
                arguments
                    .iter()
                    .map(|word| word.as_str().unwrap().to_owned()),
            );
            commands.push((name, words));
        }
    }
    let line = snippet("claude-code-shell").trim();
    let command = line.strip_prefix("claude mcp add github -- ").unwrap();
    commands.push((
        "claude-code-shell",
        command.split(' ').map(str::to_owned).collect(),
    ));
    commands
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn recipes_run() {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_kz"), bin.join("kz")).unwrap();
    executable(&bin.join("npx"), NPX);

    let canary = format!("kz-canary-{}-readme", std::process::id());
    let value = home.path().join("github-token");
    fs::write(&value, &canary).unwrap();
    let config = home.path().join(".config/keyzero");
    fs::create_dir_all(&config).unwrap();
    let grants = README
        .split_once("[servers.github]")
        .unwrap()
        .1
        .split_once("```")
        .unwrap()
        .0;
    fs::write(
        config.join("keyzero.toml"),
        format!(
            "[secrets]\nGITHUB_TOKEN = \"file://{}\"\n[servers.github]{grants}",
            value.display()
        ),
    )
    .unwrap();

    for (name, words) in commands() {
        assert_eq!(words[0], "kz", "{name}");
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let mut child = Command::new(bin.join(&words[0]))
            .args(&words[1..])
            .current_dir("/")
            .env_clear()
            .env("PATH", path)
            .env("HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let request = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}\n";
        child.stdin.take().unwrap().write_all(request).unwrap();
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stdout.contains("[REDACTED:GITHUB_TOKEN]"),
            "{name}: {stdout} {stderr}"
        );
        assert!(
            !stdout.contains(&canary) && !stderr.contains(&canary),
            "{name}"
        );
    }
}

#[test]
fn the_manifest_is_valid() {
    let text = README
        .split_once("```toml\n")
        .unwrap()
        .1
        .split_once("```")
        .unwrap()
        .0;
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
