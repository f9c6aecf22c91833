//! The values of a Secret of Kubernetes, in YAML and JSON: base64 under names that say
//! nothing, in a manifest that says what it is. Names stay; a comment between values goes
//! with them, because it often says what one of them is.

mod encoded;
mod json;
#[cfg(test)]
mod tests;
mod text;

use memchr::memmem;

use super::super::{
    Close,
    block::{self, Block, Opening},
    rule::{Left, Matcher, Reach, Rule, run},
};

/// How far behind `kind: Secret` its data may begin.
const MAX_HEAD: usize = 4096;
/// How much of the data in front of a `kind` is read in search of it.
const MAX_DATA: usize = 8192;
/// A Secret is told by a value of eight bytes or more; shorter ones are masked beside it.
const TELLING: usize = 12;
/// No longer run of base64 is anything but a value.
const LONG: usize = 512;

pub(super) fn rules() -> Vec<Rule> {
    const SECRET: Rule = Rule {
        provider: "Kubernetes",
        fold: true,
        reach: Reach::LINE,
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "kubernetes-secret",
            about: "The data of a Secret; Kubernetes docs, 'Managing Secrets using Configuration File'",
            anchors: &[
                "kind: secret",
                "kind: \"secret",
                "kind: 'secret",
                "kind\":\"secret",
                "kind\": \"secret",
                "kind\\\":\\\"secret",
                "kind\\\": \\\"secret",
                "apiversion: v1",
                "apiversion: \"v1",
                "apiversion: 'v1",
                "apiversion\":\"v1",
                "apiversion\": \"v1",
                "apiversion\\\":\\\"v1",
                "apiversion\\\": \\\"v1",
            ],
            matcher: Matcher::Block(Block {
                open: data,
                close: end_of_data,
                values: block::Values::These(encoded::values),
            }),
            examples: &[
                "kind: Secret\nmetadata:\n  name: app\ndata:\n  extra: «YXBwOmt6LWNhbmFyeQ==»\n",
                "apiVersion: v1\ndata:\n  a: «YXBw»\n  b: «YXBwOmt6LWNhbmFyeQ==»\nkind: Secret\nmetadata:\n",
                r#"{"apiVersion":"v1","data":{"a":"«YXBw»","b":"«YXBwOmt6LWNhbmFyeQ==»"},"kind":"Secret"}"#,
                "kind: Secret\ndata:\n  extra: «YXBwOmt6LWNhbmFyeQ==»",
                " apiVersion: v1\n data:\n   a: «YXBwOmt6LWNhbmFyeQ==»\n kind: secret\n",
                "apiVersion: 'v1'\ndata:\n\ta: '«YXBwOmt6LWNhbmFyeQ==»'\nkind: 'Secret'\n",
                r#"{\"kind\":\"Secret\",\"data\":{\"a\":\"«YXBwOmt6LWNhbmFyeQ==»\"},\"type\":\"x\"}"#,
                "kind: Secret\ndata:\n  ca.crt: |\n    «YXBwOmt6LWNhbmFyeTEy\n    YXBwOmt6LWNhbmFyeQ==»\ntype: x",
                "kind: Secret\ndata:\n  a: «YXBw» # «app»\n  # «kz-canary»\n  b: '«YXBwOmt6LWNhbmFyeQ==»'\ntype: x",
                "kind: Secret\ndata:\n  a: «YXBwOmt6LWNhbmFyeQ==»\n  b: «YX»",
            ],
            near_misses: &[
                "apiVersion: v1\ndata:\n  mode: fast\nkind: ConfigMap\n",
                "kind: Secret\ndata:\n  a: YXBw\ntype: Opaque\n",
                "kind: Secret\nmetadata:\n  name: app\n---\nkind: ConfigMap\ndata:\n  mode: fast\n",
                "kind: SecretStore\nspec:\n  data:\n  mode: fast\n",
                "kind: Secret\ndata:\n  a: {{ .Values.a }}\n",
                r#"{"apiVersion":"v1","data":{"mode":"fast"},"kind":"ConfigMap"}"#,
            ],
            ..SECRET
        },
        Rule {
            id: "kubernetes-string-data",
            about: "The data of a Secret as text; Kubernetes docs, 'Managing Secrets using Configuration \
                    File'",
            anchors: &["stringdata:"],
            // Where a line begins, or a string.
            left: Left::Is(|before| before.last().is_none_or(|byte| b"\n\"'".contains(byte))),
            matcher: Matcher::Block(Block {
                open: text::open,
                close: text::close,
                values: block::Values::These(text::values),
            }),
            examples: &[
                "stringData:\n  user: «app»\n  extra: «kz canary»\ntype: Opaque\n",
                "kind: Secret\nstringData:\n  config.yaml: |\n    «a: kz-canary\n    b: 1»\n  z: '«kz»'\n",
                "stringData:\n  user: \"«app\n  extra: \\\" kz»\"\n\n  # «kz canary»\n  x:\n    «kz»\n",
            ],
            near_misses: &[
                "stringData: {}\n",
                "stringData:\nkind: Secret\n",
                "x.stringData:\n  a: b",
            ],
            ..SECRET
        },
        Rule {
            id: "kubernetes-string-json",
            about: "The data of a Secret as text, in JSON; Kubernetes docs, 'Managing Secrets using \
                    kubectl', last-applied-configuration",
            anchors: &["stringdata\":"],
            left: Left::After(&[b"\""]),
            matcher: Matcher::Block(Block {
                open: json::open,
                close: json::close,
                values: block::Values::These(json::values),
            }),
            examples: &[
                r#"{"kind":"Secret","stringData":{"user":"«app»","extra":"«kz \"canary\"»"},"type":"Opaque"}"#,
                "{\n  \"stringData\": {\n    \"a\": \"«kz canary»\"\n  }\n}",
                r#"{"stringData":{"a":"«kz canary»","b":"«kz»"#,
            ],
            near_misses: &[
                r#"{"stringData":{}}"#,
                r#"{"stringData":null,"a":"b"}"#,
                r#"{"stringData":["a","b"]}"#,
            ],
            ..SECRET
        },
    ]
}

