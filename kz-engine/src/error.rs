use std::fmt::{self, Write as _};

use kz_core::ErrorKind;
use kz_redact::Redactor;

/// Why secrets could not be opened or read: one error for everything that is
/// wrong, without a value.
///
/// `Display` is the form of the contract: a headline, then a line for each
/// secret or key, `NAME  FILE:LINE  reference  reason: remedy`.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    headline: String,
    lines: Vec<Line>,
    names: Vec<String>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Line {
    /// The same, of a secret that kept the value that it had.
    pub(crate) fn kept(&self) -> kz_core::Error {
        let reason = format!("the new value is not in use: {}", self.reason);
        let error = kz_core::Error::new(self.kind, "refresh", reason);
        match &self.remedy {
            Some(remedy) => error.with_remedy(remedy.clone()),
            None => error,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = OneLine(f);
        line.write_str(&self.subject)?;
        for part in [&self.place, &self.reference].into_iter().flatten() {
            write!(line, "  {part}")?;
        }
        write!(line, "  {}", self.reason)?;
        match &self.remedy {
            Some(remedy) => write!(line, ": {remedy}"),
            None => Ok(()),
        }
    }
}

/// Text on one line, whatever a file or a folder is called: controls, line
/// separators and what turns the direction of text are escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // Writing to a string does not fail.
    let _ = OneLine(&mut shown).write_str(text);
    shown
}

struct OneLine<W>(W);

impl<W: fmt::Write> fmt::Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if is_steering(character) {
                write!(self.0, "{}", character.escape_unicode())?;
            } else {
                self.0.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Controls, line separators, what turns the direction of text, and what takes
/// no room.
pub(crate) fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

impl Error {
    /// One sentence, about no line of any file.
    pub(crate) fn plain(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self::with_lines(kind, text.into(), Vec::new())
    }

    /// One sentence about one name.
    pub(crate) fn of_name(kind: ErrorKind, name: &str, text: impl fmt::Display) -> Self {
        Self::plain(kind, format!("{name}  {text}"))
    }

    /// What is wrong, one by one.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.0.lines
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
    pub(crate) fn failed(
        of: usize,
        whence: &str,
        mut lines: Vec<Line>,
        redactor: &Redactor,
    ) -> Self {
        for line in &mut lines {
            // No reason holds a value. Should one of some provider ever do so,
            // what was registered on receipt stays in.
            for text in [Some(&mut line.reason), line.remedy.as_mut()]
                .into_iter()
                .flatten()
            {
                *text = redactor.redact_str(text).into_owned();
            }
        }
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
        write!(OneLine(&mut *f), "kz: {}", self.0.headline)?;
        self.0
            .lines
            .iter()
            .try_for_each(|line| write!(f, "\n{line}"))
    }
}

/// What `main` prints of an error that it returns: the same as `Display`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_file_is_called_a_line_is_one() {
        let error = Error::plain(ErrorKind::Config, "a\nb\u{1b}[31m\u{202e}c");
        assert_eq!(error.to_string(), "kz: a\\u{a}b\\u{1b}[31m\\u{202e}c");
    }

    #[test]
    fn a_careless_reason_is_masked() {
        let value = format!("kz-canary-{}", std::process::id());
        let redactor = Redactor::builder().secret("A", &value).build().unwrap();
        let error = kz_core::Error::new(ErrorKind::Denied, "read", format!("no {value}"))
            .with_remedy(format!("take {value}"));
        let error = Error::failed(1, "here", vec![Line::of("A", None, &error)], &redactor);
        assert_eq!(
            error.to_string(),
            "kz: 1 of 1 secret failed (here)\nA  no [REDACTED:A]: take [REDACTED:A]"
        );
        assert!(!format!("{error:?}").contains(&value));
    }

    #[test]
    fn errors_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
    }
}
