//! `[secrets]`, its overlays, and the local file.

use std::ops::Range;

use kz_core::{SecretName, SecretRef};
use kz_redact::Weak;
use toml::de::DeTable;

use super::Reader;
use crate::{
    constraint::{PEM_LABELS, Pattern},
    manifest::{
        binding::{self, Place},
        model::Declared,
        paste,
        source::{Node, joined, ordered, shown},
        suggest,
    },
};

const SECRET: &[&str] = &[
    "provider",
    "resolver",
    "ref",
    "field",
    "optional",
    "min_length",
    "prefix",
    "pattern",
    "pem",
    "public",
    "weak",
    "hosts",
    "methods",
    "paths",
    "places",
];
/// What a local file may say of a secret.
const LOCAL: &[&str] = &["provider", "resolver", "ref"];
/// Keys that somebody may take for a place to put the value itself.
const VALUES: &[&str] = &["default", "value", "secret", "password", "token"];

impl Reader<'_, '_> {
    pub(super) fn secrets(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("secrets", node) else {
            return;
        };
        for (key, span, node) in ordered(table) {
            if let Some(declared) = self.secret("secrets", key, &span, node, None) {
                self.model.secrets.push(declared);
            }
        }
    }

    /// Changes what the overlay names, key by key; it may also declare new ones.
    pub(super) fn overlay(&mut self, environment: &str, node: &Node<'_>) {
        let path = format!("{environment}.secrets");
        let Some(table) = self.source.table(&path, node) else {
            return;
        };
        for (key, span, node) in ordered(table) {
            let at = self
                .model
                .secrets
                .iter()
                .position(|declared| declared.name.as_str() == key);
            let under = at.map(|at| self.model.secrets[at].clone());
            match (self.secret(&path, key, &span, node, under), at) {
                (Some(declared), Some(at)) => self.model.secrets[at] = declared,
                (Some(declared), None) => self.model.secrets.push(declared),
                (None, _) => {}
            }
        }
    }

    /// Reads a local file: of names that exist, where they come from.
    pub(super) fn local(&mut self, root: &DeTable<'_>) {
        for (key, node) in self.source.entries("", root, &["secrets"]) {
            let Some(table) = self.source.table(key, node) else {
                continue;
            };
            for (name, span, node) in ordered(table) {
                let subject = shown(name);
                if !self.names.iter().any(|known| known == name) {
                    let remedy = Some("declare it in the manifest itself".to_owned());
                    self.source.mistake(
                        &subject,
                        &span,
                        "a local file changes existing names only",
                        remedy,
                    );
                    continue;
                }
                let at = self
                    .model
                    .secrets
                    .iter()
                    .position(|declared| declared.name.as_str() == name);
                let under = at.map(|at| self.model.secrets[at].reference.clone());
                let reference = match node.get_ref().as_str() {
                    Some(uri) => self.reference_of(&subject, &node.span(), uri, uri.parse()),
                    None => match self.source.table(&subject, node) {
                        Some(table) => {
                            self.local_keys(&subject, table);
                            self.reference(&subject, table, node, under.as_ref())
                        }
                        None => None,
                    },
                };
                let place = self.source.place(&span);
                if let Some(reference) = reference {
                    self.note_program(&subject, &place, &reference);
                    // A name of another environment is changed there.
                    if let Some(at) = at {
                        self.model.secrets[at].reference = reference;
                        self.model.secrets[at].place = place;
                    }
                }
            }
        }
    }

    fn local_keys(&mut self, subject: &str, table: &DeTable<'_>) {
        for (key, span, _) in ordered(table) {
            if LOCAL.contains(&key) {
                continue;
            }
            if SECRET.contains(&key) {
                let remedy = "put it into the manifest itself, or into `ref`".to_owned();
                self.source.mistake(
                    &joined(subject, key),
                    &span,
                    "a local file changes `provider` and `ref` only",
                    Some(remedy),
                );
            } else {
                self.source.unknown(subject, key, &span, LOCAL);
            }
        }
    }

    /// One entry, over the one that it changes, if any.
    fn secret(
        &mut self,
        path: &str,
        key: &str,
        span: &Range<usize>,
        node: &Node<'_>,
        under: Option<Declared>,
    ) -> Option<Declared> {
        let subject = shown(key);
        let name = self.name(&joined(path, &subject), key, span);
        let place = self.source.place(span);
        if let Some(uri) = node.get_ref().as_str() {
            let reference = self.reference_of(&subject, &node.span(), uri, uri.parse());
            return Some(over(under, name?, reference?, place));
        }
        let Some(table) = node.get_ref().as_table() else {
            let remedy = "write a reference, or a table with `provider` and `ref`".to_owned();
            self.source.mistake(
                &subject,
                &node.span(),
                "this is neither a reference nor a table",
                Some(remedy),
            );
            return None;
        };
        let before = under.as_ref().map(|under| &under.reference);
        let reference = self.reference(&subject, table, node, before);
        let entries = self.secret_keys(&subject, table);
        let mut declared = over(under, name?, reference?, place);
        for (key, node) in entries {
            self.condition(&mut declared, key, node);
        }
        Some(declared)
    }

    pub(super) fn name(
        &mut self,
        subject: &str,
        text: &str,
        span: &Range<usize>,
    ) -> Option<SecretName> {
        if paste::looks_like_secret(text) {
            let remedy = "write `NAME = \"provider://path\"`, and replace what was pasted";
            self.source.mistake(
                "(a name)",
                span,
                "this looks like a value, not like a name",
                Some(remedy.to_owned()),
            );
            return None;
        }
        text.parse()
            .map_err(|error| self.source.explain(subject, span, &error))
            .ok()
    }

