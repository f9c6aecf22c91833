//! The words of names, and whether a name is that of a credential.

use std::sync::OnceLock;

use zeroize::Zeroizing;

/// Whether the last words of a name say that it is a credential's.
pub(in super::super) fn is_secret_name(name: &[u8]) -> bool {
    let lower = split(name).map(|word| Zeroizing::new(word.to_ascii_lowercase()));
    let lower: Vec<Zeroizing<Vec<u8>>> = lower.collect();
    let words: Vec<&[u8]> = lower.iter().map(|word| word.as_slice()).collect();
    is_secret(&words)
}

/// The same of the words themselves, in small letters.
pub(super) fn is_secret(words: &[&[u8]]) -> bool {
    let mut words = words;
    while let [rest @ .., last] = words {
        if !is_in(&TAILS, last) && !last.iter().all(u8::is_ascii_digit) {
            break;
        }
        words = rest;
    }
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let last = &without_number(last);
    // The scope of a signature of AWS.
    if last == b"credential" && words.contains(&&b"amz"[..]) {
        return false;
    }
    // A token that makes a request unique.
    if last == b"token" && before.last().is_some_and(|word| *word == b"client") {
        return false;
    }
    // `encryptedObjects.encryptionKey`: what is encrypted is not the key.
    let encrypts = last == b"key" && before.last() == Some(&&b"encryption"[..]);
    let tells_password = is_in(&PASSWORDS, last);
    let is_harmless = |word: &&[u8]| {
        is_in(&HARMLESS, word)
            && !(tells_password && is_in(&BESIDE_PASSWORDS, word))
            && !(encrypts && **word == *b"encrypted")
    };
    if words.iter().any(is_harmless) {
        return false;
    }
    let one = last.strip_suffix(b"s").unwrap_or(last);
    is_in(&SECRETS, last)
        || is_in(&SECRETS, one)
        || (last == b"salt" && before.last().is_some_and(|word| is_in(&SALTED, word)))
        || (one == b"phrase" && before.last() == Some(&&b"pass"[..]))
        || is_glued(one)
        || is_glued(last)
        || (one == b"key" && before.last().is_some_and(|word| is_in(&KEYS, word)))
        // `X-Acme-Key` is a header that a service is asked with.
        || (one == b"key" && before.len() >= 2 && before[0] == b"x")
}

/// Whether a word says which key, or is that of a credential itself.
pub(super) fn is_kind_of_key(word: &[u8]) -> bool {
    let lower = Zeroizing::new(word.to_ascii_lowercase());
    is_in(&KEYS, &lower) || is_in(&SECRETS, &lower)
}

/// Whether a name is that of some key: `acme_key`, `acmekey`. It may be that of an API or
/// that of a map.
pub(super) fn is_some_key(words: &[&[u8]]) -> bool {
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let last = without_number(last);
    let is_key =
        (last == b"key" && !before.is_empty()) || (last.len() > 5 && last.ends_with(b"key"));
    is_key && !words.iter().any(|word| is_in(&HARMLESS, word))
}

/// Whether a name is that of a password, which somebody chose, and not of a key.
pub(in super::super) fn is_password_name(name: &[u8]) -> bool {
    const ENDS: [&str; 13] = [
        "passwordplain",
        "pass_phrase",
        "pass-phrase",
        "psk",
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "pass",
        "pwd",
        "pw",
        "pswd",
        "passwort",
    ];
    let lower = Zeroizing::new(without_number(name).to_ascii_lowercase());
    ENDS.iter().any(|end| lower.ends_with(end.as_bytes()))
}

/// A word without the number behind it: `token2`, `password_2`.
fn without_number(word: &[u8]) -> &[u8] {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let rest = &word[..word.len() - digits.count()];
    match rest {
        [] => word,
        [before @ .., b'_' | b'-'] if rest.len() < word.len() => before,
        _ => rest,
    }
}

