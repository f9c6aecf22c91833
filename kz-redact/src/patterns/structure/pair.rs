//! `password=…` where the neighbourhood says that it is one: in a connection
//! string of keys and values, and in the query of a URL.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    super::{
        markers,
        rule::{Left, Matcher, Reach, Rule, Strictness, run},
    },
    is_placeholder, is_random_looking,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "dsn-password",
            about: "The password in a connection string of keys and values (libpq, ODBC, ADO.NET, \
                    JDBC properties); PostgreSQL docs, 'Connection Strings'; ODBC reference, \
                    'SQLDriverConnect'",
            strictness: Strictness::Default,
            anchors: &["password", "passwd", "pwd"],
            fold: true,
            left: Left::WordStart,
            reach: Reach::LINE,
            matcher: Matcher::Code(dsn_password),
            check: None,
            examples: &[
                "host=db user=app password=«kz-canary» dbname=x",
                "host=db password='«kz can\\'ary»' user=app",
                "password='«kz'canary»\" host=db",
                "Driver={x};Server=db;Uid=app;Pwd=«kz-canary»;",
                "Server=db;Database=x;User Id=app;Password=«{kz;canary}»;Encrypt=yes",
                "jdbc:sqlserver://db:1433;user=app;password=«kz-canary»",
                "Password = «kz-canary»; Data Source = db",
                "Server=db;User Id=app;Password=«kz&canary»;",
                "jdbc:postgresql://db/app?user=app&password=«kz-canary»&ssl=true",
                r#"host = \"db\"; password = \"«kz-canary»\";"#,
                r#""{\"a\":\"user=app password='«kz-canary»')\",\"b\":\"c\"}""#,
                r#""{\"a\":\"user=app password='«kz-canary»\",\"b\":\"c\"}""#,
            ],
            near_misses: &[
                "password=kz-canary",
                "connect(host=host, user=user, password=password)",
                "connect(host=host, password=os.environ['X'])",
                "def login(user = '', password = '', database = '')",
                "user = x\npassword = kz-canary",
                "host=db user=app password=[REDACTED:NAME] dbname=x",
                "host=db user=app password=******** dbname=x",
                "host=db user=app password=%s",
                "host = user = passwd = acct = None",
                r#"\-\-username=user1 \-\-password="secure1""#,
            ],
            ..Rule::EMPTY
        },
        Rule {
            id: "query-credential",
            about: "A credential in the query of a URL or in a form body; RFC 6750, 2.3; RFC 6749",
            strictness: Strictness::Default,
            anchors: &[
                "password=",
                "passwd=",
                "pwd=",
                "access_token=",
                "refresh_token=",
                "id_token=",
                "auth_token=",
                "token=",
                "api_key=",
                "apikey=",
                "api-key=",
                "client_secret=",
                "secret=",
                "client_assertion=",
                "sig=",
                "signature=",
                "x-amz-signature=",
                "x-amz-security-token=",
                "x-goog-signature=",
                "secret_id=",
                "private_token=",
                "key=",
                "auth=",
                "jwt=",
                "session_token=",
                "oauth_token=",
            ],
            fold: true,
            left: IN_A_QUERY,
            reach: Reach::WORD,
            matcher: Matcher::Regex(r#"[A-Za-z_-]+=([^&\s"'`<>\\;,#(){}|]{4,})"#),
            check: Some(|value, name| {
                !is_placeholder(value)
                    && (!is_signature(name) || is_long(value))
                    && (!is_vague(name) || is_key(value))
            }),
            examples: &[
                "GET /v1?token=«kz-canary-1»&page=2",
                "https://host/?a=b&access_token=«<an20>»#top",
                "grant_type=x&amp;client_secret=«kz-canary»",
                r"?a=b\u0026api_key=«kz-canary»",
                "https://host/v1?key=«<an24>»",
            ],
            near_misses: &[
                "token=kz-canary",
                "?page_token=kz-canary",
                "?token=[REDACTED:NAME]&x",
                "?token={token}&x",
                "?access_token=<token>",
                "?password=$PASSWORD",
                "?key=uploads/2024/01/image-1.png",
                "?key=<az24>",
                "?auth=required",
            ],
            ..Rule::EMPTY
        },
        Rule {
            id: "assigned-secret",
            about: "What is assigned to a name like password or secret, in any language; no \
                    document says so, which is why only level strict looks for it",
            strictness: Strictness::Strict,
            anchors: &[
                "password",
                "passwd",
                "passphrase",
                "secret",
                "token",
                "api_key",
                "api-key",
                "apikey",
                "credential",
                "private_key",
                "access_key",
            ],
            fold: true,
            left: Left::Any,
            reach: Reach::LINE,
            matcher: Matcher::Regex(concat!(
                r#"[A-Za-z]+(?:[_-][A-Za-z]+)?["'\\\]]{0,4}\s{0,8}(?::=|=>|[:=])\s{0,8}["'\\]{0,4}"#,
                r#"(\[REDACTED:[A-Za-z0-9_-]+\]|[^\s"'`\\,;<>(){}\[\]]{6,})"#,
            )),
            check: Some(|value, _| !is_placeholder(value) && value.iter().any(u8::is_ascii_digit)),
            examples: &[
                "password: «kz-canary-1»",
                "DB_PASSWORD=«kz-canary-1»",
                r#"{"client_secret": "«kz-canary-1»"}"#,
                "api_key := '«kz-canary-1»'",
            ],
            near_misses: &[
                "password: required",
                "token = get_token()",
                "secret=[REDACTED:X1]",
            ],
            ..Rule::EMPTY
        },
    ]
}

