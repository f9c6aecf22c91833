use zeroize::Zeroizing;

use super::{Parts, dsn::is_query, percent_decoded};

/// Registers the values of sensitive keys in `key=value` pairs: a query, a libpq
/// string (`host=… password='…'`), an ODBC or ADO string, `(key=value)` of Oracle
/// and of MySQL's JDBC driver. What equals a value in `public`, or that of a key
/// that is not sensitive, is masked where it stands only. Says whether the text
/// has a sensitive key.
pub(super) fn add(parts: &mut Parts, text: &[u8], separators: &[u8], public: &[&[u8]]) -> bool {
    let mut some = false;
    let mut public: Vec<&[u8]> = public.to_vec();
    let mut users: Vec<&[u8]> = Vec::new();
    for equals in (0..text.len()).filter(|&at| text[at] == b'=') {
        let key = last_word(&text[..equals], separators);
        let value = &text[equals + 1..];
        let end = value
            .iter()
            .position(|byte| separators.contains(byte) || *byte == b')');
        let value = value[..end.unwrap_or(value.len())].trim_ascii();
        if !is_sensitive(key) && !value.is_empty() {
            public.push(value);
            // `User ID` of ADO is two words.
            let two = text[..equals].trim_ascii_end().len() - key.len();
            let before = last_word(&text[..two], b";");
            if is_user(key) || key.eq_ignore_ascii_case(b"id") && is_user(before) {
                users.push(value);
            }
        }
    }
    for equals in (0..text.len()).filter(|&at| text[at] == b'=') {
        let before = text[..equals].trim_ascii_end();
        let key_start = before
            .iter()
            .rposition(|&byte| separators.contains(&byte))
            .map_or(0, |at| at + 1);
        // `User Id` and `Pwd` of ODBC: the last word may be the key.
        let key = match &before[key_start..] {
            key if is_sensitive(key) => key,
            _ => last_word(before, separators),
        };
        let key_start = before.len() - key.len();
        if !is_sensitive(key) {
            continue;
        }
        some = true;
        let from = equals + 1 + leading_spaces(&text[equals + 1..]);
        let bracketed = key_start > 0 && text[key_start - 1] == b'(' && !separators.contains(&b',');
        let separators = if bracketed { b")" } else { separators };
        for (start, end, value) in values(&text[from..], separators) {
            if value.is_empty() {
                continue;
            }
            let decoded = percent_decoded(&value);
            let is_public = |value: &[u8]| public.contains(&value);
            if is_public(&value) || is_public(&decoded) {
                parts.note(PUBLIC);
            } else if !(parts.whole(&value) | parts.whole(&decoded)) {
                parts.note(WEAK);
            }
            if is_password(key) {
                for user in &users {
                    parts.credentials(user, &decoded);
                }
            }
            parts.inside(
                &text[key_start..from + end],
                from + start - key_start..from + end - key_start,
            );
        }
    }
    some
}

/// What stands behind the last separator, space or bracket.
fn last_word<'t>(text: &'t [u8], separators: &[u8]) -> &'t [u8] {
    let text = text.trim_ascii_end();
    let start = text
        .iter()
        .rposition(|byte| separators.contains(byte) || b" (".contains(byte));
    &text[start.map_or(0, |at| at + 1)..]
}

fn leading_spaces(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| byte == b' ').count()
}

/// The plausible values at the start of `text`, with where they stand.
fn values(text: &[u8], separators: &[u8]) -> Vec<(usize, usize, Zeroizing<Vec<u8>>)> {
    let mut found = Vec::new();
    // ODBC and SQL Server's JDBC driver: `{…}`, in which `}}` is `}`.
    if text.first() == Some(&b'{') {
        let mut value = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut at = 1;
        while let Some(&byte) = text.get(at) {
            if byte == b'}' && text.get(at + 1) != Some(&b'}') {
                found.push((1, at, value));
                break;
            }
            value.push(byte);
            at += if byte == b'}' { 2 } else { 1 };
        }
    }
    if let Some(&quote @ (b'\'' | b'"')) = text.first() {
        let mut value = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut at = 1;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'\\' if quote == b'\'' && at + 1 < text.len() => {
                    at += 1;
                    value.push(text[at]);
                }
                _ if byte == quote && text.get(at + 1) == Some(&quote) => {
                    at += 1;
                    value.push(byte);
                }
                _ if byte == quote => {
                    found.push((1, at, value));
                    return found;
                }
                _ => value.push(byte),
            }
            at += 1;
        }
    }
    let end = text
        .iter()
        .position(|byte| separators.contains(byte))
        .unwrap_or(text.len());
    found.push((0, end, Zeroizing::new(text[..end].to_vec())));
    // An unquoted value with a separator in it lasts until the next key, or the
    // end.
    let next = (end..text.len())
        .find(|&at| separators.contains(&text[at]) && is_query(text[at + 1..].trim_ascii_start()))
        .unwrap_or(text.len());
    let longer = text[..next].trim_ascii_end();
    if longer.len() > end && longer[end..].iter().any(|byte| !separators.contains(byte)) {
        found.push((0, longer.len(), Zeroizing::new(longer.to_vec())));
    }
    found
}

/// Whether the value of such a key is a credential.
pub(super) fn is_sensitive(key: &[u8]) -> bool {
    is_one_of(key, SENSITIVE)
}

/// Whether such a key names who logs in.
pub(super) fn is_user(key: &[u8]) -> bool {
    is_one_of(
        key,
        &[
            "user",
            "username",
            "userid",
            "uid",
            "login",
            "masterusername",
        ],
    )
}

/// Whether such a key holds what that one logs in with.
pub(super) fn is_password(key: &[u8]) -> bool {
    is_one_of(key, &["password", "passwd", "pwd", "pass"])
}

/// `PASSWORD` of `APP_DB_PASSWORD`.
pub(super) fn last_segment(key: &[u8]) -> &[u8] {
    let start = key.iter().rposition(|byte| b"_.-".contains(byte));
    &key[start.map_or(0, |at| at + 1)..]
}

fn is_one_of(key: &[u8], words: &[&str]) -> bool {
    // What stands before a `=` may as well be a part of a secret.
    let mut letters = Zeroizing::new(Vec::with_capacity(key.len()));
    letters.extend(
        key.iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(u8::to_ascii_lowercase),
    );
    words.iter().any(|known| known.as_bytes() == *letters)
}

pub(super) const WEAK: &str = "a password is weak: masked inside its connection string only";

pub(super) const PUBLIC: &str =
    "a password equals a public part: masked inside its connection string only";

/// Keys of connection strings and queries whose value is a credential, without
/// signs, in lower case.
#[rustfmt::skip]
const SENSITIVE: &[&str] = &[
    "password", "passwd", "pwd", "pass", "sslpassword", "sslkeypassword", "truststorepassword",
    "keystorepassword", "accesstoken", "accountkey", "apikey", "appkey", "authtoken",
    "clientsecret", "code", "key", "privatekey", "refreshtoken", "secret", "secretaccesskey",
    "secretkey", "sharedaccesskey", "sharedaccesssignature", "sig", "signature", "token",
    "tlscertificatekeyfilepassword", "awssessiontoken", "xamzsignature",
];
