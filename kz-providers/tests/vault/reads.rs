//! Values, fields, versions and what is missing.

use std::time::{Duration, SystemTime};

use kz_core::ErrorKind;
use kz_providers::{ProvidersConfig, Registry, VaultAuth, VaultConfig};
use serde_json::json;
use testbed::{openbao::OpenBao, require};

use super::{Spy, by_role, by_token, canary, get, with};

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
