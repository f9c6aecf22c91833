//! Against a real OpenBao.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use kz_core::{Error, ErrorKind, Fetched, Intake, Request, Role, SecretRef};
use kz_providers::{Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig};
use serde_json::json;
use testbed::{
    openbao::OpenBao,
    proxy::ConnectProxy,
    require,
    upstream::{Reply, Upstream},
};

/// Remembers what it was told.
#[derive(Default)]
struct Spy(Mutex<Vec<(String, String)>>);

impl Intake for Spy {
    fn receive(&self, name: &str, _role: Role<'_>, bytes: &[u8]) -> Result<(), Error> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.0.lock().unwrap().push((name.to_owned(), text));
        Ok(())
    }
}

impl Spy {
    /// How often something was received under `name`.
    fn count(&self, name: &str) -> usize {
        let heard = self.0.lock().unwrap();
        heard.iter().filter(|(n, _)| n == name).count()
    }

    /// What was received last under `name`: of a login, the token or its accessor.
    fn last(&self, name: &str) -> String {
        let heard = self.0.lock().unwrap();
        let mut texts = heard.iter().rev().filter(|(n, _)| n == name);
        let token = texts.find(|(_, text)| text.starts_with("s."));
        token.expect("a token was minted").1.clone()
    }

    fn heard(&self, name: &str, text: &str) -> bool {
        self.0
            .lock()
            .unwrap()
            .iter()
            .any(|(n, t)| n == name && t == text)
    }
}

fn canary(what: &str) -> String {
    format!("kz-canary-{what}-{}", std::process::id())
}

async fn get(registry: &Registry, reference: &str, spy: &Spy) -> Result<Fetched, Error> {
    get_within(registry, reference, spy, Duration::from_secs(10)).await
}

async fn get_within(
    registry: &Registry,
    reference: &str,
    spy: &Spy,
    limit: Duration,
) -> Result<Fetched, Error> {
    let reference: SecretRef = reference.parse().unwrap();
    let request = Request::new("URL", &reference, Instant::now() + limit, spy);
    registry.provider(&reference)?.get(&request).await
}

fn with(config: VaultConfig, variables: &[(&str, &str)]) -> Registry {
    let mut all = ProvidersConfig::default();
    all.vault = Some(config);
    all.environment = Environment::from_pairs(variables.iter().copied());
    Registry::new(all).unwrap()
}

fn by_token(address: &str, token: &str) -> Registry {
    let auth = VaultAuth::Token {
        token: "env://T".parse().unwrap(),
    };
    with(VaultConfig::new(address, auth), &[("T", token)])
}

fn by_role(address: &str, role_id: &str, secret_id: &str) -> Registry {
    let auth = VaultAuth::AppRole {
        role_id: "env://R".parse().unwrap(),
        secret_id: "env://S".parse().unwrap(),
        mount: "approle".into(),
    };
    with(
        VaultConfig::new(address, auth),
        &[("R", role_id), ("S", secret_id)],
    )
}

#[tokio::test]
async fn reads_by_role_and_receives_everything_first() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let (value, sibling) = (canary("value"), canary("sibling"));
    vault.write_secret("dev/db", &[("url", &value), ("other", &sibling)]);
    let role = vault.app_role("reader", "dev/*");
    let registry = by_role(vault.address(), &role.role_id, &role.secret_id);
    let spy = Spy::default();
    for reference in [
        "vault://secret/data/dev/db#url",
        "vault://secret/dev/db/url",
        "vault://secret/data/dev/db/url?version=1",
    ] {
        let fetched = get(&registry, reference, &spy).await.unwrap();
        assert_eq!(fetched.value.expose_str().unwrap(), value, "{reference}");
        assert_eq!(fetched.version.as_deref(), Some("1"));
    }
    assert!(spy.heard("URL", &value) && spy.heard("URL", &sibling));
    assert!(spy.heard("vault_secret_id", &role.secret_id));
    let minted = vault.minted_tokens();
    assert!(
        minted.iter().any(|token| spy.heard("vault_token", token)),
        "the minted token was not received"
    );
    let logins = spy
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|(name, _)| name == "vault_secret_id")
        .count();
    assert_eq!(logins, 1, "one login serves all reads");
}

