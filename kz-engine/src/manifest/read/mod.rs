//! Reads the tables of a manifest. Strict: a key that nobody knows is a mistake.

mod providers;
mod secrets;
mod sections;
mod servers;

use std::{ops::Range, path::Path};

use kz_core::{ErrorKind, SecretRef};
use kz_providers::{Environment, ProvidersConfig, Registry};
use toml::de::DeTable;

use super::{
    binding::Host,
    expand::expand,
    model::{Declared, Model, WantsTrust},
    paste,
    source::{Node, Source, ordered, shown},
};
use crate::Error;

const ROOT: &[&str] = &[
    "secrets",
    "servers",
    "providers",
    "proxy",
    "redact",
    "audit",
];

/// Reads the manifest, its local twin, and the overlay of `environment`.
pub(super) fn manifest(
    path: &Path,
    text: &str,
    local: Option<(&Path, &str)>,
    environment: Option<&str>,
    variables: &Environment,
) -> Result<Model, Error> {
    let registry = unasked_registry()?;
    let mut reader = Reader {
        source: Source::new(path, text),
        model: Model::default(),
        names: Vec::new(),
        registry: &registry,
        variables,
    };
    if let Some(root) = reader.source.parse() {
        reader.root(&root, environment);
    }
    let mut mistakes = std::mem::take(&mut reader.source.mistakes);
    if let Some((path, text)) = local {
        reader.source = Source::new(path, text);
        if let Some(root) = reader.source.parse() {
            reader.local(&root);
        }
        mistakes.append(&mut reader.source.mistakes);
    }
    if mistakes.is_empty() {
        return Ok(reader.model);
    }
    let mut distinct = Vec::with_capacity(mistakes.len());
    for mistake in mistakes {
        // What an overlay leaves as it is, is read once for each of them.
        if !distinct.contains(&mistake) {
            distinct.push(mistake);
        }
    }
    let mut whence = shown_path(path);
    if let Some(environment) = environment {
        whence.push_str(", environment ");
        whence.push_str(&shown(environment));
    }
    Err(Error::mistakes(&whence, distinct))
}

/// The providers that are built in, for what they say of themselves. None of
/// them is asked for a secret.
fn unasked_registry() -> Result<Registry, Error> {
    let mut config = ProvidersConfig::default();
    config.environment = Environment::from_pairs::<&str, &str>([]);
    Registry::new(config).map_err(Error::from)
}

fn shown_path(path: &Path) -> String {
    crate::error::one_line(&path.to_string_lossy())
}

struct Reader<'r, 't> {
    source: Source<'t>,
    model: Model,
    /// Every name that is declared in some environment.
    names: Vec<String>,
    registry: &'r Registry,
    variables: &'r Environment,
}

impl Reader<'_, '_> {
    fn root(&mut self, root: &DeTable<'_>, environment: Option<&str>) {
        let mut overlays = Vec::new();
        for (key, span, node) in ordered(root) {
            match key {
                "secrets" => self.secrets(node),
                "providers" => self.providers(node),
                "proxy" => self.proxy(node),
                "redact" => self.redact(node),
                "audit" => self.audit(node),
                "servers" => {}
                key => match node
                    .get_ref()
                    .as_table()
                    .and_then(|table| Some((table, table.get("secrets")?)))
                {
                    Some((table, secrets)) => overlays.push((key, span, table, secrets)),
                    None => self.source.unknown("", key, &span, ROOT),
                },
            }
        }
        self.note_programs();
        let base = self.model.secrets.clone();
        self.declare();
        let mut chosen = None;
        // Every overlay is checked, whichever is chosen.
        for (name, span, table, secrets) in &overlays {
            if shown(name) != *name {
                let remedy = "use letters, digits, `_` and `-`, at most 32".to_owned();
                self.source.mistake(
                    "(an environment)",
                    span,
                    "this is not a name of an environment",
                    Some(remedy),
                );
                continue;
            }
            self.source.entries(name, table, &["secrets"]);
            self.model.secrets.clone_from(&base);
            self.overlay(name, secrets);
            self.note_programs();
            self.declare();
            if environment == Some(*name) {
                chosen = Some(std::mem::take(&mut self.model.secrets));
            }
        }
        self.model.secrets = chosen.unwrap_or(base);
        let known: Vec<_> = overlays.iter().map(|(name, ..)| *name).collect();
        if let Some(environment) = environment.filter(|name| !known.contains(name)) {
            self.no_such_environment(environment, &known);
        }
        if let Some(servers) = root.get("servers") {
            self.servers(servers);
        }
    }

