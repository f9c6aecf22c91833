//! `vault://mount/path#field`: HashiCorp Vault and OpenBao, KV version 1 and 2.

mod api;
mod login;
mod path;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kz_core::{Capabilities, Error, ErrorKind, Fetched, Intake, Lease, Provider, Request, Role};
use serde_json::Value;
use zeroize::Zeroizing;

use self::{
    api::{Api, Status},
    login::Login,
    path::Mounts,
};
use crate::{
    Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig,
    deadline::{until, within},
    document,
};

pub(crate) struct Vault {
    /// Why it cannot be used, if so: said when it is asked, because a manifest
    /// without `vault` references must not fail for want of an address.
    state: Result<Connected, Error>,
}

struct Connected {
    api: Api,
    login: Login,
    mounts: Mounts,
    proxy_credentials: Vec<Zeroizing<String>>,
}

impl Vault {
    /// # Errors
    /// Kind `config`, when it is configured and cannot be used.
    pub(crate) fn new(config: ProvidersConfig, local: Registry) -> Result<Self, Error> {
        let configured = config.vault.is_some();
        let settings = match config.vault {
            Some(settings) => Ok(settings),
            None => from_environment(&config.environment),
        };
        let state = settings.and_then(|settings| {
            let ca_file = settings
                .ca_file
                .as_ref()
                .map(|path| config.base_directory.join(path));
            let http = crate::http::client(&config.environment, ca_file.as_deref())?;
            Ok(Connected {
                api: Api::new(http.client, &settings)?,
                login: Login::new(settings.auth, local),
                mounts: Mounts::new(settings.kv_version)?,
                proxy_credentials: http.proxy_credentials,
            })
        });
        match state {
            Err(error) if configured => Err(error),
            state => Ok(Self { state }),
        }
    }

    fn connected(&self, intake: &dyn Intake) -> Result<&Connected, Error> {
        let connected = self.state.as_ref().map_err(Clone::clone)?;
        for credential in &connected.proxy_credentials {
            intake.receive("proxy_password", Role::Credential, credential.as_bytes())?;
        }
        Ok(connected)
    }
}

/// What Vault's own clients read.
fn from_environment(environment: &Environment) -> Result<VaultConfig, Error> {
    let missing = |what: &'static str, remedy: &'static str| {
        Error::new(ErrorKind::Config, "connect", what).with_remedy(remedy)
    };
    let address = environment
        .first(&["VAULT_ADDR", "BAO_ADDR"])
        .ok_or_else(|| {
            missing(
                "no Vault is configured",
                "add `[providers.vault] address`, or set VAULT_ADDR",
            )
        })?;
    let variable = ["VAULT_TOKEN", "BAO_TOKEN"]
        .into_iter()
        .find(|name| environment.text(name).is_some())
        .ok_or_else(|| {
            missing(
                "no credential for the Vault is configured",
                "add `auth = …` to [providers.vault], or set VAULT_TOKEN",
            )
        })?;
    let token = format!("env://{variable}").parse()?;
    let mut config = VaultConfig::new(address, VaultAuth::Token { token });
    config.namespace = environment
        .first(&["VAULT_NAMESPACE", "BAO_NAMESPACE"])
        .map(str::to_owned);
    config.ca_file = environment
        .first(&["VAULT_CACERT", "BAO_CACERT"])
        .map(PathBuf::from);
    Ok(config)
}

#[async_trait]
impl Provider for Vault {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fields: true,
            leases: true,
            network: true,
            ..Capabilities::default()
        }
    }

    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        within(request, async {
            self.connected(request.intake)?.get(request).await
        })
        .await
    }

    async fn health(&self, deadline: Instant, intake: &dyn Intake) -> Result<(), Error> {
        until(deadline, async {
            let connected = self.connected(intake)?;
            let token = connected
                .login
                .token(&connected.api, deadline, intake)
                .await?;
            let answer = connected
                .api
                .get("auth/token/lookup-self", &[], Some(&token))
                .await?;
            api::receive_strings(intake, "vault_token", &answer.body)?;
            answer.status.checked().map_err(|error| match error.kind() {
                ErrorKind::Denied => unauthenticated(),
                _ => error,
            })
        })
        .await
    }
}

