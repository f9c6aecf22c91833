//! What works and what fails.

use testbed::canary::{Canary, made_up};
use testbed::free_port;

use crate::subject::Subject;
use crate::world::World;

/// How kz logs in to the vault, rightly or wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    AppRole,
    /// A `secret_id` that the vault does not know.
    WrongSecretId(String),
    Token,
    /// A token that was revoked.
    DeadToken,
}

/// One state of the vault and the database.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Path of the document, below `secret/data/`.
    pub(crate) path: String,
    /// The field that the manifest asks for.
    pub(crate) field: &'static str,
    /// The DSN; in the vault under `url`, and what the servers without kz are given.
    pub(crate) dsn: String,
    pub(crate) login: Login,
    /// Address of the vault.
    pub(crate) address: String,
    /// Secret values in the document.
    pub(crate) values: Vec<Canary>,
    /// Whether `open()` succeeds.
    pub(crate) opens: bool,
    /// Whether a token is minted.
    pub(crate) logs_in: bool,
    /// Whether a query succeeds.
    pub(crate) works: bool,
}

impl Scenario {
    /// Whether a server without kz tells its client about this DSN.
    ///
    /// Where kz cannot open, the twin is simply given the DSN and works, so that row says
    /// nothing; and the server from npm shows its environment whatever happens.
    pub(crate) fn leaks_without_kz(&self, subject: &Subject) -> bool {
        self.opens && (subject.queries() || self.works)
    }
}

/// All scenarios, their documents written to the vault.
pub(crate) fn all(world: &World) -> Vec<Scenario> {
    let vault = world.vault.address();
    let (port, password) = (world.database.port(), world.database.password());
    let dsn = |password: &str, port: &str| {
        format!("postgres://kz_test:{password}@127.0.0.1:{port}/postgres")
    };
    let good = dsn(password, &port.to_string());
    let mut scenarios = Vec::new();
    let mut add =
        |name: &'static str, password: &str, dsn: String, change: &dyn Fn(&mut Scenario)| {
            let sibling = made_up("sibling");
            let mut scenario = Scenario {
                name,
                path: format!("app/{}", name.replace(' ', "-")),
                field: "url",
                values: vec![
                    Canary::new("DSN", &dsn),
                    Canary::new("password", password),
                    Canary::new("sibling field", &sibling),
                ],
                dsn,
                login: Login::AppRole,
                address: vault.to_owned(),
                opens: true,
                logs_in: true,
                works: false,
            };
            change(&mut scenario);
            let fields = [("url", &*scenario.dsn), ("sibling", &sibling)];
            world.vault.write_secret(&scenario.path, &fields);
            scenarios.push(scenario);
        };

    add("everything works", password, good.clone(), &|s| {
        s.works = true;
    });
    add("login by token", password, good.clone(), &|s| {
        s.login = Login::Token;
        s.works = true;
        s.logs_in = false;
    });
    let malformed = made_up("malformed");
    add(
        "malformed DSN",
        &malformed,
        dsn(&malformed, "not-a-port"),
        &|_| (),
    );
    let wrong = made_up("wrong");
    add(
        "wrong password",
        &wrong,
        dsn(&wrong, &port.to_string()),
        &|_| (),
    );
    let down = made_up("down");
    add(
        "database down",
        &down,
        dsn(&down, &free_port().to_string()),
        &|_| (),
    );
    let broken = format!("{}\nsecond line", made_up("broken"));
    add(
        "password with a newline",
        &broken,
        dsn(&broken, &port.to_string()),
        &|_| (),
    );

    add("vault unreachable", password, good.clone(), &|s| {
        s.address = format!("http://127.0.0.1:{}", free_port());
        s.opens = false;
        s.logs_in = false;
    });
    add("denied by policy", password, good.clone(), &|s| {
        s.path = String::from("other/forbidden");
        s.opens = false;
    });
    add("missing field", password, good.clone(), &|s| {
        s.field = "absent";
        s.opens = false;
    });
    add("wrong secret_id", password, good.clone(), &|s| {
        s.login = Login::WrongSecretId(made_up("wrong-secret-id"));
        s.opens = false;
        s.logs_in = false;
    });
    add("revoked token", password, good, &|s| {
        s.login = Login::DeadToken;
        s.opens = false;
        s.logs_in = false;
    });
    scenarios
}
