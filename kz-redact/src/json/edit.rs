use std::collections::HashSet;

use memchr::memchr;

use super::{Kind, Lexed, Token, Unescaped, decode, nested, twins::Twins};
use crate::{
    known::Known,
    settings::{InJson, Settings, Window, marker_of},
    span::{Span, merge},
    wiped::Depth,
};

/// What became of a JSON text in which something was found.
pub(crate) struct Edited {
    pub(crate) text: String,
    pub(crate) findings: usize,
}

/// A replacement of written text.
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) by: String,
}

/// Masks what is found in the strings, keys and numbers of `text`; `None` when that is
/// nothing. Says how deep on the stack that went.
pub(crate) fn redact(
    text: &str,
    lexed: &Lexed,
    settings: &Settings,
    known: &Known,
) -> (Option<Edited>, Depth) {
    let json = Unescaped::new(text, lexed);
    let InJson {
        spans,
        parts,
        depth,
    } = settings.scan_json(&json);
    let marked = Marked::new(&json, &lexed.tokens, parts, known);
    let has_nothing = spans.is_empty() && marked.parts.is_empty();
    if has_nothing && (known.is_empty() || !lexed.may_be_joined()) {
        return (None, depth.max(marked.depth));
    }
    let edited = mask(text, lexed, spans, &marked, settings, known);
    (edited, Depth::Deep)
}

/// Masks what rules found in the whole text, and what is in the parts in which something is.
#[cold]
#[inline(never)]
fn mask(
    text: &str,
    lexed: &Lexed,
    by_rules: Vec<Span>,
    marked: &Marked,
    settings: &Settings,
    known: &Known,
) -> Option<Edited> {
    let tokens = &lexed.tokens;
    let mut spans: Vec<Span> = Vec::new();
    for token in marked.parts.iter().map(|first| &tokens[*first]) {
        if token.kind != Kind::Number {
            scan_string(token, token.content(text), settings, known, &mut spans);
        }
    }
    mask_strings(text, lexed, &by_rules, &mut spans);
    if !known.is_empty() && lexed.may_be_joined() {
        for group in adjacent(text, tokens) {
            scan_group(text, &group, known, &mut spans);
        }
    }
    let mut edits = nested::edits(text, tokens, &merge(spans), known);
    let by_rules = merge(by_rules);
    if !(marked.parts.is_empty() && by_rules.is_empty()) {
        let mut first = 0;
        for numbers in tokens.chunk_by(|a, b| a.kind == Kind::Number && b.kind == Kind::Number) {
            if numbers[0].kind == Kind::Number {
                let settings = marked.has(first).then_some(settings);
                scan_numbers(text, numbers, settings, known, &by_rules, &mut edits);
            }
            first += numbers.len();
        }
    }
    let findings = edits.len();
    if findings == 0 {
        return None;
    }
    edits.sort_by_key(|edit| edit.start);
    number_equal_keys(text, tokens, &mut edits);
    Some(Edited {
        text: apply(text, &edits),
        findings,
    })
}

/// The parts of a text in which something is, by themselves or with what stands around
/// them: few, if any.
struct Marked {
    /// The first token of each, in order.
    parts: Vec<usize>,
    /// How deep on the stack the search for values went.
    depth: Depth,
}

impl Marked {
    fn new(json: &Unescaped<'_>, tokens: &[Token], by_rules: Vec<usize>, known: &Known) -> Self {
        let mut parts = by_rules;
        let twins = Twins::among(json, tokens);
        let mut depth = Depth::Filters;
        for window in twins.others(json) {
            let (found, _, depth_here) = known.scan_as_deep(&json.meant()[window.clone()], true);
            depth = depth.max(depth_here);
            if !found.is_empty() {
                let found = merge(found).into_iter();
                let found = found.map(|span| window.start + span.start..window.start + span.end);
                parts.extend(json.parts_in(found));
            }
        }
        twins.join(&mut parts);
        // A value may stand in a string as it is written as well, if backslashes of its own
        // were taken for escapes: every other escape of a form is one of JSON, which reads
        // it as the form does.
        if known.have_backslashes() && json.has_escapes() {
            let found = merge(known.scan(json.written(), true).0).into_iter();
            parts.extend(json.parts_in(found.map(|span| json.meant_in(span.start..span.end))));
            depth = Depth::Deep;
        }
        parts.sort_unstable();
        parts.dedup();
        Self { parts, depth }
    }

    fn has(&self, first: usize) -> bool {
        self.parts.binary_search(&first).is_ok()
    }
}