    /// The entries that are known; values get an answer of their own.
    fn secret_keys<'n, 'i>(
        &mut self,
        subject: &str,
        table: &'n DeTable<'i>,
    ) -> Vec<(&'n str, &'n Node<'i>)> {
        let mut entries = Vec::new();
        for (key, span, node) in ordered(table) {
            if SECRET.contains(&key) {
                entries.push((key, node));
            } else if key == "default" {
                let remedy = "take it out, and mark the secret `optional = true` if it may be \
                              absent";
                self.source.mistake(
                    subject,
                    &span,
                    "there is no `default`: a default secret is a committed secret",
                    Some(remedy.to_owned()),
                );
            } else if VALUES.contains(&key) {
                let remedy = "put the value into a store, and write where it lives in `ref`";
                self.source.mistake(
                    &joined(subject, key),
                    &span,
                    "a manifest holds references, never values",
                    Some(remedy.to_owned()),
                );
            } else {
                self.source.unknown(subject, key, &span, SECRET);
            }
        }
        entries
    }

    /// `provider` (or `resolver`), `ref` and `field`, over the reference that
    /// they change. What says where the old one lived does not linger in the
    /// new one.
    fn reference(
        &mut self,
        subject: &str,
        table: &DeTable<'_>,
        node: &Node<'_>,
        under: Option<&SecretRef>,
    ) -> Option<SecretRef> {
        let provider = match (table.get("provider"), table.get("resolver")) {
            (Some(_), Some(second)) => {
                let remedy = Some("take one of the two out: they are the same".to_owned());
                self.source.mistake(
                    subject,
                    &second.span(),
                    "both `provider` and `resolver` stand here",
                    remedy,
                );
                return None;
            }
            (provider, resolver) => provider.or(resolver),
        };
        let provider = match provider {
            Some(provider) => Some(self.source.string(subject, provider)?),
            None => None,
        };
        let field = match table.get("field") {
            Some(field) => Some(self.source.string(subject, field)?),
            None => None,
        };
        let Some(reference) = table.get("ref") else {
            if let (Some(under), None, None) = (under, &provider, &field) {
                return Some(under.clone());
            }
            self.source.mistake(
                subject,
                &node.span(),
                "`ref` is missing",
                Some("say where the secret lives".to_owned()),
            );
            return None;
        };
        let text = self.source.string(subject, reference)?;
        let provider = provider
            .or_else(|| text.split_once("://").map(|(scheme, _)| scheme.to_owned()))
            .or_else(|| under.map(|under| under.provider().to_owned()));
        let Some(provider) = provider else {
            let remedy = "say which, or write `ref` with its scheme; a value never belongs here";
            self.source.mistake(
                subject,
                &reference.span(),
                "`provider` is missing",
                Some(remedy.to_owned()),
            );
            return None;
        };
        let parsed = SecretRef::from_parts(&provider, &text, field.as_deref());
        let written = [&provider, &text, field.as_deref().unwrap_or_default()].join(" ");
        self.reference_of(subject, &reference.span(), &written, parsed)
    }

    fn condition(&mut self, declared: &mut Declared, key: &str, node: &Node<'_>) {
        let subject = declared.name.to_string();
        let constraints = &mut declared.constraints;
        match key {
            "optional" => declared.optional = self.source.boolean(&subject, node),
            "public" => declared.public = self.source.boolean(&subject, node),
            "min_length" => constraints.min_length = self.source.number(&subject, node),
            "prefix" => {
                constraints.prefix = self.source.string(&subject, node);
                if constraints
                    .prefix
                    .as_deref()
                    .is_some_and(paste::looks_like_secret)
                {
                    self.source.mistake(
                        &subject,
                        &node.span(),
                        "`prefix` holds a whole value",
                        Some("write the beginning that all such values share".to_owned()),
                    );
                }
            }
            "pattern" => {
                let Some(text) = self.source.string(&subject, node) else {
                    return;
                };
                constraints.pattern = Pattern::new(&text);
                if constraints.pattern.is_none() {
                    self.source.mistake(
                        &subject,
                        &node.span(),
                        "`pattern` is not a regular expression",
                        None,
                    );
                }
            }
            "pem" => {
                let Some(label) = self.source.string(&subject, node) else {
                    return;
                };
                if !PEM_LABELS.contains(&label.as_str()) {
                    let remedy = Some(suggest::remedy(&label, PEM_LABELS));
                    self.source.mistake(
                        &subject,
                        &node.span(),
                        "`pem` is not the label of a PEM block",
                        remedy,
                    );
                }
                constraints.pem = Some(label);
            }
            "weak" => match self.source.string(&subject, node).as_deref() {
                Some("mask") => declared.weak = Weak::Mask,
                Some("ignore") => declared.weak = Weak::Ignore,
                Some(_) => self.choice(&subject, "weak", node, &["mask", "ignore"]),
                None => {}
            },
            "hosts" => self.hosts(&subject, node),
            "methods" => self.each(&subject, node, "an HTTP method", binding::method),
            "paths" => self.each(&subject, node, "a path", binding::path),
            "places" => self.each(&subject, node, "a place", str::parse::<Place>),
            // `provider`, `ref` and `field` were read.
            _ => {}
        }
    }
}

/// The entry that was there, moved to `reference`; or a new one.
fn over(
    under: Option<Declared>,
    name: SecretName,
    reference: SecretRef,
    place: String,
) -> Declared {
    match under {
        Some(under) => Declared {
            reference,
            place,
            ..under
        },
        None => Declared::new(name, reference, place),
    }
}