/// Whether a word ends with that of a credential: `mysqlrootpassword`, `smtppass`.
fn is_glued(word: &[u8]) -> bool {
    let ends_with = |end: &&str| {
        let owner = word.strip_suffix(end.as_bytes());
        owner.is_some_and(|owner| owner.len() > 1 && !is_in(&HARMLESS, owner))
    };
    let owner = word.strip_suffix(b"pass");
    ENDS.iter().any(ends_with) || owner.is_some_and(|owner| is_in(&OWNERS, owner))
}

/// Whether a word from the list says that a credential comes.
pub(super) fn says_secret(word: &[u8]) -> bool {
    let word = without_number(word);
    is_in(&ANY, word)
        || ["token", "secret", "key", "password"]
            .iter()
            .any(|end| word.ends_with(end.as_bytes()))
}

/// Whether a word belongs to the name of what makes a client of a service.
pub(super) fn makes_client(word: &[u8]) -> bool {
    const WORDS: [&str; 14] = [
        "api",
        "auth",
        "client",
        "configure",
        "connect",
        "create",
        "from",
        "go",
        "init",
        "js",
        "new",
        "rest",
        "sdk",
        "setup",
    ];
    is_in(&WORDS, word) || word.ends_with(b"client") || word.ends_with(b"api")
}

/// Whether a word at the end of a name makes it that of something else.
pub(super) fn is_other(word: &[u8]) -> bool {
    is_in(&LAST, word)
}

/// Whether a word says that a token or key is none of that kind.
pub(super) fn is_harmless(word: &[u8]) -> bool {
    is_in(&HARMLESS, word)
}

/// Words of which one stands, as it is or within a longer word, before every value
/// but those that are assigned to nothing more than the name of a service.
pub(in super::super) fn hints() -> Vec<&'static str> {
    let mut words: Vec<&str> = [&SECRETS[..], &ENDS, &ANY].concat();
    words.sort_unstable_by_key(|word| (word.len(), *word));
    // One that holds another tells nothing new.
    let mut hints: Vec<&str> = Vec::new();
    for word in words {
        if !hints.iter().any(|hint| word.contains(hint)) {
            hints.push(word);
        }
    }
    hints
}

/// Whether a text begins with such a word, which ends there, or is a plural, or has a number.
pub(super) fn begins_with_hint(text: &[u8]) -> bool {
    /// The words by a hash of the two letters that they begin with.
    static WORDS: OnceLock<[Vec<Hint>; SLOTS]> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut all = [&SECRETS[..], &ENDS, &ANY].concat();
        all.sort_unstable();
        all.dedup();
        let mut words = [const { Vec::new() }; SLOTS];
        for word in all {
            let hint = Hint::new(word);
            words[slot_of(hint.letters)].push(hint);
        }
        words
    });
    let goes_on = |byte: &u8| byte.is_ascii_lowercase();
    let letters = first_letters(text);
    let is_hint = |hint: &Hint| {
        if letters & hint.there != hint.letters {
            return false;
        }
        let Some((head, rest)) = text.split_at_checked(hint.word.len()) else {
            return false;
        };
        let plural = matches!(rest, [b's' | b'S', rest @ ..] if !rest.first().is_some_and(goes_on));
        // The first eight are the same already.
        (head.len() <= 8 || head.eq_ignore_ascii_case(hint.word.as_bytes()))
            && (plural || !rest.first().is_some_and(goes_on))
    };
    words[slot_of(letters)].iter().any(is_hint)
}

/// How many hashes of two letters are told apart.
const SLOTS: usize = 256;

/// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
fn slot_of(letters: u64) -> usize {
    let two = (letters & 0xFFFF).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (two >> (u64::BITS - SLOTS.ilog2())) as usize
}

/// A word, and what it begins with for a quick look.
struct Hint {
    word: &'static str,
    /// See [`first_letters`].
    letters: u64,
    /// Those of the eight bytes that there are.
    there: u64,
}

