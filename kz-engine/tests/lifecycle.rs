//! What happens to values between opening and closing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use kz_engine::{Environment, ErrorKind, OpenOptions, Secrets};

fn canary(what: &str) -> String {
    testbed::canary::made_up(what)
}

fn folder(manifest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".keyzero.toml"), manifest).unwrap();
    folder
}

fn options(folder: &Path, variables: &[(&str, &str)]) -> OpenOptions {
    OpenOptions::new()
        .path(folder.join(".keyzero.toml"))
        .variables(Environment::from_pairs(variables.iter().copied()))
}

/// A store that takes connections and never answers.
fn silent_store() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

fn vault_manifest(address: &str) -> String {
    format!(
        "[secrets]\nGOOD = \"env://GOOD\"\nFAR = \"vault://secret/app#key\"\nFARTHER = \"vault://secret/other#key\"\n\
         ABSENT = \"env://ABSENT\"\n[providers.vault]\naddress = \"{address}\"\nkv_version = 2\n\
         auth = {{ method = \"token\", token = \"env://T\" }}\n"
    )
}

/// The runtime's clock stands while there is work, and jumps when everybody waits: what
/// needs no wait is done before the deadline on any machine.
#[tokio::test(start_paused = true)]
async fn one_deadline_bounds_all_of_it() {
    let (_store, address) = silent_store();
    let folder = folder(&vault_manifest(&address));
    let (good, token) = (canary("good"), canary("token"));
    let deadline = Duration::from_secs(3);
    let (started, waited) = (Instant::now(), tokio::time::Instant::now());
    let error = options(folder.path(), &[("GOOD", &good), ("T", &token)])
        .deadline(deadline)
        .open()
        .await
        .unwrap_err();
    // One after the other would take twice as long, and the store's own limits are longer.
    assert!(waited.elapsed() < Duration::from_secs(5) + started.elapsed());
    assert_eq!(error.names(), ["FAR", "FARTHER", "ABSENT"], "{error}");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(!error.is_retryable(), "an absent variable stays absent");
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[tokio::test]
async fn an_open_that_is_dropped_lets_go_of_its_connections() {
    let (store, address) = silent_store();
    let folder = folder(&vault_manifest(&address));
    let token = canary("token");
    let opening = options(folder.path(), &[("GOOD", "x"), ("T", &token)]).open();
    let waiting = tokio::task::spawn_blocking(move || store.accept().unwrap().0);
    let mut connection = tokio::select! {
        opened = opening => panic!("nobody answered: {opened:?}"),
        connection = waiting => connection.unwrap(),
    };
    // `opening` is dropped here: its end of the connection closes.
    let ended =
        tokio::task::spawn_blocking(move || std::io::copy(&mut connection, &mut std::io::sink()));
    ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_public_stays_readable_beside_what_is_not() {
    let folder = folder(
        "[secrets]\n\
         PRIVATE = \"file://keys.json#private_key\"\n\
         PUBLIC = { ref = \"file://keys.json#public_key\", public = true }\n",
    );
    let (private, public, other) = (canary("private"), canary("public"), canary("other"));
    fs::write(
        folder.path().join("keys.json"),
        format!(
            "{{\"private_key\":\"{private}\",\"public_key\":\"{public}\",\"other_key\":\"{other}\"}}"
        ),
    )
    .unwrap();
    let secrets = options(folder.path(), &[]).open().await.unwrap();
    assert_eq!(secrets.redact(&public), public);
    // Whichever of the two is fetched first receives it, as its own or as a sibling.
    let masked = secrets.redact(&private);
    assert!(
        ["[REDACTED:PRIVATE]", "[REDACTED:PUBLIC]"].contains(&&*masked),
        "{masked}"
    );
    assert!(!secrets.redact(&other).contains(&other), "a sibling");
    assert_eq!(secrets.summary()["PUBLIC"], "present");
}

#[tokio::test]
async fn what_failed_validation_is_never_seen() {
    let value = canary("invalid");
    let folder = folder("[secrets]\nA = { ref = \"file://a\", prefix = \"no-such-prefix\" }\n");
    fs::write(folder.path().join("a"), &value).unwrap();
    let error = options(folder.path(), &[]).open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(!format!("{error}{error:?}").contains(&value));
}

#[tokio::test]
async fn a_value_that_went_bad_shows_in_health_until_it_is_mended() {
    let folder = folder("[secrets]\nA = { ref = \"file://a\", min_length = 10 }\n");
    let file = folder.path().join("a");
    let (old, new) = (canary("old"), canary("new"));
    fs::write(&file, &old).unwrap();
    let secrets = options(folder.path(), &[]).open().await.unwrap();
    assert_eq!(names_of(&secrets).await, ["file"]);

    for (what, kind) in [
        (Some("short"), ErrorKind::Invalid),
        (None, ErrorKind::Missing),
    ] {
        match what {
            Some(text) => fs::write(&file, text).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let error = secrets.refresh().await.unwrap_err();
        assert_eq!((error.kind(), error.names()), (kind, &["A".to_owned()][..]));
        assert_eq!(secrets.get("A").unwrap().expose_str().unwrap(), old);
        assert_eq!(names_of(&secrets).await, ["file", "A"]);
        let health = secrets.health().await;
        let stale = health[1].1.as_ref().unwrap_err().to_string();
        assert!(stale.contains("not in use"), "{stale}");
    }

    fs::write(&file, &new).unwrap();
    secrets.refresh().await.unwrap();
    assert_eq!(names_of(&secrets).await, ["file"]);
    assert_eq!(secrets.get("A").unwrap().expose_str().unwrap(), new);
    for value in [&old, &new] {
        assert_eq!(secrets.redact(value), "[REDACTED:A]");
    }
}

async fn names_of(secrets: &Secrets) -> Vec<String> {
    let health = secrets.health().await;
    health.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn only_what_is_asked_for_is_resolved() {
    let folder = folder("[secrets]\nA = \"env://A\"\nB = \"env://NOT_SET\"\n");
    let value = canary("a");
    let options = || options(folder.path(), &[("A", &value)]);
    let secrets = options()
        .only(vec!["A".parse().unwrap()])
        .open()
        .await
        .unwrap();
    assert_eq!(
        secrets.get("B").unwrap_err().kind(),
        ErrorKind::UnknownSecret
    );
    let error = options()
        .only(vec!["AA".parse().unwrap()])
        .open()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownSecret);
    assert!(error.is_configuration());
    let secrets = options()
        .only(vec!["A".parse().unwrap()])
        .extra("B".parse().unwrap(), "env://A".parse().unwrap())
        .open()
        .await
        .unwrap();
    assert_eq!(secrets.get("B").unwrap().expose_str().unwrap(), value);
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_others_can_read_signs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("[secrets]\n[audit]\npath = \"audit.jsonl\"\nkey = \"audit.key\"\n");
    options(folder.path(), &[]).open().await.unwrap();
    let key = folder.path().join("audit.key");
    let mode = fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = options(folder.path(), &[]).open().await.unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[tokio::test]
async fn many_writers_share_one_log() {
    let folder = folder(
        "[secrets]\nA = \"env://A\"\n[audit]\npath = \"audit.jsonl\"\nkey = \"audit.key\"\n",
    );
    let value = canary("a");
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        writers.spawn(options(folder.path(), &[("A", &value)]).open());
    }
    while let Some(opened) = writers.join_next().await {
        opened.unwrap().unwrap().close().await;
    }
    let log = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    let key = kz_engine::audit::key_file(&folder.path().join("audit.key")).unwrap();
    let verified = kz_engine::audit::verify(&log, Some(&key)).unwrap();
    assert_eq!((verified.lines, verified.heads.len()), (24, 8));
}

#[test]
fn handles_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Secrets>();
    check::<kz_engine::Secret>();
    check::<kz_engine::Manifest>();
    check::<OpenOptions>();
}
