//! A real OpenBao in development mode, and the calls that fill it.
//!
//! OpenBao speaks the Vault API. Development mode keeps everything in memory, mounts a
//! KV v2 engine at `secret/` and starts unsealed. The file audit device is on with raw
//! values, so that a test can learn which tokens were minted ([`OpenBao::minted_tokens`]).

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::leash::Leash;
use crate::{Result, canary, free_port, http, tools};

/// A running OpenBao; stops when dropped.
#[derive(Debug)]
pub struct OpenBao {
    // First, so that the server is gone before its directory.
    leash: Leash,
    directory: tempfile::TempDir,
    address: String,
    root_token: String,
    ca_pem: Option<String>,
}

/// What an AppRole logs in with.
#[derive(Debug, Clone)]
pub struct AppRole {
    /// Not secret.
    pub role_id: String,
    /// Secret.
    pub secret_id: String,
}

impl OpenBao {
    /// Starts one on a plain listener.
    ///
    /// # Errors
    /// When the program cannot be had or does not become ready in 20 s.
    pub fn start() -> Result<Self> {
        Self::start_on_some_port(false)
    }

    /// Starts one on a TLS listener with an authority of its own: [`OpenBao::ca_path`].
    ///
    /// # Errors
    /// As [`OpenBao::start`].
    pub fn start_tls() -> Result<Self> {
        Self::start_on_some_port(true)
    }

    fn start_on_some_port(tls: bool) -> Result<Self> {
        // It also takes the port after the one it is told; either may be in use.
        let mut last = None;
        for _ in 0..4 {
            match Self::start_once(tls, free_port()) {
                Ok(server) => return Ok(server),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("the loop ran at least once, and each round that failed left an error"))
    }

    fn start_once(tls: bool, port: u16) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("kz-openbao-").tempdir()?;
        let path = directory.path();
        let audit = path.join("audit.log");
        let config = path.join("config.hcl");
        fs::write(
            &config,
            format!(
                "audit \"file\" \"raw\" {{\n  options {{\n    file_path = \"{}\"\n    \
                 log_raw = \"true\"\n  }}\n}}\n",
                audit.display()
            ),
        )?;
        let root_token = canary::made_up("root-token");
        let mut command = Command::new(tools::bao()?);
        command.args(["server", "-dev", "-dev-no-store-token"]);
        command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        command.arg(format!("-config={}", config.display()));
        if tls {
            command
                .arg("-dev-tls")
                .arg(format!("-dev-tls-cert-dir={}", path.display()));
        }
        command
            .env("BAO_DEV_ROOT_TOKEN_ID", &root_token)
            .env("HOME", path)
            .current_dir(path);
        for name in [
            "BAO_ADDR",
            "BAO_TOKEN",
            "VAULT_ADDR",
            "VAULT_TOKEN",
            "VAULT_NAMESPACE",
        ] {
            command.env_remove(name);
        }
        let leash = Leash::start(&command, "TERM", &path.join("bao.log"))?;
        let scheme = if tls { "https" } else { "http" };
        let address = format!("{scheme}://127.0.0.1:{port}");
        let ca_file = path.join("vault-ca.pem");
        let mut ca_pem = None;
        leash.wait_ready(Duration::from_secs(20), || {
            if tls {
                // Whole only when its last line is there.
                let pem = fs::read_to_string(&ca_file).ok()?;
                pem.trim_end()
                    .ends_with("-----END CERTIFICATE-----")
                    .then_some(())?;
                ca_pem = Some(pem);
            }
            // The mount of `secret/` comes after the listener; the token after both.
            let url = format!("{address}/v1/secret/config");
            let headers = [("x-vault-token", &*root_token)];
            let answer = http::request("GET", &url, &headers, b"", ca_pem.as_deref()).ok()?;
            (answer.status == 200).then_some(())
        })?;
        Ok(Self {
            leash,
            directory,
            address,
            root_token,
            ca_pem,
        })
    }

    /// `http://127.0.0.1:PORT`, or `https` after [`OpenBao::start_tls`].
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token that may do everything.
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// The authority of the TLS listener, a PEM file; it lives as long as this value.
    ///
    /// # Panics
    /// When the server was started without TLS.
    pub fn ca_path(&self) -> PathBuf {
        assert!(self.ca_pem.is_some(), "started without TLS");
        self.directory.path().join("vault-ca.pem")
    }

    /// Process id of the server.
    pub fn pid(&self) -> u32 {
        self.leash.pid()
    }

    /// Any call of the API with the root token: `("POST", "sys/mounts/kv1", json!({…}))`.
    ///
    /// # Errors
    /// When the connection fails. A refusal by the server is a [`http::Response`].
    pub fn call(&self, method: &str, path: &str, body: &Value) -> std::io::Result<http::Response> {
        self.call_as(&self.root_token, None, method, path, body)
    }

    /// [`OpenBao::call`] with another token and, if given, in a namespace.
    ///
    /// # Errors
    /// As [`OpenBao::call`].
    pub fn call_as(
        &self,
        token: &str,
        namespace: Option<&str>,
        method: &str,
        path: &str,
        body: &Value,
    ) -> std::io::Result<http::Response> {
        let url = format!("{}/v1/{path}", self.address);
        let mut headers = vec![
            ("x-vault-token", token),
            ("content-type", "application/json"),
        ];
        headers.extend(namespace.map(|namespace| ("x-vault-namespace", namespace)));
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        http::request(method, &url, &headers, &body, self.ca_pem.as_deref())
    }

