//! Which inherited variables hold credentials, by their name or their shape.
//! Nobody declared them, so this is a guess: one too many masks a word too many,
//! one too few lets a credential through.

use std::ffi::OsString;

use kz_redact::Redactor;

use super::environment;
use crate::reference;

/// What became of the inherited credentials, by name.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    /// Masked from now on.
    pub(crate) masked: Vec<String>,
    /// Named like credentials, and too short or too common to be told apart from
    /// ordinary text.
    pub(crate) weak: Vec<String>,
}

/// Shorter text has the shape of nothing; and each scan takes time at the start.
const SHORTEST_SHAPE: usize = 12;

/// A shorter argument may be a word that the option takes: `--auth basic`.
const SHORTEST_ARGUMENT: usize = 8;

/// Registers with the redactor every variable that is named like a credential.
pub(crate) fn register_named(
    redactor: &Redactor,
    variables: &[(OsString, OsString)],
) -> Registered {
    let mut registered = Registered::default();
    for (variable, value) in variables {
        let (variable, text) = (variable.to_string_lossy(), value.to_string_lossy());
        if !is_credential_by_name(&variable, &text) {
            continue;
        }
        match redactor.add(&marker_name(&variable), value.as_encoded_bytes()) {
            Ok(()) => registered.masked.push(variable.into_owned()),
            Err(_) => registered.weak.push(variable.into_owned()),
        }
    }
    registered
}

/// Registers with the redactor what is shaped like a credential in the other
/// variables. This is where rules are first looked for, which takes a while.
pub(crate) fn register_shaped(
    redactor: &Redactor,
    variables: &[(OsString, OsString)],
    registered: &mut Registered,
) {
    for (variable, value) in variables {
        let (variable, text) = (variable.to_string_lossy(), value.to_string_lossy());
        if text.len() >= SHORTEST_SHAPE
            && !environment::is_for_every_program(&variable)
            && !stands_for_another(&variable, &text)
            && !is_credential_by_name(&variable, &text)
            && register_shape(redactor, &variable, &text)
        {
            registered.masked.push(variable.into_owned());
        }
    }
}

/// Registers with the redactor what is named or shaped like a credential in the
/// words of the server's command: a server that fails likes to quote them.
/// `--token VALUE` and `--token=VALUE` are named; an address is shaped.
pub(crate) fn register_arguments(redactor: &Redactor, command: &[OsString]) {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let mut option = "";
    for (index, word) in words.iter().enumerate() {
        let (name, value) = match word.strip_prefix('-').and_then(|it| it.split_once('=')) {
            Some((name, value)) => (name, value),
            None => (option, &**word),
        };
        option = if word.starts_with('-') { word } else { "" };
        let label = format!("ARGUMENT_{}", index + 1);
        let is_named = value.len() >= SHORTEST_ARGUMENT && is_credential_by_name(name, value);
        if is_named && !value.starts_with('-') {
            // What is refused is a common word, and no credential.
            let _ = redactor.add(&label, value.as_bytes());
        } else if value.len() >= SHORTEST_SHAPE {
            register_shape(redactor, &label, value);
        }
    }
}

fn is_credential_by_name(variable: &str, text: &str) -> bool {
    is_named_like_one(variable)
        && !text.is_empty()
        && !stands_for_another(variable, text)
        && could_be_one(variable, text)
}

/// A reference, or the name of a variable, is no credential itself.
fn stands_for_another(variable: &str, text: &str) -> bool {
    environment::unexpanded(text).is_some()
        || reference::read(text, is_named_like_one(variable)).is_some()
}

/// Whether the name says that a credential is there.
pub(crate) fn is_named_like_one(name: &str) -> bool {
    named(name) != Named::No
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    No,
    /// `…_KEY`, which may as well be the key of a map.
    Perhaps,
    Yes,
}

/// Ends of words that say it: `GITHUB_TOKEN`, `AUTHTOKEN`.
const WORD_ENDS: &[&str] = &[
    "APIKEY",
    "COOKIE",
    "CREDENTIAL",
    "CREDENTIALS",
    "DSN",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
];
/// Whole words that say it.
const WORDS: &[&str] = &[
    "AUTH",
    "AUTHORIZATION",
    "BEARER",
    "PASS",
    "PAT",
    "SECRETKEY",
];
/// Pairs of words that say it.
const PAIRS: &[(&str, &str)] = &[
    ("ACCESS", "KEY"),
    ("API", "KEY"),
    ("AUTH", "KEY"),
    ("CONN", "STR"),
    ("CONNECTION", "STRING"),
    ("DATABASE", "URL"),
    ("ENCRYPTION", "KEY"),
    ("MASTER", "KEY"),
    ("PRIVATE", "KEY"),
    ("SECRET", "ID"),
    ("SECRET", "KEY"),
    ("SERVICE", "KEY"),
    ("SESSION", "KEY"),
    ("SIGNING", "KEY"),
];
/// Last words that say that something *about* a credential is there.
const ABOUT: &[&str] = &[
    "ALGORITHM",
    "AUDIENCE",
    "BACKEND",
    "COUNT",
    "DIR",
    "DIRECTORY",
    "ENABLED",
    "ENDPOINT",
    "EXPIRES",
    "EXPIRY",
    "FILE",
    "HEADER",
    "HELPER",
    "HOST",
    "ID",
    "ISSUER",
    "LENGTH",
    "LIMIT",
    "METHOD",
    "MODE",
    "NAME",
    "PATH",
    "PORT",
    "PROVIDER",
    "REGION",
    "SIZE",
    "SOCK",
    "STORE",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "USER",
    "USERNAME",
    "VERSION",
];
/// Names of the working directory.
const DIRECTORIES: &[&str] = &["OLDPWD", "PWD"];

