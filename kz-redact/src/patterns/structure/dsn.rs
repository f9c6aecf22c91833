//! `scheme://user:password@host`: the userinfo goes, the rest stays.
//!
//! RFC 3986 says where userinfo ends, but what leaks is seldom valid: drivers
//! echo a DSN just because its password holds an unescaped `/`, `#`, `?` or
//! `@`. So the last `@` that can end a password is taken, not the first.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::super::{
    markers,
    rule::{Left, Matcher, Reach, Rule, Strictness},
};

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "dsn",
        about: "The credentials in a URL or connection string; RFC 3986, 3.2.1; PostgreSQL docs, \
                'Connection URIs'",
        strictness: Strictness::Default,
        anchors: &["://", ":\\/\\/", "%3A%2F%2F", "%3a%2f%2f"],
        fold: false,
        left: Left::Is(ends_with_scheme),
        reach: Reach {
            max: 1024,
            ..Reach::WORD
        },
        matcher: Matcher::Code(userinfo),
        check: None,
        examples: &[
            "postgres://«app:kz-canary»@db:5432/app",
            "'postgresql://«app:p@ss/kz:ca#nary»@127.0.0.1:5432/db'",
            "redis://«:kz-canary»@cache",
            "mongodb+srv://«u:kz-canary»@a.example,b.example/db",
            "http://«u:p/kz-canary»@127.0.0.1:1/v1",
            "http://«u:kz-canary»@127.0.0.1:abc/v1",
            "amqp://«u:kz%40canary»@mq?heartbeat=1",
            "git+https://«u:kz-canary»@git.example/a.git@v1.0",
            "postgres://«app:1234/kz-canary»@db:5432/app",
            r"postgres:\/\/«app:kz-canary»@db\/app",
            "jdbc:mysql://«app:kz-canary»@db/app",
            "postgres%3A%2F%2F«app%3Akz-canary»%40db%2Fapp",
            "redis://«u:kz-canary»@a,redis://«u:kz-canary»@b",
            "postgres://«app:kz-canary»@db.example/app?mail=me@example.org",
            "postgres://«app:kz?canary»@db/app",
            "\\npostgres://«app:kz-canary»@db\\nnext@line",
            "postgres://«postgres:postgres»@localhost/app",
        ],
        near_misses: &[
            "https://example.org/@user",
            "http://[fe80::1]:8080/@user",
            "https://localhost:8080/@scope/package",
            "http://localhost:3000/users/me@example.org",
            "https://user@example.org/",
            "postgres://[REDACTED:dsn]@db:5432/app",
            "postgres://[REDACTED:DATABASE_URL]@db/app",
            "postgres://app:[REDACTED:PASSWORD]@db/app",
            "postgres://KZ_TOK_<base32>:KZ_TOK_<base32>@127.0.0.1:5/app",
            "https://example.org:443 me@example.org",
            "postgres://user:$PASSWORD@db",
            "postgres://user:<password>@db",
            "://user:password@host",
            "postgresql://scott:tiger@localhost/test",
            "redis://foo:bar@localhost:6379/0",
            "socks5h://apt:pass@127.0.0.1:9050",
        ],
        ..Rule::EMPTY
    }]
}

