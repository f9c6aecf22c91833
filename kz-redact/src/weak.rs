//! Which values can be told apart from ordinary text.

/// How a value is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// In every form.
    Strong,
    /// As it stands, at token boundaries.
    Short,
    /// Not at all, unless it is said how.
    Weak,
}

/// Shortest value that is looked for at all.
const SHORTEST: usize = 4;

/// How `value` is looked for.
pub(crate) fn strength(value: &[u8]) -> Strength {
    if value.len() < SHORTEST || is_common(value) {
        Strength::Weak
    } else if value.len() < crate::needle::MIN_LENGTH {
        Strength::Short
    } else {
        Strength::Strong
    }
}

/// One character over and over, or a word of the list in any case.
fn is_common(value: &[u8]) -> bool {
    let repeated = value.windows(2).all(|pair| pair[0] == pair[1]);
    repeated
        || std::str::from_utf8(value).is_ok_and(|text| {
            let mut lower = zeroize::Zeroizing::new(text.to_owned());
            lower.make_ascii_lowercase();
            COMMON.contains(&lower.as_str())
        })
}

/// Words that stand in ordinary messages of servers, databases and tools, so
/// that masking them would take the messages apart: what systems ship as default
/// accounts and passwords, hosts, literals of programming languages, names of
/// environments and of headers.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "0.0.0.0", "127.0.0.1", "1234", "12345", "123456", "1234567", "12345678", "abcd1234",
    "access", "access_token", "admin", "administrator", "anonymous", "api_key", "apikey",
    "application", "authorization", "basic", "bearer", "changeit", "changeme", "client",
    "client_id", "client_secret", "content", "credential", "credentials", "database", "default",
    "demo", "dev", "develop", "development", "disable", "disabled", "docker", "dummy", "elastic",
    "enable", "enabled", "error", "example", "false", "foobar", "git", "github", "guest", "host",
    "hostname", "http", "https", "info", "invalid", "key", "letmein", "local", "localhost",
    "login", "main", "mariadb", "master", "message", "minioadmin", "mongodb", "mysql", "name",
    "nil", "none", "null", "oracle", "pass", "passwd", "password", "password1", "placeholder",
    "port", "postgres", "postgresql", "private", "prod", "production", "public", "qwerty",
    "rabbitmq", "read", "readonly", "redacted", "redis", "replication", "require", "required",
    "root", "sample", "secret", "server", "service", "session", "staging", "string", "system",
    "test", "testing", "text", "token", "true", "undefined", "unknown", "user", "user_name",
    "username", "value", "vault", "welcome", "write", "xxxxxxxx", "your_password", "your_token",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths() {
        for (value, expected) in [
            ("", Strength::Weak),
            ("abc", Strength::Weak),
            ("Localhost", Strength::Weak),
            ("********", Strength::Weak),
            ("k7#Q", Strength::Short),
            ("k7#Qw2!", Strength::Short),
            ("k7#Qw2!x", Strength::Strong),
        ] {
            assert_eq!(strength(value.as_bytes()), expected, "{value:?}");
        }
    }
}
