//! The dotenv syntax that its many readers agree on: `KEY=value`, `export`,
//! comments, single quotes (literal), double quotes (escapes, several lines).
//! Variables are not expanded: a password may hold a dollar sign.

use kz_core::{Error, ErrorKind};
use zeroize::Zeroizing;

/// One entry, in the order of the file.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: Zeroizing<String>,
}

/// # Errors
/// Kind `invalid`, with the line's number and nothing of the line.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::new(ErrorKind::Invalid, "read", "the file is not UTF-8 text"))?;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let number = text[..text.len() - rest.len()].matches('\n').count() + 1;
        let line = rest.lines().next().unwrap_or_default();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = after_line(rest);
            continue;
        }
        let (entry, after) = entry(rest).ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                "read",
                format!("line {number} of the file is not `KEY=value`"),
            )
            .with_remedy("mend the line, or quote its value")
        })?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

fn entry(text: &str) -> Option<(Entry, &str)> {
    let text = text.trim_start();
    let text = text.strip_prefix("export ").map_or(text, str::trim_start);
    let (key, value) = text.split_once('=')?;
    let key = key.trim_end();
    let named = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if !named {
        return None;
    }
    let value = value.trim_start_matches([' ', '\t']);
    let (value, rest) = match value.chars().next() {
        Some('\'') => {
            let (value, rest) = value[1..].split_once('\'')?;
            (Zeroizing::new(value.to_owned()), end_of_line(rest)?)
        }
        Some('"') => {
            let (value, rest) = double_quoted(&value[1..])?;
            (value, end_of_line(rest)?)
        }
        _ => {
            let line = value.lines().next().unwrap_or_default();
            let bare = line.find(" #").map_or(line, |at| &line[..at]).trim_end();
            (Zeroizing::new(bare.to_owned()), after_line(value))
        }
    };
    Some((
        Entry {
            key: key.to_owned(),
            value,
        },
        rest,
    ))
}

fn double_quoted(text: &str) -> Option<(Zeroizing<String>, &str)> {
    // As long as the file at most, so that it never grows and leaves a copy.
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                other @ ('"' | '\\' | '$' | '\'') => value.push(other),
                other => {
                    value.push('\\');
                    value.push(other);
                }
            },
            other => value.push(other),
        }
    }
    None
}

/// What follows the line, if nothing but a comment stands on the rest of it.
fn end_of_line(text: &str) -> Option<&str> {
    let line = text.lines().next().unwrap_or_default().trim();
    (line.is_empty() || line.starts_with('#')).then(|| after_line(text))
}

fn after_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let entries = entries(text.as_bytes()).unwrap();
        entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.to_string()))
            .collect()
    }

    #[test]
    fn what_is_read() {
        for (text, expected) in [
            ("A=1", vec![("A", "1")]),
            (
                "# c\n\nA=1\r\nexport B = 2 # c\n",
                vec![("A", "1"), ("B", "2")],
            ),
            ("A='x # y $Z \\n'", vec![("A", "x # y $Z \\n")]),
            (
                "A=\"x\\ny \\\"q\\\" \\$ \\d\" # c",
                vec![("A", "x\ny \"q\" $ \\d")],
            ),
            ("A=\"l1\nl2\"\nB=p#q", vec![("A", "l1\nl2"), ("B", "p#q")]),
            ("A=\nB=$HOME", vec![("A", ""), ("B", "$HOME")]),
            ("\u{feff}A=x=y==", vec![("A", "x=y==")]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_refused_by_number_only() {
        for (text, line) in [
            ("A=1\nkz-canary-line\n", 2),
            ("A=\"kz-canary-open", 1),
            ("\n\nA='kz-canary' rest", 3),
            ("kz canary=1", 1),
        ] {
            let Err(error) = entries(text.as_bytes()) else {
                panic!("{text:?}")
            };
            assert!(
                error.reason().contains(&format!("line {line} ")),
                "{text:?}: {error}"
            );
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