/// The byte before `://` ends a scheme.
fn ends_with_scheme(before: &[u8]) -> bool {
    before
        .last()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn userinfo(before: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let encoded = text.starts_with(b"%");
    let colon: &[u8] = if encoded { b"%3a" } else { b":" };
    let body = &text[anchor..];
    if body.starts_with(b"[") && markers::masked_prefix(body).is_none() {
        return None; // an address of IPv6
    }
    // Most URLs have no userinfo.
    if !encoded && memchr(b'@', body).is_none() {
        return None;
    }
    let body = &body[..length_of_url(body)];
    let user = find_folded(body, colon)?;
    if body[..user].iter().any(|byte| b"/?#@".contains(byte)) {
        return None;
    }
    let start = user + colon.len();
    let length = if encoded {
        find_folded(&body[start..], b"%40")?
    } else {
        end_of_password(before, &body[start..])?
    };
    let whole = &body[..start + length];
    let password = &whole[start..];
    let host = &body[whole.len()..];
    let is_nothing = super::is_placeholder(password)
        || is_documentation(before, &body[..user], password, host)
        || markers::is_masked(password)
        || markers::is_masked(whole);
    (!is_nothing).then_some(anchor..anchor + whole.len())
}

/// What documentation writes, and nobody else: `user:password@`, two of the words that
/// stand for any (RFC 3092), the account of Oracle's sample schemas, and what stands
/// before the host of an example on the web or in no web at all, if nobody would choose
/// it as a password. A weak password beside the name of an account, as `postgres:postgres`
/// or `root:root`, is one that servers do have.
fn is_documentation(before: &[u8], user: &[u8], password: &[u8], host: &[u8]) -> bool {
    const USERS: [&[u8]; 8] = [
        b"user",
        b"username",
        b"usr",
        b"login",
        b"name",
        b"me",
        b"",
        b"john%40example.com",
    ];
    const PASSWORDS: [&[u8]; 6] = [b"pass", b"password", b"passwd", b"pwd", b"pw", b"secret"];
    const ANY: [&[u8]; 7] = [b"foo", b"bar", b"baz", b"qux", b"quux", b"foobar", b"fred"];
    let scheme = before
        .rsplit(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))
        .next()
        .unwrap_or_default();
    let is_one = |list: &[&[u8]], word: &[u8]| list.contains(&word);
    if matches!(scheme, b"javascript" | b"data" | b"about" | b"blob")
        || (is_one(&USERS, user) && is_one(&PASSWORDS, password))
        || (is_one(&ANY, user) && is_one(&ANY, password))
        || (user, password) == (b"scott", b"tiger")
    {
        return true;
    }
    let is_web = matches!(
        scheme,
        b"http" | b"https" | b"ws" | b"wss" | b"ftp" | b"proto"
    );
    let is_example = [
        &b"@example."[..],
        b"@sub.example.",
        b"@www.example.",
        b"@host",
    ]
    .iter()
    .any(|start| host.starts_with(start));
    let is_word =
        password.len() <= 8 && password.iter().all(u8::is_ascii_lowercase) || password.len() <= 3;
    let is_short = password.len() <= 1 && user.len() <= 1;
    let is_proxy = scheme.starts_with(b"socks") && password == b"pass";
    is_proxy || is_web && ((is_example && (is_word || user.is_empty())) || is_short)
}

/// How much of `body` can belong to this URL: an escaped line break or quote, or
/// the next URL of a list, ends it.
fn length_of_url(body: &[u8]) -> usize {
    let mut length = body.len();
    for escape in [&b"\\n"[..], b"\\r", b"\\t", b"\\\"", b"\\'"] {
        if let Some(at) = memmem::find(&body[..length], escape) {
            // Unless no `@` would be left: then it is part of a password.
            if memchr(b'@', &body[..at]).is_some() || memchr(b'@', &body[..length]).is_none() {
                length = at;
            }
        }
    }
    if let Some(next) = memmem::find(&body[..length], b"://") {
        let head = &body[..next];
        let scheme = head
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            .count();
        length = next - scheme;
    }
    length
}

/// Where the password that `text` begins with ends, at an `@`.
fn end_of_password(before: &[u8], text: &[u8]) -> Option<usize> {
    let authority = text
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .unwrap_or(text.len());
    let last = memrchr(b'@', text)?;
    let Some(valid) = memrchr(b'@', &text[..authority]) else {
        // Before the first `/` there is none: a port and a path, or a password
        // with an unescaped `/`, `?` or `#`.
        return (!is_port(before, text, authority, last)).then_some(last);
    };
    if valid == last || is_host(&text[valid + 1..authority]) {
        return Some(valid);
    }
    // Between them is no host. In a query an `@` belongs to an address.
    let query = memchr(b'?', &text[valid..last]).is_some_and(|at| {
        memchr(b'=', &text[valid + at..last]).is_some() && text[authority] != b'#'
    });
    Some(if query { valid } else { last })
}

/// `8080/path@x`: a port and not the beginning of a password. A database is
/// asked for a host after the `@` that looks like one.
fn is_port(before: &[u8], text: &[u8], authority: usize, last: usize) -> bool {
    let digits = &text[..authority];
    if digits.is_empty() || digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let web = [&b"http"[..], b"https", b"ws", b"wss", b"ftp", b"git"];
    let is_web = web.iter().any(|scheme| before.ends_with(scheme));
    let host = &text[last + 1..];
    let end = host.iter().position(|byte| matches!(byte, b':' | b'/'));
    is_web || end.is_none_or(|end| end == 0)
}

/// A name with a dot, `localhost`, or anything with a port.
fn is_host(text: &[u8]) -> bool {
    let (name, port) = match memrchr(b':', text) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    let plain = name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_[]:,%".contains(byte));
    let known = match port {
        Some(port) => !port.is_empty() && port.iter().all(u8::is_ascii_digit),
        None => name == b"localhost" || memchr(b'.', name).is_some(),
    };
    plain && known && !name.is_empty()
}

fn find_folded(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}
