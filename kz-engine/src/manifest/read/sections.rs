//! `[proxy]`, `[redact]` and `[audit]`.

use std::path::PathBuf;

use kz_redact::{Mode, OnRequest, PatternLevel, Redactor};
use toml::de::DeTable;

use super::Reader;
use crate::manifest::{
    model::{AuditSettings, RedactSettings},
    source::{Node, joined},
    suggest,
};

const REDACT: &[&str] = &["patterns", "mode", "disable", "allow", "rules", "forms"];
const RULE: &[&str] = &["id", "regex"];
const AUDIT: &[&str] = &["path", "key"];
const PROXY: &[&str] = &["allowed_hosts"];

impl Reader<'_, '_> {
    pub(super) fn proxy(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("proxy", node) else {
            return;
        };
        for (key, node) in self.source.entries("proxy", table, PROXY) {
            self.hosts(&joined("proxy", key), node);
        }
    }

    pub(super) fn redact(&mut self, node: &Node<'_>) {
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
                    Some("report") => {
                        self.model.redact.mode = Mode::Report;
                        let place = self.source.place(&node.span());
                        self.wants_trust(&subject, place, "it turns masking off");
                    }
                    Some(_) => self.choice(&subject, key, node, &["redact", "block", "report"]),
                    None => {}
                },
                "disable" => self.disable(table, &subject, node),
                "allow" => {
                    let texts = self.source.strings(&subject, node);
                    self.model
                        .redact
                        .allow
                        .extend(texts.into_iter().map(|(text, _)| text));
                }
                "forms" => self.forms(&subject, node),
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

    fn disable(&mut self, redact: &DeTable<'_>, subject: &str, node: &Node<'_>) {
        let own = redact
            .get("rules")
            .and_then(|rules| rules.get_ref().as_array());
        let own: Vec<_> = own
            .into_iter()
            .flatten()
            .filter_map(|rule| rule.get_ref().as_table()?.get("id")?.get_ref().as_str())
            .collect();
        let ids = Redactor::rule_ids();
        for (rule, span) in self.source.strings(subject, node) {
            if ids.contains(&rule.as_str()) || own.contains(&rule.as_str()) {
                self.model.redact.disable.push(rule);
            } else {
                let remedy =
                    suggest::nearest(&rule, &ids).map(|id| format!("did you mean `{id}`?"));
                self.source
                    .mistake(subject, &span, "there is no rule of this id", remedy);
            }
        }
    }

    fn forms(&mut self, subject: &str, node: &Node<'_>) {
        for (name, span) in self.source.strings(subject, node) {
            match name.parse::<OnRequest>() {
                Ok(form) => self.model.redact.forms.push(form),
                Err(error) => {
                    let remedy = error.remedy().map(str::to_owned);
                    self.source.mistake(subject, &span, error.reason(), remedy);
                }
            }
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
                if key == "id" {
                    id = text;
                } else {
                    regex = text;
                }
            }
            match (id, regex) {
                (Some(id), Some(regex)) => {
                    let alone = Redactor::builder()
                        .patterns(PatternLevel::Off)
                        .rule(id.as_str(), regex.as_str());
                    match alone.build() {
                        Ok(_) => self.model.redact.rules.push((id, regex)),
                        Err(error) => {
                            let remedy = error.remedy().map(str::to_owned);
                            self.source
                                .mistake(subject, &item.span(), error.reason(), remedy);
                        }
                    }
                }
                _ => self.source.mistake(
                    subject,
                    &item.span(),
                    "a rule has an `id` and a `regex`",
                    None,
                ),
            }
        }
    }

    pub(super) fn audit(&mut self, node: &Node<'_>) {
        let Some(table) = self.source.table("audit", node) else {
            return;
        };
        let (mut path, mut key_file) = (None, None);
        for (key, node) in self.source.entries("audit", table, AUDIT) {
            let text = self.text(&joined("audit", key), node).map(PathBuf::from);
            if key == "path" {
                path = text;
            } else {
                key_file = text;
            }
        }
        let place = self.source.place(&node.span());
        match path {
            Some(path) => {
                self.wants_trust("audit.path", place, "it writes to a file of its own choice");
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
