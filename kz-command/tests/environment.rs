//! What goes into a server under `kz run`: what it was granted, and none of what
//! is kz's own.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::process::Command;

use common::{Ended, Place, finish, made_up, processes, read_until, start, wait};

/// A server that prints its environment to a file, where nothing masks it.
fn environment_of(
    place: &Place,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Ended, String) {
    let file = place.path("environment");
    let _ = std::fs::remove_file(&file);
    let mut command = place.kz(&["run"]);
    command.args(arguments).arg("--").args(["sh", "-c"]);
    command.arg(format!("env > '{}'", file.display()));
    command.envs(variables.iter().copied());
    let ended = finish(&mut command, "");
    let environment = std::fs::read_to_string(&file).unwrap_or_default();
    (ended, environment)
}

fn value<'e>(environment: &'e str, name: &str) -> Option<&'e str> {
    environment
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn secrets_by_reference_go_in_and_are_masked() {
    let place = Place::new();
    let canary = made_up("value");
    let (ended, environment) = environment_of(
        &place,
        &["--secret", "API_TOKEN=env://SOURCE"],
        &[("SOURCE", &canary)],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(value(&environment, "API_TOKEN"), Some(canary.as_str()));
    assert!(
        ended.stderr.contains("granted API_TOKEN"),
        "{}",
        ended.stderr
    );
    let ended = finish(
        place
            .kz(&["run", "--secret", "API_TOKEN=env://SOURCE", "--"])
            .args(["sh", "-c", "echo $API_TOKEN"])
            .env("SOURCE", &canary),
        "",
    );
    assert_eq!(ended.stdout, "[REDACTED:API_TOKEN]\n");
}

const MANIFEST: &str = r#"
[secrets]
GITHUB_TOKEN = "env://SOURCE_GITHUB"
DATABASE_URL = "env://SOURCE_DATABASE"

[servers.github]
secrets = ["GITHUB_TOKEN", { GITHUB_PERSONAL_ACCESS_TOKEN = "GITHUB_TOKEN" }]

[servers.database]
secrets = ["DATABASE_URL"]
"#;

#[test]
fn a_server_gets_what_it_was_granted_and_nothing_else() {
    let place = Place::new();
    place.manifest(MANIFEST);
    let (github, database) = (made_up("github"), made_up("database"));
    let variables = [
        ("SOURCE_GITHUB", github.as_str()),
        ("SOURCE_DATABASE", database.as_str()),
        // Inherited under the name of a secret that belongs to another server.
        ("DATABASE_URL", database.as_str()),
    ];
    let run = |arguments: &[&str]| environment_of(&place, arguments, &variables);

    let (ended, environment) = run(&["--as", "github"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(value(&environment, "GITHUB_TOKEN"), Some(github.as_str()));
    assert_eq!(
        value(&environment, "GITHUB_PERSONAL_ACCESS_TOKEN"),
        Some(github.as_str())
    );
    assert!(!environment.contains(&database), "{environment}");
    assert_eq!(value(&environment, "SOURCE_GITHUB"), None);

    let (_, environment) = run(&["--as", "database"]);
    assert_eq!(value(&environment, "DATABASE_URL"), Some(database.as_str()));
    assert!(!environment.contains(&github), "{environment}");

    let (_, environment) = run(&["--only", "GITHUB_TOKEN"]);
    assert_eq!(value(&environment, "GITHUB_TOKEN"), Some(github.as_str()));
    assert_eq!(value(&environment, "GITHUB_PERSONAL_ACCESS_TOKEN"), None);
    assert!(!environment.contains(&database), "{environment}");

    let (_, environment) = run(&["--only", "GITHUB_TOKEN,DATABASE_URL"]);
    assert!(environment.contains(&github) && environment.contains(&database));

    for (arguments, listed) in [
        (&[] as &[&str], &["github", "database"] as &[&str]),
        (&["--as", "gitlab"], &["github", "database"]),
        (
            &["--only", "GITLAB_TOKEN"],
            &["GITHUB_TOKEN", "DATABASE_URL"],
        ),
        (
            &["--as", "github", "--only", "DATABASE_URL"],
            &["GITHUB_TOKEN"],
        ),
    ] {
        let (ended, environment) = run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert_eq!(environment, "", "{arguments:?} was started");
        for name in listed {
            assert!(ended.stderr.contains(name), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_secret_of_another_server_is_not_even_fetched() {
    let place = Place::new();
    place.manifest(MANIFEST);
    let github = made_up("github");
    // SOURCE_DATABASE is not set: resolving it would fail.
    let (ended, environment) =
        environment_of(&place, &["--as", "github"], &[("SOURCE_GITHUB", &github)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(value(&environment, "GITHUB_TOKEN"), Some(github.as_str()));
}

#[test]
fn what_leads_kz_to_its_stores_stays_out() {
    let place = Place::new();
    let canary = made_up("login");
    let ours = ["VAULT_TOKEN", "KEYZERO_ENV_UNUSED", "KZ_INTERNAL"];
    let logins = ["BAO_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN", "BW_SESSION"];
    let others = ["GITHUB_TOKEN", "PLAIN"];
    let variables: Vec<(&str, &str)> = ours
        .iter()
        .chain(&logins)
        .chain(&others)
        .map(|name| (*name, canary.as_str()))
        .collect();
    let names = |arguments: &[&str]| {
        let (ended, environment) = environment_of(&place, arguments, &variables);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let mut names: Vec<String> = variables
            .iter()
            .filter(|(name, _)| value(&environment, name).is_some())
            .map(|(name, _)| (*name).to_owned())
            .collect();
        names.sort_unstable();
        (names.join(" "), environment)
    };
    assert_eq!(names(&[]).0, "GITHUB_TOKEN PLAIN");
    let (kept, _) = names(&["--keep-env"]);
    for name in ["KEYZERO_ENV_UNUSED", "KZ_INTERNAL"] {
        assert!(!kept.contains(name), "{kept}");
    }
    assert!(kept.contains("OP_SERVICE_ACCOUNT_TOKEN"), "{kept}");
    let (kept, environment) = names(&["--clean-env"]);
    assert_eq!(kept, "");
    assert!(value(&environment, "PATH").is_some() && value(&environment, "HOME").is_some());
    // Granting one by name is how a server that needs it gets it.
    let (granted, _) = names(&["--clean-env", "--secret", "VAULT_TOKEN=env://VAULT_TOKEN"]);
    assert_eq!(granted, "VAULT_TOKEN");
}

#[test]
fn credentials_named_in_the_manifest_stay_out_whatever_is_asked() {
    let place = Place::new();
    place.manifest(
        r#"
[secrets]
API_TOKEN = "env://SOURCE"

[providers.vault]
address = "https://127.0.0.1:1"
auth = { method = "approle", role_id = "env://MY_ROLE", secret_id = "env://MY_LOGIN" }
"#,
    );
    let (canary, login) = (made_up("value"), made_up("login"));
    let variables = [
        ("SOURCE", canary.as_str()),
        ("MY_LOGIN", &login),
        // By way of another name.
        ("COPY", "plain"),
    ];
    for arguments in [&[] as &[&str], &["--keep-env"], &["--clean-env"]] {
        let mut arguments = arguments.to_vec();
        let manifest = place.path("work/.keyzero.toml").display().to_string();
        arguments.extend(["--config", &manifest]);
        let (ended, environment) = environment_of(&place, &arguments, &variables);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(
            !environment.contains(&login),
            "{arguments:?}: {environment}"
        );
        assert_eq!(value(&environment, "API_TOKEN"), Some(canary.as_str()));
    }
}

#[test]
fn the_whole_process_tree_holds_no_login_and_no_argv_holds_a_secret() {
    let place = Place::new();
    let (canary, login) = (made_up("value"), made_up("login"));
    let mut child = start(
        place
            .kz(&["run", "--secret", "API_TOKEN=env://SOURCE", "--"])
            .args(["sh", "-c", "echo ready; cat & cat; wait"])
            .env("SOURCE", &canary)
            .env("VAULT_TOKEN", &login),
    );
    read_until(child.stdout.as_mut().unwrap(), "ready");
    let tree = processes::tree(child.id());
    assert!(tree.len() >= 3);
    for process in &tree {
        let line = String::from_utf8_lossy(&process.command_line);
        assert!(!line.contains(&canary) && !line.contains(&login), "{line}");
        if process.pid != child.id() {
            let environment = String::from_utf8_lossy(&process.environment);
            assert!(!environment.contains(&login), "{line}");
            assert!(!process.has_variable("VAULT_TOKEN"), "{line}");
        }
    }
    drop(child.stdin.take());
    assert_eq!(wait(child).code, Some(0));
    assert!(common::files_with(&place.path("home"), &canary).is_empty());
    assert!(common::files_with(&place.path("home"), &login).is_empty());
    assert!(common::files_with(&place.path("work"), &canary).is_empty());
}

#[test]
fn inherited_references_are_resolved_or_stop_the_start() {
    let place = Place::new();
    let canary = made_up("value");
    let file = place.path("secret");
    std::fs::write(&file, &canary).unwrap();
    let by_file = format!("file://{}", file.display());
    let (ended, environment) = environment_of(
        &place,
        &[],
        &[
            ("SOURCE", canary.as_str()),
            ("PLAIN_NAME", "env://SOURCE"),
            ("API_TOKEN", &by_file),
            // Not named like a credential: an ordinary setting.
            ("INDEX", &by_file),
            ("HOMEPAGE", "https://example.com/"),
        ],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(value(&environment, "PLAIN_NAME"), Some(canary.as_str()));
    assert_eq!(value(&environment, "API_TOKEN"), Some(canary.as_str()));
    assert_eq!(value(&environment, "INDEX"), Some(by_file.as_str()));
    assert_eq!(
        value(&environment, "HOMEPAGE"),
        Some("https://example.com/")
    );
    assert!(
        ended.stderr.contains("resolved API_TOKEN, PLAIN_NAME")
            || ended.stderr.contains("resolved PLAIN_NAME, API_TOKEN"),
        "{}",
        ended.stderr
    );

    for (name, reference) in [
        ("API_TOKEN", "env://KZ_TEST_NOT_SET_ANYWHERE"),
        ("API_TOKEN", "file:///kz/no/such/file"),
        ("API_TOKEN", "op://Dev/GitHub-PAT/token"),
        ("PLAIN_NAME", "op://Dev/GitHub-PAT/token"),
        ("PLAIN_NAME", "op://Dev/$ITEM/token"),
        ("PLAIN_NAME", "vault://no-field"),
        ("NODE_OPTIONS", "env://SOURCE"),
    ] {
        let (ended, environment) =
            environment_of(&place, &[], &[("SOURCE", &canary), (name, reference)]);
        assert!(
            matches!(ended.code, Some(1 | 2)),
            "{name}={reference}: {ended:?}"
        );
        assert_eq!(environment, "", "{name}={reference} was started");
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
        assert!(!ended.stderr.contains(&canary), "{}", ended.stderr);
    }
}

#[test]
fn names_of_variables_are_expanded_or_stop_the_start() {
    let place = Place::new();
    let (canary, login) = (made_up("value"), made_up("login"));
    for text in ["$SOURCE", "${SOURCE}", "${env:SOURCE}", "$HOP", "$GRANTED"] {
        let (ended, environment) = environment_of(
            &place,
            &["--secret", "GRANTED=env://SOURCE"],
            &[
                ("SOURCE", &canary),
                ("HOP", "${SOURCE}"),
                ("API_TOKEN", text),
            ],
        );
        assert_eq!(ended.code, Some(0), "{text}: {}", ended.stderr);
        assert_eq!(
            value(&environment, "API_TOKEN"),
            Some(canary.as_str()),
            "{text}"
        );
    }
    for text in ["$API_TOKEN", "${NOT_SET}", "$LOOP", "${VAULT_TOKEN}"] {
        let (ended, environment) = environment_of(
            &place,
            &[],
            &[
                ("API_TOKEN", text),
                ("LOOP", "$POOL"),
                ("POOL", "$LOOP"),
                ("VAULT_TOKEN", &login),
            ],
        );
        assert_eq!(ended.code, Some(2), "{text}: {}", ended.stderr);
        assert_eq!(environment, "", "{text} was started");
        assert!(!ended.stderr.contains(&login), "{}", ended.stderr);
    }
    // Longer text only looks like one.
    for text in [
        "$",
        "${}",
        "$5",
        "cost: $SOURCE",
        "${SOURCE:-x}",
        "$SOURCE/bin",
    ] {
        let (ended, environment) =
            environment_of(&place, &[], &[("SOURCE", "plain"), ("TEXT", text)]);
        assert_eq!(ended.code, Some(0), "{text}: {}", ended.stderr);
        assert_eq!(value(&environment, "TEXT"), Some(text), "{text}");
    }
}

#[test]
fn values_that_no_environment_takes_are_refused() {
    let place = Place::new();
    let file = place.path("secret");
    for (bytes, reason) in [
        (&b"kz-canary\0with a NUL"[..], "NUL"),
        (&b"kz-canary\xff\xfebinary"[..], "binary"),
        (&b"env://ANOTHER_PLACE"[..], "itself a reference"),
        (&b"${NOT_EXPANDED}"[..], "nobody expanded"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let reference = format!("API_VALUE=file://{}", file.display());
        let ended = finish(
            &mut place.kz(&["run", "--secret", &reference, "--", "true"]),
            "",
        );
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("API_VALUE"), "{}", ended.stderr);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
        assert!(!ended.stderr.contains("kz-canary"), "{}", ended.stderr);
    }
}

#[test]
fn it_starts_from_the_root_with_an_empty_environment() {
    let ended = finish(
        Command::new(env!("CARGO_BIN_EXE_kz"))
            .args(["run", "--", "sh", "-c", "pwd; echo ok"])
            .env_clear()
            .current_dir("/"),
        "",
    );
    assert_eq!(ended.stdout, "/\nok\n", "{}", ended.stderr);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr, "");
}
