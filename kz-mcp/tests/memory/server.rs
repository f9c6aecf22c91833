//! The same of a server: its secrets opened through providers, rotated, refused,
//! guarded, logged, forked.

use std::{ffi::OsString, fs, io::Write as _, os::unix::ffi::OsStringExt as _, path::Path};

use kz_engine::{Environment, OpenOptions, Secrets};
use kz_mcp::MessageFilter;
use zeroize::Zeroize as _;

use crate::{
    alone,
    canary::{Canary, filled},
    copies,
    scan::Scanner,
};

const MANIFEST: &str = r#"
[secrets]
VARIABLE = "env://VARIABLE"
FILE = "file://file"
DSN = "file://dsn"
FIELD = "file://document.json#password"
DOTENV = "dotenv://.env#TOKEN"
REFUSED = { provider = "file", ref = "refused", min_length = 500, optional = true }
"#;

/// Writes a new value for every secret. The kernel's pages are not this process's.
fn write_files(folder: &Path, canaries: &[Canary]) {
    let templates = [
        ("file", "{}\n"),
        ("dsn", "postgres://app:{}@db.internal:5432/app"),
        (
            "document.json",
            r#"{"username":"app","password":"{}","port":5432}"#,
        ),
        (".env", "# made up\nTOKEN=\"{}\"\n"),
        ("refused", "{}"),
    ];
    for ((name, template), canary) in templates.iter().zip(&canaries[1..]) {
        fs::write(folder.join(name), filled(template, &[canary])).unwrap();
    }
}

fn canaries() -> Vec<Canary> {
    let names = ["variable", "file", "dsn", "field", "dotenv", "refused"];
    names.map(|name| Canary::new(name, 32)).into()
}

async fn open(folder: &Path, variable: &Canary) -> Result<Secrets, kz_engine::Error> {
    // Taken over, and wiped with the snapshot.
    let value = OsString::from_vec(std::mem::take(&mut *variable.plain()));
    let variables = Environment::from_pairs([(OsString::from("VARIABLE"), value)]);
    let options = OpenOptions::new().path(folder.join(".keyzero.toml"));
    options.variables(variables).open().await
}

/// Has a guard and a log read every value.
fn leak_everything(secrets: &Secrets, canaries: &[Canary]) {
    let filter = MessageFilter::new(secrets.redactor().clone());
    let server = kz_mcp::Secrets::from(secrets.clone());
    let log = server.writer(std::io::sink);
    for canary in canaries {
        let message = filled(
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"is {}"}]}}"#,
            &[canary],
        );
        filter.incoming(&message);
        filter.outgoing(&message).into_owned().zeroize();
        let error = filled("cannot use {}", &[canary]);
        if let Ok(error) = std::str::from_utf8(&error) {
            filter.error(Some("1"), -32603, error).zeroize();
            secrets.redact(error).into_owned().zeroize();
        }
        for piece in error.chunks(5) {
            log().write_all(piece).unwrap();
        }
        let mut whole = log();
        for piece in error.chunks(5) {
            whole.write_all(piece).unwrap();
        }
    }
}

#[test]
fn nothing_is_left_of_an_opened_server() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".keyzero.toml"), MANIFEST).unwrap();
    let (old, new) = (canaries(), canaries());
    write_files(folder.path(), &old);
    let runtime = tokio::runtime::Runtime::new().unwrap();

    // `REFUSED` is too short, which is an error, and everything was received.
    let error = runtime.block_on(open(folder.path(), &old[0])).unwrap_err();
    assert_eq!(error.names(), ["REFUSED"], "{error}");
    drop(error);
    fs::remove_file(folder.path().join("refused")).unwrap();

    let secrets = runtime.block_on(open(folder.path(), &old[0])).unwrap();
    leak_everything(&secrets, &old[..5]);
    let hits = Scanner::new(&old[..5]).scan();
    for canary in &old[..5] {
        let hits: Vec<_> = hits
            .iter()
            .filter(|hit| hit.canary == canary.name)
            .collect();
        // The snapshot of the environment holds its variables once more.
        let expected = if canary.name == "variable" { 2 } else { 1 };
        assert_eq!(copies(hits.iter().copied()), expected, "{hits:#?}");
        let stray = hits.iter().filter(|hit| !hit.is_kept);
        assert_eq!(stray.count(), expected - 1, "{hits:#?}");
    }

    // A rotation: handles of the old values live on, and end before the rest.
    let handle = secrets.get("FILE").unwrap();
    write_files(folder.path(), &new);
    fs::remove_file(folder.path().join("refused")).unwrap();
    runtime.block_on(secrets.refresh()).unwrap();
    leak_everything(&secrets, &old[..5]);
    leak_everything(&secrets, &new[..5]);
    drop(handle);
    runtime.block_on(secrets.close());
    drop(secrets);
    drop(runtime);
    for canaries in [&old, &new] {
        let hits = Scanner::new(canaries).scan();
        assert!(hits.is_empty(), "{hits:#?}");
    }
}