impl Connected {
    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error> {
        let token = self
            .login
            .token(&self.api, request.deadline, request.intake)
            .await?;
        match self.read(request, &token).await {
            // A token that ran out and a policy that denies are both 403: log in
            // once more before it is called a denial.
            Err(error) if error.kind() == ErrorKind::Denied => {
                if !self.login.can_renew() {
                    return Err(self.explain_denial(&token, error).await);
                }
                let token = self
                    .login
                    .again(&self.api, &token, request.deadline, request.intake)
                    .await?;
                self.read(request, &token).await
            }
            result => result,
        }
    }

    async fn read(&self, request: &Request<'_>, token: &login::Token) -> Result<Fetched, Error> {
        let reference = request.reference;
        let version = reference.query_value("version");
        if let Some((key, _)) = reference.query().iter().find(|(key, _)| key != "version") {
            return Err(Error::new(
                ErrorKind::Config,
                "read",
                format!("`{key}` is not an option of vault"),
            )
            .with_remedy("use `version=N`"));
        }
        let target = self
            .mounts
            .locate(&self.api, reference.path(), token)
            .await?;
        let query: Vec<_> = version
            .map(|version| ("version", version))
            .into_iter()
            .collect();
        let answer = self.api.get(&target.path, &query, Some(token)).await?;
        take(request, &answer, target.versioned)
    }

    /// Whether the token is dead, or alive and not allowed.
    async fn explain_denial(&self, token: &login::Token, denied: Error) -> Error {
        match self
            .api
            .get("auth/token/lookup-self", &[], Some(token))
            .await
        {
            Ok(answer) if answer.status == Status::Forbidden => unauthenticated(),
            _ => denied,
        }
    }
}

/// Everything secret in the answer is received before anything else is
/// looked at.
fn take(
    request: &Request<'_>,
    answer: &api::Answer,
    versioned: Option<bool>,
) -> Result<Fetched, Error> {
    let parsed = document::Document::parse(&answer.body);
    let Ok(document) = parsed else {
        request.intake.receive(
            request.name,
            Role::Sibling { key: "document" },
            &answer.body,
        )?;
        answer.status.checked()?;
        return Err(not_a_vault());
    };
    let root = document.value();
    let metadata = root
        .pointer("/data/metadata")
        .filter(|value| value.is_object());
    let nested = root
        .pointer("/data/data")
        .filter(|value| value.is_object() || value.is_null());
    let versioned = versioned.unwrap_or(metadata.is_some() && nested.is_some());
    let data = if versioned { nested } else { root.get("data") };
    if let Some(data) = data.filter(|data| data.is_object())
        && answer.status == Status::Ok
    {
        let field = request.reference.field().unwrap_or_default();
        let value = document::pick_field(request, data, field)?;
        let mut fetched = Fetched::new(value);
        fetched.version = metadata
            .and_then(|m| m.get("version"))
            .map(Value::to_string);
        fetched.lease = lease(root);
        return Ok(fetched);
    }
    document::receive_leaves(request, root.get("data").unwrap_or(&Value::Null), "", None)?;
    let deleted = metadata.is_some_and(|metadata| {
        let text = |key| {
            metadata
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        !text("deletion_time").is_empty() || metadata.get("destroyed") == Some(&Value::Bool(true))
    });
    if deleted {
        return Err(Error::new(
            ErrorKind::Deleted,
            "read",
            "this version of the entry was deleted",
        )
        .with_remedy("undelete it, or write it anew"));
    }
    answer.status.checked()?;
    Err(not_found())
}

fn lease(root: &Value) -> Option<Lease> {
    let id = root.get("lease_id")?.as_str().filter(|id| !id.is_empty())?;
    let seconds = root.get("lease_duration")?.as_u64()?;
    let renewable = root.get("renewable")?.as_bool()?;
    Some(Lease::new(id, Duration::from_secs(seconds), renewable))
}

fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "read", "the Vault has no such entry")
        .with_remedy("write it, or mend the path")
}

fn not_a_vault() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "read",
        "the answer is not that of a Vault",
    )
    .with_remedy("see whether the address is that of the Vault")
}

fn unauthenticated() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "read",
        "the Vault does not accept the token",
    )
    .with_remedy("it has expired or was revoked: provide a new one")
}