/// Scans a string or key by itself.
fn scan_string(
    token: &Token,
    content: &[u8],
    settings: &Settings,
    known: &Known,
    spans: &mut Vec<Span>,
) {
    if memchr(b'\\', content).is_some() {
        scan_decoded(token, content, settings, known, spans);
    } else {
        scan_plain(token, content, settings, known, spans);
    }
}

/// Scans a string that is meant as it is written.
fn scan_plain(
    token: &Token,
    content: &[u8],
    settings: &Settings,
    known: &Known,
    spans: &mut Vec<Span>,
) {
    let found = settings.scan(known, Window::whole(content)).spans;
    spans.extend(found.into_iter().map(|span| moved(span, token.start + 1)));
}

/// Scans a string with escapes, as it is meant.
fn scan_decoded(
    token: &Token,
    content: &[u8],
    settings: &Settings,
    known: &Known,
    spans: &mut Vec<Span>,
) {
    let offset = token.start + 1;
    let decoded = decode(content);
    // What rules find in it as it is written, they find in the whole text.
    if known.have_backslashes() {
        for mut span in known.scan(content, true).0 {
            (span.start, span.end) = decoded.widen(span.start, span.end);
            spans.push(moved(span, offset));
        }
    }
    for mut span in settings.scan(known, Window::whole(&decoded.bytes)).spans {
        (span.start, span.end) = decoded.written(span.start, span.end);
        spans.push(moved(span, offset));
    }
}

/// Masks what rules found in the whole text, where a key tells what a string is:
/// only what lies in strings and keys.
pub(super) fn mask_strings(text: &str, lexed: &Lexed, found: &[Span], spans: &mut Vec<Span>) {
    let tokens = &lexed.tokens;
    for span in found {
        let first = tokens.partition_point(|token| token.end <= span.start);
        for token in tokens[first..]
            .iter()
            .take_while(|token| token.start < span.end)
        {
            // A name between two values stays.
            let is_name =
                token.kind == Kind::Key && (span.start <= token.start || span.end >= token.end);
            if is_name || !matches!(token.kind, Kind::Key | Kind::String) {
                continue;
            }
            let start = span.start.max(token.start + 1);
            let end = span.end.min(token.end - 1);
            if start < end {
                let (start, end) = lexed.widen(text, start, end);
                spans.push(Span {
                    start,
                    end,
                    label: span.label.clone(),
                });
            }
        }
    }
}

fn moved(mut span: Span, by: usize) -> Span {
    span.start += by;
    span.end += by;
    span
}

/// Groups of strings that a reader puts together: those that follow each other
/// in an array, and the `text` of objects that follow each other in an array. There are none
/// unless the text [may](Lexed::may_be_joined) have some.
fn adjacent(text: &str, tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut groups = Vec::new();
    let mut add = |group: Vec<Token>| {
        if group.len() > 1 {
            groups.push(group);
        }
    };
    let mut open: Vec<Container> = vec![Container::default()];
    let mut is_text = false;
    for token in tokens {
        match token.kind {
            Kind::Open => open.push(Container {
                is_array: text.as_bytes()[token.start] == b'[',
                ..Container::default()
            }),
            Kind::Close => {
                let Some(closed) = open.pop() else { continue };
                let Some(around) = open.last_mut() else {
                    continue;
                };
                add(closed.strings);
                add(closed.texts);
                if closed.is_array || !around.is_array {
                    around.end_all().into_iter().for_each(&mut add);
                } else {
                    add(std::mem::take(&mut around.strings));
                    match closed.own_text {
                        Some(token) => around.texts.push(token),
                        None => add(std::mem::take(&mut around.texts)),
                    }
                }
            }
            Kind::Key => is_text = token.content(text) == b"text",
            Kind::String => {
                let Some(around) = open.last_mut() else {
                    continue;
                };
                if around.is_array {
                    add(std::mem::take(&mut around.texts));
                    around.strings.push(*token);
                } else if is_text {
                    around.own_text = Some(*token);
                }
            }
            Kind::Number | Kind::Literal => {
                if let Some(around) = open.last_mut() {
                    around.end_all().into_iter().for_each(&mut add);
                }
            }
        }
        if token.kind != Kind::Key {
            is_text = false;
        }
    }
    groups
}

#[derive(Default)]
struct Container {
    is_array: bool,
    strings: Vec<Token>,
    texts: Vec<Token>,
    own_text: Option<Token>,
}

impl Container {
    fn end_all(&mut self) -> [Vec<Token>; 2] {
        [
            std::mem::take(&mut self.strings),
            std::mem::take(&mut self.texts),
        ]
    }
}

