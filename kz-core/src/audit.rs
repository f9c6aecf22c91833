use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime},
};

use crate::Error;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// A language model's agent.
    Agent,
    /// A person.
    Human,
    /// A program on its own behalf, such as an MCP server that opens its secrets.
    Service,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Human => "human",
            Self::Service => "service",
        })
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was allowed and done.
    Allow,
    /// It was refused.
    Deny,
    /// It was allowed and failed.
    Fail,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Fail => "fail",
        })
    }
}

/// One event, for every allow and every refusal. Its fields never hold a value.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuditEvent {
    /// When.
    pub time: SystemTime,
    /// What was done: `open`, `resolve`, `run`, `guard_off` …
    pub action: Cow<'static, str>,
    /// On whose behalf, where known.
    pub identity: Option<String>,
    /// How that identity was authenticated: `process`, `jwt` …
    pub authentication: Option<Cow<'static, str>>,
    /// What kind of actor it is.
    pub actor: Actor,
    /// The project, where known.
    pub project: Option<String>,
    /// The client or tool call in whose course it happened, where known.
    pub context: Option<String>,
    /// The secret or service: a NAME, never a value.
    pub subject: Option<String>,
    /// The HTTP method, for a request.
    pub method: Option<String>,
    /// The canonical path of a request, or the reference of a secret.
    pub path: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The rule that decided, or the code of the error.
    pub rule: Option<Cow<'static, str>>,
    /// The status of the reply, for a request.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Option<Duration>,
    /// Joins tool call, resolution and request.
    pub id: String,
}

impl AuditEvent {
    /// An event of `action` by a service, now, allowed, with the joining `id`.
    pub fn new(action: impl Into<Cow<'static, str>>, id: impl Into<String>) -> Self {
        Self {
            time: SystemTime::now(),
            action: action.into(),
            identity: None,
            authentication: None,
            actor: Actor::Service,
            project: None,
            context: None,
            subject: None,
            method: None,
            path: None,
            outcome: Outcome::Allow,
            rule: None,
            status: None,
            duration: None,
            id: id.into(),
        }
    }
}

/// Writes events down.
///
/// An event that cannot be written denies the action: callers treat an error as
/// a refusal of what they were about to do.
pub trait AuditSink: Send + Sync {
    /// Writes one event.
    ///
    /// # Errors
    /// When the event is not durably handed over; the action must not go ahead.
    fn record(&self, event: &AuditEvent) -> Result<(), Error>;
}