#[tokio::test]
async fn what_fails_has_its_kind_and_no_value() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let value = canary("kinds");
    vault.write_secret("dev/db", &[("url", &value)]);
    vault.write_secret("dev/gone", &[("url", &value)]);
    vault.delete_secret("dev/gone");
    vault.write_secret("prod/db", &[("url", &value)]);
    vault.mount_kv("old", 1);
    vault.write_v1("old", "dev/db", &[("url", &value)]);
    let role = vault.app_role("reader", "dev/*");
    let role = by_role(vault.address(), &role.role_id, &role.secret_id);
    let root = by_token(vault.address(), vault.root_token());
    let wrong = by_token(vault.address(), &canary("wrong-token"));
    let wrong_role = by_role(vault.address(), &canary("role"), &canary("secret-id"));
    let spy = Spy::default();
    for (name, registry, reference, kind) in [
        (
            "absent",
            &root,
            "vault://secret/data/dev/none#url",
            ErrorKind::NotFound,
        ),
        (
            "deleted",
            &root,
            "vault://secret/data/dev/gone#url",
            ErrorKind::Deleted,
        ),
        (
            "no such field",
            &root,
            "vault://secret/data/dev/db#uri",
            ErrorKind::NotFound,
        ),
        (
            "denied",
            &role,
            "vault://secret/data/prod/db#url",
            ErrorKind::Denied,
        ),
        (
            "dead token",
            &wrong,
            "vault://secret/data/dev/db#url",
            ErrorKind::Unauthenticated,
        ),
        (
            "wrong secret id",
            &wrong_role,
            "vault://secret/data/dev/db#url",
            ErrorKind::Unauthenticated,
        ),
        (
            "unknown option",
            &root,
            "vault://secret/data/dev/db#url?x=1",
            ErrorKind::Config,
        ),
    ] {
        let error = get(registry, reference, &spy).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{name}: {error:?}"
        );
    }
    for reference in ["vault://old/dev/db#url", "vault://secret/dev/db#url"] {
        assert_eq!(
            get(&root, reference, &spy)
                .await
                .unwrap()
                .value
                .expose_str()
                .unwrap(),
            value
        );
    }
    vault.seal();
    let error = get(&root, "vault://secret/data/dev/db#url", &spy)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sealed, "{error}");
}

#[tokio::test]
async fn a_revoked_token_is_minted_anew() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let value = canary("again");
    vault.write_secret("dev/db", &[("url", &value)]);
    let role = vault.app_role("reader", "dev/*");
    let registry = by_role(vault.address(), &role.role_id, &role.secret_id);
    let spy = Spy::default();
    get(&registry, "vault://secret/data/dev/db#url", &spy)
        .await
        .unwrap();
    let minted = vault.minted_tokens();
    let own: Vec<_> = minted
        .iter()
        .filter(|token| spy.heard("vault_token", token))
        .collect();
    assert!(!own.is_empty());
    for token in own {
        vault.revoke(token);
    }
    let fetched = get(&registry, "vault://secret/data/dev/db#url", &spy)
        .await
        .unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), value);
}

#[tokio::test]
async fn namespaces_and_a_private_ca_through_a_proxy() {
    let Some(vault) = require("OpenBao", OpenBao::start_tls()) else {
        return;
    };
    let value = canary("tls");
    vault.namespace("team");
    vault.must_in(
        Some("team"),
        "POST",
        "sys/mounts/kv",
        &json!({ "type": "kv", "options": { "version": "2" } }),
    );
    vault.must_in(
        Some("team"),
        "POST",
        "kv/data/dev/db",
        &json!({ "data": { "url": value } }),
    );
    let auth = || VaultAuth::Token {
        token: "env://T".parse().unwrap(),
    };
    let spy = Spy::default();

    let bare = with(
        VaultConfig::new(vault.address(), auth()),
        &[("T", vault.root_token())],
    );
    let error = get(&bare, "vault://kv/data/dev/db#url", &spy)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.reason().contains("unknown issuer"), "{error}");

    let proxy = ConnectProxy::start().unwrap();
    let ca = vault.ca_path();
    for (name, variables, ca_file) in [
        ("ca_file", vec![], Some(ca.clone())),
        (
            "SSL_CERT_FILE",
            vec![("SSL_CERT_FILE", ca.to_str().unwrap().to_owned())],
            None,
        ),
        (
            "HTTPS_PROXY",
            vec![("HTTPS_PROXY", proxy.url())],
            Some(ca.clone()),
        ),
        (
            "https_proxy",
            vec![("https_proxy", proxy.url())],
            Some(ca.clone()),
        ),
        (
            "no_proxy",
            vec![
                ("https_proxy", "http://127.0.0.1:1".into()),
                ("no_proxy", "127.0.0.1".into()),
            ],
            Some(ca.clone()),
        ),
    ] {
        let before = proxy.hosts().len();
        let mut config = VaultConfig::new(vault.address(), auth());
        config.namespace = Some("team".into());
        config.ca_file = ca_file;
        let mut all: Vec<(&str, &str)> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
        all.push(("T", vault.root_token()));
        let registry = with(config, &all);
        let fetched = get(&registry, "vault://kv/data/dev/db#url", &spy).await;
        assert_eq!(
            fetched.expect(name).value.expose_str().unwrap(),
            value,
            "{name}"
        );
        let through = proxy.hosts().len() > before;
        assert_eq!(through, name.eq_ignore_ascii_case("https_proxy"), "{name}");
    }
}

