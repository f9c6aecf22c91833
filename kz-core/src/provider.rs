use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use crate::{Error, ErrorKind, SecretRef, SecretValue};

/// What received bytes are, for whoever must mask them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role<'a> {
    /// The value of a declared secret, or the whole document that holds it.
    Value,
    /// A field beside the wanted one in the same document, with its key. Keys
    /// such as `host`, `port` or `username` mark fields that are not secret.
    Sibling {
        /// The key of the field.
        key: &'a str,
    },
    /// A credential by which kz itself reaches the store, or a token that the
    /// store minted for kz.
    Credential,
}

/// Hears of every secret byte first.
///
/// A provider calls [`receive`](Self::receive) as soon as it holds secret bytes:
/// before it picks a field, validates, logs or builds an error.
pub trait Intake: Send + Sync {
    /// Registers `bytes` under `name`, so that they are masked as
    /// `[REDACTED:name]` from now on. Weak parts are passed over, not refused.
    ///
    /// # Errors
    /// When the bytes cannot be registered; the caller must not go on with them.
    fn receive(&self, name: &str, role: Role<'_>, bytes: &[u8]) -> Result<(), Error>;
}

/// One question to a provider.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The declared name, for markers and messages.
    pub name: &'a str,
    /// Where the secret lives.
    pub reference: &'a SecretRef,
    /// When the answer is of no more use.
    pub deadline: Instant,
    /// Who must hear of the bytes first.
    pub intake: &'a dyn Intake,
}

impl<'a> Request<'a> {
    /// A question for `reference` under `name`.
    pub fn new(
        name: &'a str,
        reference: &'a SecretRef,
        deadline: Instant,
        intake: &'a dyn Intake,
    ) -> Self {
        Self {
            name,
            reference,
            deadline,
            intake,
        }
    }
}

/// A lease on a value that its store will take back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The store's name for it.
    pub id: String,
    /// How long it lasts from now.
    pub duration: Duration,
    /// Whether it can be renewed.
    pub renewable: bool,
}

impl Lease {
    /// A lease called `id`, which lasts `duration` from now.
    pub fn new(id: impl Into<String>, duration: Duration, renewable: bool) -> Self {
        Self {
            id: id.into(),
            duration,
            renewable,
        }
    }
}

/// A provider's answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fetched {
    /// The bytes.
    pub value: SecretValue,
    /// The store's version of it, where it has one.
    pub version: Option<String>,
    /// When the store wrote it, where it says so.
    pub created: Option<SystemTime>,
    /// The lease on it, where there is one.
    pub lease: Option<Lease>,
}

impl Fetched {
    /// An answer that says nothing but the value.
    pub fn new(value: SecretValue) -> Self {
        Self {
            value,
            version: None,
            created: None,
            lease: None,
        }
    }
}

/// What a provider can do beyond `get` and `health`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags that are announced, not states"
)]
pub struct Capabilities {
    /// Picks a field of a JSON document itself, or lets the caller do so.
    pub fields: bool,
    /// Can write.
    pub put: bool,
    /// Can delete.
    pub delete: bool,
    /// Can list.
    pub list: bool,
    /// Hands out leases.
    pub leases: bool,
    /// Reaches over the network, so that its address matters for trust.
    pub network: bool,
    /// Starts a program, so that its reference matters for trust.
    pub spawns: bool,
}

/// A place where secrets live. Values are bytes; missing is
/// [`ErrorKind::NotFound`], told from a typed status and never from a message.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What else it can do.
    fn capabilities(&self) -> Capabilities;

    /// Fetches one secret, whose field is picked if the reference names one.
    ///
    /// # Errors
    /// By kind: `not_found`, `deleted`, `denied`, `unauthenticated`,
    /// `unavailable`, `timeout`, `rate_limited`, `sealed`, `config`.
    async fn get(&self, request: &Request<'_>) -> Result<Fetched, Error>;

    /// Asks whether the store can be reached with the credentials at hand.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    async fn health(&self, deadline: Instant, intake: &dyn Intake) -> Result<(), Error>;

    /// Fetches several, one result per request, in order. The default asks one
    /// after the other; [`Capabilities`] need not announce it.
    async fn get_many(&self, requests: &[Request<'_>]) -> Vec<Result<Fetched, Error>> {
        let mut results = Vec::with_capacity(requests.len());
        for request in requests {
            results.push(self.get(request).await);
        }
        results
    }

    /// Writes one secret.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] unless [`Capabilities::put`] is announced.
    async fn put(&self, reference: &SecretRef, _value: &SecretValue) -> Result<(), Error> {
        Err(
            Error::new(ErrorKind::Unsupported, "put", "this provider cannot write")
                .with_reference(reference),
        )
    }

    /// Deletes one secret.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] unless [`Capabilities::delete`] is announced.
    async fn delete(&self, reference: &SecretRef) -> Result<(), Error> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "delete",
            "this provider cannot delete",
        )
        .with_reference(reference))
    }
}
