//! `[providers]`: how stores are reached.

use std::{ops::Range, path::PathBuf};

use kz_core::SecretRef;
use kz_providers::{VaultAuth, VaultConfig};
use url::{Host, Url};

use super::Reader;
use crate::manifest::source::{Node, joined, ordered};

const VAULT: &[&str] = &["address", "namespace", "ca_file", "auth", "kv_version"];
const AUTH: &[&str] = &["method", "token", "role_id", "secret_id", "mount"];

impl Reader<'_, '_> {
    pub(super) fn providers(&mut self, node: &Node<'_>) {
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
                "address" => address = self.address(&subject, node),
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
            if let Some(node) = table.get("ca_file") {
                let place = self.source.place(&node.span());
                self.wants_trust(
                    "providers.vault.ca_file",
                    place,
                    "it says whom to take for the Vault of this user",
                );
            }
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

    /// The address as it is called: parsed here by the standard that the client
    /// follows, so that what is judged is what is connected to.
    fn address(&mut self, subject: &str, node: &Node<'_>) -> Option<String> {
        let text = self.text(subject, node)?;
        let mut refuse = |reason: &str| {
            self.source.mistake(
                subject,
                &node.span(),
                reason,
                Some("write `https://host:port`".to_owned()),
            );
            None
        };
        let Ok(url) = Url::parse(&text) else {
            return refuse("this is not a URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("this is not an HTTP address");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("an address holds no user name and no password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("an address holds no query and no fragment");
        }
        let written = node.get_ref().as_str().unwrap_or_default();
        let own = ["$VAULT_ADDR", "${VAULT_ADDR}", "$BAO_ADDR", "${BAO_ADDR}"].contains(&written);
        // A credential goes where the manifest says, unless that is this machine
        // or what the user's own environment says.
        if !own && !is_loopback(&url) {
            let place = self.source.place(&node.span());
            self.wants_trust(
                subject,
                place,
                "it sends a credential to an address of its own choice",
            );
        }
        Some(url.to_string())
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
        let reference = self.reference_of(&subject, &span, &text, text.parse())?;
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
        let place = self.source.place(&span);
        self.note_program(&subject, &place, &reference);
        Some(reference)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_this_machine() {
        for (address, expected) in [
            ("http://127.0.0.1:8200", true),
            ("https://localhost", true),
            ("https://LOCALHOST:8200", true),
            ("https://[::1]:8200/", true),
            ("https://vault.internal:8200", false),
            ("http://127.0.0.1@evil.example", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://evil.example#127.0.0.1", false),
            ("http://0.0.0.0", false),
            // The standard reads a backslash as a slash.
            ("http:\\\\evil.example://127.0.0.1", false),
            ("http:evil.example://127.0.0.1", false),
            ("http://evil.example\\@127.0.0.1", false),
            ("http://127.0.0.1\t.evil.example", false),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(is_loopback(&url), expected, "{address}");
        }
    }
}