#[tokio::test]
async fn servers_that_are_no_vault() {
    let value = canary("body");
    let spy = Spy::default();
    let body = value.clone();
    let garbage = Upstream::start_with(move |_| Reply::json(200, format!("<html>{body}"))).unwrap();
    let elsewhere = Upstream::start().unwrap();
    let target = elsewhere.url();
    let redirect = Upstream::start_with(move |_| Reply::Http {
        status: 307,
        headers: vec![("location".into(), target.clone())],
        body: Vec::new(),
    })
    .unwrap();
    let huge = Upstream::start_with(|_| Reply::json(200, vec![b'a'; 3 << 20])).unwrap();
    for (name, address) in [
        ("garbage", garbage.url()),
        ("redirect", redirect.url()),
        ("huge", huge.url()),
        (
            "nobody listens",
            format!("http://127.0.0.1:{}", testbed::free_port()),
        ),
        (
            "no such host",
            "http://kz-no-such-host.invalid:8200".to_owned(),
        ),
    ] {
        let registry = by_token(&address, &canary("token"));
        let error = get(&registry, "vault://secret/data/dev/db#url", &spy)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{name}: {error}");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{name}: {error:?}"
        );
    }
    assert!(
        elsewhere.requests().is_empty(),
        "a redirect was followed, with the token"
    );
}

