//! The ten lines of README.md, with what a user installs.

use std::{fs, process::Command};

use testbed::{canary::made_up, mcp::Client, tools};

use crate::installed::INSTALLED;

/// The first block of this language that follows the text.
fn block(after: &str, language: &str) -> String {
    let readme = fs::read_to_string(tools::workspace().join("README.md")).unwrap();
    let rest = readme
        .split_once(after)
        .unwrap_or_else(|| panic!("README.md has no {after}"))
        .1;
    let fence = format!("```{language}\n");
    let rest = rest.split_once(&fence).unwrap().1;
    rest.split_once("```").unwrap().0.to_owned()
}

/// What `connect` answers.
fn answer(mut command: Command, file: &str, source: &str) -> (String, String) {
    let folder = tempfile::tempdir_in(&INSTALLED.project).unwrap();
    let manifest = "[secrets]\nDATABASE_URL = \"env://KZ_PACKAGES_VALUE\"\n";
    fs::write(folder.path().join(".keyzero.toml"), manifest).unwrap();
    fs::write(folder.path().join(file), source).unwrap();
    let canary = made_up("packages");
    command
        .arg(file)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("KZ_PACKAGES_VALUE", &canary)
        .env_remove("PYTHONPATH");
    let mut client = Client::start(command).unwrap();
    client.initialize().unwrap();
    let answer = client.call_tool("connect", serde_json::json!({})).unwrap();
    client.close().unwrap();
    let text = answer["result"]["content"][0]["text"].as_str();
    (
        text.unwrap_or_else(|| panic!("{answer}")).to_owned(),
        canary,
    )
}

/// The example leaks without the guard and not with it.
fn redacts(command: impl Fn() -> Command, file: &str, source: &str, guarded: &str, bare: &str) {
    let without = source.replace(guarded, bare);
    assert_ne!(without, source, "the example has no {guarded}");
    let (text, canary) = answer(command(), file, &without);
    assert_eq!(text, format!("would connect with {canary}"));
    let (text, _) = answer(command(), file, source);
    assert_eq!(text, "would connect with [REDACTED:DATABASE_URL]");
}

#[test]
fn python_from_the_wheel() {
    redacts(
        || Command::new(INSTALLED.python()),
        "server.py",
        &block("**Python**", "python"),
        "secrets.guard(MCPServer(\"notes\"))",
        "MCPServer(\"notes\")",
    );
}

#[test]
fn node_from_the_tarball() {
    redacts(
        || Command::new("node"),
        "server.mjs",
        &block("**Node**", "js"),
        "secrets.guard(new McpServer({ name: 'notes', version: '1.0.0' }))",
        "new McpServer({ name: 'notes', version: '1.0.0' })",
    );
}
