//! Ways to the server, and servers that are no Vault or do not answer.

use std::time::{Duration, Instant};

use kz_core::ErrorKind;
use kz_providers::{Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig};
use serde_json::json;
use testbed::{
    openbao::OpenBao,
    proxy::ConnectProxy,
    require,
    upstream::{Reply, Upstream},
};

use super::{Spy, by_token, canary, fake_vault, get, get_within, with};

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

/// The runtime's clock jumps when everybody waits.
#[tokio::test(start_paused = true)]
async fn a_silent_server_meets_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = by_token(
        &format!("http://{}", listener.local_addr().unwrap()),
        &canary("token"),
    );
    let (started, waited) = (Instant::now(), tokio::time::Instant::now());
    let spy = Spy::default();
    let limit = Duration::from_secs(3);
    let error = get_within(&registry, "vault://secret/data/dev/db#url", &spy, limit)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // Sooner than the client's own limits, of five seconds and more.
    assert!(waited.elapsed() < Duration::from_secs(5) + started.elapsed());
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