impl Hint {
    fn new(word: &'static str) -> Self {
        let letters = first_letters(word.as_bytes());
        let there = letters
            .to_le_bytes()
            .map(|letter| if letter == 0 { 0 } else { u8::MAX });
        Self {
            word,
            letters,
            there: u64::from_le_bytes(there),
        }
    }
}

/// The first eight bytes, letters among them as small ones.
fn first_letters(text: &[u8]) -> u64 {
    if let Some(first) = text.first_chunk() {
        return u64::from_le_bytes(*first) | u64::from_le_bytes([0x20; 8]);
    }
    let mut first = [0; 8];
    for (place, byte) in first.iter_mut().zip(text) {
        *place = byte | 0x20;
    }
    u64::from_le_bytes(first)
}

fn is_in(list: &[&str], word: &[u8]) -> bool {
    list.iter().any(|known| known.as_bytes() == word)
}

/// The words of a text or a name, camel case included.
pub(super) fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(u8::is_ascii_alphanumeric)?;
        rest = &rest[start..];
        let mut end = 1;
        while let Some(byte) = rest.get(end) {
            let before = rest[end - 1];
            let next_is_small = rest.get(end + 1).is_some_and(u8::is_ascii_lowercase);
            let turns = before.is_ascii_lowercase() && byte.is_ascii_uppercase()
                || before.is_ascii_uppercase() && byte.is_ascii_uppercase() && next_is_small;
            if !byte.is_ascii_alphanumeric() || turns {
                break;
            }
            end += 1;
        }
        let word = &rest[..end];
        rest = &rest[end..];
        Some(word)
    })
}

/// A name as [`letters`](super::words::Around::letters) would have it.
pub(super) fn joined(name: &str) -> String {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
    letters
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}

