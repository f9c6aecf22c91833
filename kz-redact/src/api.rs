#![allow(missing_docs, unused_variables, clippy::all, clippy::pedantic)]
use std::{borrow::Cow, fmt, io};

use kz_core::{ErrorKind, Intake, Role};

/// Opaque; `kind()` is one of `weak_secret`, `config`, `invalid`, `internal`.
#[derive(Debug, Clone)]
pub struct Error { kind: ErrorKind, reason: Cow<'static, str>, remedy: Option<Cow<'static, str>> }
impl Error {
    pub fn kind(&self) -> ErrorKind { self.kind }
    pub fn is_retryable(&self) -> bool { self.kind.is_retryable() }
    pub fn reason(&self) -> &str { &self.reason }
    pub fn remedy(&self) -> Option<&str> { self.remedy.as_deref() }
}
impl fmt::Display for Error { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.reason) } }
impl std::error::Error for Error {}

/// One masked range. Never the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// `known-value` for a registered secret, else the id of the pattern.
    pub rule: Cow<'static, str>,
    /// The registered NAME; `None` for a pattern.
    pub name: Option<String>,
    /// Byte offsets.
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PatternLevel { #[default] Default, Strict, Off }

/// `Report` changes nothing and counts; `Block` is for the message filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode { #[default] Redact, Block, Report }

/// What to do with a declared value that is weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Weak { #[default] Refuse, Mask, Ignore }

/// What became of a value: whether it is weak, and notes for the summary
/// (never a value).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Registered { pub weak: bool, pub notes: Vec<String> }

#[derive(Debug, Clone)]
pub struct Redactor(());
#[derive(Debug, Default)]
pub struct RedactorBuilder(());

impl RedactorBuilder {
    pub fn secret(self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self { todo!() }
    pub fn patterns(self, level: PatternLevel) -> Self { todo!() }
    pub fn mode(self, mode: Mode) -> Self { todo!() }
    pub fn disable(self, rule: impl Into<String>) -> Self { todo!() }
    pub fn allow(self, text: impl Into<String>) -> Self { todo!() }
    pub fn rule(self, id: impl Into<String>, regex: impl Into<String>) -> Self { todo!() }
    /// Unknown rule ids, bad regexes, weak secrets are errors.
    pub fn build(self) -> Result<Redactor, Error> { todo!() }
}

impl Redactor {
    pub fn builder() -> RedactorBuilder { todo!() }
    pub fn mode(&self) -> Mode { todo!() }
    /// How many findings so far.
    pub fn findings(&self) -> u64 { todo!() }
    pub fn redact_str<'t>(&self, text: &'t str) -> Cow<'t, str> { todo!() }
    pub fn redact_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> { todo!() }
    /// Err when `text` is not one JSON value.
    pub fn redact_json_str<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Error> { todo!() }
    pub fn scan(&self, text: &str) -> Vec<Finding> { todo!() }
    /// Strict: `weak_secret` for a weak value (its parts are registered all the same).
    pub fn add(&self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> { todo!() }
    pub fn add_declared(&self, name: &str, value: impl AsRef<[u8]>, weak: Weak) -> Result<Registered, Error> { todo!() }
    pub fn stream(&self) -> Stream { todo!() }
    pub fn writer<W: io::Write>(&self, inner: W) -> Writer<W> { todo!() }
    /// Longest marker NAME etc: rule ids that exist.
    pub fn rule_ids() -> Vec<&'static str> { todo!() }
}

/// Lenient registration on receipt: weak parts and plain sibling keys are passed over.
impl Intake for Redactor {
    fn receive(&self, name: &str, role: Role<'_>, bytes: &[u8]) -> Result<(), kz_core::Error> { todo!() }
}

pub struct Stream(());
impl Stream {
    pub fn write(&mut self, bytes: &[u8]) -> Vec<u8> { todo!() }
    /// Releases what is held back without ending the stream (end of a line).
    pub fn flush(&mut self) -> Vec<u8> { todo!() }
    pub fn finish(self) -> Vec<u8> { todo!() }
}
pub struct Writer<W>(W);
impl<W: io::Write> Writer<W> { pub fn finish(self) -> io::Result<W> { todo!() } }
impl<W: io::Write> io::Write for Writer<W> {
    fn write(&mut self, b: &[u8]) -> io::Result<usize> { todo!() }
    fn flush(&mut self) -> io::Result<()> { todo!() }
}
