//! Manifests of strangers, and mistakes that must not repeat a value.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use kz_engine::{Environment, ErrorKind, OpenOptions};
use proptest::prelude::*;

const STARTS_A_PROGRAM: &str = "[secrets]\nA = \"exec:///bin/echo?arg=kz-canary-value\"\n";

/// A user with a home and a project in it.
struct User {
    home: tempfile::TempDir,
}

impl User {
    fn new(manifest: &str) -> Self {
        let user = Self {
            home: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(user.project()).unwrap();
        fs::write(user.manifest(), manifest).unwrap();
        user
    }

    fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    fn manifest(&self) -> PathBuf {
        self.project().join(".keyzero.toml")
    }

    fn pins(&self) -> PathBuf {
        self.home.path().join(".config/keyzero/trusted")
    }

    fn options(&self) -> OpenOptions {
        OpenOptions::new()
            .directory(self.project())
            .variables(Environment::from_pairs([("HOME", self.home.path())]))
    }

    fn kind(&self) -> Option<ErrorKind> {
        self.options().load().err().map(|error| error.kind())
    }
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_pin_holds_for_what_was_read_and_no_more() {
    let user = User::new(STARTS_A_PROGRAM);
    assert_eq!(user.kind(), Some(ErrorKind::Untrusted));
    user.options().trust().unwrap();
    assert_eq!(user.kind(), None);

    fs::write(user.manifest(), format!("{STARTS_A_PROGRAM}# more\n")).unwrap();
    assert_eq!(user.kind(), Some(ErrorKind::Untrusted), "edited");
    user.options().trust().unwrap();
    assert_eq!(user.kind(), None);

    let local = user.project().join(".keyzero.local.toml");
    fs::write(&local, "[secrets]\nA = \"exec:///bin/echo?arg=other\"\n").unwrap();
    assert_eq!(
        user.kind(),
        Some(ErrorKind::Untrusted),
        "a local file beside it"
    );
    user.options().trust().unwrap();
    assert_eq!(user.kind(), None);

    let pins = fs::read_to_string(user.pins()).unwrap();
    assert_eq!(pins.lines().count(), 1, "{pins}");
    let copy = user.home.path().join("copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(user.manifest(), copy.join(".keyzero.toml")).unwrap();
    fs::copy(local, copy.join(".keyzero.local.toml")).unwrap();
    let elsewhere = user.options().directory(&copy).load().unwrap_err();
    assert_eq!(
        elsewhere.kind(),
        ErrorKind::Untrusted,
        "the same text elsewhere"
    );
}

#[test]
fn a_local_file_does_not_bring_a_program_in() {
    let user = User::new("[secrets]\nA = \"env://A\"\n");
    assert_eq!(user.kind(), None);
    fs::write(
        user.project().join(".keyzero.local.toml"),
        "[secrets]\nA = \"exec:///bin/echo?arg=x\"\n",
    )
    .unwrap();
    let error = user.options().load().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted);
    assert!(
        error.to_string().contains(".keyzero.local.toml:2"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn pins_that_others_can_write_count_for_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::new(STARTS_A_PROGRAM);
    user.options().trust().unwrap();
    let mode = fs::metadata(user.pins()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    chmod(&user.pins(), 0o666);
    let error = user.options().load().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted);
    assert!(error.to_string().contains("trusted"), "{error}");
    assert!(user.options().trust().is_err());
}

#[cfg(unix)]
#[test]
fn who_may_write_the_manifest() {
    for (name, mode, folder, found, named) in [
        ("the owner", 0o644, 0o755, true, true),
        ("the owner alone may read", 0o600, 0o700, true, true),
        ("everybody", 0o646, 0o755, false, false),
        ("everybody in the folder", 0o644, 0o757, false, true),
        ("everybody in the folder, sticky", 0o644, 0o1777, true, true),
    ] {
        let user = User::new("[secrets]\n");
        chmod(&user.manifest(), mode);
        chmod(&user.project(), folder);
        assert_eq!(user.options().load().is_ok(), found, "{name}, found");
        let named_options = user.options().path(user.manifest());
        assert_eq!(named_options.load().is_ok(), named, "{name}, named");
        // The local file is held to the same.
        chmod(&user.manifest(), 0o644);
        let local = user.project().join(".keyzero.local.toml");
        fs::write(&local, "[secrets]\n").unwrap();
        chmod(&local, mode);
        assert_eq!(user.options().load().is_ok(), found, "{name}, local");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_does_not_hang() {
    let user = User::new("");
    fs::remove_file(user.manifest()).unwrap();
    fs::create_dir(user.manifest()).unwrap();
    assert_eq!(user.kind(), Some(ErrorKind::Config), "a folder");
    fs::remove_dir(user.manifest()).unwrap();
    std::os::unix::fs::symlink("/nowhere", user.manifest()).unwrap();
    assert_eq!(
        user.kind(),
        Some(ErrorKind::Config),
        "a dangling link is not passed over"
    );
    fs::remove_file(user.manifest()).unwrap();
    fs::write(user.manifest(), vec![b'#'; (1 << 20) + 1]).unwrap();
    assert_eq!(user.kind(), Some(ErrorKind::Config), "too long");
}

/// What a person may paste, in every place where TOML takes text. It reads like
/// a key of some service: no part of it may come back.
const CANARY: &str = "Kz7Canary9Of4Nobody2x";

const SPOILED: &[&str] = &[
    "[secrets]\nA = \"CANARY\"\nB = { provider = \"env\", ref = \"A\" }\n",
    "[secrets]\nA = CANARY\n",
    "[secrets]\nCANARY = \"plain\"\n",
    "[secrets]\n\"CANARY x\" = \"env://A\"\n",
    "[secrets]\nA = \"postgres://app:CANARY@db:5432/app\"\n",
    "[secrets]\nA = { provider = \"CANARY\", ref = \"x\" }\n",
    "[secrets]\nA = { provider = \"env\", CANARY = 1 }\n",
    "[secrets]\nA = { provider = \"env\", ref = \"A\", weak = \"CANARY\", pem = \"CANARY\" }\n",
    "[secrets]\nA = { provider = \"env\", ref = \"A\", pattern = \"(CANARY\" }\n",
    "[CANARY]\n",
    "[CANARY.secrets]\nA = 1\n",
    "[servers.CANARY]\nsecrets = [\"CANARY\", { CANARY = \"CANARY\" }, 4]\n",
    "[providers.CANARY]\n[providers.vault]\naddress = \"https://u:CANARY@h\"\n",
    "[providers.vault]\naddress = \"http://h\"\nauth = { method = \"token\", token = \"CANARY\" }\n",
    "[providers.vault]\naddress = \"$CANARY\"\nauth = { method = \"CANARY\" }\n",
    "[redact]\nmode = \"CANARY\"\ndisable = [\"CANARY\"]\nforms = [\"CANARY\"]\nrules = [{ id = \"CANARY\", regex = \"(CANARY\" }]\n",
    "[proxy]\nallowed_hosts = [\"https://CANARY\"]\n[audit]\nCANARY = 1\n",
];

#[test]
fn no_mistake_repeats_what_was_written() {
    for text in SPOILED {
        let user = User::new(&text.replace("CANARY", CANARY));
        // One is a name of a variable, which is not a place for a value.
        if text.contains("$CANARY") {
            continue;
        }
        let error = user.options().path(user.manifest()).load().unwrap_err();
        let shown = format!("{error}\n{error:?}");
        assert!(error.is_configuration(), "{text}: {shown}");
        assert!(!shown.contains(CANARY), "{text}: {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// However a manifest is spoiled, its text does not come back.
    #[test]
    fn no_spoiled_manifest_comes_back(
        which in 0..SPOILED.len(),
        cut in any::<prop::sample::Index>(),
        insert in prop::sample::select(vec!["", "\"", "'", "\"\"\"", "[", "]", "{", "}", "=", "\n", "\\u", "#", ".", ",", "\u{0}", "ä"]),
        length in 0..4usize,
    ) {
        let text = SPOILED[which].replace("$CANARY", "CANARY").replace("CANARY", CANARY);
        let boundaries: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        let at = cut.index(boundaries.len());
        let from = boundaries[at];
        let to = boundaries.get(at + length).copied().unwrap_or(text.len());
        // Within the canary, what is left of it may be any word.
        prop_assume!(!text.match_indices(CANARY).any(|(start, found)| {
            from < start + found.len() && start < to.max(from + 1)
        }));
        let spoiled = format!("{}{insert}{}", &text[..from], &text[to..]);
        let user = User::new(&spoiled);
        if let Err(error) = user.options().path(user.manifest()).load() {
            let shown = format!("{error}\n{error:?}");
            prop_assert!(!shown.contains(CANARY), "{}\n---\n{}", spoiled, shown);
            for line in error.to_string().lines() {
                prop_assert!(!line.chars().any(char::is_control), "{}", shown);
            }
        }
    }
}
