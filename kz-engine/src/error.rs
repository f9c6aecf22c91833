use std::fmt;

use kz_core::ErrorKind;

/// Why secrets could not be opened or read: one error for everything that is
/// wrong, without a value.
///
/// `Display` is the form of the contract: a headline, then a line for each
/// secret or key, `NAME  FILE:LINE  reference  reason: remedy`.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    headline: String,
    lines: Vec<Line>,
    names: Vec<String>,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The NAME, or the key.
    pub(crate) subject: String,
    /// `FILE:LINE`, where there is one.
    pub(crate) place: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) kind: ErrorKind,
    pub(crate) reason: String,
    pub(crate) remedy: Option<String>,
}

impl Line {
    /// A line for `subject` that says what `error` says.
    pub(crate) fn of(subject: &str, place: Option<String>, error: &kz_core::Error) -> Self {
        Self {
            subject: subject.to_owned(),
            place,
            reference: error.reference().map(ToString::to_string),
            kind: error.kind(),
            reason: error.reason().to_owned(),
            remedy: error.remedy().map(str::to_owned),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        for part in [&self.place, &self.reference].into_iter().flatten() {
            write!(f, "  {part}")?;
        }
        write!(f, "  {}", self.reason)?;
        match &self.remedy {
            Some(remedy) => write!(f, ": {remedy}"),
            None => Ok(()),
        }
    }
}

impl Error {
    /// One sentence, about no line of any file.
    pub(crate) fn plain(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self::with_lines(kind, text.into(), Vec::new())
    }

    /// Mistakes of a manifest.
    pub(crate) fn mistakes(path: &str, lines: Vec<Line>) -> Self {
        let kind = lines.first().map_or(ErrorKind::Config, |line| line.kind);
        let noun = if lines.len() == 1 {
            "mistake"
        } else {
            "mistakes"
        };
        Self::with_lines(kind, format!("{} {noun} ({path})", lines.len()), lines)
    }

    /// Secrets that could not be resolved.
    pub(crate) fn failed(of: usize, whence: &str, lines: Vec<Line>) -> Self {
        let kind = lines
            .first()
            .map_or(ErrorKind::Internal, |line| match line.kind {
                ErrorKind::NotFound => ErrorKind::Missing,
                kind => kind,
            });
        let noun = if of == 1 { "secret" } else { "secrets" };
        let headline = format!("{} of {of} {noun} failed ({whence})", lines.len());
        let names = lines.iter().map(|line| line.subject.clone()).collect();
        let mut error = Self::with_lines(kind, headline, lines);
        error.0.names = names;
        error
    }

    fn with_lines(kind: ErrorKind, headline: String, lines: Vec<Line>) -> Self {
        Self(Box::new(Inner {
            kind,
            headline,
            lines,
            names: Vec::new(),
        }))
    }

    /// What went wrong, as a code; of several, the first.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        let mut lines = self.0.lines.iter().peekable();
        if lines.peek().is_none() {
            return self.0.kind.is_retryable();
        }
        lines.all(|line| line.kind.is_retryable())
    }

    /// The names that failed, in the manifest's order; empty when the
    /// configuration is at fault.
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// Whether the configuration is at fault, not a store or a value.
    pub fn is_configuration(&self) -> bool {
        self.0.names.is_empty()
            && matches!(
                self.0.kind,
                ErrorKind::Config | ErrorKind::Untrusted | ErrorKind::UnknownSecret
            )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kz: {}", self.0.headline)?;
        self.0
            .lines
            .iter()
            .try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl std::error::Error for Error {}

impl From<kz_core::Error> for Error {
    fn from(error: kz_core::Error) -> Self {
        let reference = error
            .reference()
            .map(|reference| format!("{reference}  "))
            .unwrap_or_default();
        Self::plain(error.kind(), format!("{reference}{error}"))
    }
}

impl From<kz_redact::Error> for Error {
    fn from(error: kz_redact::Error) -> Self {
        Self::plain(error.kind(), error.to_string())
    }
}
