//! Logging in: once, for all that ask at the same time.

use std::time::Instant;

use kz_core::{Error, ErrorKind, Intake, Request, Role, SecretRef, SecretValue};
use reqwest::header::HeaderValue;
use tokio::sync::Mutex;

use super::api::{Api, Status, receive_tokens};
use crate::{
    Registry, VaultAuth,
    buffer::Buffer,
    document::{self, Node},
    http,
};

pub(super) struct Login {
    auth: VaultAuth,
    local: Registry,
    /// Held while logging in, so that a second one waits for the first.
    current: Mutex<Option<Token>>,
}

/// A token that the Vault accepts, or did.
pub(super) struct Token(SecretValue);

impl Token {
    pub(super) fn header(&self) -> Result<HeaderValue, Error> {
        http::secret_header(self.0.share()).ok_or_else(|| {
            Error::new(
                ErrorKind::Unauthenticated,
                "login",
                "the token holds characters that no token has",
            )
            .with_remedy("see whether a newline or a quote slipped in")
        })
    }

    fn share(&self) -> Self {
        Self(self.0.share())
    }
}

impl Login {
    /// # Errors
    /// Kind `config` for credentials that no local provider can hold: a Vault's own
    /// would need a login to log in.
    pub(super) fn new(auth: VaultAuth, local: Registry) -> Result<Self, Error> {
        for reference in auth.references() {
            if local.provider(reference).is_err() {
                return Err(Error::new(
                    ErrorKind::Config,
                    "login",
                    format!(
                        "the credentials of a Vault cannot lie in `{}`",
                        reference.provider()
                    ),
                )
                .with_remedy(format!("use one of {}", local.schemes().join(", "))));
            }
        }
        Ok(Self {
            auth,
            local,
            current: Mutex::new(None),
        })
    }

    /// The current token, after logging in if there is none; and whether it is a
    /// new one.
    pub(super) async fn token(
        &self,
        api: &Api,
        deadline: Instant,
        intake: &dyn Intake,
    ) -> Result<(Token, bool), Error> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current {
            // Whoever asks may not be who heard of it when it was minted.
            intake.receive("vault_token", Role::Credential, token.0.expose_bytes())?;
            return Ok((token.share(), false));
        }
        let token = self.log_in(api, deadline, intake).await?;
        Ok((current.insert(token).share(), true))
    }

    /// Another token than `stale`, which was refused: the one that somebody else
    /// got in the meantime, or that of a new login. `None` when there is no other.
    pub(super) async fn other_than(
        &self,
        stale: &Token,
        api: &Api,
        deadline: Instant,
        intake: &dyn Intake,
    ) -> Result<Option<Token>, Error> {
        let is_other = |token: &Token| token.0.expose_bytes() != stale.0.expose_bytes();
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| is_other(token)) {
            intake.receive("vault_token", Role::Credential, token.0.expose_bytes())?;
            return Ok(Some(token.share()));
        }
        *current = None;
        let token = self.log_in(api, deadline, intake).await?;
        let token = current.insert(token);
        Ok(is_other(token).then(|| token.share()))
    }

    async fn log_in(
        &self,
        api: &Api,
        deadline: Instant,
        intake: &dyn Intake,
    ) -> Result<Token, Error> {
        match &self.auth {
            VaultAuth::Token { token } => self
                .credential("vault_token", token, deadline, intake)
                .await
                .map(Token),
            VaultAuth::AppRole {
                role_id,
                secret_id,
                mount,
            } => {
                let role_id = self
                    .credential("vault_role_id", role_id, deadline, intake)
                    .await?;
                let secret_id = self
                    .credential("vault_secret_id", secret_id, deadline, intake)
                    .await?;
                let body = app_role_body(role_id.expose_str()?, secret_id.expose_str()?);
                let answer = api.post(&format!("auth/{mount}/login"), body).await?;
                receive_tokens(intake, "vault_token", &answer.body)?;
                match answer.status {
                    Status::Refused | Status::Unauthorized | Status::Forbidden => {
                        return Err(refused());
                    }
                    status => status.checked()?,
                }
                let document = Node::parse(&answer.body).map_err(|_| super::not_a_vault())?;
                match document.pointed("/auth/client_token") {
                    Some(token) if !token.is_null() => document::value(&token.text())
                        .map(Token)
                        .map_err(|_| refused()),
                    _ => Err(refused()),
                }
            }
        }
    }

    async fn credential(
        &self,
        name: &str,
        reference: &SecretRef,
        deadline: Instant,
        intake: &dyn Intake,
    ) -> Result<SecretValue, Error> {
        let intake = AsCredential {
            inner: intake,
            name,
        };
        let request = Request::new(name, reference, deadline, &intake);
        let fetched = self
            .local
            .provider(reference)?
            .get(&request)
            .await
            .map_err(|error| {
                let reason = format!(
                    "{} for the Vault, {reference}: {}",
                    spoken(name),
                    error.reason()
                );
                let error_with = Error::new(error.kind(), "login", reason);
                match error.remedy() {
                    Some(remedy) => error_with.with_remedy(remedy.to_owned()),
                    None => error_with,
                }
            })?;
        Ok(fetched.value)
    }
}

fn spoken(name: &str) -> &'static str {
    match name {
        "vault_role_id" => "the role id",
        "vault_secret_id" => "the secret id",
        _ => "the token",
    }
}

fn refused() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "login",
        "the Vault does not accept the credentials",
    )
    .with_remedy("provide a valid role id and secret id")
}

fn app_role_body(role_id: &str, secret_id: &str) -> Buffer {
    let mut body = Buffer::new();
    body.push(b"{\"role_id\":");
    // Writing a string into memory cannot fail.
    let _ = serde_json::to_writer(&mut body, role_id);
    body.push(b",\"secret_id\":");
    let _ = serde_json::to_writer(&mut body, secret_id);
    body.push(b"}");
    body
}

/// What a local provider takes for a declared value is a credential here.
struct AsCredential<'a> {
    inner: &'a dyn Intake,
    name: &'a str,
}

impl Intake for AsCredential<'_> {
    fn receive(&self, _name: &str, role: Role<'_>, bytes: &[u8]) -> Result<(), Error> {
        let role = if role == Role::Value {
            Role::Credential
        } else {
            role
        };
        self.inner.receive(self.name, role, bytes)
    }
}
