//! Reads the tables of a manifest. Strict: a key that nobody knows is a mistake.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use kz_core::{SecretName, SecretRef};
use kz_providers::{Environment, VaultAuth, VaultConfig};
use kz_redact::{Mode, PatternLevel, Weak};
use toml::de::DeTable;

use super::{
    expand::expand,
    model::{AuditSettings, Declared, Model, RedactSettings, WantsTrust},
    source::{Node, Source, joined, ordered, shown},
};
use crate::{
    Error,
    constraint::{Constraints, PEM_LABELS, Pattern},
};

const ROOT: &[&str] = &[
    "secrets",
    "servers",
    "providers",
    "proxy",
    "redact",
    "audit",
];
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
const LOCAL: &[&str] = &["provider", "resolver", "ref", "field"];
const VAULT: &[&str] = &["address", "namespace", "ca_file", "auth", "kv_version"];
const AUTH: &[&str] = &["method", "token", "role_id", "secret_id", "mount"];
const REDACT: &[&str] = &["patterns", "mode", "disable", "allow", "rules"];
const RULE: &[&str] = &["id", "regex"];
const AUDIT: &[&str] = &["path", "key"];
const PROXY: &[&str] = &["allowed_hosts"];
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const PLACES: &[&str] = &["header", "query", "path", "basic", "body"];

/// Reads the manifest, its local twin, and the overlay of `environment`.
pub(super) fn manifest(
    path: &Path,
    text: &str,
    local: Option<(&Path, &str)>,
    environment: Option<&str>,
    variables: &Environment,
) -> Result<Model, Error> {
    let mut source = Source::new(path, text);
    let mut model = Model::default();
    if let Some(root) = source.parse() {
        Reader {
            source: &mut source,
            model: &mut model,
            variables,
        }
        .root(&root, environment);
    }
    let mut mistakes = std::mem::take(&mut source.mistakes);
    if let Some((path, text)) = local {
        let mut source = Source::new(path, text);
        if let Some(root) = source.parse() {
            Reader {
                source: &mut source,
                model: &mut model,
                variables,
            }
            .local(&root);
        }
        mistakes.append(&mut source.mistakes);
    }
    note_exec(&mut model);
    if mistakes.is_empty() {
        return Ok(model);
    }
    let shown = path.display().to_string();
    let whence = environment.map_or_else(
        || shown.clone(),
        |environment| format!("{shown}, environment {environment}"),
    );
    Err(Error::mistakes(&whence, mistakes))
}

/// A program that a manifest names runs as the user.
fn note_exec(model: &mut Model) {
    for declared in model
        .secrets
        .iter()
        .filter(|declared| declared.reference.provider() == "exec")
    {
        model.wants_trust.push(WantsTrust {
            subject: declared.name.to_string(),
            place: declared.place.clone(),
            reason: "it starts a program",
        });
    }
}