    /// [`OpenBao::call`] that must succeed; gives the answer's JSON.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        self.must_in(None, method, path, body)
    }

    /// [`OpenBao::must`] in a namespace.
    ///
    /// # Panics
    /// When it does not succeed.
    #[track_caller]
    pub fn must_in(
        &self,
        namespace: Option<&str>,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Value {
        let answer = self.call_as(&self.root_token, namespace, method, path, body);
        let answer = answer.expect("OpenBao answers");
        let (status, text) = (
            answer.status,
            String::from_utf8_lossy(&answer.body).into_owned(),
        );
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {text}"
        );
        answer.json()
    }

    /// Writes a version of a secret in the KV v2 engine at `secret/`; gives its number.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn write_secret(&self, path: &str, fields: &[(&str, &str)]) -> u64 {
        self.write_json(path, &object(fields))
    }

    /// [`OpenBao::write_secret`] with values that need not be strings.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn write_json(&self, path: &str, data: &Value) -> u64 {
        let answer = self.must(
            "POST",
            &format!("secret/data/{path}"),
            &json!({ "data": data }),
        );
        answer["data"]["version"]
            .as_u64()
            .expect("KV v2 gives the version")
    }

    /// Soft-deletes the newest version; reading it then is a 404 with metadata.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn delete_secret(&self, path: &str) {
        self.must("DELETE", &format!("secret/data/{path}"), &Value::Null);
    }

    /// Mounts a KV engine of version 1 or 2.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn mount_kv(&self, mount: &str, version: u8) {
        let options = json!({ "version": version.to_string() });
        let body = json!({ "type": "kv", "options": options });
        self.must("POST", &format!("sys/mounts/{mount}"), &body);
    }

    /// Writes to a KV engine of version 1.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn write_v1(&self, mount: &str, path: &str, fields: &[(&str, &str)]) {
        self.must("POST", &format!("{mount}/{path}"), &object(fields));
    }

    /// Makes a policy; `rules` is HCL: `path "secret/data/dev/*" { capabilities = ["read"] }`.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn policy(&self, name: &str, rules: &str) {
        self.must(
            "PUT",
            &format!("sys/policies/acl/{name}"),
            &json!({ "policy": rules }),
        );
    }

    /// Makes an AppRole that may read `secret/data/PATTERN` and nothing else.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn app_role(&self, name: &str, pattern: &str) -> AppRole {
        let rules = format!("path \"secret/data/{pattern}\" {{ capabilities = [\"read\"] }}");
        self.policy(name, &rules);
        self.app_role_with(
            name,
            &json!({ "token_policies": [name], "token_ttl": "1h" }),
        )
    }

    /// Makes an AppRole with these parameters (`token_policies`, `token_ttl`, …).
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn app_role_with(&self, name: &str, parameters: &Value) -> AppRole {
        if self.must("GET", "sys/auth", &Value::Null)["data"]["approle/"].is_null() {
            self.must("POST", "sys/auth/approle", &json!({ "type": "approle" }));
        }
        let role = format!("auth/approle/role/{name}");
        self.must("POST", &role, parameters);
        let id = self.must("GET", &format!("{role}/role-id"), &Value::Null);
        let secret = self.must("POST", &format!("{role}/secret-id"), &json!({}));
        AppRole {
            role_id: text(&id["data"]["role_id"]),
            secret_id: text(&secret["data"]["secret_id"]),
        }
    }

    /// A token with these policies that lives for `ttl` (`"1s"`, `"10m"`).
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn token(&self, policies: &[&str], ttl: &str) -> String {
        let body = json!({ "policies": policies, "ttl": ttl, "no_parent": true });
        text(&self.must("POST", "auth/token/create", &body)["auth"]["client_token"])
    }

    /// Revokes a token.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn revoke(&self, token: &str) {
        self.must("POST", "auth/token/revoke", &json!({ "token": token }));
    }

    /// Makes a namespace below the root.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn namespace(&self, name: &str) {
        self.must("POST", &format!("sys/namespaces/{name}"), &json!({}));
    }

    /// Seals the server: every later call is a 503.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn seal(&self) {
        self.must("PUT", "sys/seal", &Value::Null);
    }

    /// Every token that a login has minted so far, from the audit device.
    ///
    /// # Panics
    /// When the audit file cannot be read or is not JSON by the line.
    pub fn minted_tokens(&self) -> Vec<String> {
        let log = fs::read_to_string(self.directory.path().join("audit.log")).expect("audit log");
        let lines = log.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| serde_json::from_str::<Value>(line).expect("the audit log is JSON lines"))
            .filter(|event| event["type"] == "response")
            .filter_map(|event| {
                event["response"]["auth"]["client_token"]
                    .as_str()
                    .map(String::from)
            })
            .collect()
    }

    /// Stops the server now, as an outage does.
    pub fn stop(&mut self) {
        self.leash.stop();
    }
}

fn object(fields: &[(&str, &str)]) -> Value {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("a string in the answer").to_owned()
}
