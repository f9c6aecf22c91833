//! Finds members and items in JSON text without building a tree: nesting costs
//! no stack, and every value keeps the spelling and the place that it has.

use std::ops::Range;

use memchr::memchr2;

/// A child of an object or array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Child<'t> {
    /// The key as it is spelled, without its quotation marks; empty in an array.
    pub(super) key: &'t str,
    /// The value as it is spelled.
    pub(super) value: &'t str,
    /// Where the value stands in the text of its parent.
    pub(super) range: Range<usize>,
}

/// The children of the object or array that `text` is, nothing for any other
/// value. The text is taken to be JSON: where it is not, the children end.
pub(super) fn children(text: &str) -> Children<'_> {
    let start = skip_space(text.as_bytes(), 0);
    let opening = text.as_bytes().get(start).copied();
    Children {
        text,
        at: if matches!(opening, Some(b'{' | b'[')) {
            start + 1
        } else {
            text.len()
        },
        is_object: opening == Some(b'{'),
    }
}

/// Whether the value that `text` is begins with `byte`.
pub(super) fn opens_with(text: &str, byte: u8) -> bool {
    text.as_bytes().get(skip_space(text.as_bytes(), 0)) == Some(&byte)
}

/// Whether two values differ in their strings and keys alone: what is valid
/// for the one by the types of its parts is so for the other.
pub(super) fn same_but_for_strings(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (Lexemes(one), Lexemes(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (is_string(a) && is_string(b)) => {}
            _ => return false,
        }
    }
}

fn is_string(lexeme: &str) -> bool {
    lexeme.starts_with('"')
}

pub(super) struct Children<'t> {
    text: &'t str,
    at: usize,
    is_object: bool,
}

impl<'t> Iterator for Children<'t> {
    type Item = Child<'t>;

    fn next(&mut self) -> Option<Child<'t>> {
        let bytes = self.text.as_bytes();
        let mut at = skip_space(bytes, self.at);
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
        let mut key = "";
        if self.is_object {
            if bytes.get(at) != Some(&b'"') {
                return None;
            }
            let end = skip_string(bytes, at)?;
            key = &self.text[at + 1..end - 1];
            at = skip_space(bytes, end);
            if bytes.get(at) != Some(&b':') {
                return None;
            }
            at = skip_space(bytes, at + 1);
        }
        let end = skip_value(bytes, at)?;
        self.at = end;
        Some(Child {
            key,
            value: &self.text[at..end],
            range: at..end,
        })
    }
}

/// The lexemes of a JSON text: brackets, commas, colons, strings, other scalars.
struct Lexemes<'t>(&'t str);

impl<'t> Iterator for Lexemes<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let bytes = self.0.as_bytes();
        let start = skip_space(bytes, 0);
        let end = match bytes.get(start)? {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => start + 1,
            b'"' => skip_string(bytes, start).unwrap_or(bytes.len()),
            _ => skip_scalar(bytes, start),
        };
        let lexeme = &self.0[start..end];
        self.0 = &self.0[end..];
        Some(lexeme)
    }
}

/// Behind the value at `at`; `None` when there is none or it does not end.
fn skip_value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => skip_string(bytes, at),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = at;
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at = skip_string(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => Some(skip_scalar(bytes, at)).filter(|&end| end > at),
    }
}

/// Behind the closing quotation mark of the string that opens at `at`.
fn skip_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn skip_scalar(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| {
            matches!(
                byte,
                b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"' | b' ' | b'\t' | b'\r' | b'\n'
            )
        })
        .map_or(bytes.len(), |length| at + length)
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .map_or(bytes.len(), |length| at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&str, &str)> {
        children(text)
            .inspect(|child| assert_eq!(&text[child.range.clone()], child.value))
            .map(|child| (child.key, child.value))
            .collect()
    }

    #[test]
    fn children_keep_their_spelling() {
        for (text, expected) in [
            (
                r#"{"a":1,"b":[2,{"c":3}]}"#,
                vec![("a", "1"), ("b", r#"[2,{"c":3}]"#)],
            ),
            (
                " { \"a\\\"\" : \"}\\\\\" , \"a\" : null } ",
                vec![("a\\\"", r#""}\\""#), ("a", "null")],
            ),
            (
                "[1, \"2\" ,[3]]",
                vec![("", "1"), ("", "\"2\""), ("", "[3]")],
            ),
            ("{}", vec![]),
            ("[ ]", vec![]),
            ("\"text\"", vec![]),
            ("", vec![]),
            // Not JSON: ends, and nothing worse.
            ("{", vec![]),
            ("{\"a\"", vec![]),
            ("{\"a\":", vec![]),
            ("{\"a\":1,\"b", vec![("a", "1")]),
            ("{\"a\":[1,", vec![]),
            ("{\"a\":\"b\\", vec![]),
            ("[,,]", vec![]),
            ("[1}", vec![("", "1")]),
        ] {
            assert_eq!(pairs(text), expected, "{text}");
        }
    }

    #[test]
    fn values_that_differ_in_strings_alone() {
        for (one, other, expected) in [
            (r#"{"a":"x","b":1}"#, r#"{"a":"longer","b":1}"#, true),
            (r#"{"a":"x"}"#, r#"{"renamed":"y"}"#, true),
            ("[1,2]", "[1, 2]", true),
            ("[1,2]", "[1,3]", false),
            ("[1,2]", "[1,\"2\"]", false),
            ("[1,2]", "[\"1\"]", false),
            ("[true]", "[false]", false),
            ("[]", "\"[]\"", false),
            ("\"open", "\"other", true),
        ] {
            assert_eq!(same_but_for_strings(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(300_000), "]".repeat(300_000));
        assert_eq!(pairs(&deep).len(), 1);
        assert!(same_but_for_strings(&deep, &deep));
    }
}
