use std::{fmt, str::FromStr};

use kz_core::ErrorKind;

use crate::Error;

/// A form in which values are found on request only: it is rare in what servers
/// write, or costs more than the forms of every day.
///
/// ```
/// use kz_redact::{OnRequest, Redactor};
///
/// let redactor = Redactor::builder()
///     .form(OnRequest::Reversed)
///     .secret("API_TOKEN", "kz-canary-4711")
///     .build()?;
/// assert_eq!(redactor.redact_str("1174-yranac-zk"), "[REDACTED:API_TOKEN]");
/// # Ok::<(), kz_redact::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnRequest {
    /// Ascii85 as Adobe writes it, and the base-85 alphabets of RFC 1924 (Git,
    /// Python's `b85encode`) and of `ZeroMQ`.
    Ascii85,
    /// Both alphabets of RFC 4648, in either case, padded or not.
    Base32,
    /// A list of code points: `[107, 28450]`, `chr(107)+chr(122)`, `U+006B U+007A`.
    CharacterCodes,
    /// Full-width letters, digits and signs, of the whole value or of its letters
    /// and digits.
    Fullwidth,
    /// What gzip and zlib make of a text that holds the value, in base64.
    Gzip,
    /// Digests of the whole value, in hexadecimal or base64: MD5, SHA-1, SHA-256,
    /// SHA-384, SHA-512. Whoever has one can try out what a weak value may be.
    Hashes,
    /// The characters from the last to the first.
    Reversed,
    /// Each character set apart from the next: `k z - c`, `k-z`, `['k', 'z']`.
    Spaced,
}

impl OnRequest {
    /// Every such form.
    pub const ALL: &'static [Self] = &[
        Self::Ascii85,
        Self::Base32,
        Self::CharacterCodes,
        Self::Fullwidth,
        Self::Gzip,
        Self::Hashes,
        Self::Reversed,
        Self::Spaced,
    ];

    /// The name by which manifests and other languages ask for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ascii85 => "ascii85",
            Self::Base32 => "base32",
            Self::CharacterCodes => "character-codes",
            Self::Fullwidth => "fullwidth",
            Self::Gzip => "gzip",
            Self::Hashes => "hashes",
            Self::Reversed => "reversed",
            Self::Spaced => "spaced",
        }
    }

    /// Whether it is another way of reading a text, which the filter in front of the
    /// oracle does not know, and not one more needle.
    fn is_view(self) -> bool {
        !matches!(self, Self::Fullwidth | Self::Hashes | Self::Reversed)
    }
}

impl fmt::Display for OnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OnRequest {
    type Err = Error;

    /// Reads a name.
    ///
    /// # Errors
    /// `config` when there is no form of this name; the remedy lists those that there
    /// are.
    fn from_str(name: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.iter().copied();
        all.find(|form| form.as_str() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|form| form.as_str()).collect();
            Error::new(
                ErrorKind::Config,
                "there is no form of this name on request",
            )
            .with_remedy(format!("choose from {}", names.join(", ")))
        })
    }
}

/// Which forms were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Requested(u8);

impl Requested {
    pub(crate) fn add(&mut self, form: OnRequest) {
        self.0 |= 1 << form as u8;
    }

    pub(crate) fn has(self, form: OnRequest) -> bool {
        self.0 >> form as u8 & 1 == 1
    }

    /// Whether a text has to be read in ways that the filter does not know.
    pub(crate) fn has_views(self) -> bool {
        OnRequest::ALL
            .iter()
            .any(|&form| self.has(form) && form.is_view())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for &form in OnRequest::ALL {
            assert_eq!(form.to_string().parse::<OnRequest>().unwrap(), form);
            let mut requested = Requested::default();
            requested.add(form);
            for &other in OnRequest::ALL {
                assert_eq!(requested.has(other), other == form);
            }
            assert_eq!(requested.has_views(), form.is_view());
        }
        let error = "base64".parse::<OnRequest>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.remedy().unwrap().contains("ascii85, base32, "));
    }
}
