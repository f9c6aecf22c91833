//! What the suite does not ask of the backends of this machine.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use kz_core::{
    Error, ErrorKind, Fetched, Request, SecretRef,
    testing::{Ear, canary},
};
use kz_providers::{Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig};
use testbed::processes::write_program;

async fn get(config: &ProvidersConfig, reference: &str, ear: &Ear) -> Result<Fetched, Error> {
    get_within(config, reference, ear, Duration::from_secs(20)).await
}

async fn get_within(
    config: &ProvidersConfig,
    reference: &str,
    ear: &Ear,
    patience: Duration,
) -> Result<Fetched, Error> {
    let reference: SecretRef = reference.parse().unwrap();
    let request = Request::new("NAME", &reference, Instant::now() + patience, ear);
    let registry = Registry::new(config.clone())?;
    registry.provider(&reference)?.get(&request).await
}

fn in_directory(directory: &Path) -> ProvidersConfig {
    let mut config = ProvidersConfig::default();
    config.base_directory = directory.into();
    config
}

async fn assert_fails(config: &ProvidersConfig, reference: &str, kind: ErrorKind) -> Error {
    let Err(error) = get(config, reference, &Ear::new()).await else {
        panic!("{reference} has a value");
    };
    assert_eq!(error.kind(), kind, "{reference}: {error}");
    assert!(
        !format!("{error} {error:?}").contains("kz-canary"),
        "{error:?}"
    );
    error
}

fn script(directory: &Path, name: &str, text: &str) {
    let text = format!("#!/bin/sh\n{text}\n");
    write_program(&directory.join(name), &text).unwrap();
}

#[tokio::test]
async fn newlines_of_files_and_programs() {
    let directory = tempfile::tempdir().unwrap();
    let config = in_directory(directory.path());
    fs::write(directory.path().join("a"), "value\r\n\n").unwrap();
    for (reference, value) in [
        ("file://a", "value\r\n"),
        ("file://a?raw=true", "value\r\n\n"),
        ("exec://printf?arg=v%5Cn%5Cn", "v\n"),
        ("exec://printf?arg=v%5Cn&raw=true", "v\n"),
    ] {
        let fetched = get(&config, reference, &Ear::new()).await.unwrap();
        assert_eq!(fetched.value.expose_str().unwrap(), value, "{reference}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let config = in_directory(directory.path());
    let path = |name| directory.path().join(name);
    fs::write(path("large"), vec![b'a'; (1 << 20) + 1]).unwrap();
    fs::write(path("text"), canary("text")).unwrap();
    fs::write(path("list"), "[1, 2]").unwrap();
    make_fifo(&path("fifo"));
    fs::write(path("locked"), canary("locked")).unwrap();
    fs::set_permissions(path("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    for (reference, kind) in [
        ("file://absent", ErrorKind::NotFound),
        ("file://text/below", ErrorKind::NotFound),
        ("file://.", ErrorKind::Invalid),
        ("file://fifo", ErrorKind::Invalid),
        ("file:///dev/zero", ErrorKind::Invalid),
        ("file://large", ErrorKind::Invalid),
        ("file://text#field", ErrorKind::Invalid),
        ("file://list#field", ErrorKind::Invalid),
        ("file://text?rwa=true", ErrorKind::Config),
        ("file://text?raw=yes", ErrorKind::Config),
        ("dotenv://text#A", ErrorKind::Invalid),
        ("dotenv://text", ErrorKind::Config),
        ("dotenv://fifo#A", ErrorKind::Invalid),
    ] {
        assert_fails(&config, reference, kind).await;
    }
    // Root reads what nobody may read.
    if fs::read(path("locked")).is_err() {
        assert_fails(&config, "file://locked", ErrorKind::Denied).await;
    } else {
        eprintln!("SKIPPED: a file that may not be read, because this user may read all");
    }
}

fn make_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[tokio::test]
async fn documents_are_received_whole() {
    let directory = tempfile::tempdir().unwrap();
    let config = in_directory(directory.path());
    let [wanted, twice, nested, deep] = ["wanted", "twice", "nested", "deep"].map(canary);
    let json = format!(
        r#"{{"key":"{twice}","number":123456789012345678901234,
            "key":"{wanted}","list":[{{"nested":"{nested}"}}],"inner":{{"deep":"{deep}"}}}}"#
    );
    fs::write(directory.path().join("a.json"), &json).unwrap();
    let ear = Ear::new();
    let fetched = get(&config, "file://a.json#key", &ear).await.unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), wanted);
    assert!(ear.heard(wanted.as_bytes(), None));
    for (key, text) in [
        ("key", twice.as_str()),
        ("number", "123456789012345678901234"),
        ("nested", &nested),
        ("deep", &deep),
    ] {
        assert!(ear.heard(text.as_bytes(), Some(key)), "{key}");
    }
    for (field, value) in [
        ("number", "123456789012345678901234"),
        ("inner", &format!(r#"{{"deep":"{deep}"}}"#)),
        ("/inner/deep", &deep),
        ("/list/0/nested", &nested),
    ] {
        let reference = format!("file://a.json#{field}");
        let fetched = get(&config, &reference, &Ear::new()).await.unwrap();
        assert_eq!(fetched.value.expose_str().unwrap(), value, "{field}");
    }
}

#[tokio::test]
async fn a_bad_line_hides_no_entry_from_the_intake() {
    let directory = tempfile::tempdir().unwrap();
    let config = in_directory(directory.path());
    let before = canary("before");
    let text = format!("A={before}\nkz-canary-this is no entry\n");
    fs::write(directory.path().join(".env"), text).unwrap();
    let ear = Ear::new();
    let error = get(&config, "dotenv://.env#A", &ear).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("line 2"), "{error}");
    assert!(!format!("{error:?}").contains("kz-canary"), "{error:?}");
    assert!(ear.heard_at_all(before.as_bytes()));
}

