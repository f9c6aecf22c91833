use std::{borrow::Cow, fmt};

use crate::SecretRef;

/// What went wrong, in one word that is the same in Rust, Python and Node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A declared secret has no value.
    Missing,
    /// A value does not meet its declared constraints.
    Invalid,
    /// A value is too short or too common to be told apart from ordinary text.
    WeakSecret,
    /// The name is not declared.
    UnknownSecret,
    /// The store has no such entry, or the entry has no such field.
    NotFound,
    /// The store had the entry and deleted it.
    Deleted,
    /// The store knows who asks, and refuses.
    Denied,
    /// The store does not accept the credentials.
    Unauthenticated,
    /// The store cannot be reached, or answers with a failure of its own.
    Unavailable,
    /// The deadline passed.
    Timeout,
    /// The store asks to be asked less often.
    RateLimited,
    /// The vault is sealed.
    Sealed,
    /// The entry changed under a conditional write.
    Conflict,
    /// The configuration is wrong.
    Config,
    /// The configuration is not trusted for what it asks.
    Untrusted,
    /// The operation, server or transport is not supported.
    Unsupported,
    /// The handle was closed.
    Closed,
    /// A defect of kz.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 18] = [
        Self::Missing,
        Self::Invalid,
        Self::WeakSecret,
        Self::UnknownSecret,
        Self::NotFound,
        Self::Deleted,
        Self::Denied,
        Self::Unauthenticated,
        Self::Unavailable,
        Self::Timeout,
        Self::RateLimited,
        Self::Sealed,
        Self::Conflict,
        Self::Config,
        Self::Untrusted,
        Self::Unsupported,
        Self::Closed,
        Self::Internal,
    ];

    /// The code: `weak_secret`, `not_found` …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::WeakSecret => "weak_secret",
            Self::UnknownSecret => "unknown_secret",
            Self::NotFound => "not_found",
            Self::Deleted => "deleted",
            Self::Denied => "denied",
            Self::Unauthenticated => "unauthenticated",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Sealed => "sealed",
            Self::Conflict => "conflict",
            Self::Config => "config",
            Self::Untrusted => "untrusted",
            Self::Unsupported => "unsupported",
            Self::Closed => "closed",
            Self::Internal => "internal",
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Unavailable | Self::Timeout | Self::RateLimited | Self::Sealed
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an operation of a provider or of this crate failed.
///
/// It carries a kind, the operation, the reference, a reason and a remedy. It
/// never carries input bytes, a response body, a URL with userinfo or query, or
/// a source error whose text could hold one of those.
///
/// ```
/// use kz_core::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Denied, "read", "the policy does not allow it")
///     .with_remedy("grant read on this path");
/// assert_eq!(error.kind().as_str(), "denied");
/// assert_eq!(error.to_string(), "the policy does not allow it: grant read on this path");
/// ```
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    operation: &'static str,
    reference: Option<Box<SecretRef>>,
    reason: Cow<'static, str>,
    remedy: Option<Cow<'static, str>>,
}

impl Error {
    /// An error of `kind` in `operation`. `reason` must not hold a value.
    pub fn new(
        kind: ErrorKind,
        operation: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            operation,
            reference: None,
            reason: reason.into(),
            remedy: None,
        }
    }

    /// Says what the reader can do about it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Names the reference that was being resolved.
    #[must_use]
    pub fn with_reference(mut self, reference: &SecretRef) -> Self {
        self.reference = Some(Box::new(reference.clone()));
        self
    }

    /// What went wrong, as a code.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether trying again later may help; see [`ErrorKind::is_retryable`].
    pub const fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }

    /// The operation that failed: `read`, `login` …
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// The reference that was being resolved, where there is one.
    pub fn reference(&self) -> Option<&SecretRef> {
        self.reference.as_deref()
    }

    /// Why, in words.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to do about it, where something can be said.
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match &self.remedy {
            Some(remedy) => write!(f, ": {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_words() {
        let mut codes: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
        assert!(
            codes
                .iter()
                .all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        );
    }

    #[test]
    fn errors_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
    }
}
