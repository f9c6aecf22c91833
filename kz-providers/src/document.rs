//! From received bytes to an answer: registered first, then the field picked.
//!
//! JSON is read as slices of the received buffer (serde_json's `RawValue`), so
//! that no parser keeps a copy of a value, and numbers keep their digits.

use std::fmt;

use kz_core::{Error, ErrorKind, Request, Role, SecretValue};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// Deeper documents are refused, because walking them needs stack.
const MAX_DEPTH: usize = 64;
/// Most keys that an error lists.
const MAX_LISTED: usize = 12;

/// The value that a reference names in `bytes`: all of them, or a field.
pub(crate) fn pick(request: &Request<'_>, bytes: &[u8]) -> Result<SecretValue, Error> {
    let Some(field) = request.reference.field() else {
        request.intake.receive(request.name, Role::Value, bytes)?;
        return value(bytes);
    };
    // Reading is only cutting slices; the first to see one is the intake.
    if let Ok(document) = Node::parse(bytes) {
        return pick_field(request, document, field);
    }
    request.intake.receive(request.name, Role::Value, bytes)?;
    Err(not_an_object())
}

/// A field of `document`, by its key or by a pointer (`/a/b/0`, RFC 6901). Every
/// leaf beside it is received too.
pub(crate) fn pick_field(
    request: &Request<'_>,
    document: Node<'_>,
    field: &str,
) -> Result<SecretValue, Error> {
    let Some(entries) = document.entries() else {
        let text = document.text();
        request.intake.receive(request.name, Role::Value, &text)?;
        return Err(not_an_object());
    };
    // A key may stand twice; the last one counts, as for most readers.
    let wanted = entries
        .iter()
        .rfind(|(key, _)| key == field)
        .map(|(_, node)| *node)
        .or_else(|| document.pointed(field));
    let text = wanted.map(Node::text);
    if let Some(text) = &text {
        request.intake.receive(request.name, Role::Value, text)?;
    }
    for (key, node) in &entries {
        receive_leaves(request, key, *node, wanted)?;
    }
    match text {
        Some(text) if wanted.is_some_and(|node| !node.is_null()) => value(&text),
        _ => Err(no_such_field(
            entries.iter().map(|(key, _)| key.as_str()),
            "field",
        )),
    }
}

/// Receives every leaf under `key` but the wanted one.
pub(crate) fn receive_leaves(
    request: &Request<'_>,
    key: &str,
    node: Node<'_>,
    wanted: Option<Node<'_>>,
) -> Result<(), Error> {
    node.each_leaf(key, &mut |key, leaf| {
        if wanted.is_some_and(|wanted| wanted.is(leaf)) {
            return Ok(());
        }
        request
            .intake
            .receive(request.name, Role::Sibling { key }, &leaf.text())
    })
}

/// Bytes that were received, as a value. Empty is missing: nothing good comes of
/// a server that starts with an empty password.
pub(crate) fn value(bytes: &[u8]) -> Result<SecretValue, Error> {
    if bytes.is_empty() {
        return Err(
            Error::new(ErrorKind::NotFound, "read", "the value is empty")
                .with_remedy("store the secret there"),
        );
    }
    Ok(SecretValue::copy_from(bytes))
}

