//! What of kz's own environment the server gets to see, and in what form.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
};

use kz_core::{SecretName, SecretRef};
use kz_engine::{Manifest, Secrets};

use super::{credentials, grants::Grants};
use crate::{failure::Failure, reference};

/// How much is inherited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// All but what belongs to kz, to other servers, or opens a secret store.
    Inherit,
    /// Also what opens a store that kz itself does not use.
    Keep,
    /// What a program needs to find its files, and no more.
    Clean,
}

/// What passes with [`Base::Clean`].
const CLEAN: &[&str] = &[
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
];
/// Prefixes of the same.
const CLEAN_PREFIXES: &[&str] = &["LC_"];

/// Variables that are kz's own.
const OURS: &[&str] = &["KEYZERO_", "KZ_"];

/// Variables by which programs log in to secret stores. Whoever holds one of
/// them holds everything.
const STORE_LOGINS: &[&str] = &[
    "BAO_SECRET_ID",
    "BAO_TOKEN",
    "BWS_ACCESS_TOKEN",
    "BW_CLIENTSECRET",
    "BW_PASSWORD",
    "BW_SESSION",
    "DOPPLER_TOKEN",
    "INFISICAL_CLIENT_SECRET",
    "INFISICAL_TOKEN",
    "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET",
    "OP_CONNECT_TOKEN",
    "OP_SERVICE_ACCOUNT_TOKEN",
    "SOPS_AGE_KEY",
    "VAULT_SECRET_ID",
    "VAULT_TOKEN",
];
/// Prefixes of the same.
const STORE_LOGIN_PREFIXES: &[&str] = &["OP_SESSION_"];

/// How often one variable may stand for another.
const EXPANSIONS: usize = 8;

type Variable = (OsString, OsString);

/// The inherited part of the server's environment, before secrets are fetched.
#[derive(Debug)]
pub(crate) struct Inherited {
    variables: Vec<(OsString, Source)>,
    references: Vec<(SecretName, SecretRef)>,
}

/// Where the value of a variable comes from.
#[derive(Debug)]
enum Source {
    Plain(OsString),
    Secret(SecretName),
}

/// The server's whole environment.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) variables: Vec<Variable>,
    /// Inherited variables that a secret was put into.
    pub(crate) resolved: Vec<String>,
}

impl Inherited {
    /// Goes through the inherited variables: some stay out, references are to be
    /// resolved, `$NAME` is expanded, the others pass as they are.
    pub(crate) fn choose(
        variables: &[Variable],
        base: Base,
        manifest: &Manifest,
        grants: &Grants,
    ) -> Result<Self, Failure> {
        let rules = Rules {
            base,
            withheld: withheld(manifest),
            grants,
            fed: fed(manifest, grants),
            inherited: variables
                .iter()
                .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
                .collect(),
        };
        rules.choose(variables)
    }

    /// What must be resolved, under the variable's own name.
    pub(crate) fn references(&self) -> &[(SecretName, SecretRef)] {
        &self.references
    }
}

/// Whether a variable is one of those that every program needs.
pub(super) fn is_for_every_program(name: &str) -> bool {
    CLEAN.contains(&name) || CLEAN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Puts the secrets in.
pub(crate) fn complete(
    inherited: Inherited,
    grants: &Grants,
    secrets: &Secrets,
) -> Result<Environment, Failure> {
    let mut variables = Vec::with_capacity(inherited.variables.len() + grants.pairs().len());
    let mut resolved = Vec::new();
    for (variable, source) in inherited.variables {
        let value = match source {
            Source::Plain(value) => Some(value),
            Source::Secret(name) => {
                resolved.push(variable.to_string_lossy().into_owned());
                exposed(secrets, &name)?
            }
        };
        variables.extend(value.map(|value| (variable, value)));
    }
    for (variable, name) in grants.pairs() {
        // An optional secret may be absent; nothing then stands in its place.
        if let Some(value) = exposed(secrets, name)? {
            variables.push((variable.as_str().into(), value));
        }
    }
    Ok(Environment {
        variables,
        resolved,
    })
}

/// A secret's value in the form that an environment takes.
fn exposed(secrets: &Secrets, name: &SecretName) -> Result<Option<OsString>, Failure> {
    let Some(secret) = secrets.find(name.as_str())? else {
        return Ok(None);
    };
    let refused = |reason: &str| {
        Failure::failed(format!(
            "{name} cannot be put into the server's environment: {reason}"
        ))
    };
    let value = secret
        .expose_str()
        .map_err(|_| refused("its value is binary; name a reference to text"))?;
    if value.contains('\0') {
        return Err(refused("its value holds a NUL"));
    }
    if reference::read(value, false).is_some() {
        return Err(refused(
            "its value is itself a reference; name the place that it leads to",
        ));
    }
    if unexpanded(value).is_some() {
        return Err(refused(
            "its value is the name of a variable that nobody expanded",
        ));
    }
    Ok(Some(value.into()))
}

/// Variables that never pass unless they are granted: those that lead kz to its
/// stores, and those that declare or feed a secret.
fn withheld(manifest: &Manifest) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = manifest.provider_variables().into_iter().collect();
    for (name, reference) in manifest.secrets() {
        names.insert(name.to_string());
        if reference.provider() == "env" {
            names.insert(reference.path().to_owned());
        }
    }
    names
}

