//! The data of a Secret as text, under `stringData` in JSON.

use std::ops::Range;

use super::super::super::{Close, block::Opening, rule::run};

const HEAD: &str = "stringData\":";
/// A string that is longer is not kept from its beginning on.
const LONG: usize = 4096;

/// Finds the first name behind `"stringData":`.
pub(super) fn open(text: &[u8]) -> Opening {
    let brace = HEAD.len() + blank(&text[HEAD.len()..]);
    match text.get(brace) {
        Some(b'{') => {}
        None => return Opening::Unclear,
        Some(_) => return Opening::No,
    }
    let start = brace + 1 + blank(&text[brace + 1..]);
    match text.get(start) {
        Some(b'"') => Opening::After(start),
        None => Opening::Unclear,
        Some(_) => Opening::No,
    }
}

/// The end of the last string before anything but a string. `text` begins with one, or within
/// one, and then with no quotation mark.
pub(super) fn close(text: &[u8]) -> Close {
    let not_yet = |from: usize| Close::NotYet {
        keep: text.len() - from,
    };
    let (mut at, mut last) = (0, 0);
    if text.first().is_some_and(|byte| *byte != b'"') {
        match end_of_string(text, 0) {
            Ok((unit, end)) => (at, last) = (end + 1, unit),
            Err(unit) => return not_yet(unit),
        }
    }
    loop {
        let gap = run(
            |byte| byte.is_ascii_whitespace() || b",:".contains(&byte),
            &text[at..],
        );
        match text.get(at + gap) {
            None => return not_yet(last),
            Some(b'"') => last = at + gap,
            Some(_) => return Close::At(at),
        }
        match end_of_string(text, last + 1) {
            Ok((_, end)) => at = end + 1,
            Err(_) if text.len() - last < LONG => return not_yet(last),
            Err(unit) => return not_yet(unit),
        }
    }
}

/// The strings behind a colon.
pub(super) fn values(block: &[u8], from: usize) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), from);
    loop {
        let gap = run(|byte| byte != b'"', &block[at..]);
        let is_value = block[at..at + gap].contains(&b':');
        let start = at + gap + 1;
        if start >= block.len() {
            return found;
        }
        let end = end_of_string(block, start).map_or(block.len(), |(_, end)| end);
        if is_value && start < end {
            found.push(start..end);
        }
        at = (end + 1).min(block.len());
    }
}

/// Where the string ends whose content goes on at `from`, and where the last character or
/// escape before that begins; only the latter, if it does not end.
fn end_of_string(text: &[u8], from: usize) -> Result<(usize, usize), usize> {
    let (mut at, mut unit) = (from, from);
    loop {
        match text.get(at) {
            Some(b'"') => return Ok((unit, at)),
            Some(byte) => {
                unit = at;
                at += if *byte == b'\\' { 2 } else { 1 };
            }
            None => return Err(unit.min(text.len())),
        }
    }
}

fn blank(text: &[u8]) -> usize {
    run(|byte| byte.is_ascii_whitespace(), text)
}
