//! Credentials in statements of SQL.

use std::ops::Range;

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule, run},
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
            matcher: Matcher::Code(inserted),
            examples: &[
                "INSERT INTO users (name, password) VALUES ('app', '«Kz9!canary»');",
                "insert into `app`.`users` (`id`, `passwd`, `mail`) values (1, '«Kz9!canary»', 'a@b')",
                "INSERT INTO t (a, api_key) VALUES (NULL, '«<an32>»')",
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

/// The value that an INSERT puts into the column of a password: `INSERT INTO users (name,
/// password) VALUES ('app', '…')`. Of several rows it is that of the first.
fn inserted(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    const VALUES: &[u8] = b"values";
    let open = anchor + text[anchor..].iter().position(|byte| *byte == b'(')?;
    let names = anchor..open;
    let close = open + text[open..].iter().position(|byte| *byte == b')')?;
    let is_table = run(
        |byte| byte.is_ascii_alphanumeric() || b" _.`\"[]".contains(&byte),
        &text[names.clone()],
    );
    let column = text[open + 1..close]
        .split(|byte| *byte == b',')
        .position(|column| named::is_secret_name(column.trim_ascii()))?;
    let rest = close + 1 + run(|byte| byte.is_ascii_whitespace(), &text[close + 1..]);
    let word = text.get(rest..rest + VALUES.len())?;
    let row = rest + VALUES.len();
    let row = row + run(|byte| byte.is_ascii_whitespace(), &text[row..]);
    if is_table < names.len() || !word.eq_ignore_ascii_case(VALUES) || text.get(row) != Some(&b'(')
    {
        return None;
    }
    let value = item(text, row + 1, column)?;
    let bytes = &text[value.clone()];
    (is_value(bytes) && named::is_password(bytes, true)).then_some(value)
}

/// The string in quotes that is item number `index` of a list that begins at `start`.
fn item(text: &[u8], start: usize, index: usize) -> Option<Range<usize>> {
    let mut at = start;
    for number in 0..=index {
        at += run(|byte| b" nN".contains(&byte), &text[at..]);
        let quote = text.get(at).copied().filter(|byte| b"'\"".contains(byte));
        let from = at + usize::from(quote.is_some());
        let end = match quote {
            Some(quote) => from + text[from..].iter().position(|byte| *byte == quote)?,
            None => from + text[from..].iter().position(|byte| b",)".contains(byte))?,
        };
        if number == index {
            return quote.map(|_| from..end);
        }
        at = end + usize::from(quote.is_some());
        at += run(|byte| byte == b' ', &text[at..]);
        at += usize::from(*text.get(at)? == b',');
    }
    None
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