/// Looks for known values that lie across the border of two strings.
fn scan_group(text: &str, group: &[Token], known: &Known, spans: &mut Vec<Span>) {
    let parts: Vec<_> = group
        .iter()
        .map(|token| decode(token.content(text)))
        .collect();
    let length = parts.iter().map(|part| part.bytes.len()).sum();
    let mut whole = crate::wiped::Wiped::with_capacity(length);
    for part in &parts {
        whole.extend_from_slice(&part.bytes);
    }
    for span in known.scan(&whole, true).0 {
        let mut begin = 0;
        for (part, token) in parts.iter().zip(group) {
            let end = begin + part.bytes.len();
            let crosses = span.start < begin || span.end > end;
            let (from, to) = (span.start.max(begin), span.end.min(end));
            if crosses && from < to {
                let (start, end) = part.written(from - begin, to - begin);
                spans.push(Span {
                    start: start + token.start + 1,
                    end: end + token.start + 1,
                    label: span.label.clone(),
                });
            }
            begin = end;
        }
    }
}

/// Scans numbers that follow each other as text: a number may be a value, and
/// several the bytes of one. Without `settings` nothing is in them alone.
fn scan_numbers(
    text: &str,
    numbers: &[Token],
    settings: Option<&Settings>,
    known: &Known,
    by_place: &[Span],
    edits: &mut Vec<Edit>,
) {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return;
    };
    let written = &text.as_bytes()[first.start..last.end];
    let before = by_place.partition_point(|span| span.end <= first.start);
    let by_place = by_place[before..].iter();
    let by_place = by_place.take_while(|span| span.start < last.end);
    let mut spans = Vec::new();
    let scan = |settings: &Settings| settings.scan(known, Window::whole(written)).spans;
    let inside = settings.map(scan).into_iter().flatten();
    let inside = inside.map(|span| moved(span, first.start));
    for mut span in inside.chain(by_place.cloned()) {
        let hits = &numbers[numbers.partition_point(|token| token.end <= span.start)..];
        let hits = &hits[..hits.partition_point(|token| token.start < span.end)];
        if let (Some(first), Some(last)) = (hits.first(), hits.last()) {
            (span.start, span.end) = (first.start, last.end);
            spans.push(span);
        }
    }
    for span in merge(spans) {
        edits.push(Edit {
            start: span.start,
            end: span.end,
            by: format!("\"{}\"", marker_of(&span.label, known)),
        });
    }
}

/// Tells keys of one object apart that became equal: the second gets `#2`.
pub(super) fn number_equal_keys(text: &str, tokens: &[Token], edits: &mut [Edit]) {
    struct Object {
        keys: Vec<Token>,
    }
    let mut open: Vec<Object> = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open => open.push(Object { keys: Vec::new() }),
            Kind::Key => {
                if let Some(object) = open.last_mut() {
                    object.keys.push(*token);
                }
            }
            Kind::Close => {
                if let Some(object) = open.pop() {
                    rename(text, &object.keys, edits);
                }
            }
            _ => {}
        }
    }
}

fn rename(text: &str, keys: &[Token], edits: &mut [Edit]) {
    let range = |key: &Token, edits: &[Edit]| {
        let from = edits.partition_point(|edit| edit.start < key.start);
        let to = edits.partition_point(|edit| edit.start < key.end);
        from..to
    };
    if keys.iter().all(|key| range(key, edits).is_empty()) {
        return;
    }
    let mut taken: HashSet<String> = keys
        .iter()
        .filter(|key| range(key, edits).is_empty())
        .map(|key| text[key.start + 1..key.end - 1].to_owned())
        .collect();
    for key in keys {
        let edited = range(key, edits);
        if edited.is_empty() {
            continue;
        }
        let mut name = String::new();
        let mut at = key.start + 1;
        for edit in &edits[edited.clone()] {
            name.push_str(&text[at..edit.start]);
            name.push_str(&edit.by);
            at = edit.end;
        }
        name.push_str(&text[at..key.end - 1]);
        let mut unique = name.clone();
        let mut count = 2;
        while !taken.insert(unique.clone()) {
            unique = format!("{name}#{count}");
            count += 1;
        }
        if unique != name {
            // The number stands at the end of the key: behind the last edit and
            // what follows it.
            let last = &mut edits[edited.end - 1];
            last.by.push_str(&text[last.end..key.end - 1]);
            last.by.push_str(&unique[name.len()..]);
            last.end = key.end - 1;
        }
    }
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut output = Vec::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        output.extend_from_slice(&text.as_bytes()[at..edit.start]);
        output.extend_from_slice(edit.by.as_bytes());
        at = edit.end;
    }
    output.extend_from_slice(&text.as_bytes()[at..]);
    // An edit may begin inside a character.
    String::from_utf8(output)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
