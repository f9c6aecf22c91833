//! Against a real OpenBao; what it cannot be made to do is played by a fake that says so.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod connections;
mod logins;
mod reads;

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use kz_core::{Error, Fetched, Intake, Request, Role, SecretRef};
use kz_providers::{Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig};
use testbed::upstream::{Reply, Upstream};

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

/// A fake: it answers every call alike, which no Vault does.
fn fake_vault(status: u16, body: &'static str) -> Upstream {
    Upstream::start_with(move |_| Reply::json(status, body)).unwrap()
}
