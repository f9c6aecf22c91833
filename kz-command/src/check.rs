//! `kz check`

use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use kz_engine::Manifest;

use crate::{cli::Global, failure::Failure};

/// Reads the manifest, offline, and prints what it declares.
pub(crate) fn check(global: &Global) -> Result<ExitCode, Failure> {
    let manifest = global.open_options().load()?;
    let _ = std::io::stdout().write_all(describe(&manifest).as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn describe(manifest: &Manifest) -> String {
    let mut text = String::new();
    if let Some(path) = manifest.path() {
        let _ = write!(text, "{}", path.display());
    }
    if let Some(environment) = manifest.environment() {
        let _ = write!(text, ", environment {environment}");
    }
    text.push('\n');
    let secrets = manifest.secrets();
    let width = secrets
        .iter()
        .map(|(name, _)| name.as_str().len())
        .max()
        .unwrap_or_default();
    for (name, reference) in &secrets {
        let _ = writeln!(text, "{:width$}  {reference}", name.as_str());
    }
    for server in manifest.servers() {
        let grants: Vec<String> = manifest
            .grants(server)
            .unwrap_or_default()
            .iter()
            .map(|(variable, name)| {
                if variable == name {
                    name.to_string()
                } else {
                    format!("{variable} = {name}")
                }
            })
            .collect();
        let _ = writeln!(text, "server {server}: {}", grants.join(", "));
    }
    text
}
