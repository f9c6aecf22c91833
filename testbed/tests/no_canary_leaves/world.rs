//! A vault with documents and a database, and manifests that point at them.

use std::fs;
use std::path::{Path, PathBuf};

use testbed::canary::Canary;
use testbed::openbao::{AppRole, OpenBao};
use testbed::postgres::Postgres;
use testbed::require;

use crate::scenario::{Login, Scenario};

pub(crate) struct World {
    pub(crate) vault: OpenBao,
    pub(crate) database: Postgres,
    role: AppRole,
    token: String,
    dead_token: String,
}

impl World {
    pub(crate) fn start() -> Option<Self> {
        let vault = require("OpenBao", OpenBao::start())?;
        let database = require("PostgreSQL", Postgres::start())?;
        let role = vault.app_role("app", "app/*");
        let token = vault.token(&["app"], "1h");
        let dead_token = vault.token(&["app"], "1h");
        vault.revoke(&dead_token);
        Some(Self {
            vault,
            database,
            role,
            token,
            dead_token,
        })
    }

    /// Writes the manifest of a scenario into `directory`; gives it and the variables
    /// that its `env://` references name.
    pub(crate) fn manifest(
        &self,
        scenario: &Scenario,
        directory: &Path,
        audit: &Path,
    ) -> (PathBuf, Vec<(&'static str, String)>) {
        let approle = "{ method = \"approle\", role_id = \"env://VAULT_ROLE_ID\", \
                       secret_id = \"env://VAULT_SECRET_ID\" }";
        let token = "{ method = \"token\", token = \"env://VAULT_TOKEN\" }";
        let role = ("VAULT_ROLE_ID", self.role.role_id.clone());
        let (auth, variables) = match &scenario.login {
            Login::AppRole => (
                approle,
                vec![role, ("VAULT_SECRET_ID", self.role.secret_id.clone())],
            ),
            Login::WrongSecretId(id) => (approle, vec![role, ("VAULT_SECRET_ID", id.clone())]),
            Login::Token => (token, vec![("VAULT_TOKEN", self.token.clone())]),
            Login::DeadToken => (token, vec![("VAULT_TOKEN", self.dead_token.clone())]),
        };
        let text = format!(
            "[secrets]\nDATABASE_URL = {{ provider = \"vault\", ref = \"secret/data/{}#{}\" }}\n\n\
             [providers.vault]\naddress = \"{}\"\nauth = {auth}\n\n[audit]\npath = \"{}\"\n",
            scenario.path,
            scenario.field,
            scenario.address,
            audit.display(),
        );
        let path = directory.join("manifest.toml");
        fs::write(&path, text).unwrap();
        (path, variables)
    }

    pub(crate) fn minted_tokens(&self) -> Vec<String> {
        let mut tokens = self.vault.minted_tokens();
        // These were made by the test, not by a login of kz.
        tokens.retain(|token| *token != self.token && *token != self.dead_token);
        tokens
    }

    /// What kz logs in with and what it is given for that.
    pub(crate) fn credentials(&self, scenario: &Scenario) -> Vec<Canary> {
        let mut canaries = vec![
            Canary::new("AppRole secret_id", &self.role.secret_id),
            Canary::new("vault token", &self.token),
            Canary::new("revoked vault token", &self.dead_token),
        ];
        if let Login::WrongSecretId(id) = &scenario.login {
            canaries.push(Canary::new("wrong secret_id", id));
        }
        let minted = self.minted_tokens().into_iter();
        canaries.extend(minted.map(|token| Canary::new("minted vault token", token)));
        canaries
    }
}
