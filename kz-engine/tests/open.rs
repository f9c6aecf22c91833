//! Opening, with every way that it can fail.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use kz_engine::{Environment, Error, ErrorKind, OpenOptions, audit};
use testbed::{openbao::OpenBao, require};

fn canary(what: &str) -> String {
    format!("kz-canary-{what}-{}", std::process::id())
}

fn folder(manifest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".keyzero.toml"), manifest).unwrap();
    folder
}

fn named(folder: &Path, variables: &[(&str, &str)]) -> OpenOptions {
    OpenOptions::new()
        .path(folder.join(".keyzero.toml"))
        .variables(Environment::from_pairs(variables.iter().copied()))
}

fn found(folder: &Path, variables: &[(&str, &str)]) -> OpenOptions {
    let mut variables = variables.to_vec();
    let home = folder.to_str().unwrap();
    variables.push(("HOME", home));
    OpenOptions::new()
        .directory(folder)
        .variables(Environment::from_pairs(variables))
}

#[tokio::test]
async fn one_error_lists_everything_and_no_value() {
    let (short, weak) = (canary("short"), "abc");
    let folder = folder(
        "[secrets]\n\
         GOOD = \"env://GOOD\"\n\
         ABSENT = \"env://ABSENT\"\n\
         SHORT = { provider = \"env\", ref = \"SHORT\", min_length = 200 }\n\
         WEAK = { resolver = \"env\", ref = \"env://WEAK\" }\n\
         OPTIONAL = { provider = \"env\", ref = \"OPTIONAL\", optional = true }\n",
    );
    let variables = [
        ("GOOD", "kz-canary-good"),
        ("SHORT", short.as_str()),
        ("WEAK", weak),
    ];
    let error = named(folder.path(), &variables).open().await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.names(), ["ABSENT", "SHORT", "WEAK"], "{text}");
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert!(!error.is_configuration());
    let mut lines = text.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("kz: 3 of 5 secrets failed ("),
        "{text}"
    );
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("ABSENT  .keyzero.toml:3  env://ABSENT  "),
        "{text}"
    );
    assert!(!format!("{text}{error:?}").contains("canary"), "{text}");
}

#[tokio::test]
async fn a_connection_string_of_common_words_opens() {
    let folder = folder("[secrets]\nDB = \"env://DB\"\n");
    let dsn = "postgres://postgres:postgres@localhost/postgres";
    let secrets = named(folder.path(), &[("DB", dsn)]).open().await.unwrap();
    assert_eq!(secrets.get("DB").unwrap().expose_str().unwrap(), dsn);
    assert_eq!(
        secrets.redact(&format!("{dsn}: no role postgres")),
        "postgres://[REDACTED:DB]@localhost/postgres: no role postgres"
    );
    assert_eq!(
        secrets.summary()["DB"],
        format!(
            "set({} chars) from env; a password equals a public part: \
             masked inside its connection string only",
            dsn.len()
        )
    );
}

#[tokio::test]
async fn forms_on_request() {
    let value = "kz-canary-8f3a77c0";
    let reversed: String = value.chars().rev().collect();
    for (redact, expected) in [
        ("", reversed.as_str()),
        (
            "[redact]\nforms = [\"base32\", \"reversed\"]\n",
            "[REDACTED:A]",
        ),
    ] {
        let folder = folder(&format!("[secrets]\nA = \"env://A\"\n{redact}"));
        let secrets = named(folder.path(), &[("A", value)]).open().await.unwrap();
        assert_eq!(secrets.redact(&reversed), expected, "{redact}");
    }
}