    fn no_such_environment(&mut self, environment: &str, known: &[&str]) {
        let environment = shown(environment);
        let remedy = if known.is_empty() {
            format!("add [{environment}.secrets]")
        } else {
            format!("choose one of {}, or add its section", known.join(", "))
        };
        self.source.mistake(
            &format!("environment {environment}"),
            &(0..0),
            "the manifest has no section of this environment",
            Some(remedy),
        );
    }

    /// Remembers what is declared now.
    fn declare(&mut self) {
        for declared in &self.model.secrets {
            if !self.names.iter().any(|name| name == declared.name.as_str()) {
                self.names.push(declared.name.to_string());
            }
        }
    }

    /// A program that a manifest names runs as the user.
    fn note_programs(&mut self) {
        let secrets = std::mem::take(&mut self.model.secrets);
        for Declared {
            name,
            reference,
            place,
            ..
        } in &secrets
        {
            self.note_program(name.as_str(), place, reference);
        }
        self.model.secrets = secrets;
    }

    fn note_program(&mut self, subject: &str, place: &str, reference: &SecretRef) {
        let spawns = self
            .registry
            .provider(reference)
            .is_ok_and(|provider| provider.capabilities().spawns);
        if spawns {
            self.wants_trust(subject, place.to_owned(), "it starts a program");
        }
    }

    fn wants_trust(&mut self, subject: &str, place: String, reason: &'static str) {
        let wants = WantsTrust {
            subject: subject.to_owned(),
            place,
            reason,
        };
        if !self.model.wants_trust.contains(&wants) {
            self.model.wants_trust.push(wants);
        }
    }

    /// A reference that was read: not a value, of a provider that exists.
    fn reference_of(
        &mut self,
        subject: &str,
        span: &Range<usize>,
        written: &str,
        parsed: Result<SecretRef, kz_core::Error>,
    ) -> Option<SecretRef> {
        if paste::looks_like_secret(written) {
            let remedy = "put it into a store, write where it lives as `provider://path`, and \
                          replace the value: it was in a file";
            self.source.mistake(
                subject,
                span,
                "this looks like a value, not like a reference",
                Some(remedy.to_owned()),
            );
            return None;
        }
        let reference = match parsed {
            Ok(reference) => reference,
            Err(error) => {
                self.source.explain(subject, span, &error);
                return None;
            }
        };
        if reference.provider() == "env" && !is_variable(reference.path()) {
            let remedy = "write `env://NAME`; a value never belongs here".to_owned();
            self.source.mistake(
                subject,
                span,
                "this is not the name of a variable",
                Some(remedy),
            );
            return None;
        }
        // A backend that exists and is not built in fails when it is asked, so
        // that one manifest serves several programs.
        match self.registry.provider(&reference) {
            Err(error) if error.kind() == ErrorKind::Config => {
                let name = shown(reference.provider());
                self.source.mistake(
                    subject,
                    span,
                    format!("there is no provider {name}"),
                    error.remedy().map(str::to_owned),
                );
                None
            }
            _ => Some(reference),
        }
    }

    fn choice(&mut self, subject: &str, key: &str, node: &Node<'_>, known: &[&str]) {
        let quoted: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
        let remedy = Some(format!("use {}", quoted.join(" or ")));
        self.source.mistake(
            subject,
            &node.span(),
            format!("`{key}` has no such value"),
            remedy,
        );
    }

    /// Checks each string of a list; `read` says what is wrong with it.
    fn each<T>(
        &mut self,
        subject: &str,
        node: &Node<'_>,
        what: &str,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) {
        for (text, span) in self.source.strings(subject, node) {
            if let Err(remedy) = read(&text) {
                self.source.mistake(
                    subject,
                    &span,
                    format!("this is not {what}"),
                    Some(remedy.to_owned()),
                );
            }
        }
    }

    fn hosts(&mut self, subject: &str, node: &Node<'_>) {
        for (text, span) in self.source.strings(subject, node) {
            let Some(host) = self.expanded(subject, &text, &span) else {
                continue;
            };
            if let Err(remedy) = host.parse::<Host>() {
                self.source.mistake(
                    subject,
                    &span,
                    "this is not a host",
                    Some(remedy.to_owned()),
                );
            }
        }
    }

    fn expanded(&mut self, subject: &str, text: &str, span: &Range<usize>) -> Option<String> {
        expand(text, self.variables)
            .map_err(|reason| {
                self.source.mistake(
                    subject,
                    span,
                    reason,
                    Some("set it, or write the text out".to_owned()),
                );
            })
            .ok()
    }

    /// A string in which variables are expanded.
    fn text(&mut self, subject: &str, node: &Node<'_>) -> Option<String> {
        let text = self.source.string(subject, node)?;
        self.expanded(subject, &text, &node.span())
    }
}

fn is_variable(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}
