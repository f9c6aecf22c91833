//! `[servers]`: which server is granted what.

use std::ops::Range;

use kz_core::SecretName;

use super::Reader;
use crate::manifest::{
    source::{Node, joined, ordered, shown},
    suggest,
};

impl Reader<'_, '_> {
    pub(super) fn servers(&mut self, node: &Node<'_>) {
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
                // Declared in another environment: granted there.
                if self.names.contains(&name) {
                    continue;
                }
                let known: Vec<_> = self
                    .model
                    .secrets
                    .iter()
                    .map(|declared| declared.name.as_str())
                    .collect();
                let remedy = suggest::remedy(&name, &known);
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
}
