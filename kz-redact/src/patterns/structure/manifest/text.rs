//! The data of a Secret as text, under `stringData`.

use std::ops::Range;

use super::{
    super::super::{Close, block::Opening, markers, rule::run},
    MAX_HEAD, is_of_name,
};

const HEAD: &str = "stringData:";

/// Finds the first value behind `stringData:`, if a line that is indented follows.
pub(super) fn open(text: &[u8]) -> Opening {
    let from = HEAD.len();
    let line = from + run(|byte| byte.is_ascii_whitespace(), &text[from..]);
    if line == text.len() {
        return Opening::Unclear;
    }
    let is_indented = text[from..line].contains(&b'\n') && !text[..line].ends_with(b"\n");
    let rest = &text[line..text.len().min(line + MAX_HEAD)];
    match rest.iter().position(|byte| matches!(byte, b':' | b'\n')) {
        _ if !is_indented => Opening::No,
        None if rest.len() == MAX_HEAD => Opening::No,
        None => Opening::Unclear,
        // No name has a bracket in it; a marker has one.
        Some(colon) if rest[colon] == b'\n' || rest[..colon].contains(&b'[') => Opening::No,
        Some(colon) => {
            let value = line + colon + 1;
            let start = value + run(|byte| byte.is_ascii_whitespace(), &text[value..]);
            if start == text.len() {
                Opening::Unclear
            } else {
                Opening::After(start)
            }
        }
    }
}

/// The end of the last line before one that is not indented.
pub(super) fn close(text: &[u8]) -> Close {
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'\n', &text[from..]) {
        let at = from + found;
        match text.get(at + 1) {
            None => {
                return Close::NotYet {
                    keep: text.len() - at,
                };
            }
            Some(byte) if byte.is_ascii_whitespace() => from = at + 1,
            Some(_) => return Close::At(text[..at].trim_ascii_end().len()),
        }
    }
    Close::NotYet { keep: 0 }
}

/// The value of each name; of a line without one, as a comment is, all of it.
pub(super) fn values(block: &[u8], _: usize) -> Vec<Range<usize>> {
    let mut at = HEAD.len() + blank(&block[HEAD.len()..]);
    let indent = indent_of(&block[..at]);
    let mut found = Vec::new();
    while at < block.len() {
        let (value, end) = value_behind(block, behind_name(block, at), indent);
        if !value.is_empty() {
            found.push(value);
        }
        at = end + blank(&block[end..]);
    }
    found
}

/// Where the value begins of the line, or of the comment, that begins at `at`.
fn behind_name(block: &[u8], at: usize) -> usize {
    let is_quote = |byte: u8| b"\"'".contains(&byte);
    let line = at + run(|byte| b"# \t".contains(&byte), &block[at..]);
    let name = line + run(is_quote, &block[line..]).min(1);
    let end = name + run(is_of_name, &block[name..]);
    let colon = end + run(is_quote, &block[end..]).min(1);
    let is_named = end > name
        && block.get(colon) == Some(&b':')
        && block.get(colon + 1).is_none_or(u8::is_ascii_whitespace);
    if is_named { colon + 1 } else { line }
}

/// The value that begins at `at`, or behind blanks there, and where what belongs to it ends.
fn value_behind(block: &[u8], at: usize, indent: usize) -> (Range<usize>, usize) {
    let start = at + run(|byte| b" \t".contains(&byte), &block[at..]);
    match block.get(start) {
        Some(quote @ (b'"' | b'\'')) => {
            let start = start + 1;
            let close = closing_quote(&block[start..], *quote).map(|length| start + length);
            let Some(close) = close else {
                let end = end_of_entry(block, start, indent);
                if markers::is_masked(&block[start..end]) {
                    return (start..end, end);
                }
                return (start..block.len(), block.len());
            };
            // What stands behind a quote on its line may belong to the value.
            let end = end_of_entry(block, close, indent);
            let value = trimmed(block, start..end);
            let quotes = usize::from(block[value.clone()].ends_with(&[*quote]));
            (value.start..value.end - quotes, end)
        }
        Some(b'|' | b'>') => {
            let header = start + run(|byte| b"|>+-123456789".contains(&byte), &block[start..]);
            let end = end_of_entry(block, header, indent);
            let is_header = matches!(block.get(header), Some(b'\n' | b'\r'));
            let start = if is_header { header } else { start };
            (trimmed(block, start..end), end)
        }
        _ => {
            let end = end_of_entry(block, start, indent);
            (trimmed(block, start..end), end)
        }
    }
}

/// Where the last line ends of the value of which `at` is part: the next is indented no further.
fn end_of_entry(block: &[u8], at: usize, indent: usize) -> usize {
    let mut end = at;
    loop {
        end += run(|byte| byte != b'\n', &block[end..]);
        let next = end + blank(&block[end..]);
        if next == block.len() || indent_of(&block[..next]) <= indent {
            return end;
        }
        end = next;
    }
}

fn closing_quote(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(quote, b'\\', &text[at..])?;
        match (text[at], text.get(at + 1)) {
            (b'\\', _) if quote == b'"' => at += 2,
            (b'\\', _) => at += 1,
            (_, Some(b'\'')) if quote == b'\'' => at += 2,
            _ => return Some(at),
        }
        if at > text.len() {
            return None;
        }
    }
}

/// How far the line is indented with which a text ends.
fn indent_of(text: &[u8]) -> usize {
    text.len() - memchr::memrchr(b'\n', text).map_or(0, |at| at + 1)
}

fn blank(text: &[u8]) -> usize {
    run(|byte| byte.is_ascii_whitespace(), text)
}

fn trimmed(block: &[u8], range: Range<usize>) -> Range<usize> {
    let start = range.start + blank(&block[range.clone()]);
    start..start + block[start..range.end].trim_ascii_end().len()
}
