//! Lines with a password each, below one that says so.

use std::ops::Range;

use super::{
    super::super::{Close, block::Opening, rule::run},
    is_chosen,
};

/// So much of a list is looked at.
const MAX_LIST: usize = 8 * 1024;
/// The first password stands in one of so many lines.
const MAX_LINES: usize = 16;
/// No longer line belongs to one.
const MAX_LINE: usize = 512;

/// A format of such a list.
pub(super) struct List {
    /// Whether the line that the anchor begins heads one.
    heads: fn(&[u8]) -> bool,
    /// Whether a line belongs to it.
    goes_on: fn(&[u8]) -> bool,
    /// Where the password stands in a line, if one does.
    password: fn(&[u8]) -> Option<Range<usize>>,
}

/// `user:password`, in a block of YAML.
pub(super) const CHPASSWD: List = List {
    heads: |line| line.trim_ascii_end() == b"chpasswd:",
    goes_on: |line| line.starts_with(b" ") || line.starts_with(b"\t"),
    password: |line| {
        let blank = run(|byte| b" \t-\"'".contains(&byte), line);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let name = blank + run(is_name, &line[blank..]);
        (name > blank && line.get(name) == Some(&b':')).then(|| word(line, name + 1))
    },
};
/// `client server secret addresses`.
pub(super) const CHAP: List = List {
    heads: |line| {
        let words = ["#", "client", "server", "secret"];
        let mut found = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        words
            .iter()
            .all(|word| found.next() == Some(word.as_bytes()))
    },
    goes_on: |line| !line.trim_ascii().is_empty(),
    password: |line| {
        if line.starts_with(b"#") {
            return None;
        }
        let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
        let mut at = 0;
        for _ in 0..2 {
            at += run(is_blank, &line[at..]);
            at += run(|byte| !is_blank(byte), &line[at..]);
        }
        let start = at + run(is_blank, &line[at..]);
        (start > at).then(|| word(line, start))
    },
};
/// `user = password`, up to the next section.
pub(super) const ADMINS: List = List {
    heads: |line| line == b"admins]",
    goes_on: |line| !line.starts_with(b"["),
    password: |line| {
        let equals = line.iter().position(|byte| *byte == b'=')?;
        let name = line[..equals].trim_ascii();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte);
        let start = equals + 1 + run(|byte| byte == b' ', &line[equals + 1..]);
        (!name.is_empty() && name.iter().all(is_name)).then(|| word(line, start))
    },
};

/// What stands at `start` of a line up to a blank, without quotation marks.
fn word(line: &[u8], start: usize) -> Range<usize> {
    let is_quote = |byte: &u8| b"\"'".contains(byte);
    let start = start + usize::from(line.get(start).is_some_and(is_quote));
    let belongs = |byte: u8| byte > b' ' && !b"\"'".contains(&byte);
    start..start + run(belongs, &line[start..])
}

impl List {
    /// Finds the first password.
    pub(super) fn open(&self, text: &[u8]) -> Opening {
        let text = &text[..text.len().min(MAX_LIST)];
        let head = run(|byte| byte != b'\n', &text[..text.len().min(MAX_LINE)]);
        match text.get(head) {
            None if head < MAX_LINE => return Opening::Unclear,
            Some(b'\n') if (self.heads)(&text[..head]) => {}
            _ => return Opening::No,
        }
        let mut at = head + 1;
        for _ in 0..MAX_LINES {
            let end = at + run(|byte| byte != b'\n', &text[at..]);
            let line = &text[at..end];
            if let Some(password) = self.password_in(line) {
                return Opening::After(at + password.start);
            }
            if end == text.len() {
                return if text.len() < MAX_LIST {
                    Opening::Unclear
                } else {
                    Opening::No
                };
            }
            if !(self.goes_on)(line) {
                return Opening::No;
            }
            at = end + 1;
        }
        Opening::No
    }

    /// The end of the list, within the first password of which `text` begins.
    pub(super) fn close(&self, text: &[u8]) -> Close {
        let shown = &text[..text.len().min(MAX_LIST)];
        let mut end = run(|byte| byte != b'\n', shown);
        while end < shown.len() {
            let next = end + 1;
            let length = run(|byte| byte != b'\n', &shown[next..]);
            if next + length == shown.len() {
                break;
            }
            if !(self.goes_on)(&shown[next..next + length]) {
                return Close::At(end);
            }
            end = next + length;
        }
        if shown.len() < text.len() {
            return Close::At(end);
        }
        Close::NotYet {
            keep: text.len() - end,
        }
    }

    /// The passwords of the list.
    pub(super) fn values(&self, text: &[u8], _: usize) -> Vec<Range<usize>> {
        let mut values = Vec::new();
        let mut at = run(|byte| byte != b'\n', text) + 1;
        while at < text.len() {
            let end = at + run(|byte| byte != b'\n', &text[at..]);
            let line = &text[at..end];
            if !(self.goes_on)(line) {
                break;
            }
            values.extend(
                self.password_in(line)
                    .map(|value| at + value.start..at + value.end),
            );
            at = end + 1;
        }
        values
    }

    fn password_in(&self, line: &[u8]) -> Option<Range<usize>> {
        let belongs = line.len() <= MAX_LINE && (self.goes_on)(line);
        let value = belongs.then(|| (self.password)(line))??;
        is_chosen(&line[value.clone()], b"").then_some(value)
    }
}
