use zeroize::Zeroizing;

use super::{Parts, document::is_plain_key, dsn, lines, pairs};

/// Registers a `.env` block, lines of `KEY=value`: as a whole, and each value of
/// eight bytes that does not stand under a plain key. Says whether the value is
/// one.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    if !value.contains(&b'\n') {
        return false;
    }
    let Some(entries) = entries(value) else {
        return false;
    };
    lines::add_wholes(parts, value);
    for entry in &entries {
        if is_plain(entry.key) {
            dsn::add_userinfo(parts, entry.value.trim_ascii());
            continue;
        }
        let mut before = Zeroizing::new(entry.key.to_vec());
        before.push(b'=');
        let key = pairs::last_segment(entry.key);
        for value in [entry.written, &entry.value] {
            parts.field(key, value, &[(&before, b"")]);
        }
    }
    for user in entries
        .iter()
        .filter(|entry| pairs::is_user(pairs::last_segment(entry.key)))
    {
        let prefix = |entry: &Entry<'_>| entry.key.len() - pairs::last_segment(entry.key).len();
        let same = |entry: &&Entry<'_>| {
            pairs::is_password(pairs::last_segment(entry.key))
                && entry.key[..prefix(entry)] == user.key[..prefix(user)]
        };
        for password in entries.iter().filter(same) {
            parts.credentials(&user.value, &password.value);
        }
    }
    true
}

struct Entry<'t> {
    key: &'t [u8],
    /// As it is written, without quotation marks.
    written: &'t [u8],
    /// As it is meant.
    value: Zeroizing<Vec<u8>>,
}

/// Every entry, if there is nothing but entries and comments.
fn entries(text: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut entries = Vec::new();
    let mut rest = text.trim_ascii_start();
    while let Some(&first) = rest.first() {
        if first == b'#' {
            rest = rest[line_end(rest)..].trim_ascii_start();
            continue;
        }
        let line = rest
            .strip_prefix(b"export ")
            .unwrap_or(rest)
            .trim_ascii_start();
        let equals = line.iter().position(|&byte| byte == b'=')?;
        let key = line[..equals].trim_ascii_end();
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        if key.is_empty() || !key.iter().all(is_key) {
            return None;
        }
        let (written, after) = written(&line[equals + 1..])?;
        entries.push(Entry {
            key,
            written,
            value: meant(written),
        });
        rest = after.trim_ascii_start();
    }
    (!entries.is_empty()).then_some(entries)
}

/// The value at the start of `text`, which may be quoted, and what follows its
/// line.
fn written(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = &text[text
        .iter()
        .take_while(|&&byte| b" \t".contains(&byte))
        .count()..];
    let Some(&quote @ (b'"' | b'\'' | b'`')) = text.first() else {
        let (line, after) = text.split_at(line_end(text));
        let comment = line.windows(2).position(|pair| pair == b" #");
        return Some((
            line[..comment.unwrap_or(line.len())].trim_ascii_end(),
            after,
        ));
    };
    let mut at = 1;
    while *text.get(at)? != quote {
        at += if text[at] == b'\\' && quote == b'"' {
            2
        } else {
            1
        };
    }
    let after = &text[at + 1..];
    let (tail, after) = after.split_at(line_end(after));
    let tail = tail.trim_ascii();
    (tail.is_empty() || tail.starts_with(b"#")).then_some((&text[1..at], after))
}

fn line_end(text: &[u8]) -> usize {
    let end = text.iter().position(|&byte| byte == b'\n');
    end.unwrap_or(text.len())
}

/// What backslashes stand for between double quotes.
fn meant(written: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut meant = Zeroizing::new(Vec::with_capacity(written.len()));
    let mut bytes = written.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, byte == b'\\') {
            (_, true) => match bytes.next() {
                Some(b'n') => meant.push(b'\n'),
                Some(b'r') => meant.push(b'\r'),
                Some(b't') => meant.push(b'\t'),
                other => meant.push(other.unwrap_or(byte)),
            },
            (byte, false) => meant.push(byte),
        }
    }
    meant
}

/// Whether a variable of this name is known not to be secret: by its last word,
/// unless another says that it is.
fn is_plain(key: &[u8]) -> bool {
    const SECRET: &[&str] = &[
        "secret",
        "token",
        "password",
        "passwd",
        "pass",
        "pwd",
        "key",
        "credential",
        "credentials",
        "private",
        "auth",
        "session",
        "cookie",
        "salt",
        "signing",
    ];
    let Ok(key) = std::str::from_utf8(key) else {
        return false;
    };
    let mut words = key.split(['_', '.', '-']);
    !words.any(|word| {
        SECRET
            .iter()
            .any(|secret| word.eq_ignore_ascii_case(secret))
    }) && (is_plain_key(key) || key.rsplit(['_', '.', '-']).next().is_some_and(is_plain_key))
}
