//! What a manifest says, checked.

use std::path::PathBuf;

use kz_core::{ErrorKind, SecretName, SecretRef};
use kz_providers::VaultConfig;
use kz_redact::{Mode, OnRequest, PatternLevel, Redactor, Weak};

use crate::{Error, OpenOptions, constraint::Constraints};

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) secrets: Vec<Declared>,
    pub(crate) servers: Vec<(String, Vec<(SecretName, SecretName)>)>,
    pub(crate) vault: Option<VaultConfig>,
    pub(crate) redact: RedactSettings,
    pub(crate) audit: Option<AuditSettings>,
    /// What a manifest that was merely found must be trusted for.
    pub(crate) wants_trust: Vec<WantsTrust>,
}

/// One declared secret.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) name: SecretName,
    pub(crate) reference: SecretRef,
    /// `FILE:LINE`, or where else it was declared.
    pub(crate) place: String,
    pub(crate) optional: bool,
    pub(crate) public: bool,
    pub(crate) weak: Weak,
    pub(crate) constraints: Constraints,
}

impl Declared {
    /// A secret without conditions.
    pub(crate) fn new(name: SecretName, reference: SecretRef, place: String) -> Self {
        Self {
            name,
            reference,
            place,
            optional: false,
            public: false,
            weak: Weak::Refuse,
            constraints: Constraints::default(),
        }
    }
}

/// `[redact]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct RedactSettings {
    pub(crate) patterns: PatternLevel,
    pub(crate) mode: Mode,
    pub(crate) disable: Vec<String>,
    pub(crate) allow: Vec<String>,
    pub(crate) rules: Vec<(String, String)>,
    pub(crate) forms: Vec<OnRequest>,
}

impl RedactSettings {
    /// The redactor that these settings describe, without any secret yet.
    pub(crate) fn redactor(&self) -> Result<Redactor, kz_redact::Error> {
        let mut builder = Redactor::builder().patterns(self.patterns).mode(self.mode);
        for rule in &self.disable {
            builder = builder.disable(rule.as_str());
        }
        for text in &self.allow {
            builder = builder.allow(text.as_str());
        }
        for (id, regex) in &self.rules {
            builder = builder.rule(id.as_str(), regex.as_str());
        }
        for form in &self.forms {
            builder = builder.form(*form);
        }
        builder.build()
    }
}

/// `[audit]`.
#[derive(Debug, Clone)]
pub(crate) struct AuditSettings {
    pub(crate) path: PathBuf,
    pub(crate) key: Option<PathBuf>,
}

/// Something that a stranger's manifest must not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantsTrust {
    pub(crate) subject: String,
    pub(crate) place: String,
    pub(crate) reason: &'static str,
}

impl Model {
    /// What there is without a manifest.
    pub(crate) fn with(options: &OpenOptions) -> Result<Self, Error> {
        let mut model = Self::default();
        model.apply(options)?;
        Ok(model)
    }

    /// Adds the caller's own secrets, and keeps those that it asked for.
    pub(crate) fn apply(&mut self, options: &OpenOptions) -> Result<(), Error> {
        if let Some(only) = &options.only {
            for name in only {
                let declared = self.secrets.iter().any(|declared| declared.name == *name)
                    || options.extra.iter().any(|(extra, _)| extra == name);
                if !declared {
                    return Err(unknown(
                        name.as_str(),
                        self.secrets.iter().map(|declared| declared.name.as_str()),
                    ));
                }
            }
            self.secrets
                .retain(|declared| only.contains(&declared.name));
        }
        for (name, reference) in &options.extra {
            self.secrets.retain(|declared| declared.name != *name);
            self.secrets.push(Declared::new(
                name.clone(),
                reference.clone(),
                "--secret".to_owned(),
            ));
        }
        Ok(())
    }
}

/// The error for a name that is not declared.
pub(crate) fn unknown<'n>(name: &str, declared: impl Iterator<Item = &'n str>) -> Error {
    let declared: Vec<_> = declared.collect();
    let remedy = super::suggest::remedy(name, &declared);
    let name = super::source::shown(name);
    Error::plain(
        ErrorKind::UnknownSecret,
        format!("{name} is not declared: {remedy}"),
    )
}