/// The variables that granted secrets are read from, and those secrets.
fn fed(manifest: &Manifest, grants: &Grants) -> BTreeMap<String, SecretName> {
    let granted = grants.names();
    manifest
        .secrets()
        .into_iter()
        .filter(|(name, reference)| reference.provider() == "env" && granted.contains(name))
        .map(|(name, reference)| (reference.path().to_owned(), name.clone()))
        .collect()
}

struct Rules<'a> {
    base: Base,
    withheld: BTreeSet<String>,
    grants: &'a Grants,
    /// Variables that granted secrets are read from.
    fed: BTreeMap<String, SecretName>,
    inherited: BTreeMap<&'a OsStr, &'a OsStr>,
}

impl Rules<'_> {
    fn choose(&self, variables: &[Variable]) -> Result<Inherited, Failure> {
        let mut chosen = Inherited {
            variables: Vec::new(),
            references: Vec::new(),
        };
        for (variable, value) in variables {
            let Some(name) = variable.to_str() else {
                if self.base != Base::Clean {
                    chosen
                        .variables
                        .push((variable.clone(), Source::Plain(value.clone())));
                }
                continue;
            };
            if self.grants.under(name).is_some() || !self.passes(name) {
                continue;
            }
            let source = match self.expand(name, value)? {
                Source::Plain(value) => match referred(name, &value)? {
                    Some((name, reference)) => {
                        chosen.references.push((name.clone(), reference));
                        Source::Secret(name)
                    }
                    None => Source::Plain(value),
                },
                secret @ Source::Secret(_) => secret,
            };
            chosen.variables.push((variable.clone(), source));
        }
        Ok(chosen)
    }

    fn passes(&self, name: &str) -> bool {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        if starts(OURS) || self.withheld.contains(name) {
            return false;
        }
        match self.base {
            Base::Keep => true,
            Base::Inherit => !STORE_LOGINS.contains(&name) && !starts(STORE_LOGIN_PREFIXES),
            Base::Clean => is_for_every_program(name),
        }
    }

    /// Expands a value that is nothing but the name of another variable.
    fn expand(&self, variable: &str, value: &OsStr) -> Result<Source, Failure> {
        let refused = |target: &str, reason: &str| {
            Failure::configuration(format!(
                "the variable {variable} holds the mere name of the variable {target}, {reason}"
            ))
        };
        let mut value = value;
        for _ in 0..EXPANSIONS {
            let Some(target) = value.to_str().and_then(unexpanded) else {
                return Ok(Source::Plain(value.to_owned()));
            };
            if target == variable {
                return Err(refused(
                    target,
                    "which is itself: the client did not expand it; take the entry out of its configuration",
                ));
            }
            if let Some(name) = self.grants.under(target).or_else(|| self.fed.get(target)) {
                return Ok(Source::Secret(name.clone()));
            }
            value = match self.inherited.get(OsStr::new(target)) {
                None => {
                    return Err(refused(
                        target,
                        "which is not set: the client did not expand it",
                    ));
                }
                Some(_) if !self.passes(target) => {
                    return Err(refused(target, "which is not passed to this server"));
                }
                Some(value) => value,
            };
        }
        Err(Failure::configuration(format!(
            "the variable {variable} stands for itself by way of others"
        )))
    }
}

/// Reads a value that is a reference.
fn referred(variable: &str, value: &OsStr) -> Result<Option<(SecretName, SecretRef)>, Failure> {
    let Some(text) = value.to_str() else {
        return Ok(None);
    };
    let Some(read) = reference::read(text, credentials::is_named_like_one(variable)) else {
        return Ok(None);
    };
    let refused = |error: kz_core::Error| {
        Failure::configuration(format!(
            "the variable {variable} holds a reference that cannot be used: {error}"
        ))
    };
    let reference = read.map_err(refused)?;
    let name = variable.parse().map_err(refused)?;
    Ok(Some((name, reference)))
}

/// The name in a value that is literally `$NAME`, `${NAME}` or `${env:NAME}`.
pub(super) fn unexpanded(value: &str) -> Option<&str> {
    let rest = value.strip_prefix('$')?;
    let name = match rest.strip_prefix('{') {
        Some(inner) => {
            let inner = inner.strip_suffix('}')?;
            inner.strip_prefix("env:").unwrap_or(inner)
        }
        None => rest,
    };
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    (starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(name)
}