/// Finds the first value of the data behind `kind: Secret`, or between `apiVersion: v1`
/// and `kind: Secret`, where they stand in the order of their names.
fn data(text: &[u8]) -> Opening {
    let Some(word) = text.iter().position(|byte| *byte == b':') else {
        return Opening::No;
    };
    let value = word + 1 + run(is_gap, &text[word + 1..]);
    let end = value + run(|byte| byte.is_ascii_alphanumeric(), &text[value..]);
    match text.get(end) {
        None => return Opening::Unclear,
        Some(byte) if !(is_gap(*byte) || b",}".contains(byte)) || *byte == b' ' => {
            return Opening::No;
        }
        Some(_) => {}
    }
    let is = |word: &[u8]| text[value..end].eq_ignore_ascii_case(word);
    if is(b"secret") {
        data_behind(text, end)
    } else if is(b"v1") {
        data_between(text, end)
    } else {
        Opening::No
    }
}

fn data_behind(text: &[u8], from: usize) -> Opening {
    let head = &text[..text.len().min(MAX_HEAD)];
    let unclear = || {
        if head.len() < MAX_HEAD {
            Opening::Unclear
        } else {
            Opening::No
        }
    };
    let last = memmem::find(&head[from..], b"\n---").map_or(head.len(), |at| from + at);
    let mut at = from;
    while let Some(found) = memmem::find(&head[at..last], b"data") {
        let start = at + found;
        at = start + b"data".len();
        let begins = head[..start]
            .last()
            .is_some_and(|byte| is_gap(*byte) || b"{,n".contains(byte));
        if begins && let Some(items) = items_behind(head, at) {
            return match Item::first(text, items) {
                Some(Some(item)) => match Values::read(&text[item.start..]) {
                    values if values.longest >= TELLING => Opening::After(item.start),
                    Values {
                        end: Close::At(_), ..
                    } => Opening::No,
                    Values { .. } => Opening::Unclear,
                },
                Some(None) => unclear(),
                None => Opening::No,
            };
        }
        if head.len() - at < 24 {
            return unclear();
        }
    }
    if last < head.len() {
        Opening::No
    } else {
        unclear()
    }
}

