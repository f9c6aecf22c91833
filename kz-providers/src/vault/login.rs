//! Logging in: once, for all that ask at the same time.

use std::time::Instant;

use kz_core::{Error, ErrorKind, Intake, Request, Role, SecretRef, SecretValue};
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::api::{Api, Status, receive_strings};
use crate::{Registry, VaultAuth, document::Document};

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
        let mut header = HeaderValue::from_bytes(self.0.expose_bytes()).map_err(|_| {
            Error::new(
                ErrorKind::Unauthenticated,
                "login",
                "the token holds characters that no token has",
            )
            .with_remedy("see whether a newline or a quote slipped in")
        })?;
        header.set_sensitive(true);
        Ok(header)
    }

    fn share(&self) -> Self {
        Self(self.0.share())
    }
}

impl Login {
    pub(super) fn new(auth: VaultAuth, local: Registry) -> Self {
        Self {
            auth,
            local,
            current: Mutex::new(None),
        }
    }

    /// Whether logging in again can give another token.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self.auth, VaultAuth::AppRole { .. })
    }

    /// The current token, after logging in if there is none.
    pub(super) async fn token(
        &self,
        api: &Api,
        deadline: Instant,
        intake: &dyn Intake,
    ) -> Result<Token, Error> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current {
            return Ok(token.share());
        }
        let token = self.log_in(api, deadline, intake).await?;
        Ok(current.insert(token).share())
    }

    /// A token other than `stale`, unless somebody else got one already.
    pub(super) async fn again(
        &self,
        api: &Api,
        stale: &Token,
        deadline: Instant,
        intake: &dyn Intake,
    ) -> Result<Token, Error> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current
            && token.0.expose_bytes() != stale.0.expose_bytes()
        {
            return Ok(token.share());
        }
        *current = None;
        let token = self.log_in(api, deadline, intake).await?;
        Ok(current.insert(token).share())
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
                let answer = api.post(&format!("auth/{mount}/login"), &body).await?;
                receive_strings(intake, "vault_token", &answer.body)?;
                match answer.status {
                    Status::Refused | Status::Forbidden => return Err(refused()),
                    status => status.checked()?,
                }
                let document = Document::parse(&answer.body).map_err(|_| super::not_a_vault())?;
                let token = document
                    .value()
                    .pointer("/auth/client_token")
                    .and_then(Value::as_str);
                token
                    .map(|token| Token(SecretValue::copy_from(token.as_bytes())))
                    .ok_or_else(refused)
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

/// Written by hand into one buffer of the right size, which is wiped.
fn app_role_body(role_id: &str, secret_id: &str) -> Zeroizing<Vec<u8>> {
    let mut body = Zeroizing::new(Vec::with_capacity(
        6 * (role_id.len() + secret_id.len()) + 64,
    ));
    body.extend_from_slice(b"{\"role_id\":");
    // Writing a string into a vector cannot fail.
    let _ = serde_json::to_writer(&mut *body, role_id);
    body.extend_from_slice(b",\"secret_id\":");
    let _ = serde_json::to_writer(&mut *body, secret_id);
    body.push(b'}');
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
