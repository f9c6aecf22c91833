//! The suite of the contract, on every backend.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use kz_core::{
    Provider, SecretRef,
    testing::{Backend, Outcome, provider_suite},
};
use kz_providers::{Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig};
use serde_json::json;
use testbed::{openbao::OpenBao, require};

const EVERYTHING: &[&str] = &[
    "present",
    "unicode",
    "punctuation",
    "lines",
    "large",
    "binary",
    "empty",
    "missing",
    "field",
    "missing field",
    "concurrent",
    "deadline",
    "intake refuses",
    "health",
];

/// Nothing is left out but `left_out`.
fn assert_complete(outcome: &Outcome, left_out: &[&str]) {
    assert_eq!(outcome.left_out, left_out);
    for case in EVERYTHING {
        let passed = outcome.passed.contains(case);
        assert_eq!(passed, !left_out.contains(case), "{case}");
    }
}

fn provider(config: ProvidersConfig, scheme: &str) -> Arc<dyn Provider> {
    let registry = Registry::new(config).unwrap();
    let reference: SecretRef = format!("{scheme}://a/b").parse().unwrap();
    registry.provider(&reference).unwrap()
}

fn document(fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: BTreeMap<_, _> = fields.iter().copied().collect();
    serde_json::to_vec(&fields).unwrap()
}

/// A directory of entries, each of a number of its own.
struct Directory {
    provider: Arc<dyn Provider>,
    folder: tempfile::TempDir,
    next: AtomicUsize,
}

impl Directory {
    fn new(scheme: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = ProvidersConfig::default();
        config.base_directory = directory.path().into();
        Self {
            provider: provider(config, scheme),
            folder: directory,
            next: AtomicUsize::new(0),
        }
    }

    fn write(&self, bytes: &[u8]) -> (String, PathBuf) {
        let name = format!("entry-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let path = self.folder.path().join(&name);
        std::fs::write(&path, bytes).unwrap();
        (name, path)
    }
}

struct Files(Directory);

#[async_trait]
impl Backend for Files {
    fn provider(&self) -> &dyn Provider {
        &*self.0.provider
    }

    async fn store(&self, value: &[u8]) -> Option<SecretRef> {
        let with_newline = [value, b"\n"].concat();
        Some(
            format!("file://{}", self.0.write(&with_newline).0)
                .parse()
                .unwrap(),
        )
    }

    async fn store_fields(&self, fields: &[(&str, &str)], wanted: &str) -> Option<SecretRef> {
        let (name, _) = self.0.write(&document(fields));
        Some(format!("file://{name}#{wanted}").parse().unwrap())
    }

    fn missing(&self) -> SecretRef {
        "file://absent/entry".parse().unwrap()
    }
}

#[tokio::test]
async fn file() {
    let outcome = provider_suite(&Files(Directory::new("file"))).await;
    assert_complete(&outcome, &[]);
}

struct Dotenv(Directory);

#[async_trait]
impl Backend for Dotenv {
    fn provider(&self) -> &dyn Provider {
        &*self.0.provider
    }

    async fn store(&self, value: &[u8]) -> Option<SecretRef> {
        let mut text = b"OTHER=1\nKEY=\"".to_vec();
        for byte in value {
            if matches!(byte, b'"' | b'\\') {
                text.push(b'\\');
            }
            text.push(*byte);
        }
        text.extend(b"\"\n");
        Some(
            format!("dotenv://{}#KEY", self.0.write(&text).0)
                .parse()
                .unwrap(),
        )
    }

    async fn store_fields(&self, fields: &[(&str, &str)], wanted: &str) -> Option<SecretRef> {
        let lines = fields.iter().map(|(key, value)| format!("{key}={value}\n"));
        let (name, _) = self.0.write(lines.collect::<String>().as_bytes());
        Some(format!("dotenv://{name}#{wanted}").parse().unwrap())
    }

    fn missing(&self) -> SecretRef {
        "dotenv://absent.env#KEY".parse().unwrap()
    }
}

#[tokio::test]
async fn dotenv() {
    let outcome = provider_suite(&Dotenv(Directory::new("dotenv"))).await;
    assert_complete(&outcome, &[]);
}

/// `cat`: what it is to print lies in a file.
struct Exec(Directory);

impl Exec {
    fn reference(&self, bytes: &[u8]) -> String {
        let (_, path) = self.0.write(bytes);
        format!("exec://cat?arg={}&missing=1", path.display())
    }
}

#[async_trait]
impl Backend for Exec {
    fn provider(&self) -> &dyn Provider {
        &*self.0.provider
    }

    async fn store(&self, value: &[u8]) -> Option<SecretRef> {
        Some(self.reference(&[value, b"\n"].concat()).parse().unwrap())
    }

    async fn store_fields(&self, fields: &[(&str, &str)], wanted: &str) -> Option<SecretRef> {
        let reference = self.reference(&document(fields));
        Some(format!("{reference}#{wanted}").parse().unwrap())
    }