#[tokio::test]
async fn a_silent_server_meets_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = by_token(
        &format!("http://{}", listener.local_addr().unwrap()),
        &canary("token"),
    );
    let started = Instant::now();
    let spy = Spy::default();
    let limit = Duration::from_millis(300);
    let error = get_within(&registry, "vault://secret/data/dev/db#url", &spy, limit)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn addresses_that_cannot_be_used() {
    for address in [
        "vault.internal",
        "ftp://x",
        "https://user:kz-canary@x",
        "https://x/?token=kz-canary",
    ] {
        let auth = VaultAuth::Token {
            token: "env://T".parse().unwrap(),
        };
        let mut config = ProvidersConfig::default();
        config.vault = Some(VaultConfig::new(address, auth));
        let error = Registry::new(config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{address}");
        assert!(!error.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn versions_and_their_times() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let (old, new) = (canary("old"), canary("new"));
    let before = SystemTime::now() - Duration::from_mins(1);
    vault.write_secret("dev/db", &[("url", &old)]);
    vault.write_secret("dev/db", &[("url", &new)]);
    vault.mount_kv("old", 1);
    vault.write_v1("old", "dev/db", &[("url", &old)]);
    let root = by_token(vault.address(), vault.root_token());
    let spy = Spy::default();
    for (reference, value, version) in [
        ("vault://secret/data/dev/db#url", &new, Some("2")),
        ("vault://secret/dev/db#url?version=1", &old, Some("1")),
        ("vault://old/dev/db#url", &old, None),
    ] {
        let fetched = get(&root, reference, &spy).await.unwrap();
        assert_eq!(fetched.value.expose_str().unwrap(), value, "{reference}");
        assert_eq!(fetched.version.as_deref(), version, "{reference}");
        let written = fetched.created.is_some_and(|time| time > before);
        assert_eq!(written, version.is_some(), "{reference}");
        assert_eq!(fetched.lease, None, "{reference}");
    }
    for (reference, kind) in [
        ("vault://secret/dev/db#url?version=9", ErrorKind::NotFound),
        ("vault://secret/dev/db#url?version=x", ErrorKind::Config),
        ("vault://old/dev/db#url?version=1", ErrorKind::Config),
        (
            "vault://secret/data/../../sys/mounts#url",
            ErrorKind::Config,
        ),
    ] {
        let error = get(&root, reference, &spy).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{reference}: {error}");
    }
}

#[tokio::test]
async fn the_version_of_the_engine_can_be_told() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let value = canary("told");
    vault.mount_kv("team/kv", 2);
    let body = json!({ "data": { "url": value } });
    vault.must("POST", "team/kv/data/dev/db", &body);
    vault.write_secret("dev/db", &[("url", &value)]);
    let auth = || VaultAuth::Token {
        token: "env://T".parse().unwrap(),
    };
    let spy = Spy::default();
    for reference in [
        "vault://secret/dev/db#url",
        "vault://secret/data/dev/db#url",
        "vault://team/kv/data/dev/db#url",
    ] {
        let mut config = VaultConfig::new(vault.address(), auth());
        config.kv_version = Some(2);
        let registry = with(config, &[("T", vault.root_token())]);
        let fetched = get(&registry, reference, &spy).await.unwrap();
        assert_eq!(fetched.value.expose_str().unwrap(), value, "{reference}");
    }
    let mut config = VaultConfig::new(vault.address(), auth());
    config.kv_version = Some(3);
    let mut all = ProvidersConfig::default();
    all.vault = Some(config);
    assert_eq!(Registry::new(all).unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_rotated_token_file_is_read_again() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let value = canary("rotated");
    vault.write_secret("dev/db", &[("url", &value)]);
    vault.policy(
        "all",
        "path \"secret/data/*\" { capabilities = [\"read\"] }",
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let first = vault.token(&["all"], "1h");
    std::fs::write(&file, format!("{first}\n")).unwrap();
    let token = format!("file://{}", file.display()).parse().unwrap();
    let registry = with(
        VaultConfig::new(vault.address(), VaultAuth::Token { token }),
        &[],
    );
    let spy = Spy::default();
    // Without `data/`, so that the mount is asked for; by a dead token at first.
    vault.revoke(&first);
    let error = get(&registry, "vault://secret/dev/db#url", &spy)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    let second = vault.token(&["all"], "1h");
    std::fs::write(&file, format!("{second}\n")).unwrap();
    let fetched = get(&registry, "vault://secret/dev/db#url", &spy)
        .await
        .unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), value);
    assert!(spy.heard("vault_token", &first) && spy.heard("vault_token", &second));
}

#[tokio::test]
async fn a_token_that_expires_is_minted_anew() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let value = canary("expires");
    vault.write_secret("dev/db", &[("url", &value)]);
    vault.policy(
        "all",
        "path \"secret/data/*\" { capabilities = [\"read\"] }",
    );
    let role = json!({ "token_policies": ["all"], "token_ttl": "1s", "token_max_ttl": "1s" });
    let role = vault.app_role_with("short", &role);
    let registry = by_role(vault.address(), &role.role_id, &role.secret_id);
    let spy = Spy::default();
    get(&registry, "vault://secret/data/dev/db#url", &spy)
        .await
        .unwrap();
    let token = spy.last("vault_token");
    // The event: the server no longer knows the token.
    let expired = testbed::wait_until(Duration::from_secs(20), || {
        let path = "auth/token/lookup-self";
        let answer = vault.call_as(&token, None, "GET", path, &serde_json::Value::Null);
        (answer.ok()?.status == 403).then_some(())
    });
    assert!(expired.is_some(), "the token never expired");
    let fetched = get(&registry, "vault://secret/data/dev/db#url", &spy)
        .await
        .unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), value);
}

#[tokio::test]
async fn a_crowd_logs_in_once_and_a_denial_once_more() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    vault.write_secret("dev/db", &[("url", &canary("crowd"))]);
    vault.write_secret("prod/db", &[("url", &canary("denied"))]);
    let role = vault.app_role("reader", "dev/*");
    let registry = by_role(vault.address(), &role.role_id, &role.secret_id);
    let spy = Arc::new(Spy::default());
    let logins = || spy.count("vault_secret_id");
    let registry = Arc::new(registry);
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (registry, spy) = (Arc::clone(&registry), Arc::clone(&spy));
        crowd.spawn(async move {
            let reference = "vault://secret/data/dev/db#url";
            get(&registry, reference, &spy).await.map(drop)
        });
    }
    while let Some(answer) = crowd.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(logins(), 1, "the crowd shares one login");
    let denied = "vault://secret/data/prod/db#url";
    let error = get(&registry, denied, &spy).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(logins(), 2, "one more login before it is called a denial");
    let fresh = by_role(vault.address(), &role.role_id, &role.secret_id);
    let error = get(&fresh, denied, &spy).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert_eq!(logins(), 3, "a token of this very call is not minted again");
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_the_login_to_the_next() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let value = canary("given-up");
    vault.write_secret("dev/db", &[("url", &value)]);
    let role = vault.app_role("reader", "dev/*");
    let registry = by_role(vault.address(), &role.role_id, &role.secret_id);
    let spy = Spy::default();
    let reference = "vault://secret/data/dev/db#url";
    let nothing = Duration::from_micros(200);
    // Wherever it is when its time is up, the next one is served.
    for _ in 0..20 {
        let _ = get_within(&registry, reference, &spy, nothing).await;
    }
    let fetched = get(&registry, reference, &spy).await.unwrap();
    assert_eq!(fetched.value.expose_str().unwrap(), value);
}

