use std::borrow::Cow;

use kz_core::SecretValue;

/// One masked stretch of text. Never the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// `known-value` for a registered value, else the id of the rule.
    pub rule: Cow<'static, str>,
    /// The name of a registered value; `None` for a rule.
    pub name: Option<String>,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// Which rules look for unknown secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PatternLevel {
    /// Those that are rarely wrong.
    #[default]
    Default,
    /// All of them.
    Strict,
    /// None.
    Off,
}

/// What is done with what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// Masks it.
    #[default]
    Redact,
    /// Masks it here; the message filter stops the message.
    Block,
    /// Counts it and changes nothing.
    Report,
}

/// What to do with a declared value that is weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Weak {
    /// Refuse it as `weak_secret`.
    #[default]
    Refuse,
    /// Mask it as it stands, at token boundaries.
    Mask,
    /// Leave it unmasked.
    Ignore,
}

/// What became of a registered value.
#[derive(Debug)]
#[non_exhaustive]
pub struct Registered {
    /// The bytes, where the redactor reads them: whoever holds this handle
    /// instead of a copy keeps the value in memory once.
    pub value: SecretValue,
    /// The value itself is too short or too common to be looked for everywhere.
    pub weak: bool,
    /// For the summary. Never a value.
    pub notes: Vec<String>,
}

/// How much a redactor holds, by [`Redactor::stats`](crate::Redactor::stats).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Names under which values are registered.
    pub names: usize,
    /// What is looked for: values, earlier ones included, their parts and
    /// spellings.
    pub parts: usize,
    /// Bytes of locked memory that these take.
    pub bytes: usize,
    /// How many parts there may be.
    pub limit: usize,
    /// How much was found so far, by all handles.
    pub findings: u64,
}
