//! Credentials given as options of any program.

use super::{
    super::{
        super::{
            named,
            rule::{Left, Matcher, Rule},
        },
        is_value,
    },
    COMMAND,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![
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
                "-storepass ",
                "-keypass ",
                "-passin pass:",
                "-passout pass:",
                "-pass pass:",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"-{0,2}/?[A-Za-z-]{4,24}(?:=|\s{1,4}|:)\\?["']?(?:pass:)?([^\s"'`;|<>()\\]{6,256})"#,
            ),
            check: Some(|value, option| {
                let says_so = named::is_secret_name(option) || option.ends_with(b"pass:");
                says_so && is_value(value) && named::is_password(value, true)
            }),
            examples: &[
                "mysqldump --password=«Kz9!canary» app",
                "helm registry login --password '«Kz9!canary»' host",
                "tool --api-key «kz-canary-9» run",
                "Connect-VIServer -User app -Password «Kz9!canary»",
                "openssl rsa -passin pass:«Kz9!canary» -in key",
                "keytool -storepass «Kz9!canary» -list",
            ],
            near_misses: &[
                "tool --password=$PASSWORD1",
                "tool --password-stdin",
                "tool --token-file /run/secrets/token-1",
                "tool --secret-id-list MySecret1 MySecret2",
                "--password <password>",
                "openssl rsa -passin env:PASSWORD1 -in key",
            ],
            ..COMMAND
        },
        Rule {
            id: "argument-credential",
            about: "A credential behind its option in a list of arguments; POSIX.1-2024, 12.1, and the \
                    manuals of clients",
            anchors: &[
                "password\",",
                "password',",
                "password\\\",",
                "token\",",
                "token',",
                "token\\\",",
                "api-key\",",
                "api-key',",
                "api-key\\\",",
                "secret\",",
                "secret',",
                "secret\\\",",
                "requirepass\",",
                "requirepass',",
                "masterauth\",",
                "masterauth',",
                "passphrase\",",
                "passphrase',",
            ],
            left: Left::Is(is_in_an_option),
            matcher: Matcher::Regex(
                r#"[A-Za-z-]{5,11}\\?["'],\s{0,4}\\?["']([^\s"'`;|<>()\\]{6,256})\\?["']"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "[\"tool\", \"--db-password\", \"«Kz9!canary»\"]",
                r#"{\"args\": [\"--token\", \"«<an24>»\"]}"#,
                "['tool', '-password', '«Kz9!canary»']",
                "command: [\"redis-server\", \"--requirepass\", \"«Kz9!canary»\"]",
            ],
            near_misses: &[
                "[\"--password\", \"$PASSWORD1\"]",
                "configure(\"idp-client-secret\", &provider1)",
                "[\"db-password\", \"Kz9!canary\"]",
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
                "http -a ",
                "https -a ",
                "http --auth ",
                "http --auth=",
            ],
            matcher: Matcher::Regex(
                r#"(?:https?\s)?-{1,2}[A-Za-z-]{1,12}(?:=|\s{1,4}|["'],\s{0,4})?["']?[^\s:"'$/<>\[\]{}()%]{1,64}:([^\s"'`;|<>()$\[\]{}]{4,128})"#,
            ),
            left: Left::WordAnd(|before| {
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
                "[\"curl\", \"-u\", \"app:«kz-canary-9»\"]",
                "http -a app:«kz-canary-9» https://host/",
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
            id: "curl-user-password",
            about: "The password behind a user's name in curl's -u, joined to other options; curl(1), --user",
            anchors: &["curl -"],
            matcher: Matcher::Regex(
                r#"curl\s(?:[^\n]*?\s)?-[A-Za-z#]{1,8}u\s{0,2}["']?[^\s:"'$/<>\[\]{}()%]{1,64}:([^\s"'`;|<>()$\[\]{}]{4,128})"#,
            ),
            check: Some(|value, _| is_value(value) && value.iter().any(u8::is_ascii_digit)),
            examples: &["curl -sSu app:«kz-canary-9» https://host/"],
            near_misses: &[
                "curl -sSu app https://host:8080/x1",
                "curl -sSu app:$PASSWORD1 https://host",
            ],
            ..COMMAND
        },
    ]
}

/// Behind a quote and the beginning of an option: `"--db-`.
fn is_in_an_option(before: &[u8]) -> bool {
    let is_option = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let length = before
        .iter()
        .rev()
        .take_while(|byte| is_option(**byte))
        .count();
    let (quote, option) = before.split_at(before.len() - length);
    option.starts_with(b"-") && matches!(quote.last(), Some(b'"' | b'\''))
}
