//! `vault://mount/path#field`: HashiCorp Vault and OpenBao, KV version 1 and 2.

mod api;
mod login;
mod path;
mod time;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kz_core::{Capabilities, Error, ErrorKind, Fetched, Intake, Lease, Provider, Request, Role};
use zeroize::Zeroizing;

use self::{
    api::{Api, Status},
    login::{Login, Token},
    path::Mounts,
};
use crate::{
    Environment, ProvidersConfig, Registry, VaultAuth, VaultConfig,
    deadline::{until, within},
    document::{self, Node},
    query,
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
                login: Login::new(settings.auth, local)?,
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
            let (token, _) = connected
                .login
                .token(&connected.api, deadline, intake)
                .await?;
            let answer = connected
                .api
                .get("auth/token/lookup-self", &[], Some(&token))
                .await?;
            api::receive_tokens(intake, "vault_token", &answer.body)?;
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
        let (token, is_new) = self
            .login
            .token(&self.api, request.deadline, request.intake)
            .await?;
        match self.read(request, &token).await {
            Err(error) if error.kind() == ErrorKind::Denied => {
                self.read_again(request, token, is_new, error).await
            }
            result => result,
        }
    }

    /// A token that ran out and a policy that denies are both 403: log in once
    /// more before it is called a denial, unless that has just been done.
    async fn read_again(
        &self,
        request: &Request<'_>,
        mut token: Token,
        is_new: bool,
        mut denied: Error,
    ) -> Result<Fetched, Error> {
        if !is_new {
            let other = self
                .login
                .other_than(&token, &self.api, request.deadline, request.intake)
                .await?;
            if let Some(other) = other {
                match self.read(request, &other).await {
                    Err(error) if error.kind() == ErrorKind::Denied => denied = error,
                    result => return result,
                }
                token = other;
            }
        }
        Err(self.explain_denial(&token, denied).await)
    }

    async fn read(&self, request: &Request<'_>, token: &Token) -> Result<Fetched, Error> {
        let reference = request.reference;
        query::allow(reference, &["version"], None)?;
        let version = query::number(reference, "version")?.map(|version| version.to_string());
        let target = self
            .mounts
            .locate(&self.api, reference.path(), token)
            .await?;
        if version.is_some() && target.versioned == Some(false) {
            return Err(
                Error::new(ErrorKind::Config, "read", "this engine keeps no versions")
                    .with_remedy("leave `version` out"),
            );
        }
        let query: Vec<_> = version
            .as_deref()
            .map(|version| ("version", version))
            .into_iter()
            .collect();
        let answer = self.api.get(&target.path, &query, Some(token)).await?;
        take(request, &answer, target.versioned)
    }

    /// Whether the token is dead, or alive and not allowed.
    async fn explain_denial(&self, token: &Token, denied: Error) -> Error {
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
    let Ok(document) = Node::parse(&answer.body) else {
        if answer.status != Status::NotFound {
            answer.status.checked()?;
        }
        // A success that is no JSON may still be somebody's secret.
        if answer.status == Status::Ok {
            request
                .intake
                .receive(request.name, Role::Value, &answer.body)?;
        }
        return Err(not_a_vault());
    };
    let metadata = document
        .pointed("/data/metadata")
        .filter(|node| node.is_object());
    let nested = document
        .pointed("/data/data")
        .filter(|node| node.is_object() || node.is_null());
    let versioned = versioned.unwrap_or(metadata.is_some() && nested.is_some());
    let data = if versioned {
        nested
    } else {
        document.get("data")
    };
    if let Some(data) = data.filter(|data| data.is_object())
        && answer.status == Status::Ok
    {
        let value = if let Some(field) = request.reference.field() {
            document::pick_field(request, data, field)?
        } else {
            let text = data.text();
            request.intake.receive(request.name, Role::Value, &text)?;
            document::value(&text)?
        };
        let mut fetched = Fetched::new(value);
        if let Some(metadata) = metadata.filter(|_| versioned) {
            fetched.version = word(metadata, "version");
            fetched.created = word(metadata, "created_time").and_then(|text| time::parse(&text));
        }
        fetched.lease = lease(document);
        return Ok(fetched);
    }
    if let Some(data) = document.get("data") {
        document::receive_leaves(request, "", data, None)?;
    }
    let deleted = metadata.is_some_and(|metadata| {
        word(metadata, "deletion_time").is_some_and(|time| !time.is_empty())
            || word(metadata, "destroyed").as_deref() == Some("true")
    });
    if deleted {
        return Err(Error::new(
            ErrorKind::Deleted,
            "read",
            "this version of the entry was deleted",
        )
        .with_remedy("undelete it, or write it anew"));
    }
    // An absence has the form that the API gives it; what else listens there may
    // answer anything with 200 or 404.
    match answer.status {
        Status::NotFound if document.get("errors").is_some() => Err(not_found()),
        Status::Ok | Status::NotFound => Err(not_a_vault()),
        status => Err(status.checked().err().unwrap_or_else(not_a_vault)),
    }
}

/// A field that is no secret, as text.
fn word(node: Node<'_>, key: &str) -> Option<String> {
    let text = node.get(key).filter(|node| !node.is_null())?.text();
    String::from_utf8(text.to_vec()).ok()
}

fn lease(document: Node<'_>) -> Option<Lease> {
    let id = word(document, "lease_id").filter(|id| !id.is_empty())?;
    let seconds = word(document, "lease_duration")?.parse().ok()?;
    let renewable = word(document, "renewable")? == "true";
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