/// Says which keys there are: they are as public as the reference. One that may
/// itself be a secret (long, or no plain word) is not listed.
pub(crate) fn no_such_field<'k>(keys: impl Iterator<Item = &'k str>, what: &str) -> Error {
    let mut keys: Vec<&str> = keys.filter(|key| is_plain_key(key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let error = Error::new(
        ErrorKind::NotFound,
        "read",
        format!("there is no such {what}, or it is null"),
    );
    if keys.is_empty() {
        return error.with_remedy(format!("store it, or mend the name of the {what}"));
    }
    let more = if keys.len() > MAX_LISTED { ", …" } else { "" };
    keys.truncate(MAX_LISTED);
    error.with_remedy(format!("name one of {}{more}", keys.join(", ")))
}

fn not_an_object() -> Error {
    Error::new(
        ErrorKind::Invalid,
        "read",
        "the value is not a JSON object, so it has no fields",
    )
    .with_remedy("leave the field out, or store a JSON object")
}

fn is_plain_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 32
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// A JSON value inside a received buffer.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a>(&'a RawValue);

/// Not JSON.
#[derive(Debug)]
pub(crate) struct Malformed;

impl<'a> Node<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|_| Malformed)
    }

    /// The fields, if this is an object. The keys are copies, the values slices.
    pub(crate) fn entries(self) -> Option<Vec<(String, Node<'a>)>> {
        if !self.is_object() {
            return None;
        }
        let Entries(entries) = serde_json::from_str(self.raw()).ok()?;
        Some(entries)
    }

    fn items(self) -> Option<Vec<Node<'a>>> {
        // The error of a reader that is given a string quotes it.
        if !self.raw().starts_with('[') {
            return None;
        }
        let Items(items) = serde_json::from_str(self.raw()).ok()?;
        Some(items)
    }

    /// A field of an object, the last one of that key.
    pub(crate) fn get(self, key: &str) -> Option<Node<'a>> {
        let entries = self.entries()?.into_iter();
        entries
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// What an RFC 6901 pointer points at.
    pub(crate) fn pointed(self, pointer: &str) -> Option<Node<'a>> {
        let steps = pointer.strip_prefix('/')?;
        steps
            .split('/')
            .take(MAX_DEPTH)
            .try_fold(self, |node, step| {
                let step = step.replace("~1", "/").replace("~0", "~");
                if node.is_object() {
                    node.get(&step)
                } else {
                    node.items()?.get(step.parse::<usize>().ok()?).copied()
                }
            })
    }

    /// The JSON text itself.
    pub(crate) fn raw(self) -> &'a str {
        self.0.get()
    }

    pub(crate) fn is_null(self) -> bool {
        self.raw() == "null"
    }

    pub(crate) fn is_object(self) -> bool {
        self.raw().starts_with('{')
    }

    /// A string without its quotes and escapes; anything else as it is written.
    /// A string with half a surrogate pair stays as it is written, too.
    pub(crate) fn text(self) -> Zeroizing<Vec<u8>> {
        let raw = self.raw();
        let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        let text = match inner {
            Some(inner) => unescape(inner).unwrap_or_else(|| Zeroizing::new(inner.to_owned())),
            None => Zeroizing::new(raw.to_owned()),
        };
        // Moves the allocation; nothing is copied.
        let mut text = text;
        Zeroizing::new(std::mem::take(&mut *text).into_bytes())
    }

    /// Whether both are the same place of the same document.
    fn is(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.raw(), other.raw())
    }

    fn depth_is_bounded(self) -> bool {
        let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
        for byte in self.raw().bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if inside => escaped = true,
                b'"' => inside = !inside,
                b'{' | b'[' if !inside => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return false;
                    }
                }
                b'}' | b']' if !inside => depth -= 1,
                _ => {}
            }
        }
        true
    }

    /// Calls `each` with every string, number and flag in this value, and with
    /// the key it stands under. What is nested too deep is given whole.
    pub(crate) fn each_leaf(
        self,
        key: &str,
        each: &mut dyn FnMut(&str, Node<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.depth_is_bounded() {
            self.each_leaf_below(key, each)
        } else {
            each(key, self)
        }
    }

    fn each_leaf_below(
        self,
        key: &str,
        each: &mut dyn FnMut(&str, Node<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(entries) = self.entries() {
            let mut entries = entries.iter();
            entries.try_for_each(|(key, node)| node.each_leaf_below(key, each))
        } else if let Some(items) = self.items() {
            let mut items = items.iter();
            items.try_for_each(|node| node.each_leaf_below(key, each))
        } else if self.is_null() || self.raw() == "\"\"" {
            Ok(())
        } else {
            each(key, self)
        }
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node([REDACTED])")
    }
}

/// All pairs of an object, repeated keys included.
struct Entries<'a>(Vec<(String, Node<'a>)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    entries.push((key, Node(value)));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// All items of an array.
struct Items<'a>(Vec<Node<'a>>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(value) = list.next_element::<&'de RawValue>()? {
                    items.push(Node(value));
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// Undoes the escapes of a JSON string (RFC 8259, section 7) into a buffer that
/// never has to grow, since no escape is shorter than what it stands for.
/// `None` for half a surrogate pair.
fn unescape(inner: &str) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = &rest[at + 2..];
        text.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = code_unit(rest)?;
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&unit) {
                    let low = code_unit(rest.strip_prefix("\\u")?)?;
                    rest = &rest[6..];
                    char::decode_utf16([unit, low]).next()?.ok()?
                } else {
                    char::from_u32(u32::from(unit))?
                }
            }
            // `"`, `\` and `/`; the parser has refused every other.
            other => char::from(other),
        });
    }
    text.push_str(rest);
    Some(text)
}