fn data_between(text: &[u8], from: usize) -> Opening {
    let text = &text[..text.len().min(MAX_DATA)];
    let unclear = || {
        if text.len() < MAX_DATA {
            Opening::Unclear
        } else {
            Opening::No
        }
    };
    let name = from + run(|byte| is_gap(byte) || byte == b',', &text[from..]);
    // Of an escaped line break.
    let name = name + usize::from(text[name..].starts_with(b"n") && text[..name].ends_with(b"\\"));
    let Some(rest) = text[name..].strip_prefix(b"data") else {
        return if b"data".starts_with(&text[name..]) {
            unclear()
        } else {
            Opening::No
        };
    };
    let after = text.len() - rest.len();
    let Some(items) = items_behind(text, after) else {
        return if text.len() - after < 24 {
            unclear()
        } else {
            Opening::No
        };
    };
    let start = match Item::first(text, items) {
        Some(Some(item)) => item.start,
        Some(None) => return unclear(),
        None => return Opening::No,
    };
    let values = Values::read(&text[start..]);
    let Close::At(length) = values.end else {
        // As much as no map of settings holds in base64.
        return if text.len() < MAX_DATA {
            Opening::Unclear
        } else {
            Opening::After(start)
        };
    };
    if values.longest < TELLING {
        return Opening::No;
    }
    let gap = |text| run(|byte| is_gap(byte) || b"},".contains(&byte), text);
    let mut rest = &text[start + length..];
    rest = &rest[gap(rest)..];
    while rest.first() == Some(&b'#') {
        rest = &rest[run(|byte| byte != b'\n', rest)..];
        rest = &rest[gap(rest)..];
    }
    let kind = rest
        .strip_prefix(b"kind")
        .map(|rest| &rest[run(|byte| is_gap(byte) || byte == b':', rest)..]);
    match kind {
        Some(kind) if kind.len() >= 6 && kind[..6].eq_ignore_ascii_case(b"secret") => {
            Opening::After(start)
        }
        Some(kind) if kind.len() < 6 => unclear(),
        None if rest.len() < 4 => unclear(),
        _ => Opening::No,
    }
}

/// Where the first item can begin, if `data` ends at `at`.
fn items_behind(text: &[u8], at: usize) -> Option<usize> {
    let quotes = at + run(|byte| b"\"'\\".contains(&byte), &text[at..]).min(2);
    (text.get(quotes) == Some(&b':')).then_some(quotes + 1)
}

/// A value of the data.
struct Item {
    start: usize,
    end: usize,
}

impl Item {
    /// The first item at or behind `from`; `Some(None)` if more text is needed.
    #[expect(clippy::option_option, reason = "none, not yet, and one")]
    fn first(text: &[u8], from: usize) -> Option<Option<Self>> {
        let open = from + run(|byte| byte == b' ' || byte == b'{', &text[from..]);
        let item = Self::read(text, open)?;
        let Some(item) = item else {
            return Some(None);
        };
        let length = item.end - item.start;
        (length >= 4 && (length.is_multiple_of(4) || length > LONG)).then_some(Some(item))
    }

    /// The item behind what stands between two at `from`: a name, a colon and base64.
    #[expect(clippy::option_option, reason = "none, not yet, and one")]
    fn read(text: &[u8], from: usize) -> Option<Option<Self>> {
        let mut at = from;
        let mut indent = None;
        let mut quoted = false;
        // A line without a name goes on with the value before.
        while let Some(byte) = text.get(at) {
            match byte {
                b'\n' => (indent, quoted) = (Some(0), false),
                b' ' | b'\t' => indent = indent.map(|indent| indent + 1),
                b'"' | b'\'' => quoted = true,
                b'\\' if matches!(text.get(at + 1), Some(b'n' | b't' | b'r')) => at += 1,
                b'\\' | b'\r' | b',' => {}
                b'#' if indent.is_some() => at += run(|byte| byte != b'\n', &text[at + 1..]),
                b'#' if matches!(text[at - 1], b' ' | b'\t') => match comment_behind(text, at) {
                    Ok(end) => at = end - 1,
                    Err(is_decided) => return (!is_decided).then_some(None),
                },
                _ => break,
            }
            at += 1;
        }
        if !quoted && text.len() > at && indent.is_none_or(|indent| indent == 0) {
            return None;
        }
        let name = at + run(is_of_name, &text[at..]);
        let colon = name + run(|byte| b"\"'\\".contains(&byte), &text[name..]).min(2);
        if text.len() <= colon {
            return Some(None);
        }
        if name == at || text[colon] != b':' {
            return Self::of_line(text, at);
        }
        // These stand beside the data, not in it.
        let around = [&b"kind"[..], b"metadata", b"apiVersion"];
        if around.contains(&&text[at..name]) {
            return None;
        }
        Self::behind_name(text, name)
    }