#[tokio::test]
async fn summaries_overlays_and_handles() {
    let folder = folder(
        "[secrets]\nURL = \"env://DEV\"\nKEY = { provider = \"env\", ref = \"KEY\", public = true }\n\
         GONE = { provider = \"env\", ref = \"GONE\", optional = true }\n\
         [production.secrets]\nURL = \"env://PROD\"\n",
    );
    fs::write(
        folder.path().join(".keyzero.local.toml"),
        "[secrets]\nKEY = \"env://LOCAL\"\n",
    )
    .unwrap();
    let value = canary("prod");
    let variables = [
        ("DEV", "kz-canary-dev"),
        ("PROD", value.as_str()),
        ("KEY", "unused"),
        ("LOCAL", "a public value"),
    ];
    let secrets = named(folder.path(), &variables)
        .environment("production")
        .open()
        .await
        .unwrap();
    assert_eq!(secrets.get("URL").unwrap().expose_str().unwrap(), value);
    assert_eq!(
        secrets.get("KEY").unwrap().expose_str().unwrap(),
        "a public value"
    );
    assert_eq!(secrets.redact("a public value"), "a public value");
    let summary = secrets.summary();
    assert_eq!(
        summary["URL"],
        format!("set({} chars) from env", value.len())
    );
    assert_eq!(
        (summary["KEY"].as_str(), summary["GONE"].as_str()),
        ("present", "MISSING")
    );
    assert!(secrets.find("GONE").unwrap().is_none());
    assert_eq!(secrets.get("GONE").unwrap_err().kind(), ErrorKind::Missing);
    let error = secrets.get("UURL").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownSecret);
    assert!(error.to_string().contains("did you mean `URL`?"));
    let handle = secrets.get("URL").unwrap();
    assert_eq!(format!("{handle:?}"), "[REDACTED:URL]");
    assert!(!format!("{secrets:?}").contains("canary"));
    secrets.close().await;
    assert_eq!(secrets.get("URL").unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(handle.expose_str().unwrap(), value);
    assert_eq!(secrets.redact(&value), "[REDACTED:URL]");

    let error = named(folder.path(), &variables)
        .environment("staging")
        .open()
        .await
        .unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("production"), "{error}");
}

#[tokio::test]
async fn rotation_registers_first_and_keeps_the_old() {
    let folder = folder("[secrets]\nA = \"file://value\"\nB = \"file://value\"\n");
    let file = folder.path().join("value");
    let (old, new) = (canary("old"), canary("new"));
    fs::write(&file, &old).unwrap();
    let secrets = named(folder.path(), &[]).open().await.unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&told);
    let subscription = secrets.on_rotate(move |name| names.lock().unwrap().push(name.to_owned()));
    let second = secrets.on_rotate(|_| panic!("contained"));
    secrets.refresh().await.unwrap();
    assert!(told.lock().unwrap().is_empty());
    fs::write(&file, format!("{new}\n")).unwrap();
    secrets.refresh().await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["A", "B"]);
    assert_eq!(secrets.get("A").unwrap().expose_str().unwrap(), new);
    for value in [&old, &new] {
        assert!(secrets.redact(value).starts_with("[REDACTED:"), "{value}");
    }
    subscription.unsubscribe();
    second.unsubscribe();
    fs::write(&file, "abc").unwrap();
    let error = secrets.refresh().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.names().len()),
        (ErrorKind::WeakSecret, 2)
    );
    assert_eq!(secrets.get("A").unwrap().expose_str().unwrap(), new);
}

