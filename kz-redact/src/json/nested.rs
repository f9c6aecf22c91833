//! JSON that stands in a string of JSON stays JSON, too.

use super::{
    Kind, Lexed, Token, decode,
    edit::{Edit, mask_strings, number_equal_keys},
    lex,
};
use crate::{
    known::Known,
    settings::marker_of,
    span::{Span, merge},
};

/// So deep is JSON in strings of JSON told from other text.
const LEVELS: usize = 3;

/// Replacements for `spans`, which are sorted and lie in strings and keys.
pub(super) fn edits(text: &str, tokens: &[Token], spans: &[Span], known: &Known) -> Vec<Edit> {
    let mut edits = Vec::new();
    in_strings(text, tokens, spans, known, LEVELS, &mut edits);
    edits
}

fn in_strings(
    text: &str,
    tokens: &[Token],
    spans: &[Span],
    known: &Known,
    levels: usize,
    edits: &mut Vec<Edit>,
) {
    let mut rest = spans;
    while let Some(span) = rest.first() {
        let index = tokens.partition_point(|token| token.end <= span.start);
        let token = &tokens[index];
        let (here, behind) = rest.split_at(rest.partition_point(|span| span.start < token.end));
        rest = behind;
        let inner = (levels > 0 && token.kind == Kind::String)
            .then(|| in_string(text, token, here, known, levels - 1))
            .flatten();
        match inner {
            Some(inner) => edits.extend(inner),
            None => edits.extend(here.iter().map(|span| Edit {
                start: span.start,
                end: span.end,
                by: marker_of(&span.label, known),
            })),
        }
    }
}

/// Replacements in a string that holds JSON: `None` if it does not, or all of it goes.
fn in_string(
    text: &str,
    token: &Token,
    spans: &[Span],
    known: &Known,
    levels: usize,
) -> Option<Vec<Edit>> {
    let begin = token.start + 1;
    let whole = |span: &Span| span.start <= begin && span.end >= token.end - 1;
    if spans.iter().any(whole) {
        return None;
    }
    let decoded = decode(token.content(text));
    if !matches!(decoded.bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return None;
    }
    let inner = std::str::from_utf8(&decoded.bytes).ok()?;
    let lexed = lex(inner).ok()?;
    let spans = spans.iter().map(|span| {
        let (start, end) = decoded.meant(span.start - begin, span.end - begin);
        Span {
            start,
            end,
            label: span.label.clone(),
        }
    });
    let mut edits = of_value(inner, &lexed, &spans.collect::<Vec<_>>(), known, levels);
    for edit in &mut edits {
        let (start, end) = decoded.written(edit.start, edit.end);
        (edit.start, edit.end) = (start + begin, end + begin);
        edit.by = edit.by.replace('\\', "\\\\").replace('"', "\\\"");
    }
    Some(edits)
}

/// Replacements in a value of which `spans` was found, whatever they lie across.
fn of_value(text: &str, lexed: &Lexed, spans: &[Span], known: &Known, levels: usize) -> Vec<Edit> {
    let tokens = &lexed.tokens;
    let mut in_text = Vec::new();
    mask_strings(text, lexed, spans, &mut in_text);
    let mut edits = Vec::new();
    in_strings(text, tokens, &merge(in_text), known, levels, &mut edits);
    for token in tokens.iter().filter(|token| token.kind == Kind::Number) {
        let first = spans.partition_point(|span| span.end <= token.start);
        if let Some(span) = spans.get(first).filter(|span| span.start < token.end) {
            edits.push(Edit {
                start: token.start,
                end: token.end,
                by: format!("\"{}\"", marker_of(&span.label, known)),
            });
        }
    }
    edits.sort_by_key(|edit| edit.start);
    number_equal_keys(text, tokens, &mut edits);
    edits
}
