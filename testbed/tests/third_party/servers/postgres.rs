//! It prints an address that it cannot read, on stderr; and answers with what the
//! database says, rows and errors.

use serde_json::{Value, json};
use testbed::canary::made_up;
use testbed::postgres::Postgres;

use super::{Arrives, Ending, Setup, call};

pub(crate) fn setups(database: &Postgres) -> Vec<Setup> {
    database
        .query("create table notes (id int primary key, body text)")
        .unwrap();
    vec![
        Setup {
            arrives: Arrives::ON_STDERR,
            ending: Ending::ByItself,
            ..{
                let password = made_up("malformed");
                let address = format!("postgres://kz_test:{password}@[127.0.0.1/postgres");
                setup("malformed address").with_address("DATABASE_URL", address, &password)
            }
        },
        Setup {
            arrives: Arrives::ON_STDOUT,
            requests: session(&database.dsn()),
            ..setup("works").with_address("DATABASE_URL", database.dsn(), database.password())
        },
        Setup {
            requests: session("nothing to hide"),
            ..{
                let wrong = made_up("wrong");
                let address = database.dsn_with_password(&wrong);
                setup("wrong password").with_address("DATABASE_URL", address, &wrong)
            }
        },
        Setup {
            argument: Some("DATABASE_URL"),
            // Nothing listens there, and nothing in it is secret.
            variables: vec![("DATABASE_URL", "postgres://127.0.0.1:1/postgres".to_owned())],
            requests: session("nothing to hide"),
            ..setup("nothing to hide")
        },
    ]
}

/// Its pool keeps it alive for a while after its input has ended.
fn setup(name: &'static str) -> Setup {
    Setup {
        // Its driver warns when two queries happen to follow each other closely.
        node_options: vec!["--no-deprecation".to_owned()],
        ending: Ending::OnRequest,
        ..Setup::new("postgres", name)
    }
}

fn session(value: &str) -> Vec<(&'static str, Value)> {
    let query = |sql: &str| call("query", json!({ "sql": sql }));
    vec![
        ("tools/list", json!({})),
        query(
            "select 6 * 7 as answer, null as nothing, 1.50::numeric as price, '{\"a\":[1]}'::jsonb as tree",
        ),
        query(&format!(
            "select '{value}' as address, 'é\u{1f511}\\n\"' as odd"
        )),
        query(&format!("select '{value}'::int")),
        query(&format!("select \"{value}\" from notes")),
        query("insert into notes values (1, 'x')"),
        query("select generate_series(1, 500) as n, md5('x') as hash"),
        query("not sql"),
        call("no-such-tool", json!({})),
        ("resources/list", json!({})),
        (
            "resources/read",
            json!({ "uri": "postgres://kz_test@127.0.0.1/notes/schema" }),
        ),
        (
            "resources/read",
            json!({ "uri": "postgres://kz_test@127.0.0.1/notes/other" }),
        ),
        ("no/such/method", json!({})),
        ("ping", json!({})),
    ]
}