#[tokio::test]
async fn variables_that_name_variables() {
    let value = canary("value");
    let mut config = ProvidersConfig::default();
    config.environment = Environment::from_pairs([
        ("VALUE", value.as_str()),
        ("UNEXPANDED", "${VALUE}"),
        ("TWICE", "$UNEXPANDED"),
        ("DANGLING", "${env:NOWHERE}"),
        ("EMPTY", ""),
    ]);
    let fetched = get(&config, "env://UNEXPANDED", &Ear::new()).await.unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), value);
    for name in ["TWICE", "DANGLING", "EMPTY", "NOWHERE"] {
        assert_fails(&config, &format!("env://{name}"), ErrorKind::NotFound).await;
    }
    assert_fails(&config, "env://VALUE?raw=true", ErrorKind::Config).await;
}

#[tokio::test]
async fn programs_that_fail() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let printed = canary("printed");
    script(
        folder,
        "half",
        &format!("echo {printed}; echo {printed} >&2; exit 3"),
    );
    script(folder, "killed", "kill -9 $$");
    script(
        folder,
        "endless",
        "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
    );
    script(folder, "silent", "exit 0");
    fs::write(folder.join("plain"), "no program").unwrap();
    let mut config = in_directory(folder);
    let path = format!(".::{}:/usr/bin:/bin", folder.join("bin").display());
    config.environment = Environment::from_pairs([("PATH", path.as_str())]);
    let at = |rest: &str| format!("exec://{}/{rest}", folder.display());
    for (reference, kind) in [
        (at("half"), ErrorKind::Unavailable),
        (at("half?missing=3"), ErrorKind::NotFound),
        (at("half?missing=1"), ErrorKind::Unavailable),
        (at("killed"), ErrorKind::Unavailable),
        (at("endless"), ErrorKind::Invalid),
        (at("silent"), ErrorKind::NotFound),
        (at("plain"), ErrorKind::Unavailable),
        (at("absent"), ErrorKind::Unavailable),
        // In the folder where it starts, but in no absolute entry of PATH.
        ("exec://half".to_owned(), ErrorKind::Unavailable),
        ("exec://./half".to_owned(), ErrorKind::Config),
        (at("silent?args=x"), ErrorKind::Config),
    ] {
        assert_fails(&config, &reference, kind).await;
    }
    let ear = Ear::new();
    let error = get(&config, &at("half"), &ear).await.unwrap_err();
    assert!(error.to_string().contains("status 3"), "{error}");
    assert!(
        ear.heard_at_all(printed.as_bytes()),
        "half of a secret is one too"
    );
}

