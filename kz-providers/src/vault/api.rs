//! The calls, over HTTP.

use std::time::Duration;

use kz_core::{Error, ErrorKind, Intake, Role};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderValue};
use url::Url;

use super::login::Token;
use crate::{VaultConfig, buffer::Buffer, document::Node, http};

/// Longest to wait for one answer.
const ANSWER: Duration = Duration::from_secs(8);

pub(super) struct Api {
    client: Client,
    address: Url,
    namespace: Option<HeaderValue>,
}

/// An answer: what the status says, and the bytes.
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) body: Buffer,
}

/// What a status code of the Vault API means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    /// 401, which is no word of the Vault API but of what stands before it.
    Unauthorized,
    /// 403: a policy that denies, and a token that is dead.
    Forbidden,
    NotFound,
    Refused,
    RateLimited,
    Sealed,
    Redirect,
    Other(u16),
}

impl Status {
    fn of(code: StatusCode) -> Self {
        match code.as_u16() {
            200..=299 => Self::Ok,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            400 => Self::Refused,
            401 => Self::Unauthorized,
            429 => Self::RateLimited,
            503 => Self::Sealed,
            300..=399 => Self::Redirect,
            other => Self::Other(other),
        }
    }

    /// # Errors
    /// Unless it is a success.
    pub(super) fn checked(self) -> Result<(), Error> {
        let (kind, reason, remedy) = match self {
            Self::Ok => return Ok(()),
            Self::Forbidden => (
                ErrorKind::Denied,
                "the Vault denies it",
                "grant read on this path to the role or token",
            ),
            Self::Unauthorized => return Err(super::unauthenticated()),
            Self::Other(407) => (
                ErrorKind::Unavailable,
                "the proxy asks for credentials",
                "put them into the variable that names the proxy",
            ),
            Self::NotFound => return Err(super::not_found()),
            Self::Refused => (
                ErrorKind::Config,
                "the Vault refuses the request",
                "mend the path or the version",
            ),
            Self::RateLimited => (
                ErrorKind::RateLimited,
                "the Vault is asked too often",
                "try again later, or raise its limit",
            ),
            Self::Sealed => (
                ErrorKind::Sealed,
                "the Vault is sealed, or in maintenance",
                "unseal it",
            ),
            Self::Redirect => (
                ErrorKind::Unavailable,
                "the address redirects elsewhere",
                "name the address that it redirects to",
            ),
            Self::Other(code) => {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "read",
                    format!("the Vault answers with status {code}"),
                )
                .with_remedy("see its log"));
            }
        };
        Err(Error::new(kind, "read", reason).with_remedy(remedy))
    }
}

impl Api {
    pub(super) fn new(client: Client, config: &VaultConfig) -> Result<Self, Error> {
        let wrong = |reason: &'static str| {
            Error::new(ErrorKind::Config, "connect", reason)
                .with_remedy("write it as `https://host:port`")
        };
        let mut address = Url::parse(&config.address)
            .map_err(|_| wrong("the address of the Vault is not a URL"))?;
        if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
            return Err(wrong("the address of the Vault is not an HTTP URL"));
        }
        if !address.username().is_empty()
            || address.password().is_some()
            || address.query().is_some()
        {
            return Err(wrong(
                "the address of the Vault holds a user name, a password or a query",
            ));
        }
        if !address.path().ends_with('/') {
            address.set_path(&format!("{}/", address.path()));
        }
        let namespace = config
            .namespace
            .as_deref()
            .map(HeaderValue::from_str)
            .transpose();
        let namespace = namespace.map_err(|_| {
            Error::new(
                ErrorKind::Config,
                "connect",
                "the namespace of the Vault is not a header value",
            )
        })?;
        Ok(Self {
            client,
            address,
            namespace,
        })
    }

    pub(super) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        token: Option<&Token>,
    ) -> Result<Answer, Error> {
        tracing::debug!(target: "kz::vault", path, "read");
        self.send(self.request(Method::GET, path, query)?, token)
            .await
    }

    /// Posts a body that is wiped once it is sent.
    pub(super) async fn post(&self, path: &str, body: Buffer) -> Result<Answer, Error> {
        tracing::debug!(target: "kz::vault", path, "write");
        let request = self.request(Method::POST, path, &[])?;
        self.send(
            request
                .header("content-type", "application/json")
                .body(http::secret_body(body)),
            None,
        )
        .await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, Error> {
        let mut url = self.address.clone();
        {
            let mut segments = url.path_segments_mut().map_err(|()| super::not_found())?;
            segments.pop_if_empty().push("v1");
            for segment in path.split('/') {
                // A URL would swallow dots, and the policy meant another path.
                if matches!(segment, "." | ".." | "") {
                    return Err(Error::new(
                        ErrorKind::Config,
                        "read",
                        "the path has an empty or a dot segment",
                    )
                    .with_remedy("write it as `mount/path`"));
                }
                segments.push(segment);
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self
            .client
            .request(method, url)
            .timeout(ANSWER)
            .header("x-vault-request", "true");
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        Ok(request)
    }

    async fn send(&self, request: RequestBuilder, token: Option<&Token>) -> Result<Answer, Error> {
        let request = match token {
            Some(token) => request.header("x-vault-token", token.header()?),
            None => request,
        };
        let response = request.send().await.map_err(|error| http::strip(&error))?;
        let status = Status::of(response.status());
        Ok(Answer {
            status,
            body: http::body(response).await?,
        })
    }
}

/// Receives what may open something in an answer: before anything else is done
/// with it.
pub(super) fn receive_tokens(intake: &dyn Intake, name: &str, body: &[u8]) -> Result<(), Error> {
    let Ok(document) = Node::parse(body) else {
        return intake.receive(name, Role::Credential, body);
    };
    document.each_leaf("", &mut |key, leaf| {
        if TOKENS.contains(&key) {
            intake.receive(name, Role::Credential, &leaf.text())
        } else {
            Ok(())
        }
    })
}

/// Keys of a login's answer whose values open something.
const TOKENS: &[&str] = &[
    "accessor",
    "client_token",
    "id",
    "secret_id",
    "token",
    "wrapped_accessor",
];