fn code_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves(json: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        Node::parse(json.as_bytes())
            .unwrap()
            .each_leaf("top", &mut |key, node| {
                let text = String::from_utf8(node.text().to_vec()).unwrap();
                found.push((key.to_owned(), text));
                Ok(())
            })
            .unwrap();
        found
    }

    #[test]
    fn leaves_are_found_at_every_depth() {
        let found =
            leaves(r#"{"a":"1","b":{"c":[2.50,true,{"d":"x\n"}],"e":null,"f":""},"a":"again"}"#);
        let expected = [
            ("a", "1"),
            ("c", "2.50"),
            ("c", "true"),
            ("d", "x\n"),
            ("a", "again"),
        ];
        assert_eq!(
            found,
            expected.map(|(key, text)| (key.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn a_document_that_is_too_deep_is_given_whole() {
        let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(leaves(&deep), [("top".to_owned(), deep.clone())]);
    }

    #[test]
    fn texts() {
        for (json, text) in [
            (r#""plain""#, "plain"),
            (r#""a\"b\\c\/d\b\f\n\r\t""#, "a\"b\\c/d\u{8}\u{c}\n\r\t"),
            (r#""\u00e9\ud83d\ude00""#, "é😀"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("1.10", "1.10"),
            ("true", "true"),
            (r#"{"a": [1, 2]}"#, r#"{"a": [1, 2]}"#),
            (r#""\ud83d""#, r"\ud83d"),
        ] {
            let node = Node::parse(json.as_bytes()).unwrap();
            assert_eq!(*node.text(), text.as_bytes(), "{json}");
        }
    }

    #[test]
    fn keys_that_may_be_secret_are_not_listed() {
        let secret = "x".repeat(40);
        let error = no_such_field(["host", &secret, "a b", "host"].into_iter(), "field");
        assert_eq!(
            error.to_string(),
            "there is no such field, or it is null: name one of host"
        );
    }

    #[test]
    fn pointers() {
        let document = r#"{"a":{"b/c":[1,{"d":"x"}]},"e":"y","e":"z"}"#;
        let document = Node::parse(document.as_bytes()).unwrap();
        for (pointer, text) in [
            ("/a/b~1c/1/d", Some("x")),
            ("/a/b~1c/0", Some("1")),
            ("/e", Some("z")),
            ("/a/none", None),
            ("/a/b~1c/2", None),
            ("e", None),
        ] {
            let found = document.pointed(pointer).map(|node| node.text().to_vec());
            assert_eq!(found.as_deref(), text.map(str::as_bytes), "{pointer}");
        }
    }

    proptest! {
        #[test]
        fn a_string_reads_back(text in "\\PC{0,40}|[\\x00-\\x1f\"\\\\/]{0,8}") {
            let json = serde_json::to_string(&text).unwrap();
            let node = Node::parse(json.as_bytes()).unwrap();
            prop_assert_eq!(&node.text()[..], text.as_bytes());
        }
    }
}
