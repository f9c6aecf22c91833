//! The backends of the demo: a vault that holds the secrets, a database, an API.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::json;
use testbed::canary::{self, Canary};
use testbed::openbao::{AppRole, OpenBao};
use testbed::postgres::Postgres;
use testbed::upstream::{Reply, Request, Upstream};

use crate::Result;

/// Everything that the servers talk to.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) vault: OpenBao,
    pub(crate) database: Postgres,
    /// Answers as the GitLab API does, with the headers that it received in a file.
    pub(crate) gitlab: Upstream,
    role: AppRole,
    sibling: String,
    directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn start() -> Result<Self> {
        let vault = OpenBao::start()?;
        let database = Postgres::start()?;
        let gitlab = Upstream::start_with(echo_as_file)?;
        let role = vault.app_role("demo", "demo/*");
        let sibling = canary::made_up("sibling");
        let directory = tempfile::Builder::new().prefix("kz-demo-").tempdir()?;
        let secret_id = directory.path().join("vault-secret-id");
        fs::write(&secret_id, &role.secret_id)?;
        fs::set_permissions(&secret_id, fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            vault,
            database,
            gitlab,
            role,
            sibling,
            directory,
        })
    }

    /// Puts `value` into the vault and writes a manifest that says where NAME lives.
    pub(crate) fn manifest(&self, case: &str, name: &str, value: &str) -> Result<PathBuf> {
        let path = format!("demo/{case}");
        self.vault
            .write_secret(&path, &[("value", value), ("sibling", &self.sibling)]);
        let text = format!(
            "[secrets]\n{name} = {{ provider = \"vault\", ref = \"secret/data/{path}#value\" }}\n\n\
             [providers.vault]\naddress = \"{}\"\n\
             auth = {{ method = \"approle\", role_id = \"env://VAULT_ROLE_ID\", \
             secret_id = \"file://{}\" }}\n",
            self.vault.address(),
            self.directory.path().join("vault-secret-id").display(),
        );
        let file = self.directory.path().join(format!("{case}.toml"));
        fs::write(&file, text)?;
        Ok(file)
    }

    /// What `env://VAULT_ROLE_ID` in the manifest refers to; not secret.
    pub(crate) fn role_id(&self) -> &str {
        &self.role.role_id
    }

    /// What kz itself handles and must not show either: how it logs in, what it is given
    /// for that, and the field beside the wanted one.
    pub(crate) fn canaries(&self) -> Vec<Canary> {
        let mut canaries = vec![
            Canary::new("AppRole secret_id", &self.role.secret_id),
            Canary::new("sibling field", &self.sibling),
        ];
        let tokens = self.vault.minted_tokens().into_iter();
        canaries.extend(tokens.map(|token| Canary::new("vault token", token)));
        canaries
    }
}

fn echo_as_file(request: &Request) -> Reply {
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let content = canary::base64(headers.join("\n").as_bytes());
    let file = json!({
        "file_name": "headers", "file_path": "headers", "size": content.len(),
        "encoding": "base64", "content": content, "content_sha256": "0", "ref": "HEAD",
        "blob_id": "0", "commit_id": "0", "last_commit_id": "0",
    });
    Reply::json(200, file.to_string())
}
