//! The dotenv syntax that its many readers agree on: `KEY=value`, `export`,
//! comments, single quotes (literal), double quotes (escapes); quoted values may
//! span lines. Variables are not expanded: a password may hold a dollar sign.

use kz_core::{Error, ErrorKind};
use zeroize::Zeroizing;

/// One entry, in the order of the file.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: Zeroizing<Vec<u8>>,
}

/// The entries up to the first line that is none, and what is wrong with that
/// line: its number, and nothing of what stands there. The entries before it are
/// given all the same, so that they can be registered.
pub(super) fn entries(bytes: &[u8]) -> (Vec<Entry>, Result<(), Error>) {
    let mut rest = Cursor {
        bytes: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
        line: 1,
    };
    let mut entries = Vec::new();
    loop {
        rest.skip(|byte| byte.is_ascii_whitespace());
        let line = rest.line;
        match rest.peek() {
            None => return (entries, Ok(())),
            Some(b'#') => rest.skip(|byte| byte != b'\n'),
            Some(_) => match rest.entry() {
                Some(entry) => entries.push(entry),
                None => return (entries, Err(malformed(line))),
            },
        }
    }
}

fn malformed(line: usize) -> Error {
    Error::new(
        ErrorKind::Invalid,
        "read",
        format!("line {line} of the file is not `KEY=value`"),
    )
    .with_remedy("mend the line, or quote its value")
}

/// What is left to read, and the number of its line.
struct Cursor<'a> {
    bytes: &'a [u8],
    line: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        self.line += usize::from(*first == b'\n');
        Some(*first)
    }

    fn skip(&mut self, unwanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&unwanted) {
            self.next();
        }
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let bytes = self.bytes;
        self.skip(wanted);
        &bytes[..bytes.len() - self.bytes.len()]
    }

    fn entry(&mut self) -> Option<Entry> {
        let mut key = self.take(is_key);
        if key == b"export" && self.peek().is_some_and(is_blank) {
            self.skip(is_blank);
            key = self.take(is_key);
        }
        self.skip(is_blank);
        if key.is_empty() || self.next() != Some(b'=') {
            return None;
        }
        let blank = !self.take(is_blank).is_empty();
        let value = match self.peek() {
            Some(b'\'') => self.single_quoted()?,
            Some(b'"') => self.double_quoted()?,
            // `KEY= # why` is empty, `KEY=#fff` is not.
            Some(b'#') if blank => Zeroizing::default(),
            _ => return Some(entry(key, self.bare())),
        };
        self.skip(|byte| is_blank(byte) || byte == b'\r');
        match self.peek() {
            None | Some(b'\n' | b'#') => Some(entry(key, value)),
            Some(_) => None,
        }
    }

    /// Up to the end of the line, or to a `#` after a blank.
    fn bare(&mut self) -> Zeroizing<Vec<u8>> {
        let line = self.take(|byte| byte != b'\n');
        let comment = line
            .windows(2)
            .position(|pair| is_blank(pair[0]) && pair[1] == b'#');
        Zeroizing::new(
            line[..comment.unwrap_or(line.len())]
                .trim_ascii_end()
                .to_vec(),
        )
    }

    fn single_quoted(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.next();
        let value = self.take(|byte| byte != b'\'');
        self.next()?;
        Some(Zeroizing::new(value.to_vec()))
    }

    fn double_quoted(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.next();
        // Found first, so that the buffer never grows and leaves a copy behind.
        let mut escaped = false;
        let length = self.bytes.iter().position(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        })?;
        let mut value = Zeroizing::new(Vec::with_capacity(length));
        let end = self.bytes.len() - length;
        while self.bytes.len() > end {
            match self.next()? {
                b'\\' => match self.next()? {
                    b'n' => value.push(b'\n'),
                    b'r' => value.push(b'\r'),
                    b't' => value.push(b'\t'),
                    other @ (b'"' | b'\\' | b'$' | b'\'' | b'`') => value.push(other),
                    other => value.extend([b'\\', other]),
                },
                other => value.push(other),
            }
        }
        self.next();
        Some(value)
    }
}

fn entry(key: &[u8], value: Zeroizing<Vec<u8>>) -> Entry {
    Entry {
        key: key.iter().copied().map(char::from).collect(),
        value,
    }
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(String, String)> {
        let (entries, end) = entries(text);
        end.unwrap();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        entries
            .iter()
            .map(|entry| (entry.key.clone(), text(&entry.value)))
            .collect()
    }

    #[test]
    fn what_is_read() {
        for (text, expected) in [
            ("", vec![]),
            ("A=1", vec![("A", "1")]),
            (
                "# c\n\nA=1\r\nexport B = 2 # c\n",
                vec![("A", "1"), ("B", "2")],
            ),
            ("export\tA=1\nexport=2", vec![("A", "1"), ("export", "2")]),
            ("A='x # y $Z \\n'", vec![("A", "x # y $Z \\n")]),
            (
                "A=\"x\\ny \\\"q\\\" \\$ \\d\" # c",
                vec![("A", "x\ny \"q\" $ \\d")],
            ),
            (
                "A=\"ends with \\\\\"\nB=1",
                vec![("A", "ends with \\"), ("B", "1")],
            ),
            ("A=\"l1\nl2\"\nB=p#q", vec![("A", "l1\nl2"), ("B", "p#q")]),
            ("A='l1\nl2'\r\nB=2", vec![("A", "l1\nl2"), ("B", "2")]),
            ("A=\nB=$HOME", vec![("A", ""), ("B", "$HOME")]),
            (
                "A= # c\nB=#fff\nC=x\t# c",
                vec![("A", ""), ("B", "#fff"), ("C", "x")],
            ),
            ("A=it's \"quoted\"  \n", vec![("A", "it's \"quoted\"")]),
            ("A=''\nB=\"\"", vec![("A", ""), ("B", "")]),
            ("\u{feff}A=x=y==", vec![("A", "x=y==")]),
            ("  A=\u{e9}", vec![("A", "\u{e9}")]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_refused_by_number_only() {
        for (text, line, before) in [
            ("A=1\nkz-canary-line\n", 2, 1),
            ("A=\"kz-canary-open", 1, 0),
            ("A=\"kz-canary-open\\\"", 1, 0),
            ("A='kz-canary-open\n\n", 1, 0),
            ("\n\nA='kz-canary' rest", 3, 0),
            ("A='l1\nl2'\nB=2\nkz canary=1", 4, 2),
            ("=kz-canary", 1, 0),
            ("export kz-canary", 1, 0),
        ] {
            let (entries, end) = entries(text.as_bytes());
            let error = end.unwrap_err();
            let reason = format!("line {line} ");
            assert!(error.reason().contains(&reason), "{text:?}: {error}");
            assert!(!error.to_string().contains("canary"), "{error}");
            assert_eq!(entries.len(), before, "{text:?}");
        }
    }

    /// Of this thread alone, whatever else the machine does.
    #[cfg(target_os = "linux")]
    fn seconds_of_work() -> u64 {
        let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        let nanoseconds: u64 = spent.split(' ').next().unwrap().parse().unwrap();
        nanoseconds / 1_000_000_000
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_of_a_megabyte_is_read_in_one_pass() {
        let text = "A=\"b\"\nC='d'\n".repeat(80_000);
        let before = seconds_of_work();
        assert_eq!(read(text.as_bytes()).len(), 160_000);
        // Far above what one pass takes, far below what a pass a line takes.
        assert!(seconds_of_work() - before < 10);
    }
}