struct Reader<'r, 't> {
    source: &'r mut Source<'t>,
    model: &'r mut Model,
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
                    .and_then(|table| table.get("secrets"))
                {
                    Some(secrets) => overlays.push((key, node, secrets)),
                    None => self.source.unknown("", key, &span, ROOT),
                },
            }
        }
        for (name, node, _) in &overlays {
            if let Some(table) = self.source.table(name, node) {
                self.source.entries(name, table, &["secrets"]);
            }
        }
        if let Some(environment) = environment {
            match overlays.iter().find(|(name, ..)| *name == environment) {
                Some((name, _, secrets)) => self.overlay(name, secrets),
                None => {
                    let known: Vec<_> = overlays.iter().map(|(name, ..)| *name).collect();
                    let remedy = if known.is_empty() {
                        format!("add [{}.secrets]", shown(environment))
                    } else {
                        format!("choose one of {}, or add its section", known.join(", "))
                    };
                    let subject = format!("environment {}", shown(environment));
                    self.source.mistake(
                        &subject,
                        &(0..0),
                        "the manifest has no section of this environment",
                        Some(remedy),
                    );
                }
            }
        } else {
            // What nobody chose is checked all the same, into a model that is dropped.
            for (name, _, secrets) in &overlays {
                let mut unused = Model::default();
                Reader {
                    source: self.source,
                    model: &mut unused,
                    variables: self.variables,
                }
                .overlay(name, secrets);
            }
        }
        if let Some(servers) = root.get("servers") {
            self.servers(servers);
        }
    }

    fn secrets(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("secrets", node) else {
            return;
        };
        for (key, span, node) in ordered(table) {
            if let Some(declared) = self.secret("secrets", key, &span, node) {
                self.model.secrets.push(declared);
            }
        }
    }

    /// Replaces what the overlay names; it may also declare new ones.
    fn overlay(&mut self, environment: &str, node: &Node<'_>) {
        let path = format!("{environment}.secrets");
        let Some(table) = self.source.table(&path, node) else {
            return;
        };
        for (key, span, node) in ordered(table) {
            let Some(declared) = self.secret(&path, key, &span, node) else {
                continue;
            };
            match self
                .model
                .secrets
                .iter_mut()
                .find(|existing| existing.name == declared.name)
            {
                // A bare reference keeps the conditions that the name has.
                Some(existing) if node.get_ref().is_str() => {
                    existing.reference = declared.reference;
                    existing.place = declared.place;
                }
                Some(existing) => *existing = declared,
                None => self.model.secrets.push(declared),
            }
        }
    }

    fn secret(
        &mut self,
        path: &str,
        key: &str,
        span: &Range<usize>,
        node: &Node<'_>,
    ) -> Option<Declared> {
        let subject = shown(key);
        let name = key
            .parse::<SecretName>()
            .map_err(|error| self.source.explain(&joined(path, &subject), span, &error));
        let place = self.source.place(span);
        if let Some(uri) = node.get_ref().as_str() {
            let reference = uri
                .parse::<SecretRef>()
                .map_err(|error| self.source.explain(&subject, &node.span(), &error));
            return Some(Declared::new(name.ok()?, reference.ok()?, place));
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
        if let Some(default) = table.get("default") {
            let remedy =
                "take it out, and mark the secret `optional = true` if it may be absent".to_owned();
            self.source.mistake(
                &subject,
                &default.span(),
                "there is no `default`: a default secret is a committed secret",
                Some(remedy),
            );
        }
        let reference = self.reference(&subject, table, node);
        let mut known = SECRET.to_vec();
        known.push("default");
        let entries = self.source.entries(&subject, table, &known);
        let mut declared = Declared::new(name.ok()?, reference?, place);
        for (key, node) in entries {
            self.condition(&mut declared, key, node);
        }
        Some(declared)
    }

    /// `provider` (or `resolver`), `ref` and `field`.
    fn reference(
        &mut self,
        subject: &str,
        table: &DeTable<'_>,
        node: &Node<'_>,
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
        let Some(reference) = table.get("ref") else {
            self.source.mistake(
                subject,
                &node.span(),
                "`ref` is missing",
                Some("say where the secret lives".to_owned()),
            );
            return None;
        };
        let text = self.source.string(subject, reference)?;
        let field = match table.get("field") {
            Some(field) => Some(self.source.string(subject, field)?),
            None => None,
        };
        let parsed = match provider {
            Some(provider) => {
                let provider = self.source.string(subject, provider)?;
                SecretRef::from_parts(&provider, &text, field.as_deref())
            }
            None => match text.split_once("://") {
                Some((scheme, _)) => SecretRef::from_parts(scheme, &text, field.as_deref()),
                None => {
                    let remedy = Some("say which, or write `ref` with its scheme".to_owned());
                    self.source.mistake(
                        subject,
                        &reference.span(),
                        "`provider` is missing",
                        remedy,
                    );
                    return None;
                }
            },
        };
        parsed
            .map_err(|error| self.source.explain(subject, &reference.span(), &error))
            .ok()
    }

    fn condition(&mut self, declared: &mut Declared, key: &str, node: &Node<'_>) {
        let subject = declared.name.to_string();
        let constraints: &mut Constraints = &mut declared.constraints;
        match key {
            "optional" => declared.optional = self.source.boolean(&subject, node),
            "public" => declared.public = self.source.boolean(&subject, node),
            "min_length" => constraints.min_length = self.source.number(&subject, node),
            "prefix" => constraints.prefix = self.source.string(&subject, node),
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
                    let remedy = Some(super::suggest::remedy(&label, PEM_LABELS));
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
            "methods" => self.each(&subject, node, "an HTTP method", |text| {
                METHODS.contains(&text)
            }),
            "paths" => self.each(&subject, node, "a path that starts with `/`", |text| {
                text.starts_with('/')
            }),
            "places" => self.each(
                &subject,
                node,
                "a place such as `header:authorization`",
                |text| {
                    let (kind, name) = text.split_once(':').unwrap_or((text, "-"));
                    PLACES.contains(&kind) && !name.is_empty()
                },
            ),
            // `provider`, `ref` and `field` were read; `default` was refused.
            _ => {}
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

    fn each(&mut self, subject: &str, node: &Node<'_>, what: &str, is: impl Fn(&str) -> bool) {
        for (text, span) in self.source.strings(subject, node) {
            if !is(&text) {
                self.source
                    .mistake(subject, &span, format!("this is not {what}"), None);
            }
        }
    }

    fn hosts(&mut self, subject: &str, node: &Node<'_>) {
        for (text, span) in self.source.strings(subject, node) {
            let Some(host) = self.expanded(subject, &text, &span) else {
                continue;
            };
            if !is_host(&host) {
                let remedy =
                    Some("write a host, or `*.` and a suffix, without scheme and path".to_owned());
                self.source
                    .mistake(subject, &span, "this is not a host", remedy);
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
                )
            })
            .ok()
    }

    /// A string in which variables are expanded.
    fn text(&mut self, subject: &str, node: &Node<'_>) -> Option<String> {
        let text = self.source.string(subject, node)?;
        self.expanded(subject, &text, &node.span())
    }

    fn local(&mut self, root: &DeTable<'_>) {
        for (key, node) in self.source.entries("", root, &["secrets"]) {
            let Some(table) = self.source.table(key, node) else {
                continue;
            };
            for (name, span, node) in ordered(table) {
                let subject = shown(name);
                let Some(at) = self
                    .model
                    .secrets
                    .iter()
                    .position(|declared| declared.name.as_str() == name)
                else {
                    let remedy = Some("declare it in the manifest itself".to_owned());
                    self.source.mistake(
                        &subject,
                        &span,
                        "a local file changes existing names only",
                        remedy,
                    );
                    continue;
                };
                let reference = match node.get_ref().as_str() {
                    Some(uri) => uri
                        .parse()
                        .map_err(|error| self.source.explain(&subject, &node.span(), &error))
                        .ok(),
                    None => self.source.table(&subject, node).and_then(|table| {
                        self.source.entries(&subject, table, LOCAL);
                        self.reference(&subject, table, node)
                    }),
                };
                if let Some(reference) = reference {
                    self.model.secrets[at].reference = reference;
                    self.model.secrets[at].place = self.source.place(&span);
                }
            }
        }
    }

    fn servers(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("servers", node) else {
            return;
        };
        for (server, span, node) in ordered(table) {
            let path = joined("servers", &shown(server));
            if server.is_empty() || server.chars().any(char::is_control) {
                self.source
                    .mistake(&path, &span, "this is not a name of a server", None);
                continue;
            }
            let Some(table) = self.source.table(&path, node) else {
                continue;
            };
            let mut grants = Vec::new();
            for (_, node) in self.source.entries(&path, table, &["secrets"]) {
                let Some(items) = node.get_ref().as_array() else {
                    let remedy = Some("write `[\"NAME\", { VARIABLE = \"NAME\" }]`".to_owned());
                    self.source
                        .mistake(&path, &node.span(), "`secrets` is not a list", remedy);
                    continue;
                };
                for item in items {
                    self.grant(&path, item, &mut grants);
                }
            }
            self.model.servers.push((server.to_owned(), grants));
        }
    }

    fn grant(&mut self, path: &str, item: &Node<'_>, grants: &mut Vec<(SecretName, SecretName)>) {
        let pairs: Vec<(String, String, Range<usize>)> =
            match (item.get_ref().as_str(), item.get_ref().as_table()) {
                (Some(name), _) => vec![(name.to_owned(), name.to_owned(), item.span())],
                (None, Some(table)) => ordered(table)
                    .into_iter()
                    .filter_map(|(child, _, node)| {
                        Some((
                            child.to_owned(),
                            self.source.string(path, node)?,
                            node.span(),
                        ))
                    })
                    .collect(),
                (None, None) => {
                    let remedy = Some("write `\"NAME\"` or `{ VARIABLE = \"NAME\" }`".to_owned());
                    self.source
                        .mistake(path, &item.span(), "this grants nothing", remedy);
                    return;
                }
            };
        for (child, name, span) in pairs {
            let declared = self
                .model
                .secrets
                .iter()
                .find(|declared| declared.name.as_str() == name);
            let Some(name) = declared.map(|declared| declared.name.clone()) else {
                let known: Vec<_> = self
                    .model
                    .secrets
                    .iter()
                    .map(|declared| declared.name.as_str())
                    .collect();
                let remedy = super::suggest::remedy(&name, &known);
                self.source.mistake(
                    path,
                    &span,
                    format!("{} is not declared", shown(&name)),
                    Some(remedy),
                );
                continue;
            };
            match child.parse() {
                Ok(child) if grants.iter().any(|(existing, _)| *existing == child) => {
                    self.source
                        .mistake(path, &span, format!("{child} is granted twice"), None);
                }
                Ok(child) => grants.push((child, name)),
                Err(error) => self
                    .source
                    .explain(&joined(path, &shown(&child)), &span, &error),
            }
        }
    }

    fn providers(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("providers", node) else {
            return;
        };
        for (key, span, node) in ordered(table) {
            if matches!(key, "vault" | "openbao" | "hashicorp") {
                if self.model.vault.is_some() {
                    self.source.mistake(
                        &joined("providers", key),
                        &span,
                        "the Vault is configured twice",
                        None,
                    );
                }
                self.vault(node, &span);
            } else {
                self.source.unknown("providers", key, &span, &["vault"]);
            }
        }
    }

    fn vault(&mut self, node: &Node<'_>, span: &Range<usize>) {
        let path = "providers.vault";
        let Some(table) = self.source.table(path, node) else {
            return;
        };
        let (mut address, mut auth, mut namespace, mut ca_file, mut kv_version) =
            (None, None, None, None, None);
        for (key, node) in self.source.entries(path, table, VAULT) {
            let subject = joined(path, key);
            match key {
                "address" => {
                    address = self.text(&subject, node);
                    if let Some(address) = &address {
                        self.note_address(&subject, node, address);
                    }
                }
                "namespace" => namespace = self.text(&subject, node),
                "ca_file" => ca_file = self.text(&subject, node).map(PathBuf::from),
                "auth" => auth = self.auth(node),
                _ => {
                    kv_version = self
                        .source
                        .number(&subject, node)
                        .and_then(|version| u8::try_from(version).ok());
                    if !matches!(kv_version, Some(1 | 2)) {
                        self.choice(&subject, "kv_version", node, &["1", "2"]);
                    }
                }
            }
        }
        if address.is_none() && table.get("address").is_none() {
            address = self
                .variables
                .first(&["VAULT_ADDR", "BAO_ADDR"])
                .map(str::to_owned);
            if address.is_none() {
                let remedy = Some("add it, or set VAULT_ADDR".to_owned());
                self.source
                    .mistake(path, span, "`address` is missing", remedy);
            }
        }
        if auth.is_none() && table.get("auth").is_none() {
            auth = ["VAULT_TOKEN", "BAO_TOKEN"]
                .into_iter()
                .find(|name| self.variables.text(name).is_some())
                .and_then(|name| format!("env://{name}").parse().ok())
                .map(|token| VaultAuth::Token { token });
            if auth.is_none() {
                let remedy =
                    Some("add `auth = { method = \"approle\", … }`, or set VAULT_TOKEN".to_owned());
                self.source.mistake(path, span, "`auth` is missing", remedy);
            }
        }
        if let (Some(address), Some(auth)) = (address, auth) {
            let mut config = VaultConfig::new(address, auth);
            config.namespace = namespace;
            config.ca_file = ca_file;
            config.kv_version = kv_version;
            self.model.vault = Some(config);
        }
    }

    /// A credential goes where the manifest says, unless that is this machine or
    /// what the user's own environment says.
    fn note_address(&mut self, subject: &str, node: &Node<'_>, address: &str) {
        let written = node.get_ref().as_str().unwrap_or_default();
        let own = ["$VAULT_ADDR", "${VAULT_ADDR}", "$BAO_ADDR", "${BAO_ADDR}"].contains(&written);
        if !own && !is_loopback(address) {
            let place = self.source.place(&node.span());
            self.model.wants_trust.push(WantsTrust {
                subject: subject.to_owned(),
                place,
                reason: "it sends a credential to an address of its own choice",
            });
        }
    }

    fn auth(&mut self, node: &Node<'_>) -> Option<VaultAuth> {
        let path = "providers.vault.auth";
        let table = self.source.table(path, node)?;
        let entries = self.source.entries(path, table, AUTH);
        let mut part = |wanted: &str| -> Option<(String, Range<usize>)> {
            let (_, node) = entries.iter().find(|(key, _)| *key == wanted)?;
            Some((
                self.source.string(&joined(path, wanted), node)?,
                node.span(),
            ))
        };
        let (method, token, role_id, secret_id, mount) = (
            part("method"),
            part("token"),
            part("role_id"),
            part("secret_id"),
            part("mount"),
        );
        match method.as_ref().map(|(method, _)| method.as_str()) {
            Some("token") => Some(VaultAuth::Token {
                token: self.credential(path, "token", token, node)?,
            }),
            Some("approle") => {
                let role_id = self.credential(path, "role_id", role_id, node);
                let secret_id = self.credential(path, "secret_id", secret_id, node);
                let mount = mount.map_or_else(|| "approle".to_owned(), |(mount, _)| mount);
                Some(VaultAuth::AppRole {
                    role_id: role_id?,
                    secret_id: secret_id?,
                    mount,
                })
            }
            _ => {
                self.choice(path, "method", node, &["approle", "token"]);
                None
            }
        }
    }

    fn credential(
        &mut self,
        path: &str,
        key: &str,
        part: Option<(String, Range<usize>)>,
        node: &Node<'_>,
    ) -> Option<SecretRef> {
        let subject = joined(path, key);
        let Some((text, span)) = part else {
            let remedy = Some("add a reference, such as `env://NAME` or `file:///path`".to_owned());
            self.source.mistake(
                &subject,
                &node.span(),
                format!("`{key}` is missing"),
                remedy,
            );
            return None;
        };
        let reference: SecretRef = text
            .parse()
            .map_err(|error| self.source.explain(&subject, &span, &error))
            .ok()?;
        if reference.provider() == "vault" {
            let remedy = Some("take it from env, file, dotenv or exec".to_owned());
            self.source.mistake(
                &subject,
                &span,
                "a credential of the Vault cannot come from the Vault",
                remedy,
            );
            return None;
        }
        if reference.provider() == "exec" {
            let place = self.source.place(&span);
            self.model.wants_trust.push(WantsTrust {
                subject,
                place,
                reason: "it starts a program",
            });
        }
        Some(reference)
    }

    fn proxy(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("proxy", node) else {
            return;
        };
        for (key, node) in self.source.entries("proxy", table, PROXY) {
            self.hosts(&joined("proxy", key), node);
        }
    }

    fn redact(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("redact", node) else {
            return;
        };
        for (key, node) in self.source.entries("redact", table, REDACT) {
            let subject = joined("redact", key);
            match key {
                "patterns" => match self.source.string(&subject, node).as_deref() {
                    Some("default") => self.model.redact.patterns = PatternLevel::Default,
                    Some("strict") => self.model.redact.patterns = PatternLevel::Strict,
                    Some("off") => self.model.redact.patterns = PatternLevel::Off,
                    Some(_) => self.choice(&subject, key, node, &["default", "strict", "off"]),
                    None => {}
                },
                "mode" => match self.source.string(&subject, node).as_deref() {
                    Some("redact") => self.model.redact.mode = Mode::Redact,
                    Some("block") => self.model.redact.mode = Mode::Block,
                    Some("report") => self.model.redact.mode = Mode::Report,
                    Some(_) => self.choice(&subject, key, node, &["redact", "block", "report"]),
                    None => {}
                },
                "disable" => {
                    let rules = self.source.strings(&subject, node);
                    self.model
                        .redact
                        .disable
                        .extend(rules.into_iter().map(|(rule, _)| rule));
                }
                "allow" => {
                    let texts = self.source.strings(&subject, node);
                    self.model
                        .redact
                        .allow
                        .extend(texts.into_iter().map(|(text, _)| text));
                }
                _ => self.rules(&subject, node),
            }
        }
        // What the redactor itself refuses is a mistake of the manifest.
        if let Err(error) = self.model.redact.redactor() {
            let remedy = error.remedy().map(str::to_owned);
            self.source
                .mistake("redact", &node.span(), error.reason(), remedy);
            self.model.redact = RedactSettings::default();
        }
    }

    fn rules(&mut self, subject: &str, node: &Node<'_>) {
        let Some(items) = node.get_ref().as_array() else {
            self.source.mistake(
                subject,
                &node.span(),
                "this is not a list of tables",
                Some("write [[redact.rules]]".to_owned()),
            );
            return;
        };
        for item in items {
            let Some(table) = self.source.table(subject, item) else {
                continue;
            };
            let (mut id, mut regex) = (None, None);
            for (key, node) in self.source.entries(subject, table, RULE) {
                let text = self.source.string(subject, node);
                if key == "id" { id = text } else { regex = text }
            }
            match (id, regex) {
                (Some(id), Some(regex)) => self.model.redact.rules.push((id, regex)),
                _ => self.source.mistake(
                    subject,
                    &item.span(),
                    "a rule has an `id` and a `regex`",
                    None,
                ),
            }
        }
    }

    fn audit(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("audit", node) else {
            return;
        };
        let (mut path, mut key_file) = (None, None);
        for (key, node) in self.source.entries("audit", table, AUDIT) {
            let text = self.text(&joined("audit", key), node).map(PathBuf::from);
            if key == "path" {
                path = text
            } else {
                key_file = text
            }
        }
        let place = self.source.place(&node.span());
        match path {
            Some(path) => {
                let reason = "it writes to a file of its own choice";
                self.model.wants_trust.push(WantsTrust {
                    subject: "audit.path".to_owned(),
                    place,
                    reason,
                });
                self.model.audit = Some(AuditSettings {
                    path,
                    key: key_file,
                });
            }
            None => self.source.mistake(
                "audit",
                &node.span(),
                "`path` is missing",
                Some("name the file to write to".to_owned()),
            ),
        }
    }
}

fn is_host(text: &str) -> bool {
    let host = text.strip_prefix("*.").unwrap_or(text);
    let (host, port) = host.split_once(':').unwrap_or((host, "1"));
    let labels = host.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    });
    labels && port.parse::<u16>().is_ok()
}

fn is_loopback(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_this_machine() {
        for (address, expected) in [
            ("http://127.0.0.1:8200", true),
            ("https://localhost", true),
            ("https://[::1]:8200/", true),
            ("https://vault.internal:8200", false),
            ("http://127.0.0.1@evil.example", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://evil.example#127.0.0.1", false),
            ("http://0.0.0.0", false),
        ] {
            assert_eq!(is_loopback(address), expected, "{address}");
        }
    }

    #[test]
    fn what_is_a_host() {
        for (text, expected) in [
            ("api.github.com", true),
            ("*.amazonaws.com", true),
            ("localhost:8080", true),
            ("https://x", false),
            ("a/b", false),
            ("", false),
            ("*", false),
            ("a..b", false),
            ("x:99999", false),
        ] {
            assert_eq!(is_host(text), expected, "{text}");
        }
    }
}