/// Words that stand for a credential, at the end of a name.
const SECRETS: [&str; 51] = [
    "pw",
    "rootpw",
    "bindpw",
    "rootbindpw",
    "adminpw",
    "passwort",
    "kennwort",
    "psksecret",
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "apikey",
    "apitoken",
    "authtoken",
    "accesstoken",
    "accesskey",
    "secretkey",
    "privatekey",
    "credential",
    "pat",
    "authkey",
    "apisecret",
    "clientsecret",
    "appsecret",
    "masterkey",
    "signingkey",
    "encryptionkey",
    "bearer",
    "refreshtoken",
    "jwt",
    "sessiontoken",
    "idtoken",
    "bottoken",
    "apppassword",
    "pass",
    "pswd",
    "userpwd",
    "dbpwd",
    "auth",
    "sharedkey",
    "licensekey",
    "apipassword",
    "webhooksecret",
    "psk",
    "presharedkey",
    "authtok",
    "totp",
];
/// Words for a credential with which a longer one may end.
const ENDS: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
];
/// Who has a `pass`, as in `dbpass`: a `compass` and a `bypass` are none.
const OWNERS: [&str; 44] = [
    "admin", "amqp", "api", "app", "auth", "become", "broker", "cert", "conn", "db", "email",
    "ftp", "git", "http", "https", "imap", "key", "keystore", "ldap", "login", "mail", "master",
    "mongo", "mqtt", "my", "mysql", "pg", "postgres", "proxy", "rabbit", "redis", "root", "rpc",
    "service", "sftp", "smtp", "sql", "ssh", "store", "sudo", "user", "vnc", "web", "wifi",
];
/// What makes a credential of a key.
const KEYS: [&str; 59] = [
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "encryption",
    "encrypt",
    "signing",
    "master",
    "account",
    "service",
    "subscription",
    "license",
    "app",
    "application",
    "client",
    "consumer",
    "shared",
    "write",
    "admin",
    "deploy",
    "server",
    "session",
    "webhook",
    "hmac",
    "storage",
    "primary",
    "secondary",
    "integration",
    "ingest",
    "insights",
    "rest",
    "project",
    "management",
    "token",
    "bot",
    "live",
    "prod",
    "production",
    "developer",
    "dev",
    "sandbox",
    "user",
    "org",
    "team",
    "stream",
    "read",
    "rw",
    "full",
    "root",
    "security",
    "decryption",
    "validation",
    "crypt",
    "jwt",
    "preshared",
    "base",
    "instrumentation",
    "query",
];
/// Whose salt is a secret of a program, and none that stands beside a hash.
const SALTED: [&str; 2] = ["token", "secret"];
/// Words for what somebody chose.
const PASSWORDS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "pass",
    "pwd",
    "pswd",
];
/// Those of [`HARMLESS`] that make something else of a token or key, but not of a password.
const BESIDE_PASSWORDS: [&str; 22] = [
    "map",
    "meta",
    "record",
    "item",
    "trace",
    "monkey",
    "lock",
    "unit",
    "sync",
    "cache",
    "partition",
    "primary",
    "foreign",
    "site",
    "device",
    "routing",
    "object",
    "group",
    "event",
    "index",
    "publishable",
    "activation",
];
/// Words after a credential's name that do not change what it is.
const TAILS: [&str; 26] = [
    "plain",
    "base",
    "string",
    "str",
    "text",
    "value",
    "val",
    "prod",
    "production",
    "dev",
    "staging",
    "stage",
    "live",
    "sandbox",
    "default",
    "new",
    "old",
    "current",
    "primary",
    "secondary",
    "const",
    "b64",
    "base64",
    "v1",
    "v2",
    "v3",
];
/// Words at the end of a name that make it that of something else.
const LAST: [&str; 58] = [
    "id",
    "ids",
    "url",
    "uri",
    "path",
    "file",
    "filename",
    "name",
    "type",
    "version",
    "hash",
    "region",
    "bucket",
    "arn",
    "email",
    "host",
    "hostname",
    "endpoint",
    "domain",
    "date",
    "time",
    "timestamp",
    "expiry",
    "expires",
    "length",
    "size",
    "count",
    "algorithm",
    "alg",
    "etag",
    "digest",
    "checksum",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "commit",
    "revision",
    "rev",
    "ref",
    "branch",
    "tag",
    "build",
    "image",
    "layer",
    "package",
    "module",
    "format",
    "schema",
    "status",
    "state",
    "mode",
    "label",
    "title",
    "kid",
    "x5t",
    "magic",
];
/// Words that say that a token or key is none of that kind.
const HARMLESS: [&str; 79] = [
    "change",
    "surrogate",
    "activation",
    "map",
    "meta",
    "dedup",
    "record",
    "item",
    "field",
    "column",
    "trace",
    "correlation",
    "hot",
    "turkey",
    "monkey",
    "hockey",
    "skip",
    "progress",
    "delta",
    "watermark",
    "checkpoint",
    "bookmark",
    "iterator",
    "request",
    "lock",
    "lifecycle",
    "grant",
    "unit",
    "arn",
    "example",
    "public",
    "pub",
    "csrf",
    "xsrf",
    "page",
    "next",
    "continuation",
    "cancel",
    "cancellation",
    "sync",
    "cursor",
    "idempotency",
    "cache",
    "sort",
    "partition",
    "primary",
    "foreign",
    "row",
    "hash",
    "checksum",
    "integrity",
    "fingerprint",
    "thumbprint",
    "hashed",
    "encrypted",
    "masked",
    "redacted",
    "digest",
    "nonce",
    "prev",
    "previous",
    "pagination",
    "publishable",
    "site",
    "device",
    "resume",
    "range",
    "routing",
    "object",
    "group",
    "event",
    "lookup",
    "index",
    "unique",
    "bloom",
    "translation",
    "locale",
    "placeholder",
    "sample",
];
/// Words anywhere in a name of a service's credential.
const ANY: [&str; 14] = [
    "token",
    "secret",
    "key",
    "password",
    "passwd",
    "pwd",
    "private",
    "access",
    "auth",
    "pat",
    "credential",
    "credentials",
    "bearer",
    "pass",
];
