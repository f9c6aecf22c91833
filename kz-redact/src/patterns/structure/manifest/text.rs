//! The data of a Secret as text, under `stringData`.

use super::{
    super::super::{
        Close,
        rule::{Opening, run},
    },
    MAX_HEAD,
};

/// Finds the first value behind `stringData:`, if a line that is indented follows.
pub(super) fn open(text: &[u8]) -> Opening {
    let from = "stringData:".len();
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
