//! Credentials in statements of SQL.

mod inserted;

use super::{
    super::{
        block::{Block, Values},
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "sql-password",
            about: "The password of a user in SQL; PostgreSQL docs, 'CREATE ROLE'; MySQL docs, \
                    'CREATE USER'; Oracle docs, 'ALTER USER'",
            anchors: &[
                "identified by",
                "identified with",
                "set password",
                "password '",
                "password e'",
                "password n'",
                "password = '",
                "password='",
                "password = n'",
                "password=n'",
                "password('",
            ],
            fold: true,
            left: Left::WordStart,
            reach: Reach::LINE,
            matcher: Matcher::Regex(concat!(
                r"(?i:identified\s{1,4}(?:with\s{1,4}\S{1,40}\s{1,4})?by(?:\s{1,4}password)?\s{1,4}",
                r"|set\s{1,4}password(?:\s{1,4}for\s{1,4}\S{1,80})?\s{0,4}=\s{0,4}(?:password\()?",
                r"|password\s{1,4}[en]?|password\s{0,4}=\s{0,4}(?:n|password\()?|password\()",
                r#"(?:'([^'\s]{6,128})'|"([^"\s]{6,128})")"#,
            )),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "SET PASSWORD FOR app = '«Kz9!canary»'",
                "CREATE LOGIN app WITH PASSWORD=N'«Kz9!canary»'",
                "CREATE USER app IDENTIFIED BY '«Kz9!canary»';",
                "ALTER USER app IDENTIFIED WITH mysql_native_password BY '«Kz9!canary»'",
                "CREATE ROLE app LOGIN PASSWORD '«Kz9!canary»' VALID UNTIL 'infinity'",
            ],
            near_misses: &[
                "IDENTIFIED BY 'password'",
                "ALTER ROLE app PASSWORD '<password>'",
                "PASSWORD 'new_password'",
            ],
            ..Rule::EMPTY
        },
        Rule {
            id: "sql-inserted-password",
            about: "The password in a row that is inserted, told by the name of its column; ISO/IEC 9075-2, \
                    'insert statement'",
            anchors: &["insert into "],
            fold: true,
            left: Left::WordStart,
            reach: Reach::LINE,
            matcher: Matcher::Block(Block {
                open: inserted::open,
                close: inserted::close,
                values: Values::These(inserted::values),
            }),
            examples: &[
                "INSERT INTO users (name, password) VALUES ('app', '«Kz9!canary»');",
                "insert into `app`.`users` (`id`, `passwd`, `mail`) values (1, '«Kz9!canary»', 'a@b')",
                "INSERT INTO t (a, api_key) VALUES (NULL, '«<an32>»')",
                "INSERT INTO t (password, api_token)\nVALUES ('«Kz9!canary»', '«<hex40>»'),\n (lower('x'), '«<an32>»');\n",
            ],
            near_misses: &[
                "INSERT INTO users (name, password) VALUES ($1, $2)",
                "INSERT INTO users (name, mail) VALUES ('app', 'Kz9!canary')",
                "INSERT INTO users (password, mail) VALUES ('', 'Kz9!canary')",
                "insert into the slot (password) 'Kz9!canary'",
            ],
            ..Rule::EMPTY
        },
        Rule {
            id: "sql-bare-password",
            about: "The password of a user in SQL without quotes, and the one that it replaces; Oracle \
                    docs, 'CREATE USER', 'ALTER USER'",
            anchors: &["identified by "],
            fold: true,
            left: Left::Is(is_about_a_user),
            reach: Reach::LINE,
            matcher: Matcher::Regex(
                r#"(?i:identified by\s{1,4}([^\s"';,()<>&][^\s"';,()<>]{5,128}(?:\s{1,4}replace\s{1,4}[^\s"';,()<>]{6,128})?))"#,
            ),
            check: Some(|value, _| {
                let first = value.split(|byte| *byte == b' ').next().unwrap_or(value);
                is_value(first) && named::is_password(first, true)
            }),
            examples: &[
                "CREATE USER app IDENTIFIED BY «Kz9canary» ACCOUNT UNLOCK;",
                "alter user app identified by «Kz9canary replace Kz8canary»;",
            ],
            near_misses: &[
                "users are identified by RFC4122 numbers",
                "CREATE USER app IDENTIFIED BY &PASSWORD1;",
                "CREATE USER app IDENTIFIED BY password;",
            ],
            ..Rule::EMPTY
        },
    ]
}

/// Behind `CREATE USER app`, `ALTER USER app`, `GRANT CONNECT TO app`.
fn is_about_a_user(before: &[u8]) -> bool {
    let verbs = [&b"create "[..], b"alter ", b"grant "];
    let line = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    line.windows(7)
        .any(|window| verbs.iter().any(|verb| starts_with(window, verb)))
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.len() >= start.len() && text[..start.len()].eq_ignore_ascii_case(start)
}
