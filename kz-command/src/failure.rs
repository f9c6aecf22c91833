//! Why a command stops, and with what exit status.

use std::{borrow::Cow, fmt, io::Write as _, process::ExitCode};

use kz_engine::ErrorKind;

use crate::logging;

/// A message for people and an exit status. The message never holds a value.
#[derive(Debug)]
pub(crate) struct Failure {
    message: Cow<'static, str>,
    status: u8,
    kind: ErrorKind,
}

/// How each message begins.
const PREFIX: &str = "kz: ";
/// Something failed.
const FAILED: u8 = 1;
/// Bad usage or configuration.
const CONFIGURATION: u8 = 2;

impl Failure {
    /// The command was used or configured wrongly: exit status 2.
    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::with_status(CONFIGURATION, message)
    }

    /// It was asked rightly and did not work: exit status 1.
    pub(crate) fn failed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::with_status(FAILED, message)
    }

    /// A failure with an exit status of its own.
    pub(crate) fn with_status(status: u8, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        // The engine's messages begin so already.
        let message = if message.starts_with(PREFIX) {
            message
        } else {
            format!("{PREFIX}{message}").into()
        };
        let kind = match status {
            CONFIGURATION => ErrorKind::Config,
            _ => ErrorKind::Internal,
        };
        Self {
            message,
            status,
            kind,
        }
    }

    fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// The code that a client is told.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Says it on standard error, once more without whatever is known to be secret.
    pub(crate) fn print(&self) {
        say(&self.to_string());
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status)
    }
}

/// One message of kz on standard error: `kz: …`. There is nobody to tell when
/// that is closed.
pub(crate) fn say(message: &str) {
    // The name of a variable or of a program may hold anything, a terminal's
    // commands included.
    let message = logging::redacted(message)
        .replace(|letter: char| letter.is_control() && letter != '\n', "?");
    let prefix = if message.starts_with("kz: ") {
        ""
    } else {
        "kz: "
    };
    let _ = writeln!(std::io::stderr(), "{prefix}{}", message.trim_end());
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<kz_engine::Error> for Failure {
    fn from(error: kz_engine::Error) -> Self {
        let status = if error.is_configuration() {
            CONFIGURATION
        } else {
            FAILED
        };
        Self::with_status(status, error.to_string()).with_kind(error.kind())
    }
}

impl From<kz_redact::Error> for Failure {
    fn from(error: kz_redact::Error) -> Self {
        Self::configuration(error.to_string())
    }
}
