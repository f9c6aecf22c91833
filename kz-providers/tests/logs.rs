//! What logs hold at the level `trace`, of this crate and of all below it, when
//! reads succeed and when they fail.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use kz_core::{Request, SecretRef, testing::Ear};
use kz_providers::{Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig};
use testbed::{
    canary::{Canary, find, made_up},
    openbao::OpenBao,
    proxy::ConnectProxy,
    require,
    upstream::{Reply, Upstream},
};

/// Everything that was logged, by either facade.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let (target, text) = (record.target(), record.args());
        writeln!(self.0.lock().unwrap(), "log {target}: {text}").unwrap();
    }

    fn flush(&self) {}
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logs_hold_no_secret() {
    let log = Log::default();
    log::set_boxed_logger(Box::new(log.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let Some(vault) = require("OpenBao", OpenBao::start_tls()) else {
        return;
    };
    let secret = |what: &str| Canary::new(what, made_up(what));
    let [value, sibling, variable, printed, proxied, token, wrong] = [
        "value", "sibling", "variable", "printed", "proxied", "token", "wrong",
    ]
    .map(secret);
    vault.write_secret(
        "dev/db",
        &[("url", &value.value), ("beside", &sibling.value)],
    );
    vault.write_secret("prod/db", &[("url", &value.value)]);
    let role = vault.app_role("reader", "dev/*");

    let garbage = {
        let body = value.value.clone();
        Upstream::start_with(move |_| Reply::json(200, format!("<html>{body}"))).unwrap()
    };
    let failing = {
        let body = value.value.clone();
        Upstream::start_with(move |_| Reply::json(500, format!("{{\"errors\":[\"{body}\"]}}")))
            .unwrap()
    };
    let redirect = {
        let location = format!("http://127.0.0.1:1/{}", value.value);
        Upstream::start_with(move |_| Reply::Http {
            status: 307,
            headers: vec![("location".into(), location.clone())],
            body: Vec::new(),
        })
        .unwrap()
    };
    // The proxy lets nobody in who does not know the password.
    let (user, password) = ("someone", proxied.value.as_str());
    let basic = format!("Basic {}", base64(format!("{user}:{password}").as_bytes()));
    let proxy = ConnectProxy::start_with_authorization(&basic).unwrap();
    let through = proxy
        .url()
        .replace("http://", &format!("http://{user}:{password}@"));
    let locked_out = proxy
        .url()
        .replace("http://", &format!("http://{user}:{}@", wrong.value));

    let by_role = |address: &str| {
        let auth = VaultAuth::AppRole {
            role_id: "env://R".parse().unwrap(),
            secret_id: "env://S".parse().unwrap(),
            mount: "approle".into(),
        };
        VaultConfig::new(address, auth)
    };
    let by_token = |address: &str| {
        let token = "env://T".parse().unwrap();
        VaultConfig::new(address, VaultAuth::Token { token })
    };
    let program = format!("exec://printf?arg={}", printed.value);
    let closed = format!("http://127.0.0.1:{}", testbed::free_port());
    let good = "vault://secret/data/dev/db#url";
    let ear = Ear::new();
    let mut said = String::new();
    let mut answered = 0;
    for (config, https_proxy, reference) in [
        (by_role(vault.address()), "", good),
        (by_role(vault.address()), through.as_str(), good),
        (by_role(vault.address()), &locked_out, good),
        (
            by_role(vault.address()),
            "",
            "vault://secret/data/prod/db#url",
        ),
        (
            by_role(vault.address()),
            "",
            "vault://secret/data/dev/db#absent",
        ),
        (
            by_role(vault.address()),
            "",
            "vault://secret/data/dev/none#url",
        ),
        (by_token(vault.address()), "", good),
        (by_token(&garbage.url()), "", good),
        (by_role(&garbage.url()), "", good),
        (by_token(&failing.url()), "", good),
        (by_token(&redirect.url()), "", good),
        (by_token(&closed), "", good),
        (by_token(vault.address()), "", "env://VARIABLE"),
        (by_token(vault.address()), "", "env://VARIABLE#field"),
        (by_token(vault.address()), "", &program),
    ] {
        let mut config = config;
        config.ca_file = Some(vault.ca_path());
        let mut all = ProvidersConfig::default();
        all.vault = Some(config);
        all.environment = Environment::from_pairs([
            ("PATH", "/usr/bin:/bin"),
            ("R", &role.role_id),
            ("S", &role.secret_id),
            ("T", &token.value),
            ("VARIABLE", &variable.value),
            ("HTTPS_PROXY", https_proxy),
        ]);
        write!(said, "{all:?}").unwrap();
        let registry = Registry::new(all).unwrap();
        let reference: SecretRef = reference.parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let request = Request::new("NAME", &reference, deadline, &ear);
        match registry.provider(&reference).unwrap().get(&request).await {
            Ok(fetched) => {
                answered += 1;
                write!(said, "{fetched:?}").unwrap();
            }
            Err(error) => write!(said, "{error} {error:?} {error:#?}").unwrap(),
        }
        write!(said, "{registry:?}").unwrap();
    }
    assert_eq!(answered, 4, "the good questions were answered");
    assert!(ear.heard_credential("proxy_password", password.as_bytes()));

    let mut secrets = vec![
        value,
        sibling,
        variable,
        proxied,
        token,
        wrong,
        Canary::new("secret id", role.secret_id.as_str()),
        Canary::new("basic", basic["Basic ".len()..].to_owned()),
    ];
    let minted = vault.minted_tokens();
    assert!(
        minted
            .iter()
            .any(|token| ear.heard_credential("vault_token", token.as_bytes()))
    );
    secrets.extend(
        minted
            .into_iter()
            .map(|token| Canary::new("minted token", token)),
    );
    let logged = log.text();
    // Both facades were heard, of this crate and of the client below it.
    for part in ["log reqwest", "hyper_util", "kz::vault"] {
        assert!(logged.contains(part), "nothing was logged by {part}");
    }
    assert_eq!(find(&secrets, logged.as_bytes()), Vec::<String>::new());
    assert_eq!(find(&secrets, said.as_bytes()), Vec::<String>::new());
    // The search does find what is there; arguments of a program are no secret.
    assert!(!find(&[printed], logged.as_bytes()).is_empty());
}

/// RFC 4648, for short texts.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = (group >> (18 - 6 * place) & 63) as usize;
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(ALPHABET[digit])
            });
        }
    }
    text
}
