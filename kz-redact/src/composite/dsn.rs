use zeroize::Zeroizing;

use super::{Parts, lines, percent_decoded};
use crate::{
    needle::MIN_LENGTH,
    weak::{Strength, strength},
};

/// Registers the secret parts of a connection string. Says whether the value
/// looks like one and something secret was found in it.
///
/// Only credentials are masked, since host, port and database are what an
/// operator needs. Where a value cannot be split surely, every plausible split
/// is registered: more rather than less.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    if value.starts_with(b"{") {
        return false;
    }
    let before = parts.drafts.len();
    if let Some(at) = find(value, b"://")
        && is_scheme(&value[..at])
    {
        let rest = &value[at + 3..];
        url(parts, &value[..at], rest);
        if parts.drafts.len() == before && is_web(&value[..at]) {
            web_address(parts, value, rest);
        }
        pairs(parts, rest, b"?&;");
        return parts.drafts.len() > before;
    }
    // Only after a scheme is a line break surely part of a password.
    if value.iter().any(|&byte| matches!(byte, b'\n' | b'\r')) {
        return false;
    }
    if pairs(parts, value, b"; \t") && parts.drafts.len() > before {
        return true;
    }
    without_scheme(parts, value)
}

/// Registers the userinfo of an address that stands where nothing secret should,
/// such as under the key `host`.
pub(super) fn add_userinfo(parts: &mut Parts, value: &[u8]) {
    if let Some(at) = find(value, b"://")
        && is_scheme(&value[..at])
    {
        url(parts, &value[..at], &value[at + 3..]);
    }
}

/// What follows `scheme://`.
fn url(parts: &mut Parts, scheme: &[u8], rest: &[u8]) {
    let ends = userinfo_ends(rest);
    for &end in &ends {
        let userinfo = &rest[..end];
        let host = host_of(&rest[end + 1..]);
        let (user, password) = match userinfo.iter().position(|&byte| byte == b':') {
            Some(colon) => (&userinfo[..colon], &userinfo[colon + 1..]),
            // `https://TOKEN@host`: a lone user of a web address is its key.
            None if is_web(scheme) => (&b""[..], userinfo),
            None => continue,
        };
        if password.is_empty() {
            continue;
        }
        let path = after_host(&rest[end + 1..]);
        let public = [scheme, user, host, path];
        self::password(parts, password, &public);
        pair(parts, scheme, userinfo, &rest[end..]);
    }
}

/// Where a userinfo may end: at the one `@` of a well-formed address, and at
/// every `@` that an unescaped password could hold.
fn userinfo_ends(rest: &[u8]) -> Vec<usize> {
    let Some(first) = rest.iter().position(|&byte| byte == b'@') else {
        return Vec::new();
    };
    // A query that is one cannot hold the end of a userinfo.
    let query = (first..rest.len())
        .find(|&at| rest[at] == b'?' && is_query(&rest[at + 1..]))
        .unwrap_or(rest.len());
    (first..query)
        .filter(|&at| rest[at] == b'@' && begins_with_host(&rest[at + 1..]))
        .collect()
}

fn is_query(text: &[u8]) -> bool {
    let key = text
        .iter()
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count();
    key > 0 && text.get(key) == Some(&b'=')
}

fn begins_with_host(text: &[u8]) -> bool {
    match text.first() {
        Some(&byte) => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'/' | b'%' | b'_' | b'*' | b'(')
        }
        None => true,
    }
}

fn host_of(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|&byte| matches!(byte, b':' | b'/' | b'?' | b'#' | b','))
        .unwrap_or(text.len());
    &text[..end]
}

/// The first segment of the path, which names the database.
fn after_host(text: &[u8]) -> &[u8] {
    let Some(slash) = text.iter().position(|&byte| byte == b'/') else {
        return b"";
    };
    let path = &text[slash + 1..];
    let end = path
        .iter()
        .position(|&byte| matches!(byte, b'?' | b'#' | b'/'))
        .unwrap_or(path.len());
    &path[..end]
}

/// Registers a userinfo, which is masked as one: written and decoded, so that a
/// `Basic` header is covered too. A short one is masked in its address only.
fn pair(parts: &mut Parts, scheme: &[u8], userinfo: &[u8], behind: &[u8]) {
    let decoded = percent_decoded(userinfo);
    if decoded.len() >= MIN_LENGTH {
        parts.strong(userinfo);
        parts.strong(&decoded);
        return;
    }
    let room = scheme.len() + userinfo.len() + behind.len() + 3;
    let mut context = Zeroizing::new(Vec::with_capacity(room));
    context.extend_from_slice(scheme);
    context.extend_from_slice(b"://");
    let start = context.len();
    context.extend_from_slice(userinfo);
    let end = context.len();
    let host = 1 + host_of(&behind[1..]).len();
    context.extend_from_slice(&behind[..host]);
    parts.inside(&context, start..end);
}

