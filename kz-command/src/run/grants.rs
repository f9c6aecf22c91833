//! Which secrets a server is granted, and under which variables.

use kz_core::SecretName;
use kz_engine::Manifest;

use crate::{cli::RunArguments, failure::Failure};

/// The server's secrets: variable and declared NAME.
#[derive(Debug)]
pub(crate) struct Grants(Vec<(SecretName, SecretName)>);

impl Grants {
    /// Chooses by `--as`, `--only` and `--secret`. A manifest that divides its
    /// secrets among servers gives none of them away without one of the first two.
    pub(crate) fn choose(manifest: &Manifest, arguments: &RunArguments) -> Result<Self, Failure> {
        let declared: Vec<SecretName> = manifest
            .secrets()
            .iter()
            .map(|(name, _)| (*name).clone())
            .collect();
        let extra: Vec<SecretName> = arguments
            .secrets
            .iter()
            .map(|secret| secret.name.clone())
            .collect();
        let server = match &arguments.server {
            None => None,
            Some(server) => Some(
                manifest
                    .grants(server)
                    .ok_or_else(|| unknown_server(&manifest.servers()))?,
            ),
        };
        if server.is_none() && arguments.only.is_empty() && !manifest.servers().is_empty() {
            return Err(Failure::configuration(format!(
                "the manifest divides its secrets among servers: say which with `--as` ({}), \
                 or which secrets with `--only` ({})",
                manifest.servers().join(", "),
                join(&declared)
            )));
        }
        Self::combine(declared, extra, server, &arguments.only)
    }

    fn combine(
        declared: Vec<SecretName>,
        extra: Vec<SecretName>,
        server: Option<Vec<(SecretName, SecretName)>>,
        only: &[SecretName],
    ) -> Result<Self, Failure> {
        let mut pairs = server.unwrap_or_else(|| {
            declared
                .into_iter()
                .map(|name| (name.clone(), name))
                .collect()
        });
        for name in only {
            if !extra.contains(name) && pairs.iter().all(|(_, granted)| granted != name) {
                let names: Vec<_> = pairs.into_iter().map(|(_, granted)| granted).collect();
                return Err(Failure::configuration(format!(
                    "`--only` names a secret that is not there to grant; there are: {}",
                    join(&names)
                )));
            }
        }
        if !only.is_empty() {
            pairs.retain(|(_, name)| only.contains(name));
        }
        for name in extra {
            pairs.retain(|(variable, _)| *variable != name);
            pairs.push((name.clone(), name));
        }
        Ok(Self(pairs))
    }

    /// Variable and NAME of each.
    pub(crate) fn pairs(&self) -> &[(SecretName, SecretName)] {
        &self.0
    }

    /// The NAME granted under a variable.
    pub(crate) fn under(&self, variable: &str) -> Option<&SecretName> {
        self.0
            .iter()
            .find(|(granted, _)| granted.as_str() == variable)
            .map(|(_, name)| name)
    }

    /// Each NAME once.
    pub(crate) fn names(&self) -> Vec<SecretName> {
        let mut names: Vec<SecretName> = Vec::new();
        for (_, name) in &self.0 {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The variables, as text.
    pub(crate) fn variables(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(variable, _)| variable.to_string())
            .collect()
    }
}

fn unknown_server(servers: &[&str]) -> Failure {
    Failure::configuration(if servers.is_empty() {
        "`--as` names a server, and no [servers] table is in use".to_owned()
    } else {
        format!(
            "`--as` names a server that the manifest does not list; it lists: {}",
            servers.join(", ")
        )
    })
}

fn join(names: &[SecretName]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut names: Vec<&str> = names.iter().map(SecretName::as_str).collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    fn names(texts: &str) -> Vec<SecretName> {
        texts.split_whitespace().map(name).collect()
    }

    #[test]
    fn combinations() {
        let server = || Some(vec![(name("A"), name("A")), (name("AS_B"), name("B"))]);
        for (case, extra, server, only, expected) in [
            ("all", "", None, "", Some("A=A B=B C=C")),
            ("only", "", None, "C", Some("C=C")),
            ("only, unknown", "", None, "D", None),
            ("only an extra", "D=", None, "D", Some("D=D")),
            ("extra beside all", "D=", None, "", Some("A=A B=B C=C D=D")),
            ("extra over declared", "A=", None, "", Some("B=B C=C A=A")),
            ("server", "", server(), "", Some("A=A AS_B=B")),
            ("server, narrowed", "", server(), "B", Some("AS_B=B")),
            ("server, not its own", "", server(), "C", None),
            (
                "server and extra",
                "D=",
                server(),
                "",
                Some("A=A AS_B=B D=D"),
            ),
        ] {
            let combined = Grants::combine(
                names("A B C"),
                names(&extra.replace('=', "")),
                server,
                &names(only),
            );
            let text = combined.ok().map(|grants| {
                grants
                    .pairs()
                    .iter()
                    .map(|(variable, name)| format!("{variable}={name}"))
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            assert_eq!(text.as_deref(), expected, "{case}");
        }
    }
}
