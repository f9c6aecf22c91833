//! `INSERT INTO users (name, password) VALUES ('app', '…'), …`: in every row what stands in
//! the column of a password.

use std::ops::Range;

use super::super::{
    super::{Close, block::Opening, named, rule::run},
    is_random, is_value,
};

/// So much of a statement is looked at.
const MAX_STATEMENT: usize = 8 * 1024;
/// The first secret is one of so many strings.
const MAX_STRINGS: usize = 32;
/// No value has more parentheses in each other.
const MAX_DEPTH: usize = 4;
/// The longest name of a table.
const MAX_TABLE_NAME: usize = 128;

/// Finds the first secret of the rows.
pub(super) fn open(text: &[u8]) -> Opening {
    let shown = &text[..text.len().min(MAX_STATEMENT)];
    let unclear = || {
        if shown.len() < MAX_STATEMENT {
            Opening::Unclear
        } else {
            Opening::No
        }
    };
    let (columns, start) = match head(shown) {
        Head::Rows(columns, start) => (columns, start),
        Head::Cut => return unclear(),
        Head::Other => return Opening::No,
    };
    let (mut first, mut strings) = (None, 0);
    let end = each_string(shown, start, State::Between, |number, value| {
        strings += 1;
        if is_secret(shown, &columns, number, &value) {
            first = Some(value.start);
        }
        first.is_none() && strings < MAX_STRINGS
    });
    match (first, end) {
        (Some(first), _) => Opening::After(first),
        (None, None) => unclear(),
        (None, Some(_)) => Opening::No,
    }
}

/// The end of the rows, within a string of which `text` begins.
pub(super) fn close(text: &[u8]) -> Close {
    let shown = &text[..text.len().min(MAX_STATEMENT)];
    match each_string(shown, 0, State::InString, |_, _| true) {
        Some(end) => Close::At(end),
        None if shown.len() < text.len() => Close::At(shown.len()),
        None => Close::NotYet { keep: 0 },
    }
}

/// The secrets of the rows.
pub(super) fn values(text: &[u8], _: usize) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    if let Head::Rows(columns, start) = head(text) {
        each_string(text, start, State::Between, |number, value| {
            if is_secret(text, &columns, number, &value) {
                values.push(value);
            }
            true
        });
    }
    values
}

fn is_secret(text: &[u8], columns: &[Range<usize>], number: usize, value: &Range<usize>) -> bool {
    let Some(name) = columns.get(number) else {
        return false;
    };
    let (name, value) = (&text[name.clone()], &text[value.clone()]);
    let is_chosen = named::is_password(value, true) || named::is_words_and_number(value);
    named::is_secret_name(name) && is_value(value) && (is_chosen || is_random(value))
}

/// What stands before the rows.
enum Head {
    /// The columns, and where the rows begin.
    Rows(Vec<Range<usize>>, usize),
    Cut,
    Other,
}

fn head(text: &[u8]) -> Head {
    const VALUES: &[u8] = b"values";
    let from = "insert into ".len().min(text.len());
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b" _.`\"[]".contains(&byte);
    let open = from
        + run(
            is_of_name,
            &text[from..text.len().min(from + MAX_TABLE_NAME)],
        );
    match text.get(open) {
        Some(b'(') => {}
        Some(_) => return Head::Other,
        None => return Head::Cut,
    }
    let is_of_columns = |byte: u8| byte != b')' && byte != b'(' && byte != b';';
    let close = open + 1 + run(is_of_columns, &text[open + 1..]);
    match text.get(close) {
        Some(b')') => {}
        Some(_) => return Head::Other,
        None => return Head::Cut,
    }
    let mut columns = Vec::new();
    let mut start = open + 1;
    for column in text[open + 1..close].split(|byte| *byte == b',') {
        columns.push(start..start + column.trim_ascii_end().len());
        start += column.len() + 1;
    }
    let is_secret = |name: &Range<usize>| named::is_secret_name(&text[name.clone()]);
    if !columns.iter().any(is_secret) {
        return Head::Other;
    }
    let word = close + 1 + run(|byte| byte.is_ascii_whitespace(), &text[close + 1..]);
    match text.get(word..word + VALUES.len()) {
        Some(found) if found.eq_ignore_ascii_case(VALUES) => {
            Head::Rows(columns, word + VALUES.len())
        }
        Some(_) => Head::Other,
        None => Head::Cut,
    }
}

/// Where the walk through rows is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between two rows.
    Between,
    InRow,
    InString,
}

/// Calls `visit` with the number in its row and the place of each string in quotation marks,
/// as long as it says that it wants more. Says where the rows end.
fn each_string(
    text: &[u8],
    start: usize,
    state: State,
    mut visit: impl FnMut(usize, Range<usize>) -> bool,
) -> Option<usize> {
    let mut state = state;
    let (mut at, mut number, mut depth) = (start, 0, 0_usize);
    // Where the string begins, and with what. Within one at the beginning either may end it.
    let (mut string, mut quote) = (start, None);
    while let Some(byte) = text.get(at) {
        match state {
            State::Between if *byte == b'(' => (state, number, depth) = (State::InRow, 0, 0),
            State::Between if *byte == b',' || byte.is_ascii_whitespace() => {}
            State::Between => return Some(at),
            State::InRow => match byte {
                b'\'' | b'"' => (state, string, quote) = (State::InString, at + 1, Some(*byte)),
                b',' if depth == 0 => number += 1,
                b'(' if depth == MAX_DEPTH => return Some(at),
                b'(' => depth += 1,
                b')' if depth == 0 => state = State::Between,
                b')' => depth -= 1,
                b';' => return Some(at),
                _ => {}
            },
            State::InString if *byte == b'\\' => at += 1,
            State::InString
                if quote.map_or(matches!(byte, b'\'' | b'"'), |quote| quote == *byte) =>
            {
                if text.get(at + 1) == Some(byte) {
                    at += 1;
                } else {
                    if !visit(number, string..at) {
                        return Some(at);
                    }
                    state = State::InRow;
                }
            }
            State::InString => {}
        }
        at += 1;
    }
    None
}
