//! `"columns": ["user", "password"], "rows": [["app", "…"]]`.

use std::ops::Range;

use super::{
    super::super::{Close, block::Opening, named, rule::run},
    MAX_TABLE, is_secret,
};

/// So much may stand between the columns and the rows.
const MAX_BETWEEN: usize = 512;
/// The first secret is one of so many strings.
const MAX_STRINGS: usize = 64;

/// Finds the first secret of the rows.
pub(super) fn open(text: &[u8]) -> Opening {
    let shown = &text[..text.len().min(MAX_TABLE)];
    let unclear = if shown.len() < MAX_TABLE {
        Opening::Unclear
    } else {
        Opening::No
    };
    match rows(shown) {
        Found::Rows(columns, start) => {
            let (mut first, mut strings) = (None, 0);
            let walk = each_value(shown, start, 1, |number, value| {
                strings += 1;
                if is_secret_at(shown, &columns, number, &value) {
                    first = Some(value.start);
                }
                first.is_none() && strings < MAX_STRINGS
            });
            match (first, walk) {
                (Some(first), _) => Opening::After(first),
                (None, Walk::Cut(_)) => unclear,
                (None, Walk::Ended(_)) => Opening::No,
            }
        }
        Found::Cut => unclear,
        Found::Nothing => Opening::No,
    }
}

/// The end of the rows, within a string of which `text` begins.
pub(super) fn close(text: &[u8]) -> Close {
    let shown = &text[..text.len().min(MAX_TABLE)];
    let Some(end) = end_of_string(shown) else {
        return if shown.len() < text.len() {
            Close::At(shown.len())
        } else {
            Close::NotYet { keep: 0 }
        };
    };
    match each_value(shown, end + 1, 2, |_, _| true) {
        Walk::Ended(end) => Close::At(end),
        Walk::Cut(end) if shown.len() < text.len() => Close::At(end),
        Walk::Cut(end) => Close::NotYet {
            keep: text.len() - end,
        },
    }
}

/// The secrets of the rows.
pub(super) fn values(text: &[u8], _: usize) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    if let Found::Rows(columns, start) = rows(text) {
        each_value(text, start, 1, |number, value| {
            if is_secret_at(text, &columns, number, &value) {
                values.push(value);
            }
            true
        });
    }
    values
}

fn is_secret_at(
    text: &[u8],
    columns: &[Range<usize>],
    number: usize,
    value: &Range<usize>,
) -> bool {
    columns.get(number).is_some_and(|name| {
        let name = &text[name.clone()];
        named::is_secret_name(name) && is_secret(name, &text[value.clone()])
    })
}

/// The columns, and where the rows begin.
enum Found {
    /// Behind the bracket that opens them.
    Rows(Vec<Range<usize>>, usize),
    Cut,
    Nothing,
}

fn rows(text: &[u8]) -> Found {
    let is_gap = |byte: u8| byte.is_ascii_whitespace() || byte == b':';
    let head = "\"columns\"".len().min(text.len());
    let open = head + run(is_gap, &text[head..]);
    match text.get(open) {
        Some(b'[') => {}
        Some(_) => return Found::Nothing,
        None => return Found::Cut,
    }
    let mut columns = Vec::new();
    let end = each_value(text, open + 1, 0, |_, value| {
        columns.push(value);
        columns.len() < MAX_STRINGS
    });
    let end = match end {
        Walk::Ended(end) => end,
        Walk::Cut(_) => return Found::Cut,
    };
    let is_secret = |name: &Range<usize>| named::is_secret_name(&text[name.clone()]);
    if !columns.iter().any(is_secret) {
        return Found::Nothing;
    }
    let between = &text[end..text.len().min(end + MAX_BETWEEN)];
    let names = [&b"\"rows\""[..], b"\"data\"", b"\"values\""];
    let name = names.iter().find_map(|name| {
        let at = memchr::memmem::find(between, name)?;
        Some(end + at + name.len())
    });
    let Some(name) = name else {
        return if between.len() < MAX_BETWEEN && !between.contains(&b'}') {
            Found::Cut
        } else {
            Found::Nothing
        };
    };
    let open = name + run(is_gap, &text[name..]);
    match text.get(open) {
        Some(b'[') => Found::Rows(columns, open + 1),
        Some(_) => Found::Nothing,
        None => Found::Cut,
    }
}

/// How far a list was read.
enum Walk {
    /// To the bracket that closes it.
    Ended(usize),
    /// To the end of the text; so much of it is whole.
    Cut(usize),
}

/// Calls `visit` with the number in its row and the place of each string, as long as it says
/// that it wants more, from `start` on, which is `depth` brackets deep in the rows, or in the
/// columns, which hold nothing but strings.
fn each_value(
    text: &[u8],
    start: usize,
    depth: usize,
    mut visit: impl FnMut(usize, Range<usize>) -> bool,
) -> Walk {
    let of_columns = depth == 0;
    let mut depth = depth.max(1);
    let mut number = 0;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b'{' if of_columns => return Walk::Ended(at),
            b'[' | b'{' => {
                depth += 1;
                if depth == 2 {
                    number = 0;
                }
            }
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Walk::Ended(at);
                }
            }
            b',' if depth == 2 || of_columns => number += 1,
            b'"' => {
                let Some(length) = end_of_string(&text[at + 1..]) else {
                    return Walk::Cut(at);
                };
                let wants = depth == 2 || of_columns;
                if wants && !visit(number, at + 1..at + 1 + length) {
                    return Walk::Ended(at);
                }
                at += 1 + length;
            }
            _ => {}
        }
        at += 1;
    }
    Walk::Cut(at)
}

/// Where the quotation mark stands that ends a string.
fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while *text.get(at)? != b'"' {
        at += 1 + usize::from(text[at] == b'\\');
    }
    Some(at)
}