#[tokio::test]
async fn what_a_stranger_must_not_decide() {
    for (manifest, place) in [
        (
            "[secrets]\nA = \"exec:///bin/echo?arg=x\"\n",
            ".keyzero.toml:2",
        ),
        (
            "[secrets]\n[providers.vault]\naddress = \"https://vault.example:8200\"\nauth = { method = \"token\", token = \"env://T\" }\n",
            ".keyzero.toml:3",
        ),
        ("[secrets]\n[audit]\npath = \"/tmp/x\"\n", ".keyzero.toml:2"),
        (
            "[secrets]\n[redact]\nmode = \"report\"\n",
            ".keyzero.toml:3",
        ),
    ] {
        let folder = folder(manifest);
        let error = found(folder.path(), &[]).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
        assert!(
            error.to_string().contains(place) && error.is_configuration(),
            "{error}"
        );
        named(folder.path(), &[]).load().unwrap();
    }
    let harmless = folder(
        "[secrets]\n[providers.vault]\naddress = \"http://127.0.0.1:8200\"\nauth = { method = \"token\", token = \"env://T\" }\n",
    );
    found(harmless.path(), &[]).load().unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder("[secrets]\n");
    let path = folder.path().join(".keyzero.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o646)).unwrap();
    for options in [found(folder.path(), &[]), named(folder.path(), &[])] {
        assert_eq!(options.load().unwrap_err().kind(), ErrorKind::Untrusted);
    }
}

#[test]
fn where_it_is_looked_for() {
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("repository/a/b");
    fs::create_dir_all(&deep).unwrap();
    let variables = Environment::from_pairs([("HOME", home.path().to_str().unwrap())]);
    let options = || {
        OpenOptions::new()
            .directory(&deep)
            .variables(variables.clone())
    };
    let error = options().load().unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("keyzero/keyzero.toml"),
        "{error}"
    );
    assert!(
        options()
            .manifest_optional(true)
            .load()
            .unwrap()
            .path()
            .is_none()
    );
    let user = home.path().join(".config/keyzero");
    fs::create_dir_all(&user).unwrap();
    for path in [
        user.join("keyzero.toml"),
        home.path().join(".keyzero.toml"),
        home.path().join("repository/.keyzero.toml"),
        deep.join(".keyzero.toml"),
    ] {
        fs::write(&path, "[secrets]\n").unwrap();
        assert_eq!(options().load().unwrap().path().unwrap(), path);
    }
    // A repository ends the walk.
    fs::remove_file(deep.join(".keyzero.toml")).unwrap();
    fs::create_dir(deep.join(".git")).unwrap();
    assert_eq!(
        options().load().unwrap().path().unwrap(),
        user.join("keyzero.toml")
    );
}

#[tokio::test]
async fn the_audit_log_is_chained_and_holds_no_value() {
    let folder = folder(
        "[secrets]\nA = \"env://A\"\nB = { provider = \"env\", ref = \"B\", optional = true }\n[audit]\npath = \"log/audit.jsonl\"\nkey = \"audit.key\"\n",
    );
    let value = canary("audit");
    let secrets = named(folder.path(), &[("A", &value)])
        .identity("ada")
        .open()
        .await
        .unwrap();
    secrets.close().await;
    let log = fs::read_to_string(folder.path().join("log/audit.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 4, "{log}");
    assert!(!log.contains(&value));
    let key = audit::key_file(&folder.path().join("audit.key")).unwrap();
    let verified = audit::verify(&log, Some(&key)).unwrap();
    assert_eq!((verified.lines, verified.authenticated), (4, true));
    let lines: Vec<_> = log.lines().collect();
    for (name, broken) in [
        ("edited", log.replacen("\"allow\"", "\"deny\"", 1)),
        ("dropped", [lines[0], lines[2], lines[3]].join("\n")),
        (
            "reordered",
            [lines[1], lines[0], lines[2], lines[3]].join("\n"),
        ),
        ("beheaded", lines[1..].join("\n")),
    ] {
        assert!(audit::verify(&broken, Some(&key)).is_err(), "{name}");
    }
    // A lost tail shows against a saved head only.
    let cut = audit::verify(&lines[..3].join("\n"), Some(&key)).unwrap();
    assert_ne!(cut.heads, verified.heads);
}

#[tokio::test]
async fn an_event_that_cannot_be_written_denies() {
    let folder =
        folder("[secrets]\nA = \"env://A\"\n[audit]\npath = \"/dev/full\"\nkey = \"audit.key\"\n");
    let error = named(folder.path(), &[("A", &canary("full"))])
        .open()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("audit"), "{error}");
}

fn no_canary(error: &Error) {
    assert!(
        !format!("{error} {error:?}").contains("canary"),
        "{error:?}"
    );
}

#[tokio::test]
async fn from_a_real_vault() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let (password, sibling) = (canary("password"), canary("sibling"));
    let dsn = format!("postgres://app:{password}@db:5432/app");
    vault.write_secret("dev/db", &[("url", &dsn), ("other", &sibling)]);
    let role = vault.app_role("reader", "dev/*");
    let manifest = format!(
        "[secrets]\nDATABASE_URL = {{ provider = \"vault\", ref = \"secret/data/dev/db/url\" }}\n\
         [providers.vault]\naddress = \"{}\"\n\
         auth = {{ method = \"approle\", role_id = \"env://R\", secret_id = \"env://S\" }}\n",
        vault.address()
    );
    let directory = folder(&manifest);
    let variables = [("R", role.role_id.as_str()), ("S", role.secret_id.as_str())];
    let secrets = named(directory.path(), &variables).open().await.unwrap();
    assert_eq!(
        secrets.get("DATABASE_URL").unwrap().expose_str().unwrap(),
        dsn
    );
    assert_eq!(
        secrets.redact(&dsn),
        "postgres://[REDACTED:DATABASE_URL]@db:5432/app"
    );
    for value in [&password, &sibling, &role.secret_id] {
        assert!(!secrets.redact(value).contains(value.as_str()), "{value}");
    }
    for token in vault
        .minted_tokens()
        .iter()
        .filter(|token| token.as_str() != vault.root_token())
    {
        assert!(!secrets.redact(token).contains(token.as_str()));
    }
    assert!(
        secrets
            .health()
            .await
            .iter()
            .all(|(_, answer)| answer.is_ok())
    );

    for (name, variables, change, kind) in [
        (
            "wrong secret id",
            [("R", role.role_id.as_str()), ("S", "kz-canary-wrong-id")],
            ("", ""),
            ErrorKind::Unauthenticated,
        ),
        (
            "denied",
            variables,
            ("dev/db", "prod/db"),
            ErrorKind::Denied,
        ),
        (
            "no such field",
            variables,
            ("db/url", "db/uri"),
            ErrorKind::Missing,
        ),
        (
            "unreachable",
            variables,
            (vault.address(), "http://127.0.0.1:1"),
            ErrorKind::Unavailable,
        ),
    ] {
        let directory = folder(&manifest.replace(change.0, change.1));
        let error = named(directory.path(), &variables)
            .open()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert_eq!(error.names(), ["DATABASE_URL"]);
        no_canary(&error);
    }
}

