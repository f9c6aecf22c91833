//! What each server is started with and asked, and what it then gives away.

pub(crate) mod everything;
pub(crate) mod github;
pub(crate) mod postgres;
pub(crate) mod redis;

use std::path::PathBuf;

use serde_json::{Value, json};
use testbed::canary::Canary;
use testbed::{backends_are_required, skipped, tools};

/// One server in one state of its world.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) name: &'static str,
    /// `@modelcontextprotocol/server-NAME`.
    pub(crate) server: &'static str,
    /// Words for `node`, before the server's script.
    pub(crate) node_options: Vec<String>,
    /// The variable whose value is the server's argument.
    pub(crate) argument: Option<&'static str>,
    /// The variable that holds the secret, and its value.
    pub(crate) secret: Option<(&'static str, String)>,
    /// Other variables, none of them secret.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// What must not be found.
    pub(crate) canaries: Vec<Canary>,
    /// Where a canary arrives without kz.
    pub(crate) arrives: Arrives,
    /// What stands in the bare output and what stands there with kz, in this order; all
    /// else must be the same.
    pub(crate) becomes: Vec<(String, String)>,
    /// Asked after `initialize`; nothing, not even that, if the server ends before.
    pub(crate) requests: Vec<(&'static str, Value)>,
    /// Text on stderr that is waited for before the server is ended.
    pub(crate) ready: Option<&'static str>,
    pub(crate) ending: Ending,
}

/// On which streams a canary arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrives {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

impl Arrives {
    pub(crate) const NOWHERE: Self = Self::on(false, false);
    pub(crate) const ON_STDOUT: Self = Self::on(true, false);
    pub(crate) const ON_STDERR: Self = Self::on(false, true);
    pub(crate) const ON_BOTH: Self = Self::on(true, true);

    const fn on(stdout: bool, stderr: bool) -> Self {
        Self { stdout, stderr }
    }
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The server ends by itself, before it serves anybody.
    ByItself,
    /// It ends when its input does.
    WithInput,
    /// It is asked to end, because it waits for a connection of its own.
    OnRequest,
    /// It is killed, because it tries again and again.
    Killed,
}

impl Setup {
    /// A setup that hides nothing, asks nothing and ends with its input.
    fn new(server: &'static str, name: &'static str) -> Self {
        Self {
            name,
            server,
            node_options: Vec::new(),
            argument: None,
            secret: None,
            variables: Vec::new(),
            canaries: Vec::new(),
            arrives: Arrives::NOWHERE,
            becomes: Vec::new(),
            requests: Vec::new(),
            ready: None,
            ending: Ending::WithInput,
        }
    }

    /// For reports.
    pub(crate) fn title(&self) -> String {
        format!("server-{}, {}", self.server, self.name)
    }

    /// An address with a password, which is the server's argument.
    fn with_address(mut self, variable: &'static str, address: String, password: &str) -> Self {
        let (before, rest) = address.split_once("://").unwrap();
        let (credentials, _) = rest.rsplit_once('@').unwrap();
        self.becomes = vec![(
            format!("{before}://{credentials}@"),
            format!("{before}://[REDACTED:{variable}]@"),
        )];
        self.canaries = vec![
            Canary::new("address", &address),
            Canary::new("password", password),
        ];
        self.argument = Some(variable);
        self.secret = Some((variable, address));
        self
    }
}

/// A call of a tool.
#[expect(clippy::needless_pass_by_value, reason = "callers write `json!(…)`")]
fn call(name: &str, arguments: Value) -> (&'static str, Value) {
    (
        "tools/call",
        json!({ "name": name, "arguments": arguments }),
    )
}

/// The script of a server from npm.
pub(crate) fn script(server: &str) -> Option<PathBuf> {
    let directory = named("KZ_TEST_NPM")?;
    let script = format!("node_modules/@modelcontextprotocol/server-{server}/dist/index.js");
    Some(directory.join(script))
}

/// What a variable names; `None`, after a loud line, when it names nothing.
pub(crate) fn named(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path = path.filter(|path| path.exists());
    if path.is_none() {
        let why = format!("{variable} names nothing; `cargo xtask test` sets it");
        assert!(!backends_are_required(), "{why}");
        skipped(&why);
    }
    path
}

/// A file beside these tests.
fn fixture(name: &str) -> PathBuf {
    tools::workspace()
        .join("testbed/tests/third_party")
        .join(name)
}
