//! The guarded server is the unguarded one and a few lines more; it answers the
//! same, and gives nothing away.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use serde_json::{Value, json};
use testbed::{
    canary::{Canary, made_up},
    mcp::{Client, Ended},
    postgres::Postgres,
};

const GUARDED: &str = include_str!("../src/guarded.rs");
const UNGUARDED: &str = include_str!("../src/unguarded.rs");

#[test]
fn ten_lines_are_enough() {
    let (added, removed) = (added(UNGUARDED, GUARDED), added(GUARDED, UNGUARDED));
    assert!((1..=10).contains(&added), "{added} lines are added");
    assert!(removed <= added, "{removed} lines are taken away");
    assert!(GUARDED.contains("secrets.guard(") && !UNGUARDED.contains("kz"));
}

/// Lines of `after` that a shortest diff adds to `before`.
fn added(before: &str, after: &str) -> usize {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    // Longest common subsequence, row by row.
    let mut row = vec![0; before.len() + 1];
    for line in &after {
        let mut next = vec![0];
        for (at, other) in before.iter().enumerate() {
            next.push(if line == other {
                row[at] + 1
            } else {
                row[at + 1].max(next[at])
            });
        }
        row = next;
    }
    after.len() - row[before.len()]
}

#[test]
fn the_same_answers_but_for_secrets() {
    let Some(database) = testbed::require("PostgreSQL", Postgres::start()) else {
        return;
    };
    let good = database.dsn();
    let wrong = made_up("wrong");
    let malformed = made_up("malformed");
    let cases = [
        ("select 6 * 7 as answer, null", good.clone(), vec![]),
        (
            "select 'a', 'b' union all select '1', 'é'",
            good.clone(),
            vec![],
        ),
        (
            "select * from kz_nowhere",
            good.clone(),
            vec![database.password().to_owned(), good.clone()],
        ),
        (
            "select 1",
            database.dsn_with_password(&wrong),
            vec![wrong.clone()],
        ),
        (
            "select 1",
            format!("postgres://app:{malformed}@127.0.0.1:not-a-port/app"),
            vec![malformed.clone()],
        ),
    ];
    for (sql, dsn, secrets) in cases {
        let canaries: Vec<_> = secrets
            .iter()
            .map(|value| Canary::new("secret", value))
            .collect();
        let (without, said) = call(env!("CARGO_BIN_EXE_unguarded"), &dsn, sql);
        let (with, kept) = call(env!("CARGO_BIN_EXE_guarded"), &dsn, sql);
        if secrets.is_empty() {
            assert_eq!(without, with, "{sql}");
            assert_eq!(
                without.pointer("/result/isError"),
                Some(&Value::Bool(false)),
                "{without}"
            );
        } else {
            for output in [&said.stdout, &said.stderr] {
                assert!(
                    !testbed::canary::find(&canaries, output).is_empty(),
                    "{sql}"
                );
            }
        }
        let all = [Canary::new("DSN", &dsn)];
        for output in [&kept.stdout, &kept.stderr] {
            assert_eq!(
                testbed::canary::find(&canaries, output),
                Vec::<String>::new(),
                "{sql}"
            );
            assert_eq!(
                testbed::canary::find(&all, output),
                Vec::<String>::new(),
                "{sql}"
            );
        }
    }
}

#[test]
fn a_guarded_server_that_cannot_open_says_why() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join(".keyzero.toml"),
        "[secrets]\nDATABASE_URL = \"env://KZ_TEST_UNSET\"\n",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_guarded"))
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("DATABASE_URL") && said.contains("KZ_TEST_UNSET"),
        "{said}"
    );
}

/// Calls the tool once; what it answered, and all that the server said.
fn call(program: &str, dsn: &str, sql: &str) -> (Value, Ended) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join(".keyzero.toml"),
        "[secrets]\nDATABASE_URL = \"env://DATABASE_URL\"\n",
    )
    .unwrap();
    let mut command = Command::new(program);
    command
        .current_dir(directory.path())
        .env("DATABASE_URL", dsn)
        .env("RUST_LOG", "trace");
    let mut client = Client::start(command).unwrap();
    client.initialize().unwrap();
    let answer = client.call_tool("query", json!({ "sql": sql })).unwrap();
    (answer, client.close().unwrap())
}
