//! No canary leaves: neither when everything works nor on any failing path.
//!
//! Canaries are the DSN, its password, a sibling field of the same document, the AppRole
//! `secret_id` and every token that OpenBao minted (from its raw audit device). They are
//! sought, literally and encoded, in all that a server writes to stdout and stderr with
//! `RUST_LOG=trace`, in every file that it leaves (the audit log among them), in the
//! command lines of its whole process tree and, for the credentials by which kz reaches
//! the vault, in the environment of what `kz run` starts.
//!
//! The servers without kz go through the same failures and must give canaries away: that
//! is how this test is known to be able to fail.
//!
//! The programs are named by `KZ_TEST_…` variables, which `cargo xtask test` sets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod scenario;
mod subject;
mod watch;
mod world;

use serde_json::json;
use testbed::canary;

use crate::scenario::{Scenario, all};
use crate::subject::Subject;
use crate::watch::{Observed, observe};
use crate::world::World;

#[test]
fn the_rust_server_gives_nothing_away() {
    nothing_leaves(Subject::RustGuarded);
}

#[test]
fn the_python_server_gives_nothing_away() {
    nothing_leaves(Subject::PythonGuarded);
}

#[test]
fn the_node_server_gives_nothing_away() {
    nothing_leaves(Subject::NodeGuarded);
}

#[test]
fn a_rust_server_under_kz_run_gives_nothing_away() {
    nothing_leaves(Subject::RunRust);
}

#[test]
fn a_python_server_under_kz_run_gives_nothing_away() {
    nothing_leaves(Subject::RunPython);
}

#[test]
fn a_node_server_under_kz_run_gives_nothing_away() {
    nothing_leaves(Subject::RunNode);
}

#[test]
fn a_server_from_npm_under_kz_run_gives_nothing_away() {
    nothing_leaves(Subject::RunEverything);
}

#[test]
fn the_commands_of_kz_give_nothing_away() {
    for arguments in [&["check"][..], &["status"], &["trust", "manifest.toml"]] {
        nothing_leaves(Subject::Command(arguments));
    }
}

#[test]
fn without_kz_the_same_failures_give_canaries_away() {
    for subject in [
        Subject::RustUnguarded,
        Subject::PythonUnguarded,
        Subject::NodeUnguarded,
        Subject::EverythingUnguarded,
    ] {
        let Some(world) = World::start() else { return };
        let Some(program) = subject.program() else {
            return;
        };
        for scenario in all(&world)
            .iter()
            .filter(|scenario| scenario.leaks_without_kz(&subject))
        {
            let observed = observe(&world, &subject, &program, scenario);
            let found = canary::find(&scenario.values, &observed.said());
            assert!(
                !found.is_empty(),
                "{subject:?}, {}: gives nothing away",
                scenario.name
            );
        }
    }
}

fn nothing_leaves(subject: Subject) {
    let Some(world) = World::start() else { return };
    let Some(program) = subject.program() else {
        return;
    };
    let mut leaks = Vec::new();
    for scenario in all(&world) {
        let minted = world.minted_tokens().len();
        let observed = observe(&world, &subject, &program, &scenario);
        check_that_it_ran(&subject, &scenario, &observed);
        let logged_in = world.minted_tokens().len() > minted;
        let wanted = subject.resolves() && scenario.logs_in;
        assert_eq!(
            logged_in, wanted,
            "{subject:?}, {}: minted a token",
            scenario.name
        );
        leaks.extend(
            found(&scenario, &observed, &world)
                .into_iter()
                .map(|leak| format!("{subject:?}, {}: {leak}", scenario.name)),
        );
    }
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

/// Each leak, by place and canary.
fn found(scenario: &Scenario, observed: &Observed, world: &World) -> Vec<String> {
    let credentials = world.credentials(scenario);
    let mut canaries = credentials.clone();
    canaries.extend(scenario.values.iter().cloned());
    let mut leaks = Vec::new();
    let mut search = |place: &str, canaries: &[canary::Canary], text: &[u8]| {
        leaks.extend(
            canary::find(canaries, text)
                .iter()
                .map(|what| format!("{what} in {place}")),
        );
    };
    search("stdout", &canaries, &observed.stdout);
    search("stderr", &canaries, &observed.stderr);
    for (path, content) in &observed.files {
        search(&format!("the file {}", path.display()), &canaries, content);
    }
    for process in &observed.processes {
        search("a command line", &canaries, &process.command_line);
    }
    for child in &observed.children {
        search(
            "the environment of a child",
            &credentials,
            &child.environment,
        );
    }
    for name in ["VAULT_SECRET_ID", "VAULT_TOKEN"] {
        if observed
            .children
            .iter()
            .any(|child| child.has_variable(name))
        {
            leaks.push(format!("the variable {name} of a child"));
        }
    }
    leaks
}

/// A test that looked at nothing has found nothing: the secret was read where it should
/// be, the failure happened where it should, the log and the audit file were written.
fn check_that_it_ran(subject: &Subject, scenario: &Scenario, observed: &Observed) {
    let who = format!("{subject:?}, {}", scenario.name);
    let said = String::from_utf8_lossy(&observed.said()).into_owned();
    assert!(!observed.processes.is_empty(), "{who}: no process was seen");
    if subject.is_server() && scenario.opens {
        assert!(observed.initialized, "{who}: it did not initialize: {said}");
        if scenario.works && subject.queries() {
            let answer = observed
                .answers
                .first()
                .map(|answer| answer["result"]["content"].clone());
            let answer = answer.unwrap_or(json!(null)).to_string();
            assert!(
                answer.contains("42"),
                "{who}: the query did not work: {answer}"
            );
        }
        if subject.wraps() {
            assert!(!observed.children.is_empty(), "{who}: no child was seen");
        }
    }
    if subject.resolves() && !scenario.opens {
        assert!(
            said.contains("DATABASE_URL"),
            "{who}: it does not say what is missing: {said}"
        );
        assert!(
            !observed.initialized,
            "{who}: it went on without its secret"
        );
    }
    if subject.resolves() && subject.is_server() {
        let audit = observed
            .files
            .iter()
            .find(|(path, _)| path.ends_with("audit.jsonl"));
        let written = audit.is_some_and(|(_, content)| !content.is_empty());
        assert!(written, "{who}: nothing was audited");
    }
}