#[tokio::test]
async fn health_tells_a_live_token_from_a_dead_one() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let spy = Spy::default();
    let health = async |registry: &Registry| {
        let reference: SecretRef = "vault://a/b#c".parse().unwrap();
        let provider = registry.provider(&reference).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        provider.health(deadline, &spy).await
    };
    let good = by_token(vault.address(), vault.root_token());
    health(&good).await.unwrap();
    let dead = by_token(vault.address(), &canary("dead"));
    let error = health(&dead).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    vault.seal();
    assert_eq!(health(&good).await.unwrap_err().kind(), ErrorKind::Sealed);
}

/// A fake: it answers every call alike, which no Vault does.
fn fake_vault(status: u16, body: &'static str) -> Upstream {
    Upstream::start_with(move |_| Reply::json(status, body)).unwrap()
}

#[tokio::test]
async fn statuses_have_their_kinds() {
    let spy = Spy::default();
    for (status, body, kind) in [
        (200, "{}", ErrorKind::Unavailable),
        (200, "[]", ErrorKind::Unavailable),
        (400, "{\"errors\":[\"kz-canary\"]}", ErrorKind::Config),
        (
            401,
            "{\"errors\":[\"kz-canary\"]}",
            ErrorKind::Unauthenticated,
        ),
        (
            403,
            "{\"errors\":[\"kz-canary\"]}",
            ErrorKind::Unauthenticated,
        ),
        (404, "{\"errors\":[]}", ErrorKind::NotFound),
        // Of something else that listens there: no absence.
        (404, "{\"detail\":\"kz-canary\"}", ErrorKind::Unavailable),
        (404, "<html>kz-canary</html>", ErrorKind::Unavailable),
        (407, "<html>kz-canary</html>", ErrorKind::Unavailable),
        (429, "{\"errors\":[\"kz-canary\"]}", ErrorKind::RateLimited),
        (500, "{\"errors\":[\"kz-canary\"]}", ErrorKind::Unavailable),
        (502, "<html>kz-canary</html>", ErrorKind::Unavailable),
        (503, "{\"errors\":[\"kz-canary\"]}", ErrorKind::Sealed),
    ] {
        let fake = fake_vault(status, body);
        let registry = by_token(&fake.url(), &canary("token"));
        let reference = "vault://secret/data/dev/db#url";
        let error = get(&registry, reference, &spy).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary"), "{status}: {shown}");
        for request in fake.requests() {
            assert_eq!(request.header("x-vault-request"), Some("true"));
        }
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_hold() {
    let fake = fake_vault(200, "{}");
    let registry = by_token(&fake.url(), "kz-canary\ntoken");
    let reference = "vault://secret/data/dev/db#url";
    let error = get(&registry, reference, &Spy::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn the_variables_of_vault_itself_are_honoured() {
    let Some(vault) = require("OpenBao", OpenBao::start_tls()) else {
        return;
    };
    let value = canary("variables");
    vault.write_secret("dev/db", &[("url", &value)]);
    let ca = vault.ca_path();
    for prefix in ["VAULT", "BAO"] {
        let mut all = ProvidersConfig::default();
        all.environment = Environment::from_pairs([
            (format!("{prefix}_ADDR"), vault.address().to_owned()),
            (format!("{prefix}_TOKEN"), vault.root_token().to_owned()),
            (format!("{prefix}_CACERT"), ca.to_str().unwrap().to_owned()),
        ]);
        let registry = Registry::new(all).unwrap();
        let spy = Spy::default();
        let fetched = get(&registry, "vault://secret/dev/db#url", &spy).await;
        assert_eq!(
            fetched.unwrap().value.expose_str().unwrap(),
            value,
            "{prefix}"
        );
        assert!(spy.heard("vault_token", vault.root_token()));
    }
}
