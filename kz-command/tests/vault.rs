//! `kz run` with a secret that lives in a real OpenBao: no canary comes out on any
//! path, working or failing.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::process::Command;

use common::{Ended, Place, finish, made_up};
use testbed::{
    canary::{Canary, find},
    openbao::{AppRole, OpenBao},
    require,
};

/// A manifest that logs in by AppRole, named on the command line and so trusted.
struct Setting {
    place: Place,
    vault: OpenBao,
    role: AppRole,
    canaries: Vec<Canary>,
}

impl Setting {
    fn new() -> Option<Self> {
        let vault = require("OpenBao", OpenBao::start())?;
        let value = made_up("value");
        let sibling = made_up("sibling");
        vault.write_secret("dev/app", &[("token", &value), ("other_key", &sibling)]);
        let role = vault.app_role("reader", "dev/*");
        let place = Place::new();
        place.manifest(&format!(
            r#"
[secrets]
API_TOKEN = {{ provider = "vault", ref = "secret/data/dev/app/token" }}

[production.secrets]
API_TOKEN = {{ provider = "vault", ref = "secret/data/dev/app/absent" }}

[forbidden.secrets]
API_TOKEN = {{ provider = "vault", ref = "secret/data/other/app/token" }}

[providers.vault]
address = "{}"
auth = {{ method = "approle", role_id = "env://MY_ROLE_ID", secret_id = "env://MY_SECRET_ID" }}
"#,
            vault.address()
        ));
        let canaries = vec![
            Canary::new("value", value),
            Canary::new("sibling", sibling),
            Canary::new("secret_id", role.secret_id.clone()),
        ];
        Some(Self {
            place,
            vault,
            role,
            canaries,
        })
    }

    fn kz(&self, arguments: &[&str]) -> Command {
        let manifest = self.place.path("work/.keyzero.toml");
        let mut command = self.place.kz(&["--config", manifest.to_str().unwrap()]);
        command
            .args(arguments)
            .env("MY_ROLE_ID", &self.role.role_id)
            .env("MY_SECRET_ID", &self.role.secret_id)
            .env("RUST_LOG", "trace");
        command
    }

    /// The canaries, and the tokens that the store minted meanwhile.
    fn assert_clean(&self, what: &str, ended: &Ended) {
        let mut canaries = self.canaries.clone();
        canaries.extend(
            self.vault
                .minted_tokens()
                .into_iter()
                .map(|token| Canary::new("minted token", token)),
        );
        for text in [&ended.stdout, &ended.stderr] {
            let found = find(&canaries, text.as_bytes());
            assert!(found.is_empty(), "{what}: {found:?}\n{text}");
        }
        for canary in &canaries {
            for folder in ["home", "work"] {
                let files = common::files_with(&self.place.path(folder), &canary.value);
                assert!(files.is_empty(), "{what}: {} in {files:?}", canary.name);
            }
        }
    }
}

#[test]
fn no_canary_comes_out_on_any_path() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let script = "echo \"{\\\"t\\\":\\\"$API_TOKEN\\\"}\"; env; env >&2; \
                  printf %s \"$API_TOKEN\" | base64; printf %s \"$API_TOKEN\" | od -An -tx1 | tr -d ' \\n'";
    let server = ["run", "--", "sh", "-c", script];

    let ended = finish(&mut setting.kz(&server), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("{\"t\":\"[REDACTED:API_TOKEN]\"}"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("MY_SECRET_ID"), "{}", ended.stdout);
    setting.assert_clean("working", &ended);
    // The same server without kz says it: the test can fail.
    let bare = finish(
        Command::new("sh")
            .args(["-c", script])
            .env("API_TOKEN", &setting.canaries[0].value),
        "",
    );
    assert!(!find(&setting.canaries, bare.stdout.as_bytes()).is_empty());

    for (what, arguments, kind) in [
        ("absent field", ["--env", "production"], "API_TOKEN"),
        ("denied", ["--env", "forbidden"], "API_TOKEN"),
    ] {
        let mut words = arguments.to_vec();
        words.extend(server);
        let ended = finish(&mut setting.kz(&words), "");
        assert_eq!(ended.code, Some(1), "{what}: {}", ended.stderr);
        assert!(ended.stderr.contains(kind), "{what}: {}", ended.stderr);
        setting.assert_clean(what, &ended);
    }

    let ended = finish(
        setting
            .kz(&server)
            .env("MY_SECRET_ID", format!("{}x", setting.role.secret_id)),
        "",
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    setting.assert_clean("wrong login", &ended);

    let ended = finish(&mut setting.kz(&["status"]), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("set("), "{}", ended.stdout);
    setting.assert_clean("status", &ended);

    let values: Vec<&str> = setting
        .canaries
        .iter()
        .map(|canary| canary.value.as_str())
        .collect();
    let input = values.join("\n");
    let ended = finish(&mut setting.kz(&["redact"]), input);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.assert_clean("redact", &ended);
}

#[test]
fn a_store_that_cannot_be_reached_is_said_to_the_client() {
    let Some(mut setting) = Setting::new() else {
        return;
    };
    setting.vault.stop();
    let ended = finish(
        &mut setting.kz(&["run", "--", "cat"]),
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"initialize\"}\n",
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let answer: serde_json::Value =
        serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(answer["id"], 7);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("API_TOKEN"), "{message}");
    let found = find(
        &setting.canaries,
        format!("{}{}", ended.stdout, ended.stderr).as_bytes(),
    );
    assert!(found.is_empty(), "{found:?}");
}
