//! Against a real OpenBao.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    sync::Mutex,
    time::{Duration, Instant},
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
    own.into_iter().for_each(|token| vault.revoke(token));
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
