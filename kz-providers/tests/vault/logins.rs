//! Logging in, and tokens that end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kz_core::{ErrorKind, SecretRef};
use kz_providers::{Registry, VaultAuth, VaultConfig};
use serde_json::json;
use testbed::{openbao::OpenBao, require};

use super::{Spy, by_role, by_token, canary, fake_vault, get, get_within, with};

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
