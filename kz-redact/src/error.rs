use std::{borrow::Cow, fmt};

use kz_core::ErrorKind;

/// Why a redactor could not be built, or a value not be registered.
///
/// [`kind`](Self::kind) is `weak_secret`, `config`, `invalid` or `internal`. No
/// error carries a value or any of the text that was read.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    reason: Cow<'static, str>,
    remedy: Option<Cow<'static, str>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            remedy: None,
        }
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What went wrong, as a code.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether trying again later may help.
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
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