fn named(name: &str) -> Named {
    let upper = name.to_ascii_uppercase();
    if DIRECTORIES.contains(&upper.as_str()) {
        return Named::No;
    }
    let words: Vec<&str> = upper
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let Some(last) = words.last() else {
        return Named::No;
    };
    let pair_at_end = |pair: &(&str, &str)| words.ends_with(&[pair.0, pair.1]);
    if PAIRS.iter().any(pair_at_end) {
        return Named::Yes;
    }
    if ABOUT.contains(last) {
        return Named::No;
    }
    let says_it = |word: &&str| {
        let word = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        WORDS.contains(&word) || WORD_ENDS.iter().any(|end| word.ends_with(end))
    };
    let paired = words
        .windows(2)
        .any(|window| PAIRS.contains(&(window[0], window[1])));
    if paired || words.iter().any(says_it) {
        return Named::Yes;
    }
    if *last == "KEY" {
        return Named::Perhaps;
    }
    Named::No
}

/// Whether the value can be what the name says.
fn could_be_one(name: &str, value: &str) -> bool {
    let is_setting = value.parse::<f64>().is_ok() && value.len() < 8
        || [
            "true", "false", "yes", "no", "on", "off", "none", "null", "auto",
        ]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    if is_setting {
        return false;
    }
    if value.starts_with('/') && std::path::Path::new(value).exists() {
        return false;
    }
    // A URL is a credential for what it carries.
    if let Some((_, rest)) = value.split_once("://") {
        return rest.contains(['@', '?', '#']) || value.len() > 200;
    }
    match named(name) {
        Named::Yes => true,
        Named::Perhaps => {
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
            value.len() >= 16 && digits > 0 && letters > 0
        }
        Named::No => false,
    }
}

/// Registers what is shaped like a credential, whatever the variable's name.
fn register_shape(redactor: &Redactor, variable: &str, text: &str) -> bool {
    let unknown: Vec<_> = redactor
        .scan(text)
        .into_iter()
        .filter(|finding| finding.name.is_none())
        .collect();
    if unknown.is_empty() {
        return false;
    }
    let name = marker_name(variable);
    // A connection string goes in whole: the redactor takes it apart and leaves
    // host and database readable.
    if text.contains("://") {
        return redactor.add(&name, text.as_bytes()).is_ok();
    }
    let mut registered = false;
    for finding in unknown {
        if let Some(found) = text.get(finding.start..finding.end) {
            registered |= redactor.add(&name, found.as_bytes()).is_ok();
        }
    }
    registered
}

/// The name that the marker shows: a variable's may hold anything.
fn marker_name(variable: &str) -> String {
    const LONGEST: usize = 64;
    let mut name: String = variable
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '_'
            }
        })
        .take(LONGEST)
        .collect();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) {
        name.replace_range(..1, "_");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_it() {
        for (name, expected) in [
            ("GITHUB_TOKEN", Named::Yes),
            ("GITHUB_PERSONAL_ACCESS_TOKEN", Named::Yes),
            ("github_token", Named::Yes),
            ("NPM_AUTHTOKEN", Named::Yes),
            ("OPENAI_API_KEY", Named::Yes),
            ("OPENAI_API_KEY_PROD", Named::Yes),
            ("AWS_SECRET_ACCESS_KEY", Named::Yes),
            ("AWS_ACCESS_KEY_ID", Named::No),
            ("VAULT_SECRET_ID", Named::Yes),
            ("DATABASE_URL", Named::Yes),
            ("SENTRY_DSN", Named::Yes),
            ("PGPASSWORD", Named::Yes),
            ("MYSQL_PWD", Named::Yes),
            ("PASSWORD2", Named::Yes),
            ("GITHUB_PAT", Named::Yes),
            ("STRIPE_KEY", Named::Perhaps),
            ("PWD", Named::No),
            ("OLDPWD", Named::No),
            ("PATH", Named::No),
            ("MAX_TOKENS", Named::No),
            ("TOKENIZERS_PARALLELISM", Named::No),
            ("TOKEN_FILE", Named::No),
            ("SECRET_NAME", Named::No),
            ("SSH_AUTH_SOCK", Named::No),
            ("KEYBOARD", Named::No),
            ("COMPASS", Named::No),
            ("", Named::No),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
    }

    #[test]
    fn values_that_can_be_it() {
        for (name, value, expected) in [
            ("API_TOKEN", "kz-canary-values", true),
            ("API_TOKEN", "false", false),
            ("API_TOKEN", "4096", false),
            ("API_TOKEN", "/etc/passwd", false),
            ("DATABASE_URL", "postgres://localhost/app", false),
            (
                "DATABASE_URL",
                "postgres://app:kz-canary@localhost/app",
                true,
            ),
            ("SORT_KEY", "customer_identifier", false),
            ("STRIPE_KEY", "kzcanary0123456789", true),
        ] {
            assert_eq!(could_be_one(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn marker_names_are_valid() {
        for (variable, expected) in [
            ("GITHUB_TOKEN", "GITHUB_TOKEN"),
            ("npm_config_//r/:_authToken", "npm_config___r___authToken"),
            ("2FA_SECRET", "_FA_SECRET"),
        ] {
            assert_eq!(marker_name(variable), expected);
        }
        assert_eq!(marker_name(&"A".repeat(80)).len(), 64);
    }
}