    /// The item whose name ends at `name`.
    #[expect(clippy::option_option, reason = "none, not yet, and one")]
    fn behind_name(text: &[u8], name: usize) -> Option<Option<Self>> {
        let colon = name + run(|byte| b"\"'\\".contains(&byte), &text[name..]).min(2);
        let folded = |byte: u8| b" \t\"'\\|>-".contains(&byte);
        let mut start = colon + 1 + run(folded, &text[colon + 1..]);
        if matches!(
            text[colon + 1..start].trim_ascii_end().last(),
            Some(b'|' | b'>' | b'-')
        ) {
            start += run(|byte| byte.is_ascii_whitespace(), &text[start..]);
        }
        let end = start + run(is_base64, &text[start..]);
        if end - start > LONG {
            return Some(Some(Self { start, end }));
        }
        match text.get(end) {
            // Until more comes this is its end.
            None if end > start && (end - start).is_multiple_of(4) => {
                Some(Some(Self { start, end }))
            }
            None => Some(None),
            Some(byte) => (end > start && ends_value(*byte)).then_some(Some(Self { start, end })),
        }
    }

    /// A line of nothing but base64.
    #[expect(clippy::option_option, reason = "none, not yet, and one")]
    fn of_line(text: &[u8], start: usize) -> Option<Option<Self>> {
        let end = start + run(is_base64, &text[start..]);
        match text.get(end) {
            None => Some(None),
            Some(b'\n' | b'\r') if end > start => Some(Some(Self { start, end })),
            Some(_) => None,
        }
    }
}

/// The end of the last item; `text` begins within the value or the name of one.
fn end_of_data(text: &[u8]) -> Close {
    Values::read(text).end
}

/// The values that a text begins with, within one.
struct Values {
    end: Close,
    longest: usize,
}

impl Values {
    fn read(text: &[u8]) -> Self {
        let mut end = run(is_base64, text);
        let mut longest = end;
        let name = run(is_of_name, text);
        if items_behind(text, name).is_some()
            && let Some(Some(item)) = Item::behind_name(text, name)
        {
            (end, longest) = (item.end, item.end - item.start);
        }
        let close = loop {
            if end == text.len() {
                break Close::NotYet { keep: 0 };
            }
            match Item::read(text, end) {
                Some(Some(item)) if item.end == text.len() && item.end - item.start <= LONG => {
                    longest = longest.max(item.end - item.start);
                    break Close::NotYet {
                        keep: text.len() - end,
                    };
                }
                Some(Some(item)) => {
                    longest = longest.max(item.end - item.start);
                    end = item.end;
                }
                Some(None) => {
                    break Close::NotYet {
                        keep: text.len() - end,
                    };
                }
                None => break Close::At(end),
            }
        };
        Self {
            end: close,
            longest,
        }
    }
}

/// Where a comment ends that begins behind a value; whether it is none, if it does not end.
fn comment_behind(text: &[u8], at: usize) -> Result<usize, bool> {
    // In a string a line ends otherwise.
    let end = at + run(|byte| !b"\n\"\\".contains(&byte), &text[at..]);
    match text.get(end) {
        Some(b'\n') => Ok(end),
        Some(_) => Err(true),
        None => Err(end - at > LONG),
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

fn ends_value(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'\\,}".contains(&byte)
}

fn is_gap(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'\\".contains(&byte)
}
