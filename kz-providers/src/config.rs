use std::path::PathBuf;

use kz_core::SecretRef;

use crate::Environment;

/// What the providers need to know, from the manifest and the environment.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProvidersConfig {
    /// What relative paths of `dotenv` and `file` references are taken against:
    /// the folder of the manifest. Empty means the working directory.
    pub base_directory: PathBuf,
    /// `[providers.vault]`. Without it, `VAULT_ADDR`, `VAULT_TOKEN`,
    /// `VAULT_NAMESPACE` and `VAULT_CACERT` (or the same with `BAO_`) are read.
    pub vault: Option<VaultConfig>,
    /// The environment that `env` references, proxies and trust stores are read from.
    pub environment: Environment,
}

/// Variables by which Vault's own clients, and so kz, are given a credential.
const CREDENTIAL_VARIABLES: &[&str] = &["BAO_TOKEN", "VAULT_SECRET_ID", "VAULT_TOKEN"];

impl ProvidersConfig {
    /// Names of the environment variables that hold kz's own credentials: for no
    /// program that kz starts.
    pub fn credential_variables(&self) -> Vec<String> {
        let configured = self.vault.iter().flat_map(|vault| vault.auth.references());
        let configured = configured.filter(|reference| reference.provider() == "env");
        let mut names: Vec<_> = CREDENTIAL_VARIABLES
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        names.extend(configured.map(|reference| reference.path().to_owned()));
        names.sort();
        names.dedup();
        names
    }
}

/// How to reach a Vault or OpenBao.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VaultConfig {
    /// `https://host:port`, without path.
    pub address: String,
    /// The namespace, where there is one.
    pub namespace: Option<String>,
    /// A PEM file of further roots to trust.
    pub ca_file: Option<PathBuf>,
    /// How to log in.
    pub auth: VaultAuth,
    /// The version of the KV engine, where it cannot be asked for: 1 or 2.
    pub kv_version: Option<u8>,
}

impl VaultConfig {
    /// A Vault at `address`, logged in to by `auth`.
    pub fn new(address: impl Into<String>, auth: VaultAuth) -> Self {
        Self {
            address: address.into(),
            namespace: None,
            ca_file: None,
            auth,
            kv_version: None,
        }
    }
}

/// How kz logs in to a Vault. The credentials are references themselves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum VaultAuth {
    /// A token that exists already.
    Token {
        /// Where it lives.
        token: SecretRef,
    },
    /// A role and its secret id, exchanged for a token.
    AppRole {
        /// Where the role id lives.
        role_id: SecretRef,
        /// Where the secret id lives.
        secret_id: SecretRef,
        /// Where the method is mounted; `approle` by default.
        mount: String,
    },
}

impl VaultAuth {
    /// Every reference by which kz reaches the Vault.
    pub fn references(&self) -> Vec<&SecretRef> {
        match self {
            Self::Token { token } => vec![token],
            Self::AppRole {
                role_id, secret_id, ..
            } => vec![role_id, secret_id],
        }
    }
}