fn is_signature(name: &[u8]) -> bool {
    name.len() >= 3 && name[..3].eq_ignore_ascii_case(b"sig")
}

/// A name that other things have too.
fn is_vague(name: &[u8]) -> bool {
    [&b"key="[..], b"auth="]
        .iter()
        .any(|vague| name.eq_ignore_ascii_case(vague))
}

fn is_key(value: &[u8]) -> bool {
    let is_member = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    value.len() >= 20 && value.iter().all(is_member) && is_random_looking(value)
}

/// No name of an algorithm.
fn is_long(value: &[u8]) -> bool {
    value.len() >= 16
}

/// After `?`, `#`, `&`, `&amp;` or the escaped `&` of JSON.
const IN_A_QUERY: Left = Left::After(&[b"?", b"#", b"&", b"&amp;", b"\\u0026", b"%26", b"%3F"]);

/// The value after `password =`, if another keyword of connection strings
/// stands near.
fn dsn_password(before: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    const WORDS: [&[u8]; 8] = [
        b"foo",
        b"bar",
        b"baz",
        b"password",
        b"passwd",
        b"pass",
        b"secret",
        b"pwd",
    ];
    let blanks = |at: usize| at + run(|byte| byte == b' ', &text[at..]).min(2);
    let equals = blanks(anchor);
    if text.get(equals) != Some(&b'=') {
        return None;
    }
    let start = blanks(equals + 1);
    let value = value(&text[start..]);
    let range = start + value.start..start + value.end;
    let bytes = &text[range.clone()];
    // `password=password)` and `password=self.password,` are code.
    let is_code = matches!(text.get(range.end), Some(b')' | b'(' | b'[' | b','))
        || bytes.starts_with(b"(")
        || bytes.starts_with(b"$(")
        || bytes.starts_with(b"#{")
        || bytes.ends_with(b"(")
        || bytes.ends_with(b"[")
        || bytes.ends_with(b")")
        // `user = passwd = account = ""`.
        || text[range.end..].trim_ascii_start().starts_with(b"= ");
    if WORDS.contains(&bytes)
        || bytes.is_empty()
        || is_placeholder(bytes)
        || markers::is_masked(bytes)
        || is_code
        // The source of a manual page writes the dashes of an option so.
        || before.ends_with(br"\-")
    {
        return None;
    }
    let line = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or(before);
    (has_keyword(line) || has_keyword(&text[range.end..])).then_some(range)
}

/// Quoted (libpq: `'…'` with backslashes), braced (ODBC: `{…}`) or up to a
/// separator. A quote that closes in the middle of a word does not close.
fn value(text: &[u8]) -> Range<usize> {
    let ends = |byte: Option<&u8>| {
        byte.is_none_or(|byte| byte.is_ascii_whitespace() || b";\"'),]}\\".contains(byte))
    };
    match text.first() {
        Some(b'{') => {
            let end = text
                .iter()
                .position(|byte| *byte == b'}')
                .map_or(text.len(), |at| at + 1);
            0..end
        }
        Some(quote @ (b'\'' | b'"')) => {
            if text.get(1) == Some(quote) {
                return 0..0;
            }
            let mut at = 1;
            while at < text.len() {
                match text[at] {
                    // The quote of what the whole string stands in, or an escape.
                    b'\\' if *quote == b'\'' && text.get(at + 1) == Some(&b'"') => return 1..at,
                    b'\\' => at += 1,
                    byte if byte == *quote && ends(text.get(at + 1)) => return 1..at,
                    b'"' => return 1..at,
                    _ => {}
                }
                at += 1;
            }
            1..text.len()
        }
        // A quote of a string within a string.
        Some(b'\\') if matches!(text.get(1), Some(b'\'' | b'"')) => {
            let end = text[2..].iter().position(|byte| *byte == b'\\');
            2..end.map_or(text.len(), |at| at + 2)
        }
        _ => {
            let stop = |byte: u8| {
                byte > b' '
                    && !matches!(
                        byte,
                        b';' | b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>' | b',' | b')'
                    )
            };
            let length = run(stop, text);
            let next = (0..length).find(|at| super::ends_pair(&text[*at..]));
            0..next.unwrap_or(length)
        }
    }
}

fn has_keyword(text: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 17] = [
        b"host",
        b"hostaddr",
        b"server",
        b"user",
        b"uid",
        b"userid",
        b"dbname",
        b"database",
        b"port",
        b"driver",
        b"datasource",
        b"initialcatalog",
        b"sslmode",
        b"addr",
        b"address",
        b"username",
        b"dsn",
    ];
    // Keys stand before `=`, maybe with blanks in and around them.
    text.iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'=')
        .any(|(at, _)| {
            let mut key = Zeroizing::new(Vec::with_capacity(24));
            let letters = text[..at]
                .iter()
                .rev()
                .skip_while(|byte| **byte == b' ')
                .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_'))
                .take(24)
                .filter(|byte| byte.is_ascii_alphanumeric())
                .map(u8::to_ascii_lowercase);
            key.extend(letters);
            KEYWORDS.iter().any(|word| word.iter().rev().eq(&*key))
        })
}
