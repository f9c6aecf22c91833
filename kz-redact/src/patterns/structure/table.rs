//! Passwords and tokens in the rows of a table, told by the name of their column: tables
//! drawn with lines, values between commas or tabs, rows in JSON.
//!
//! The columns are counted from the right: of the first of them that holds a secret nothing
//! but what stands behind it is looked at.

mod json;
mod text;

use super::{
    super::{
        block::{Block, Values},
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_harmless_before, is_random, is_value,
};

/// So much of a table is looked at.
const MAX_TABLE: usize = 8 * 1024;

pub(super) fn rules() -> Vec<Rule> {
    const TABLE: Rule = Rule {
        reach: Reach::LINE,
        fold: true,
        ..Rule::EMPTY
    };
    /// With what the name of a column begins, or goes on.
    const NAMES: &[&str] = &[
        "passw", "secret", "pwd", "api_key", "apikey", "token |", "token,",
    ];
    vec![
        Rule {
            id: "table-credential",
            about: "The password or token in a row of a table, told by the head of its column; GitHub \
                    Flavored Markdown, 4.10, 'Tables'; what psql and mysql print",
            anchors: NAMES,
            left: Left::Is(|before| text::PIPES.begins(before) && !is_harmless_before(before)),
            matcher: Matcher::Block(Block {
                open: |text| text::PIPES.open(text),
                close: |text| text::PIPES.close(text),
                values: Values::These(|text, first| text::PIPES.values(text, first)),
            }),
            examples: &[
                "| User | Password |\n|------|----------|\n| app | «Kz9!canary» |\n| web | «lantern4821» |\n",
                " id | username | password \n----+----------+----------\n  1 | app | «Kz9!canary»\n(1 row)\n",
                "+----+--------------+----+\n| id | api_key | on |\n+----+--------------+----+\n| 1 | «<an32>» | 1 |\n+---",
                "| db_password | api_token |\n|--|--|\n| «Kz9!canary» | «<an32>» |\n",
            ],
            near_misses: &[
                "| Name | Password |\n|---|---|\n| Type | string |\n",
                "| password | rule |\n|---|---|\n| 8 characters | minimum |\n",
                "| password_hash | user |\n|---|---|\n| Kz9!canary | app |\n",
                "| password | user |\n\nKz9!canary | app\n",
                "| password | user |\n|---|---|\n| [REDACTED:X] | app |\n",
                "| Token | Meaning |\n|---|---|\n| EOL_2 | the end |\n",
            ],
            ..TABLE
        },
        Rule {
            id: "csv-credential",
            about: "The password or token in a row of values between commas, told by the head of its \
                    column; RFC 4180; what browsers and AWS export",
            anchors: NAMES,
            left: Left::Is(|before| text::COMMAS.begins(before) && !is_harmless_before(before)),
            matcher: Matcher::Block(Block {
                open: |text| text::COMMAS.open(text),
                close: |text| text::COMMAS.close(text),
                values: Values::These(|text, first| text::COMMAS.values(text, first)),
            }),
            examples: &[
                "name,url,username,password,note\nx,https://host,app,«Kz9!canary»,\ny,,b,«lantern4821»,z\n",
                "user,password\r\napp,«Kz9!canary»\r\n",
                "\"user\",\"password\"\n\"app\",\"«Kz9!canary»\"\n",
                "User name,Password,Access key ID,Secret access key,Console login link\napp,,AK,«<b40>»,https://host\n",
            ],
            near_misses: &[
                "connect(user,password,\n  host,Kz9!canary,x)",
                "user, password\napp, Kz9!canary\n",
                "the user,password and\nkey,Kz9!canary\n",
                "user,password\napp,required\n",
                "user,password\n\napp,Kz9!canary\n",
            ],
            ..TABLE
        },
        Rule {
            id: "tsv-credential",
            about: "The password or token in a row of values between tabs, told by the head of its \
                    column; IANA text/tab-separated-values; what mysql prints into a pipe",
            anchors: NAMES,
            left: Left::Is(|before| text::TABS.begins(before) && !is_harmless_before(before)),
            matcher: Matcher::Block(Block {
                open: |text| text::TABS.open(text),
                close: |text| text::TABS.close(text),
                values: Values::These(|text, first| text::TABS.values(text, first)),
            }),
            examples: &["id\tuser\tpassword\n1\tapp\t«Kz9!canary»\n2\tb\t«lantern4821»\n"],
            near_misses: &[
                "user\tpassword\napp\trequired\n",
                "\tpassword\nKz9!canary\n",
            ],
            ..TABLE
        },
        Rule {
            id: "json-rows-credential",
            about: "The password or token in rows of JSON whose columns stand before them; the answers \
                    of databases: InfluxDB docs, 'Query data'; pandas docs, 'DataFrame.to_json', split",
            anchors: &["\"columns\""],
            left: Left::Any,
            matcher: Matcher::Block(Block {
                open: json::open,
                close: json::close,
                values: Values::These(json::values),
            }),
            examples: &[
                r#"{"columns":["id","user","password"],"rows":[[1,"app","«Kz9!canary»"],[2,"b","«lantern4821»"]]}"#,
                "{\"columns\": [\"api_key\"],\n \"index\": [0],\n \"data\": [\n  [\"«<an32>»\"]\n ]\n}",
            ],
            near_misses: &[
                r#"{"columns":["id","name"],"rows":[[1,"Kz9!canary"]]}"#,
                r#"{"columns":["password"],"rows":[["required"]]}"#,
                r#"{"columns":["password"],"title":"Kz9!canary"}"#,
            ],
            fold: false,
            ..TABLE
        },
    ]
}

/// Whether a cell in a column of that name holds a secret.
fn is_secret(name: &[u8], value: &[u8]) -> bool {
    let is_chosen = || {
        value.iter().any(u8::is_ascii_digit)
            && !named::is_wordy(value)
            && (named::is_password(value, true) || named::is_words_and_number(value))
    };
    let is_key = || is_random(value) || value.len() >= 20 && named::is_likely(value);
    is_value(value)
        && !value.contains(&b' ')
        && (is_key() || named::is_password_name(name) && is_chosen())
}