    fn missing(&self) -> SecretRef {
        "exec://cat?arg=absent&missing=1".parse().unwrap()
    }
}

#[tokio::test]
async fn exec() {
    let outcome = provider_suite(&Exec(Directory::new("exec"))).await;
    assert_complete(&outcome, &[]);
}

/// An environment is given when the registry is made, so each entry is its own.
struct Env {
    variables: std::sync::Mutex<Variables>,
    shared: Routed,
}

#[derive(Default)]
struct Variables(Vec<(OsString, OsString)>);

/// Asks a registry of the variables that there are by now.
struct Routed(Arc<std::sync::Mutex<Option<Arc<dyn Provider>>>>);

#[async_trait]
impl Provider for Routed {
    fn capabilities(&self) -> kz_core::Capabilities {
        kz_core::Capabilities::default()
    }

    async fn get(
        &self,
        request: &kz_core::Request<'_>,
    ) -> Result<kz_core::Fetched, kz_core::Error> {
        let provider = self.0.lock().unwrap().clone().unwrap();
        provider.get(request).await
    }

    async fn health(
        &self,
        deadline: std::time::Instant,
        intake: &dyn kz_core::Intake,
    ) -> Result<(), kz_core::Error> {
        let provider = self.0.lock().unwrap().clone().unwrap();
        provider.health(deadline, intake).await
    }
}

impl Env {
    fn new() -> Self {
        let env = Self {
            variables: std::sync::Mutex::default(),
            shared: Routed(Arc::default()),
        };
        env.set(b"-");
        env
    }

    fn set(&self, value: &[u8]) -> String {
        let mut variables = self.variables.lock().unwrap();
        let name = format!("ENTRY_{}", variables.0.len());
        let value = OsString::from_vec(value.to_vec());
        variables.0.push((name.clone().into(), value));
        let mut config = ProvidersConfig::default();
        config.environment = Environment::from_pairs(variables.0.iter().cloned());
        *self.shared.0.lock().unwrap() = Some(provider(config, "env"));
        name
    }
}

#[async_trait]
impl Backend for Env {
    fn provider(&self) -> &dyn Provider {
        &self.shared
    }

    async fn store(&self, value: &[u8]) -> Option<SecretRef> {
        Some(format!("env://{}", self.set(value)).parse().unwrap())
    }

    async fn store_fields(&self, fields: &[(&str, &str)], wanted: &str) -> Option<SecretRef> {
        let name = self.set(&document(fields));
        Some(format!("env://{name}#{wanted}").parse().unwrap())
    }

    fn missing(&self) -> SecretRef {
        "env://ABSENT".parse().unwrap()
    }
}

#[tokio::test]
async fn env() {
    let outcome = provider_suite(&Env::new()).await;
    assert_complete(&outcome, &[]);
}

/// A KV engine of a real OpenBao.
struct Vault {
    server: OpenBao,
    provider: Arc<dyn Provider>,
    mount: &'static str,
    next: AtomicUsize,
}

impl Vault {
    fn new(server: OpenBao, mount: &'static str) -> Self {
        let token = "env://T".parse().unwrap();
        let mut config = ProvidersConfig::default();
        let vault = VaultConfig::new(server.address(), VaultAuth::Token { token });
        config.vault = Some(vault);
        config.environment = Environment::from_pairs([("T", server.root_token())]);
        Self {
            provider: provider(config, "vault"),
            server,
            mount,
            next: AtomicUsize::new(0),
        }
    }

    fn write(&self, fields: &[(&str, &str)]) -> String {
        let path = format!("suite/{}", self.next.fetch_add(1, Ordering::Relaxed));
        let fields: BTreeMap<_, _> = fields.iter().copied().collect();
        let (place, body) = match self.mount {
            "secret" => (format!("secret/data/{path}"), json!({ "data": fields })),
            mount => (format!("{mount}/{path}"), json!(fields)),
        };
        self.server.must("POST", &place, &body);
        format!("vault://{}/{path}", self.mount)
    }
}

#[async_trait]
impl Backend for Vault {
    fn provider(&self) -> &dyn Provider {
        &*self.provider
    }

    async fn store(&self, value: &[u8]) -> Option<SecretRef> {
        // JSON holds text.
        let text = std::str::from_utf8(value).ok()?;
        Some(
            format!("{}#key", self.write(&[("key", text)]))
                .parse()
                .unwrap(),
        )
    }

    async fn store_fields(&self, fields: &[(&str, &str)], wanted: &str) -> Option<SecretRef> {
        Some(format!("{}#{wanted}", self.write(fields)).parse().unwrap())
    }

    fn missing(&self) -> SecretRef {
        format!("vault://{}/absent#key", self.mount)
            .parse()
            .unwrap()
    }
}

#[tokio::test]
async fn vault_kv_2() {
    let Some(server) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    let outcome = provider_suite(&Vault::new(server, "secret")).await;
    assert_complete(&outcome, &["binary"]);
}

#[tokio::test]
async fn vault_kv_1() {
    let Some(server) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    server.mount_kv("old", 1);
    let outcome = provider_suite(&Vault::new(server, "old")).await;
    assert_complete(&outcome, &["binary"]);
}