/// Registers a password as it is written and as it is meant, and what is left
/// of it when a reader cuts it at an unescaped delimiter.
fn password(parts: &mut Parts, written: &[u8], public: &[&[u8]]) {
    let decoded = percent_decoded(written);
    for form in [written, &decoded] {
        if public.contains(&form) {
            parts.note("a password equals a public part: masked inside its connection string only");
            continue;
        }
        // A password that was pasted with a line break is several lines.
        if !lines::add(parts, form) && !parts.whole(form) {
            parts.note("a password is weak: masked inside its connection string only");
        }
        let cuts: Vec<usize> = (0..form.len())
            .filter(|&at| {
                matches!(form[at], b'@' | b'/' | b'#' | b':' | b'?')
                    || form[at].is_ascii_whitespace()
            })
            .take(CUTS)
            .collect();
        for (index, &from) in std::iter::once(&usize::MAX).chain(&cuts).enumerate() {
            for &to in cuts[index..].iter().chain(std::iter::once(&form.len())) {
                let piece = &form[from.wrapping_add(1)..to];
                if strength(piece) == Strength::Strong && !public.contains(&piece) {
                    parts.strong(piece);
                }
            }
        }
    }
}

/// Most delimiters at which a password is cut.
const CUTS: usize = 12;

/// A web address without userinfo is a secret by its path or query, as those of
/// webhooks are.
fn web_address(parts: &mut Parts, value: &[u8], rest: &[u8]) {
    parts.whole(value);
    let target = &rest[host_of(rest).len()..];
    let target = match target.iter().position(|&byte| byte == b'/') {
        Some(slash) => &target[slash..],
        None => return,
    };
    if target.len() >= 16 {
        parts.whole(target);
    }
}

/// `user:password@host`, `scheme:/user:password@host` and the like. The value is
/// masked as a whole too, since it may be no connection string at all.
fn without_scheme(parts: &mut Parts, value: &[u8]) -> bool {
    let Some(at) = value.iter().rposition(|&byte| byte == b'@') else {
        return false;
    };
    let host = host_of(&value[at + 1..]);
    let is_host = !host.is_empty()
        && host
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if !is_host || !value[..at].contains(&b':') {
        return false;
    }
    parts.whole(value);
    for colon in (0..at).filter(|&index| value[index] == b':').take(CUTS) {
        let written = &value[colon + 1..at];
        let password = &written[written.iter().take_while(|&&byte| byte == b'/').count()..];
        let public = [host, after_host(&value[at + 1..]), &value[..colon]];
        self::password(parts, written, &public);
        self::password(parts, password, &public);
    }
    true
}

/// Registers the values of sensitive keys in `key=value` pairs: a query, a libpq
/// string (`host=… password='…'`), an ODBC or ADO string. Says whether the text
/// has a sensitive key.
fn pairs(parts: &mut Parts, text: &[u8], separators: &[u8]) -> bool {
    let mut some = false;
    for equals in (0..text.len()).filter(|&at| text[at] == b'=') {
        let before = text[..equals].trim_ascii_end();
        let key_start = before
            .iter()
            .rposition(|&byte| separators.contains(&byte))
            .map_or(0, |at| at + 1);
        let key_start = if is_sensitive(&before[key_start..]) {
            key_start
        } else {
            // `User Id` and `Pwd` of ODBC: the last word may be the key.
            before
                .iter()
                .rposition(|&byte| separators.contains(&byte) || byte == b' ')
                .map_or(0, |at| at + 1)
        };
        let key = &before[key_start..];
        if !is_sensitive(key) {
            continue;
        }
        some = true;
        let from = equals + 1 + leading_spaces(&text[equals + 1..]);
        for (start, end, value) in values(&text[from..], separators) {
            if value.is_empty() {
                continue;
            }
            let strong = parts.whole(&value) | parts.whole(&percent_decoded(&value));
            if !strong {
                parts.note("a password is weak: masked inside its connection string only");
            }
            parts.inside(
                &text[key_start..from + end],
                from + start - key_start..from + end - key_start,
            );
        }
    }
    some
}

fn leading_spaces(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| byte == b' ').count()
}

