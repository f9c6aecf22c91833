//! A desk at which the recipes of the documentation are followed: a home of its own,
//! `kz` on the `PATH`, and in the place of `npx` a program that plays the server.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "each test file uses a part of this"
)]

use std::{
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use testbed::{
    canary::{Canary, made_up},
    processes,
};

/// It answers with the credential that it was given and prints the address that it was
/// given. It refuses packages that no recipe names.
const NPX: &str = r#"#!/bin/sh
case "$1 $2" in
"-y @modelcontextprotocol/server-github") said=$GITHUB_PERSONAL_ACCESS_TOKEN ;;
"-y @modelcontextprotocol/server-postgres") said=$3 ;;
*) exit 64 ;;
esac
echo "started with $said" >&2
read -r request
printf '{"jsonrpc":"2.0","id":1,"result":{"instructions":"%s"}}\n' "$said"
"#;

/// What a client sends first.
const INITIALIZE: &[u8] =
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}\n";

/// The fenced block behind `<!-- snippet: name -->`.
pub(crate) fn snippet<'t>(text: &'t str, name: &str) -> &'t str {
    let mark = format!("<!-- snippet: {name} -->");
    let (_, after) = text
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no snippet {name}"));
    let (_, fenced) = after.split_once("```").unwrap();
    let (_, body) = fenced.split_once('\n').unwrap();
    body.split_once("```").unwrap().0
}

/// The names of all snippets of a text.
pub(crate) fn snippets(text: &str) -> Vec<&str> {
    text.split("<!-- snippet: ")
        .skip(1)
        .map(|rest| rest.split_once(" -->").unwrap().0)
        .collect()
}

/// The command line of an entry of a client's configuration; it has nothing but that.
pub(crate) fn entry(server: &serde_json::Value) -> Vec<String> {
    let known = ["type", "command", "args", "env_vars"];
    for key in server.as_object().unwrap().keys() {
        assert!(
            known.contains(&key.as_str()),
            "{key} is no part of a recipe"
        );
    }
    let mut words = vec![server["command"].as_str().unwrap().to_owned()];
    let arguments = server["args"].as_array().unwrap();
    words.extend(
        arguments
            .iter()
            .map(|word| word.as_str().unwrap().to_owned()),
    );
    words
}

pub(crate) struct Desk {
    home: tempfile::TempDir,
    pub(crate) token: String,
    pub(crate) address: String,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        for folder in [
            &bin,
            &home.path().join(".config/keyzero"),
            &home.path().join("secrets"),
        ] {
            fs::create_dir_all(folder).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_kz"), bin.join("kz")).unwrap();
        processes::write_program(&bin.join("npx"), NPX).unwrap();
        let address = format!("postgres://app:{}@db.example/app", made_up("password"));
        let desk = Self {
            home,
            token: made_up("token"),
            address,
        };
        fs::write(desk.path("secrets/github-token"), &desk.token).unwrap();
        fs::write(desk.path("secrets/database-url"), &desk.address).unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes the per-user manifest.
    pub(crate) fn manifest(&self, text: &str) {
        fs::write(self.path(".config/keyzero/keyzero.toml"), text).unwrap();
    }

    /// Runs a command as a desktop client would: from nowhere in particular, with a bare
    /// environment.
    pub(crate) fn run(&self, words: &[String]) -> Done {
        self.run_in(Path::new("/"), words)
    }

    pub(crate) fn run_in(&self, folder: &Path, words: &[String]) -> Done {
        let bin = self.path("bin");
        let mut child = Command::new(bin.join(&words[0]))
            .args(&words[1..])
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that is no server may end without reading.
        let _ = child.stdin.take().unwrap().write_all(INITIALIZE);
        let output = child.wait_with_output().unwrap();
        Done {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }

    /// Runs a recipe for a server: its secret is named and nowhere to be seen.
    #[track_caller]
    pub(crate) fn follow(&self, recipe: &str, words: &[String], name: &str) {
        assert_eq!(words[0], "kz", "{recipe}");
        let done = self.run(words);
        let marker = format!("[REDACTED:{name}]");
        assert_eq!(done.code, Some(0), "{recipe}: {done:?}");
        assert!(done.stdout.contains(&marker), "{recipe}: {done:?}");
        assert!(done.stderr.contains(&marker), "{recipe}: {done:?}");
        for value in [&self.token, &self.address] {
            let canary = Canary::new("value", value);
            for text in [&done.stdout, &done.stderr] {
                assert!(
                    canary.forms_in(text.as_bytes()).is_empty(),
                    "{recipe}: {text}"
                );
            }
        }
    }
}

/// The words of a command line without quotation marks.
pub(crate) fn words(line: &str) -> Vec<String> {
    line.trim().split(' ').map(str::to_owned).collect()
}
