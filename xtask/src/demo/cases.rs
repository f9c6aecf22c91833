//! What is called, on which server, with which secret.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testbed::canary::{Canary, made_up};
use testbed::tools;

use super::Kit;
use super::world::World;
use crate::Result;

/// One call of one tool.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) server: Server,
    pub(super) title: &'static str,
    /// Names the path in the vault; differs from case to case.
    key: String,
    /// The variable or manifest entry that holds the secret.
    name: &'static str,
    /// The secret as it lies in the vault.
    value: String,
    pub(super) tool: &'static str,
    pub(super) arguments: Value,
    pub(super) canaries: Vec<Canary>,
    pub(super) expect: Expect,
}

/// What a case shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expect {
    /// Without kz a canary is given away.
    Leak,
    /// Nothing secret is in the answer, and it is the same with kz.
    Same,
}

/// A server, in both forms.
#[derive(Debug, Clone, Copy)]
pub(super) enum Server {
    /// `examples/rust-postgres`.
    Rust,
    /// `examples/python-postgres`.
    Python,
    /// `examples/node-postgres`.
    Node,
    /// `@modelcontextprotocol/server-…`, unmodified, bare and under `kz run`.
    Npm(&'static str),
}

/// All cases, in the order in which they are shown.
pub(super) fn all(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    for server in [Server::Rust, Server::Python, Server::Node] {
        cases.extend(database_cases(server, world));
    }
    let header = |server, title, value: String, tool, arguments| Case {
        server,
        title,
        key: format!("{server:?}").replace(['(', ')', '"'], "-"),
        name: match server {
            Server::Npm("gitlab") => "GITLAB_PERSONAL_ACCESS_TOKEN",
            _ => "GITHUB_PERSONAL_ACCESS_TOKEN",
        },
        // Each line is a canary: a part of a token is a leak too.
        canaries: value
            .lines()
            .map(|line| Canary::new("token", line))
            .collect(),
        value,
        tool,
        arguments,
        expect: Expect::Leak,
    };
    let newline = format!("{}\n{}", made_up("token"), made_up("token"));
    cases.push(header(
        Server::Npm("github"),
        "a token that holds a newline",
        newline,
        "search_repositories",
        json!({ "query": "kz" }),
    ));
    cases.push(header(
        Server::Npm("gitlab"),
        "an upstream that echoes headers",
        made_up("token"),
        "get_file_contents",
        json!({ "project_id": "1", "file_path": "headers" }),
    ));
    cases.push(header(
        Server::Npm("everything"),
        "a tool that shows the environment",
        made_up("token"),
        "get-env",
        json!({}),
    ));
    cases
}

fn database_cases(server: Server, world: &World) -> Vec<Case> {
    let port = world.database.port();
    let wrong = made_up("wrong");
    let malformed = made_up("malformed");
    let broken = format!("{}\n{}", made_up("line"), made_up("line"));
    let case = |title, key: &str, password: &str, value: String, sql: String, expect| {
        let mut canaries: Vec<Canary> = password
            .lines()
            .map(|line| Canary::new("password", line))
            .collect();
        canaries.push(Canary::new("DSN", &value));
        Case {
            server,
            title,
            key: format!("{server:?}-{key}"),
            name: "DATABASE_URL",
            value,
            tool: "query",
            arguments: json!({ "sql": sql }),
            canaries,
            expect,
        }
    };
    let good = world.database.dsn();
    let select = "select 6 * 7 as answer".to_owned();
    let echo = format!(
        "select '{good}' as dsn, '{}' as password",
        world.database.password()
    );
    vec![
        case(
            "a query that works",
            "works",
            world.database.password(),
            good.clone(),
            select.clone(),
            Expect::Same,
        ),
        case(
            "a malformed DSN",
            "malformed",
            &malformed,
            format!("postgres://app:{malformed}@127.0.0.1:not-a-port/app"),
            select.clone(),
            Expect::Leak,
        ),
        case(
            "a wrong password",
            "wrong",
            &wrong,
            format!("postgres://kz_test:{wrong}@127.0.0.1:{port}/postgres"),
            select.clone(),
            Expect::Leak,
        ),
        case(
            "a password that holds a newline",
            "newline",
            &broken,
            format!("postgres://kz_test:{broken}@127.0.0.1:{port}/postgres"),
            select,
            Expect::Leak,
        ),
        case(
            "a database that echoes the secret",
            "echo",
            world.database.password(),
            good,
            echo,
            Expect::Leak,
        ),
    ]
}

impl Server {
    pub(super) fn title(self) -> String {
        match self {
            Self::Rust => "Rust (rmcp)".to_owned(),
            Self::Python => "Python (mcp)".to_owned(),
            Self::Node => "Node (@modelcontextprotocol/server)".to_owned(),
            Self::Npm(name) => format!("npm (server-{name})"),
        }
    }

    /// The server as it is without kz: the secret is in its environment.
    pub(super) fn without(self, kit: &Kit, world: &World, case: &Case) -> Command {
        let mut command = match self {
            Self::Rust => Command::new(&kit.programs.unguarded),
            Self::Python => python(kit, "unguarded.py"),
            Self::Node => node(&kit.node.script("unguarded")),
            Self::Npm(name) => node(&kit.servers.script(name)),
        };
        plain_environment(&mut command, world);
        command.env(case.name, &case.value);
        command
    }

    /// The server with kz: the secret is in the vault.
    pub(super) fn with(self, kit: &Kit, world: &World, case: &Case) -> Result<Command> {
        let manifest = world.manifest(&case.key, case.name, &case.value)?;
        let mut command = match self {
            Self::Rust => Command::new(&kit.programs.guarded),
            Self::Python => python(kit, "guarded.py"),
            Self::Node => node(&kit.node.script("guarded")),
            Self::Npm(name) => {
                let server = node(&kit.servers.script(name));
                let mut command = Command::new(&kit.programs.kz);
                command
                    .args(["run", "--"])
                    .arg(server.get_program())
                    .args(server.get_args());
                command
            }
        };
        plain_environment(&mut command, world);
        command
            .env("KEYZERO_CONFIG", manifest)
            .env("VAULT_ROLE_ID", world.role_id());
        Ok(command)
    }
}

fn python(kit: &Kit, script: &str) -> Command {
    let mut command = Command::new(&kit.python);
    command.arg(
        tools::workspace()
            .join("examples/python-postgres")
            .join(script),
    );
    command
}

fn node(script: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(script);
    command
}

/// Nothing of this process's environment but what finds programs.
fn plain_environment(command: &mut Command, world: &World) {
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("GITLAB_API_URL", world.gitlab.url());
}