#[tokio::test]
async fn programs_get_their_arguments_and_no_credential_of_ours() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = in_directory(directory.path());
    let auth = VaultAuth::AppRole {
        role_id: "env://OUR_ROLE".parse().unwrap(),
        secret_id: "env://OUR_SECRET".parse().unwrap(),
        mount: "approle".into(),
    };
    config.vault = Some(VaultConfig::new("http://127.0.0.1:1", auth));
    let ours = ["OUR_ROLE", "OUR_SECRET", "VAULT_TOKEN", "BAO_TOKEN"];
    let mut variables = vec![
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("KEPT", "kept".into()),
    ];
    variables.extend(ours.map(|name| (name, canary("ours"))));
    config.environment = Environment::from_pairs(variables);
    let fetched = get(&config, "exec://env", &Ear::new()).await.unwrap();
    let printed = fetched.value.expose_str().unwrap();
    assert!(printed.contains("KEPT=kept"));
    assert!(
        !printed.contains("canary"),
        "a program got a credential of ours"
    );
    // No shell: nothing is expanded, split or run.
    let reference = "exec://printf?arg=%25s%7C&arg=a%20b&arg=%24(id)&arg=;echo&arg=*&arg=";
    let fetched = get(&config, reference, &Ear::new()).await.unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), "a b|$(id)|;echo|*||");
    let pwd = get(&config, "exec://pwd", &Ear::new()).await.unwrap();
    let folder = directory.path().canonicalize().unwrap();
    assert_eq!(Path::new(pwd.value.expose_str().unwrap()), folder);
}

#[tokio::test]
async fn a_slow_program_dies_with_all_its_children() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    script(
        folder,
        "slow",
        "sleep 600 & echo $! > child; echo $$ > parent; wait",
    );
    let config = in_directory(folder);
    let reference = format!("exec://{}/slow", folder.display());
    let numbers = || {
        let number = |name| {
            let text = fs::read_to_string(folder.join(name)).ok()?;
            text.ends_with('\n').then(|| text.trim().to_owned())
        };
        Some((number("child")?, number("parent")?))
    };
    // By being dropped, and by the deadline: last, because the clock is an hour ahead then.
    for dropped in [true, false] {
        let _ = fs::remove_file(folder.join("parent"));
        let ear = Ear::new();
        let an_hour = Duration::from_hours(1);
        let mut asked = Box::pin(get_within(&config, &reference, &ear, an_hour));
        let written = async {
            while numbers().is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            ended = &mut asked => panic!("it never ends: {:?}", ended.err()),
            () = written => {}
        }
        if dropped {
            drop(asked);
        } else {
            // A clock that is paused jumps to the next event when everybody waits.
            tokio::time::pause();
            assert_eq!(asked.await.unwrap_err().kind(), ErrorKind::Timeout);
        }
        let (child, parent) = numbers().expect("the program wrote both numbers");
        for process in [child, parent] {
            let gone = testbed::wait_until(Duration::from_secs(10), || {
                has_ended(&process).then_some(())
            });
            assert!(
                gone.is_some(),
                "a process of the program is left (dropped: {dropped})"
            );
        }
    }
}

/// Gone, or dead and not yet reaped by whoever inherited it.
fn has_ended(process: &str) -> bool {
    match fs::read_to_string(format!("/proc/{process}/stat")) {
        Ok(stat) => stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with(['Z', 'X'])),
        Err(_) => true,
    }
}

#[tokio::test]
async fn schemes_that_cannot_be_had() {
    let config = in_directory(Path::new(""));
    for (reference, kind, message) in [
        (
            "op://a/b/c",
            ErrorKind::Unsupported,
            "the provider `op` is not built in",
        ),
        (
            "aws://a",
            ErrorKind::Unsupported,
            "the provider `aws-sm` is not built in",
        ),
        (
            "valt://a/b",
            ErrorKind::Config,
            "unknown provider: did you mean `vault`?",
        ),
        (
            "aws-smm://a",
            ErrorKind::Config,
            "unknown provider: did you mean `aws-sm`?",
        ),
        (
            "nosuchthing://a",
            ErrorKind::Config,
            "unknown provider: use one of dotenv, env",
        ),
    ] {
        let error = assert_fails(&config, reference, kind).await;
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(error.reference().is_some());
    }
}

#[tokio::test]
async fn a_vault_that_is_not_configured_says_so_when_asked() {
    let mut config = ProvidersConfig::default();
    config.environment = Environment::from_pairs([("A", "b")]);
    let error = assert_fails(&config, "vault://a/b#c", ErrorKind::Config).await;
    assert!(error.remedy().unwrap().contains("VAULT_ADDR"), "{error}");
}

#[test]
fn credentials_of_a_vault_lie_elsewhere() {
    for reference in ["vault://a/b#c", "op://a/b/c"] {
        let token = reference.parse().unwrap();
        let mut config = ProvidersConfig::default();
        config.vault = Some(VaultConfig::new(
            "http://127.0.0.1:1",
            VaultAuth::Token { token },
        ));
        let error = Registry::new(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{reference}");
    }
}

#[test]
fn registries_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Registry>();
    check::<ProvidersConfig>();
}