/// The plausible values at the start of `text`, with where they stand.
fn values(text: &[u8], separators: &[u8]) -> Vec<(usize, usize, Zeroizing<Vec<u8>>)> {
    let mut found = Vec::new();
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

fn is_sensitive(key: &[u8]) -> bool {
    // What stands before a `=` may as well be a part of a secret.
    let mut letters = Zeroizing::new(Vec::with_capacity(key.len()));
    letters.extend(
        key.iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(u8::to_ascii_lowercase),
    );
    SENSITIVE.iter().any(|known| known.as_bytes() == *letters)
}

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

fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|&byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':' | b'_')
        })
}

fn is_web(scheme: &[u8]) -> bool {
    matches!(
        scheme.to_ascii_lowercase().as_slice(),
        b"http" | b"https" | b"git" | b"git+https" | b"ws" | b"wss"
    )
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, wanted)
}

#[cfg(test)]
mod tests {
    use crate::composite::tests::needles_of;

    /// `value`, what must be looked for, what must not.
    const CASES: &[(&str, &[&str], &[&str])] = &[
        (
            "postgres://app:kz-made-up\nsecond line@db:5432/app",
            &[
                "kz-made-up\nsecond line",
                "app:kz-made-up\nsecond line",
                "kz-made-up",
                "kz-made-up second line",
            ],
            &["db", "app"],
        ),
        (
            "postgres://app:kz-canary-1@db-host-1:5432/app_database",
            &["kz-canary-1", "app:kz-canary-1"],
            &["db-host-1", "app_database", "app", "postgres"],
        ),
        (
            "postgres://app:kz%40canary%2F1@db:5432/app",
            &["kz@canary/1", "kz%40canary%2F1", "app:kz@canary/1"],
            &[],
        ),
        (
            "postgres://app:kz@canary/one#two-and-more:x@db:5432/app",
            &[
                "kz@canary/one#two-and-more:x",
                "app:kz@canary/one#two-and-more:x",
                "two-and-more",
            ],
            &[],
        ),
        (
            "postgres://app:kz-canary-1@db:port/app",
            &["app:kz-canary-1", "kz-canary-1"],
            &[],
        ),
        (
            "app:kz-canary-1@db:5432/app",
            &["kz-canary-1", "app:kz-canary-1@db:5432/app"],
            &[],
        ),
        (
            "postgres:/app:kz-canary-1@db:5432/app",
            &["kz-canary-1"],
            &[],
        ),
        (
            "redis://:kz-canary-1@cache:6379/0",
            &["kz-canary-1", ":kz-canary-1"],
            &[],
        ),
        (
            "https://kz-canary-1-token@host/repository.git",
            &["kz-canary-1-token"],
            &[],
        ),
        (
            "postgres://postgres:postgres@localhost/x",
            &["postgres:postgres"],
            &["postgres", "localhost"],
        ),
        (
            "mysql://sa:pw@db-host/x",
            &["mysql://{sa:pw}@db-host"],
            &["pw", "sa:pw"],
        ),
        (
            "host=db-host-1 user=app password='kz can\\'t 1' dbname=app",
            &["kz can't 1"],
            &["db-host-1"],
        ),
        (
            "Server=db;User Id=app;Password=kz-canary-1;Encrypt=yes",
            &["kz-canary-1"],
            &["app"],
        ),
        (
            "host=db password=kz canary 1 dbname=x",
            &["kz canary 1"],
            &[],
        ),
        (
            "jdbc:postgresql://db:5432/app?user=app&password=kz-canary-1",
            &["kz-canary-1"],
            &["app"],
        ),
        (
            "postgres://db:5432/app?sslpassword=pw",
            &["sslpassword={pw}"],
            &[],
        ),
        (
            "postgres://app:kz-canary-1@db/app?options=a@b.c",
            &["app:kz-canary-1"],
            &["kz-canary-1@db/app?options=a"],
        ),
        (
            "postgres://app@db-host-1/app",
            &["postgres://app@db-host-1/app"],
            &["app"],
        ),
        (
            "https://hooks.test/services/T0/B0/kzcanary",
            &["/services/T0/B0/kzcanary"],
            &[],
        ),
    ];

    #[test]
    fn splits() {
        for (value, wanted, unwanted) in CASES {
            let needles = needles_of(value);
            for part in *wanted {
                assert!(
                    needles.iter().any(|needle| needle == part),
                    "{value}: {part} in {needles:?}"
                );
            }
            for part in *unwanted {
                assert!(
                    !needles.iter().any(|needle| needle == part),
                    "{value}: {part} in {needles:?}"
                );
            }
        }
    }
}
