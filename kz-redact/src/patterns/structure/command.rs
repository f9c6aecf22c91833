//! Credentials in statements and on command lines: SQL, options, `curl -u`,
//! `.netrc`, `.pgpass`, and the files in which Docker and npm keep a login.

use zeroize::Zeroizing;

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    header::is_basic,
    is_placeholder,
};

pub(super) fn rules() -> Vec<Rule> {
    const COMMAND: Rule = Rule {
        fold: true,
        reach: Reach::LINE,
        left: Left::WordStart,
        check: Some(|value, _| is_value(value)),
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "sql-password",
            about: "The password of a user in SQL; PostgreSQL docs, 'CREATE ROLE'; MySQL docs, \
                    'CREATE USER'; Oracle docs, 'ALTER USER'",
            anchors: &[
                "identified by",
                "identified with",
                "password '",
                "password e'",
                "password = '",
                "password='",
                "password('",
            ],
            matcher: Matcher::Regex(concat!(
                r"(?i:identified\s{1,4}(?:with\s{1,4}\S{1,40}\s{1,4})?by(?:\s{1,4}password)?\s{1,4}|password\s{1,4}e?|password\s{0,4}=\s{0,4}(?:password\()?|password\()",
                r#"(?:'([^'\s]{6,128})'|"([^"\s]{6,128})")"#,
            )),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "CREATE USER app IDENTIFIED BY '«Kz9!canary»';",
                "ALTER USER app IDENTIFIED WITH mysql_native_password BY '«Kz9!canary»'",
                "CREATE ROLE app LOGIN PASSWORD '«Kz9!canary»' VALID UNTIL 'infinity'",
            ],
            near_misses: &[
                "IDENTIFIED BY 'password'",
                "ALTER ROLE app PASSWORD '<password>'",
                "PASSWORD 'new_password'",
            ],
            ..COMMAND
        },
        Rule {
            id: "option-credential",
            about: "A credential given as an option of a program; POSIX.1-2024, 12.1, and the \
                    manuals of clients",
            anchors: &[
                "--password",
                "--passwd",
                "--pass",
                "--token",
                "--api-key",
                "--apikey",
                "--secret",
                "--client-secret",
                "--access-token",
                "--auth-token",
                "--secret-key",
                "-password ",
                "--private-token",
                "--registration-token",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"--?[A-Za-z-]{4,24}(?:=|\s{1,4})["']?([^\s"'`;|<>()]{6,256})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "mysqldump --password=«Kz9!canary» app",
                "helm registry login --password '«Kz9!canary»' host",
                "tool --api-key «kz-canary-9» run",
                "Connect-VIServer -User app -Password «Kz9!canary»",
            ],
            near_misses: &[
                "tool --password=$PASSWORD1",
                "tool --password-stdin",
                "tool --token-file /run/secrets/token-1",
                "--password <password>",
            ],
            ..COMMAND
        },
        Rule {
            id: "user-option-credential",
            about: "The password behind a user's name in an option of curl and others; curl(1), --user",
            anchors: &[
                "-u ",
                "-u'",
                "-u\"",
                "--user ",
                "--user=",
                "--proxy-user ",
                "--proxy-user=",
            ],
            matcher: Matcher::Regex(
                r#"-{1,2}[a-z-]{1,12}(?:=|\s{1,4})?["']?[^\s:"'$/<>\[\]{}()%]{1,64}:([^\s"'`;|<>()$\[\]{}]{4,128})"#,
            ),
            left: Left::Is(|before| {
                before
                    .last()
                    .is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'[,".contains(byte))
            }),
            check: Some(|value, _| {
                is_value(value)
                    && value.iter().any(u8::is_ascii_digit)
                    && !value.iter().all(u8::is_ascii_digit)
            }),
            examples: &[
                "curl -u 'app:«kz-canary-9»' https://host/",
                "curl --user app:«Kz9!canary» https://host/",
            ],
            near_misses: &[
                "docker run -u 1000:1000 image",
                "curl -u 'user:pass' https://host/",
                "curl -u \"$USER:$PASSWORD1\" https://host/",
                "curl -u app https://host:8080/x1",
            ],
            ..COMMAND
        },
        Rule {
            id: "login-option-password",
            about: "The password of a login on a command line: docker login -p, sshpass -p, mysql -p; \
                    their manuals",
            anchors: &[
                "docker login",
                "podman login",
                "sshpass -p",
                "helm registry login",
                "az login",
                "mysql -u",
                "mysqldump -u",
            ],
            matcher: Matcher::Regex(
                r#"[^\n]{0,200}?\s-p\s{0,2}["']?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "docker login -u app -p «kz-canary-9» registry.example",
                "sshpass -p '«Kz9!canary»' ssh app@host",
                "mysql -u root -p«Kz9!canary» app",
            ],
            near_misses: &[
                "docker login -u app --password-stdin",
                "mysql -u root -p app",
            ],
            ..COMMAND
        },
        Rule {
            id: "netrc-password",
            about: "The password of a machine in .netrc; GNU inetutils manual, 'The .netrc file'",
            anchors: &["password "],
            left: Left::Is(|before| {
                let line = Zeroizing::new(before.to_ascii_lowercase());
                memchr::memmem::find(&line, b"login ").is_some()
            }),
            matcher: Matcher::Regex(r#"(?i:password)\s{1,4}([^\s"']{4,128})"#),
            check: Some(|value, _| is_value(value) && !is_prose(value)),
            examples: &["machine host.example login app password «kz-canary-9»"],
            near_misses: &[
                "to login with a password instead",
                "login x password <password>",
            ],
            ..COMMAND
        },
        Rule {
            id: "pgpass-password",
            about: "The password in a line of .pgpass; PostgreSQL docs, 'The Password File'",
            anchors: &[":5432:", ":6432:"],
            left: Left::Any,
            matcher: Matcher::Regex(
                r":[0-9]{4}:[A-Za-z0-9_*-]{1,63}:[A-Za-z0-9_*-]{1,63}:([^\s:]{4,128})",
            ),
            examples: &[
                "db.example:5432:app:app:«kz-canary-9»",
                "*:5432:*:app:«Kz9!canary»",
            ],
            near_misses: &[
                "hostname:5432:database:username:password",
                "0.0.0.0:5432->5432/tcp",
            ],
            ..COMMAND
        },
        Rule {
            id: "oracle-password",
            about: "The password in a thin JDBC address; Oracle JDBC Developer's Guide, 'Database URLs'",
            anchors: &["jdbc:oracle:"],
            matcher: Matcher::Regex(
                r#"(?i:jdbc:oracle):[a-z0-9]{2,8}:[^/\s"'@]{1,64}/([^@\s"']{3,128})@"#,
            ),
            examples: &["jdbc:oracle:thin:app/«kz-canary»@db:1521/app"],
            near_misses: &[
                "jdbc:oracle:thin:@//db:1521/app",
                "jdbc:oracle:thin:app/<password>@db",
            ],
            ..COMMAND
        },
        Rule {
            id: "registry-auth",
            about: "The login of a registry, base64 of user and password; Docker docs, 'docker login'; npm \
                    docs, 'npmrc'",
            anchors: &["\"auth\"", "\\\"auth\\\"", "_auth="],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"\\?"?_?auth\\?"?\s{0,4}[:=]\s{0,4}\\?"?([A-Za-z0-9+/]{8,}={0,2})"#,
            ),
            check: Some(|value, _| is_basic(value)),
            examples: &[
                r#"{"auths":{"host":{"auth": "«<basic>»"}}}"#,
                "//host/:_auth=«<basic>»",
            ],
            near_misses: &[r#"{"auth": "required"}"#, r#"{"auth": "oauth2client"}"#],
            ..COMMAND
        },
        Rule {
            id: "cookie-header",
            about: "The values of a Cookie or Set-Cookie header; RFC 6265, 4.1.1 and 4.2.1",
            anchors: &[
                "cookie:",
                "cookie\":",
                "cookie':",
                "cookie\\\":",
                "cookie\",",
                "cookie',",
            ],
            left: Left::Any,
            reach: Reach {
                max: 4096,
                ..Reach::LINE
            },
            matcher: Matcher::Regex(concat!(
                r#"(?i:cookie)\\?["']?\s{0,2}[:,]\s{0,2}b?\[?\\?["']?"#,
                r#"(?:[A-Za-z0-9_.-]{1,64}=)((?:[^\s"'\\;,]{16,})(?:;\s?[A-Za-z0-9_.-]{1,64}=[^\s"'\\;,]{16,})*)"#,
            )),
            check: Some(|value, _| super::is_random_looking(value) && !is_placeholder(value)),
            examples: &[
                "Cookie: sid=«<an32>»\r\n",
                "Set-Cookie: session=«<an32>»; Path=/; HttpOnly",
                r#"{"cookie": "sid=«<an32>; other=<url40>»"}"#,
                "curl -H 'Cookie: sid=«<an32>»' x",
            ],
            near_misses: &[
                "Set-Cookie: theme=dark; Path=/",
                "Cookie: name=value; name2=value2",
                "Cookie: sid=[REDACTED:cookie-header]",
            ],
            ..COMMAND
        },
    ]
}

/// Neither a placeholder nor a word that stands for one.
fn is_value(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 14] = [
        b"password",
        b"passwd",
        b"pass",
        b"secret",
        b"pwd",
        b"test",
        b"user",
        b"token",
        b"admin",
        b"none",
        b"null",
        b"true",
        b"false",
        b"string",
    ];
    let lower = Zeroizing::new(value.to_ascii_lowercase());
    !is_placeholder(value)
        && !WORDS.contains(&lower.as_slice())
        && !value.starts_with(b"$")
        && !value.starts_with(b"%")
        && !value.starts_with(b"[")
        && !super::super::markers::is_masked(value)
}

fn is_prose(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_lowercase() || *byte == b'.')
}