#[test]
fn mistakes_of_a_manifest() {
    for (name, manifest, line, expected) in [
        (
            "typo in a table",
            "[secret]\n",
            1,
            "did you mean `secrets`?",
        ),
        (
            "typo in a key",
            "[secrets]\nA = { provdier = \"env\", ref = \"A\" }\n",
            2,
            "did you mean `provider`?",
        ),
        (
            "a default",
            "[secrets]\nA = { provider = \"env\", ref = \"A\", default = \"kz-canary\" }\n",
            2,
            "committed secret",
        ),
        (
            "a value",
            "[secrets]\nA = \"kz-canary-pasted\"\n",
            2,
            "not a reference",
        ),
        ("no TOML", "[secrets]\nA = kz-canary\n", 2, "not valid TOML"),
        (
            "twice",
            "[secrets]\nA = \"env://A\"\nA = \"env://kz-canary\"\n",
            3,
            "twice",
        ),
        (
            "bad name",
            "[secrets]\nLD_PRELOAD = \"env://A\"\n",
            2,
            "obeys",
        ),
        (
            "unknown grant",
            "[secrets]\nAB = \"env://A\"\n[servers.x]\nsecrets = [\"AC\"]\n",
            4,
            "did you mean `AB`?",
        ),
        (
            "bad pattern",
            "[secrets]\nA = { provider = \"env\", ref = \"A\", pattern = \"(kz-canary\" }\n",
            2,
            "regular expression",
        ),
        (
            "bad rule",
            "[[redact.rules]]\nid = \"own\"\nregex = \"(kz-canary\"\n",
            1,
            "redact",
        ),
        (
            "unset variable",
            "[providers.vault]\naddress = \"https://$KZ_UNSET\"\nauth = { method = \"token\", token = \"env://T\" }\n",
            2,
            "KZ_UNSET",
        ),
        (
            "vault in vault",
            "[providers.vault]\naddress = \"http://127.0.0.1\"\nauth = { method = \"token\", token = \"vault://a/b#c\" }\n",
            3,
            "cannot come from",
        ),
    ] {
        let folder = folder(manifest);
        let error = named(folder.path(), &[]).load().unwrap_err();
        let text = error.to_string();
        assert!(error.is_configuration(), "{name}: {text}");
        assert!(
            text.contains(&format!(".keyzero.toml:{line}  ")) && text.contains(expected),
            "{name}: {text}"
        );
        assert!(
            !format!("{text}{error:?}").contains("canary"),
            "{name}: {text}"
        );
    }
}
