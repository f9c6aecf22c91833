//! Reads what stands before a value.

use zeroize::Zeroizing;

use super::super::LOOK_BEHIND;

/// Room for the letters of [`Around`]. A value may stand before a value: the room
/// stays where it is made, because a move would leave a copy behind.
pub(super) type Letters = Zeroizing<[u8; LOOK_BEHIND]>;

/// The words before a value, nearest last.
pub(super) struct Around<'b> {
    /// All words one after the other, in small letters.
    letters: &'b mut Letters,
    /// Where each word ends in `letters`.
    ends: [u8; LOOK_BEHIND],
    /// How many words there are.
    words: usize,
    /// From which word on they belong to the name that the value is assigned to.
    name: usize,
    /// An operator of assignment stands between name and value.
    assigned: bool,
}

/// Words that stand for a credential, at the end of a name.
const SECRETS: [&str; 40] = [
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
    "authpass",
    "userpass",
    "dbpass",
    "dbpassword",
    "sharedkey",
    "licensekey",
    "apipassword",
    "webhooksecret",
    "psk",
    "presharedkey",
];
/// What makes a credential of a key.
const KEYS: [&str; 56] = [
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
    "preshared",
    "base",
    "instrumentation",
    "query",
];
/// Words after a credential's name that do not change what it is.
const TAILS: [&str; 24] = [
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
const HARMLESS: [&str; 56] = [
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

impl<'b> Around<'b> {
    /// Reads `before`; `None` if nothing in it can name a value.
    pub(super) fn read(before: &[u8], letters: &'b mut Letters) -> Option<Self> {
        let (rest, assigned) = between(before)?;
        // The line, or the one before if the value stands on its own.
        let line = rest.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        let line = &rest[line.map_or(0, |at| at + 1)..];
        let line = drop_attribute(line);
        // `"AWS::AppSync::ApiKey": …` names a type.
        let is_type_path = line[start_of_name(line)..]
            .windows(2)
            .any(|pair| pair == b"::");
        if is_type_path || !line.iter().any(u8::is_ascii_alphabetic) {
            return None;
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        // A closing quote or bracket, as in `"token": …` and `env['TOKEN'] = …`.
        let closing = line
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b' '))
            .count();
        let end = line.len() - closing;
        let mut start = name_before(&line[..end], is_name);
        // `token: string = …`, `var token string = …`, `Token value="…`.
        if is_type(&line[start..end]) {
            let before = line[..start].iter().rev();
            let gap = before.take_while(|byte| !is_name(**byte)).count();
            start = name_before(&line[..start - gap.min(start)], is_name);
        }
        let mut around = Self {
            letters,
            ends: [0; LOOK_BEHIND],
            words: 0,
            name: 0,
            assigned,
        };
        around.push(&line[..start]);
        around.name = around.words;
        around.push(&line[start..end]);
        Some(around)
    }

    fn push(&mut self, text: &[u8]) {
        for word in split(text) {
            let start = self.letters().len();
            for (letter, byte) in self.letters[start..].iter_mut().zip(word) {
                *letter = byte.to_ascii_lowercase();
            }
            let end = (start + word.len()).min(LOOK_BEHIND);
            self.ends[self.words] = u8::try_from(end).unwrap_or(u8::MAX);
            self.words += 1;
        }
    }

    /// All words one after the other, in small letters.
    pub(super) fn letters(&self) -> &[u8] {
        &self.letters[..self.end(self.words)]
    }

    /// Where the first `count` words end.
    fn end(&self, count: usize) -> usize {
        count
            .checked_sub(1)
            .map_or(0, |last| usize::from(self.ends[last]))
    }

    fn word(&self, index: usize) -> &[u8] {
        &self.letters[self.end(index)..self.end(index + 1)]
    }

    /// The number of the word that begins at this place in `letters`.
    pub(super) fn word_at(&self, place: usize) -> Option<usize> {
        if place == 0 {
            return Some(0);
        }
        self.word_ending_at(place).map(|word| word + 1)
    }

    pub(super) fn word_ending_at(&self, place: usize) -> Option<usize> {
        let place = u8::try_from(place).ok()?;
        self.ends[..self.words].binary_search(&place).ok()
    }

    pub(super) fn is_assigned(&self) -> bool {
        self.assigned
    }

    /// Whether the name that the value is assigned to is that of a credential.
    pub(super) fn is_secret(&self) -> bool {
        let words: Vec<&[u8]> = (self.name..self.words).map(|at| self.word(at)).collect();
        is_secret(&words)
    }

    /// Whether a word from `gap` on says that a credential comes.
    pub(super) fn says_secret(&self, gap: usize) -> bool {
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
        let words = || (gap..self.words).map(|at| self.word(at));
        let says = words().any(|word| {
            ANY.iter().any(|known| known.as_bytes() == word)
                || ["token", "secret", "key", "password"]
                    .iter()
                    .any(|end| word.ends_with(end.as_bytes()))
        });
        says && !self.is_harmless(gap)
    }

    /// Whether this word belongs to the name that the value is assigned to.
    pub(super) fn is_in_name(&self, word: usize) -> bool {
        word >= self.name
    }

    /// Whether a value may follow a name of a service: behind words that say so, or
    /// assigned to just that name if it is no digest.
    pub(super) fn leads(&self, gap: usize, value: &[u8]) -> bool {
        // Digests are written in letters of one case.
        let is_digest = value
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
            && !(value.iter().any(u8::is_ascii_uppercase)
                && value.iter().any(u8::is_ascii_lowercase));
        let is_name = self.assigned && gap >= self.words && !is_digest;
        self.says_secret(gap) || (is_name && !self.is_harmless(gap))
    }

    fn is_harmless(&self, gap: usize) -> bool {
        let last = |word: usize| {
            let word = self.word(word);
            LAST.iter().any(|known| known.as_bytes() == word)
        };
        // The last word of the name may stand before the gap: `secret_id`.
        if gap < self.words && last(self.words - 1) {
            return true;
        }
        (gap..self.words).any(|at| {
            let word = self.word(at);
            HARMLESS.iter().any(|known| known.as_bytes() == word)
        })
    }
}

/// Whether the last words of a name say that it is a credential's.
pub(in super::super) fn is_secret_name(name: &[u8]) -> bool {
    let lower = split(name).map(|word| Zeroizing::new(word.to_ascii_lowercase()));
    let lower: Vec<Zeroizing<Vec<u8>>> = lower.collect();
    let words: Vec<&[u8]> = lower.iter().map(|word| word.as_slice()).collect();
    is_secret(&words)
}

fn is_secret(words: &[&[u8]]) -> bool {
    let is_in = |list: &[&str], word: &[u8]| list.iter().any(|known| known.as_bytes() == word);
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
    // The scope of a signature of AWS.
    if last == b"credential" && words.contains(&&b"amz"[..]) {
        return false;
    }
    // A token that makes a request unique.
    if last == b"token" && before.last().is_some_and(|word| *word == b"client") {
        return false;
    }
    if words.iter().any(|word| is_in(&HARMLESS, word)) {
        return false;
    }
    let last = last.strip_suffix(b"s").unwrap_or(last);
    let whole = is_in(&SECRETS, last)
        || [
            "token",
            "secret",
            "password",
            "apikey",
            "secretkey",
            "accesskey",
        ]
        .iter()
        .any(|end| last.len() > end.len() + 1 && last.ends_with(end.as_bytes()));
    whole || (last == b"key" && before.last().is_some_and(|word| is_in(&KEYS, word)))
}

/// What stands between a name and its value: the text before it, and whether it
/// assigns. `None` if the value is not set off at all.
fn between(before: &[u8]) -> Option<(&[u8], bool)> {
    let mut end = before.len();
    let mut assigned = false;
    let mut lines = 0;
    while let Some(byte) = before[..end].last() {
        match byte {
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'[' | b'(' | b'{' | b'$' | b'@'
            | b'\r' => {}
            b'\n' => lines += 1,
            b'=' | b':' | b'>' | b',' => assigned = true,
            // What a string may begin with in Python, Rust and C++, and `\n`, `\t`.
            b'b' | b'r' | b'f' | b'u' | b'n' | b't' | b'L' => {
                if !is_prefix(before, end) {
                    break;
                }
            }
            other => {
                if !(assigned && b"?.+|~".contains(other)) {
                    break;
                }
            }
        }
        end -= 1;
    }
    let set_off = end < before.len() && (assigned || lines == 0) && lines <= 1;
    set_off.then_some((&before[..end], assigned))
}

/// Whether the letter before `end` belongs to the quote behind it or to the
/// backslash before it.
fn is_prefix(before: &[u8], end: usize) -> bool {
    let quoted = matches!(before.get(end), Some(b'"' | b'\''));
    match before[..end - 1].last() {
        Some(b'\\') => true,
        Some(byte) => quoted && !byte.is_ascii_alphanumeric() && *byte != b'_',
        None => quoted,
    }
}

/// `<add key="Token" value=` and `"name": "TOKEN", "value":` name the value by
/// the attribute before.
fn drop_attribute(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'"' | b'\'' | b'\\' | b' '))
        .map_or(0, |at| at + 1);
    let Some(head) = line[..end].strip_suffix(b"value") else {
        return line;
    };
    let gap = head
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b' ' | b',' | b'\t'))
        .count();
    if gap >= 2
        && head[head.len() - gap..]
            .iter()
            .any(|byte| matches!(byte, b'"' | b'\''))
    {
        &head[..head.len() - gap]
    } else {
        line
    }
}

/// Where the last word of a line begins, paths of names included.
fn start_of_name(line: &[u8]) -> usize {
    let end = line
        .iter()
        .rposition(u8::is_ascii_alphanumeric)
        .map_or(0, |at| at + 1);
    name_before(&line[..end], |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')
    })
}

fn name_before(text: &[u8], is_name: impl Fn(u8) -> bool) -> usize {
    text.len() - text.iter().rev().take_while(|byte| is_name(**byte)).count()
}

fn is_type(word: &[u8]) -> bool {
    const TYPES: [&str; 10] = [
        "string",
        "String",
        "str",
        "&str",
        "char",
        "text",
        "const",
        "Str",
        "any",
        "std.string",
    ];
    TYPES.iter().any(|known| known.as_bytes() == word)
}

/// The words of a text or a name, camel case included.
fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
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

/// A name as [`Around::letters`] would have it.
pub(super) fn joined(name: &str) -> String {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
    letters
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}
