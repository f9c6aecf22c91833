//! Credentials in the files that keep logins: `.netrc`, `.pgpass`, those of Docker and npm.

use zeroize::Zeroizing;

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    header::is_basic,
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    const LOGIN: Rule = Rule {
        fold: true,
        reach: Reach::LINE,
        left: Left::WordStart,
        check: Some(|value, _| is_value(value)),
        ..Rule::EMPTY
    };
    vec![
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
            ..LOGIN
        },
        Rule {
            id: "pgpass-password",
            about: "The password in a line of .pgpass; PostgreSQL docs, 'The Password File'",
            anchors: &[
                ":5432:", ":5433:", ":5434:", ":6432:", ":6543:", ":15432:", ":25060:", ":26257:",
                ":54321:", ":55432:",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(
                r":[0-9]{4,5}:[A-Za-z0-9_*-]{1,63}:[A-Za-z0-9_*-]{1,63}:([^\s:]{4,128})",
            ),
            examples: &[
                "db.example:5432:app:app:«kz-canary-9»",
                "*:5432:*:app:«Kz9!canary»",
            ],
            near_misses: &[
                "hostname:5432:database:username:password",
                "0.0.0.0:5432->5432/tcp",
            ],
            ..LOGIN
        },
        Rule {
            id: "redis-password",
            about: "The password that a Redis server asks for or replicates with; Redis docs, \
                    'redis.conf'",
            anchors: &["requirepass ", "masterauth ", "sentinel auth-pass "],
            matcher: Matcher::Regex(
                r#"(?i:requirepass|masterauth|sentinel auth-pass\s{1,4}\S{1,64})\s{1,4}["']?([^\s"']{6,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &["requirepass «Kz9!canary»", "masterauth \"«kz-canary-9»\""],
            near_misses: &["requirepass foobared", "masterauth <master-password1>"],
            ..LOGIN
        },
        Rule {
            id: "nuget-password",
            about: "The password of a source of packages; NuGet docs, 'nuget.config reference', \
                    packageSourceCredentials",
            anchors: &["key=\"cleartextpassword\"", "<add key=\"password\""],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"(?i:(?:<add )?key="(?:cleartext)?password")\s{1,4}(?i:value)="([^"\s]{6,512})""#,
            ),
            examples: &[
                r#"<add key="ClearTextPassword" value="«kz-canary»" />"#,
                r#"<add key="Password" value="«kz-canary»" />"#,
            ],
            near_misses: &[
                r#"<add key="ClearTextPassword" value="%NUGET_PASSWORD%" />"#,
                r#"<add key="Password" value="" />"#,
            ],
            ..LOGIN
        },
        Rule {
            id: "docker-config",
            about: "The logins of Docker in base64, as a Secret of Kubernetes holds them; Kubernetes docs, \
                    'Docker config Secrets'",
            anchors: &[
                "eyJhdXRocyI6",
                "eyAiYXV0aHMi",
                "ewoJImF1dGhzIjog",
                "ewogICJhdXRocyI6",
                "ewogICAgImF1dGhzIjog",
            ],
            fold: false,
            left: Left::Any,
            reach: Reach::TOKEN,
            matcher: Matcher::Regex(r"[A-Za-z0-9+/]{24,}={0,2}"),
            check: None,
            examples: &[
                ".dockerconfigjson: «eyJhdXRocyI6eyJob3N0Ijp7ImF1dGgiOiJZV3hoWkdScGJqcHJlbU5oYm1GeWVRPT0ifX19»",
            ],
            near_misses: &["eyJhdXRocyI6e30="],
            ..LOGIN
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
            ..LOGIN
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
            ..LOGIN
        },
    ]
}

fn is_prose(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_lowercase() || *byte == b'.')
}
