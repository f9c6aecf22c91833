//! One TOML file, and what is wrong with it. Every mistake is collected, with
//! the place and without the source line: a pasted key may stand on it.

use std::{ops::Range, path::Path};

use kz_core::ErrorKind;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{paste, suggest};
use crate::error::Line;

/// A value and where it stands.
pub(super) type Node<'i> = Spanned<DeValue<'i>>;

pub(super) struct Source<'t> {
    file: String,
    text: &'t str,
    pub(super) mistakes: Vec<Line>,
}

impl<'t> Source<'t> {
    pub(super) fn new(path: &Path, text: &'t str) -> Self {
        let file = path.file_name().unwrap_or(path.as_os_str());
        let file = crate::error::one_line(&file.to_string_lossy());
        Self {
            file,
            text,
            mistakes: Vec::new(),
        }
    }

    /// The root table; a mistake and `None` when it is not TOML.
    pub(super) fn parse(&mut self) -> Option<DeTable<'t>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                // `Display` of this error quotes the source line. Its message is
                // put together from fixed words, which a test holds it to.
                let span = error.span().unwrap_or_default();
                let reason = format!(
                    "this is not valid TOML at column {}: {}",
                    self.column(span.start),
                    error.message()
                );
                let remedy = if error.message().starts_with("duplicate key") {
                    "it stands twice: take one of the two out"
                } else {
                    "mend the line; its text is not shown, because it may hold a secret"
                };
                self.mistake("toml", &span, reason, Some(remedy.to_owned()));
                None
            }
        }
    }

    /// `FILE:LINE`.
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        let upto = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = upto.split(|byte| *byte == b'\n').count();
        format!("{}:{line}", self.file)
    }

    /// The column of a byte in its line, in characters from 1.
    fn column(&self, offset: usize) -> usize {
        let upto = &self.text.as_bytes()[..offset.min(self.text.len())];
        let line = upto.rsplit(|byte| *byte == b'\n').next().unwrap_or(upto);
        String::from_utf8_lossy(line).chars().count() + 1
    }

    pub(super) fn mistake(
        &mut self,
        subject: &str,
        span: &Range<usize>,
        reason: impl Into<String>,
        remedy: Option<String>,
    ) {
        self.line(subject, span, ErrorKind::Config, reason.into(), remedy);
    }

    pub(super) fn line(
        &mut self,
        subject: &str,
        span: &Range<usize>,
        kind: ErrorKind,
        reason: String,
        remedy: Option<String>,
    ) {
        let place = Some(self.place(span));
        self.mistakes.push(Line {
            subject: subject.to_owned(),
            place,
            reference: None,
            kind,
            reason,
            remedy,
        });
    }

    /// A mistake that an error of the contract's crates explains.
    pub(super) fn explain(&mut self, subject: &str, span: &Range<usize>, error: &kz_core::Error) {
        let place = Some(self.place(span));
        self.mistakes.push(Line::of(subject, place, error));
    }

    /// The table's entries in the order of the file; a mistake for each key that
    /// is none of `known`.
    pub(super) fn entries<'n, 'i>(
        &mut self,
        path: &str,
        table: &'n DeTable<'i>,
        known: &[&str],
    ) -> Vec<(&'n str, &'n Node<'i>)> {
        let mut entries = Vec::new();
        for (key, span, node) in ordered(table) {
            if known.contains(&key) {
                entries.push((key, node));
            } else {
                self.unknown(path, key, &span, known);
            }
        }
        entries
    }

    pub(super) fn unknown(&mut self, path: &str, key: &str, span: &Range<usize>, known: &[&str]) {
        let subject = joined(path, &shown(key));
        self.mistake(
            &subject,
            span,
            "unknown key",
            Some(suggest::remedy(key, known)),
        );
    }

    pub(super) fn string(&mut self, subject: &str, node: &Node<'_>) -> Option<String> {
        let text = node.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.mistake(
                subject,
                &node.span(),
                "this is not a string",
                Some("put it in quotes".to_owned()),
            );
        }
        text
    }

    pub(super) fn boolean(&mut self, subject: &str, node: &Node<'_>) -> bool {
        node.get_ref().as_bool().unwrap_or_else(|| {
            self.mistake(
                subject,
                &node.span(),
                "this is neither true nor false",
                None,
            );
            false
        })
    }

    pub(super) fn number(&mut self, subject: &str, node: &Node<'_>) -> Option<usize> {
        let number = node
            .get_ref()
            .as_integer()
            .and_then(|number| usize::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none() {
            self.mistake(
                subject,
                &node.span(),
                "this is not a whole number, 0 or more",
                None,
            );
        }
        number
    }

    pub(super) fn strings(
        &mut self,
        subject: &str,
        node: &Node<'_>,
    ) -> Vec<(String, Range<usize>)> {
        let Some(items) = node.get_ref().as_array() else {
            self.mistake(
                subject,
                &node.span(),
                "this is not a list",
                Some("write it as `[\"…\"]`".to_owned()),
            );
            return Vec::new();
        };
        let mut strings = Vec::new();
        for item in items {
            if let Some(text) = self.string(subject, item) {
                strings.push((text, item.span()));
            }
        }
        strings
    }

    pub(super) fn table<'n, 'i>(
        &mut self,
        subject: &str,
        node: &'n Node<'i>,
    ) -> Option<&'n DeTable<'i>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.mistake(subject, &node.span(), "this is not a table", None);
        }
        table
    }
}

/// The entries in the order of the file.
pub(super) fn ordered<'n, 'i>(
    table: &'n DeTable<'i>,
) -> Vec<(&'n str, Range<usize>, &'n Node<'i>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, node)| (key.get_ref().as_ref(), key.span(), node))
        .collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    entries
}

pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A key as it may be shown: one that does not read like a key may be a value
/// that slipped to the wrong side.
pub(super) fn shown(key: &str) -> String {
    let plain = (1..=32).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    // Names are made of words; a long mixture of letters and digits is none.
    let mixed = key
        .split(['_', '-'])
        .any(|word| word.len() >= 12 && word.bytes().filter(u8::is_ascii_digit).count() >= 3);
    if plain && !mixed && !paste::looks_like_secret(key) {
        key.to_owned()
    } else {
        "(a key)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_key() {
        for (key, expected) in [
            ("prefx", "prefx"),
            ("DATABASE_URL_2024", "DATABASE_URL_2024"),
            ("SERVICE_OAUTH2_KEY", "SERVICE_OAUTH2_KEY"),
            ("a b", "(a key)"),
            ("", "(a key)"),
        ] {
            assert_eq!(shown(key), expected, "{key}");
        }
        assert_eq!(shown(&"a1".repeat(10)), "(a key)");
        assert_eq!(shown(&"a".repeat(33)), "(a key)");
        assert_eq!(shown(&format!("{}{}", "AKIA", "A1".repeat(8))), "(a key)");
    }
}
