//! What can be written on the command line. No secret value can.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use kz_core::{SecretName, SecretRef};
use kz_engine::OpenOptions;

use crate::reference;

/// Keeps secrets out of what an AI model reads.
#[derive(Debug, Parser)]
#[command(name = "kz", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The manifest to use; naming it here is trusting it [default: KEYZERO_CONFIG, then `.keyzero.toml` from here upwards, then the per-user file]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
    /// The environment whose section overlays [secrets] [default: KEYZERO_ENV]
    #[arg(long = "env", global = true, value_name = "NAME")]
    pub(crate) environment: Option<String>,
}

impl Global {
    /// What these options ask of the engine.
    pub(crate) fn open_options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        if let Some(path) = &self.config {
            options = options.path(path);
        }
        if let Some(environment) = &self.environment {
            options = options.environment(environment);
        }
        options
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start an MCP server with its secrets, and mask them in all that it says
    Run(RunArguments),
    /// Copy standard input to standard output without its secrets
    Redact(RedactArguments),
    /// Read the manifest, offline, and say what it declares and every mistake in it
    Check,
    /// Resolve every secret and say where each stands: never a value
    Status,
    /// Trust a manifest that was found by walking up, as it is now
    Trust(TrustArguments),
}

#[derive(Debug, Args)]
#[command(after_long_help = RUN_NOTES)]
pub(crate) struct RunArguments {
    /// Grant what `[servers.SERVER]` lists
    #[arg(long = "as", value_name = "SERVER")]
    pub(crate) server: Option<String>,
    /// Grant these secrets alone; with `--as`, these of that server's
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = parse_name)]
    pub(crate) only: Vec<SecretName>,
    /// Grant one more secret, by reference: never by value
    #[arg(long = "secret", value_name = "NAME=REF", value_parser = parse_secret)]
    pub(crate) secrets: Vec<SecretArgument>,
    /// Pass nothing of the inherited environment but PATH, HOME and the like
    #[arg(long, conflicts_with = "keep_env")]
    pub(crate) clean_env: bool,
    /// Also pass inherited variables named like the login of a secret store
    #[arg(long)]
    pub(crate) keep_env: bool,
    /// Change nothing, count what would have been masked, and say so: for trials
    #[arg(long)]
    pub(crate) report: bool,
    /// The server's command
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

const RUN_NOTES: &str = "\
Environment of the server:
  Granted secrets enter under their names. Of the inherited environment,
  - variables by which kz itself reaches a store, secrets that are declared but
    not granted to this server, and KEYZERO_* never pass;
  - variables named like the login of a store (VAULT_TOKEN, OP_SERVICE_ACCOUNT_TOKEN …)
    pass with --keep-env only;
  - all others pass, unless --clean-env is given. Those named or shaped like
    credentials are masked in what the server says. One that is a reference
    (op://…, vault://…) is resolved, or the start is refused; one that is `$NAME`,
    `${NAME}` or `${env:NAME}` is expanded, or the start is refused.

What the server says:
  Standard output is filtered message by message, standard error as text. The end of a
  text may be the beginning of a secret: it is held until more comes, and without more
  a whole line for 0.2 s, the beginning of a line until the server ends.

Exit status:
  the server's own; 128+n when signal n ended it; 127 when the command is not found,
  126 when it cannot be started; 2 for bad usage or configuration; 1 when a secret
  cannot be resolved. SIGTERM, SIGINT, SIGHUP and SIGQUIT go to the server and all
  that it started. When the server ends, what it started and left behind is ended
  too, and so is all of it when kz is killed.";

#[derive(Debug, Args)]
pub(crate) struct RedactArguments {
    /// Mask one more secret, by reference: never by value
    #[arg(long = "secret", value_name = "NAME=REF", value_parser = parse_secret)]
    pub(crate) secrets: Vec<SecretArgument>,
    /// Mask known secrets alone, not what looks like one
    #[arg(long)]
    pub(crate) no_patterns: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrustArguments {
    /// The manifest
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
}

/// One `--secret NAME=REF`.
#[derive(Debug, Clone)]
pub(crate) struct SecretArgument {
    pub(crate) name: SecretName,
    pub(crate) reference: SecretRef,
}

fn parse_name(text: &str) -> Result<SecretName, kz_core::Error> {
    text.parse()
}

/// Reads `NAME=REF`. No error quotes the text, which may be a secret.
fn parse_secret(text: &str) -> Result<SecretArgument, String> {
    let (name, reference) = text.split_once('=').ok_or("write it as NAME=REF")?;
    let name = name
        .parse()
        .map_err(|error: kz_core::Error| error.to_string())?;
    if !reference::has_known_scheme(reference) {
        return Err(
            "what follows the name is not a reference: write it as `provider://path`; \
             a value never belongs on a command line, and if that was one, replace it"
                .to_owned(),
        );
    }
    let reference = reference
        .parse()
        .map_err(|error: kz_core::Error| error.to_string())?;
    Ok(SecretArgument { name, reference })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_references() {
        let canary = format!("kz-canary-{}", std::process::id());
        for (text, ok) in [
            ("TOKEN=vault://secret/app#token".to_owned(), true),
            ("TOKEN=env://OTHER".to_owned(), true),
            (format!("TOKEN={canary}"), false),
            (format!("TOKEN=postgres://u:{canary}@h/d"), false),
            (format!("TOKEN=https://h/?key={canary}"), false),
            (format!("TOKEN=vault://u:{canary}@h/d"), false),
            (canary.clone(), false),
            (format!("{canary}=env://X"), false),
        ] {
            match parse_secret(&text) {
                Ok(_) => assert!(ok, "{text}"),
                Err(error) => {
                    assert!(!ok, "{text}");
                    assert!(!error.contains(&canary), "{text}");
                }
            }
        }
    }

    #[test]
    fn definitions_are_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
