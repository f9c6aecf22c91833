use memchr::memchr3;

use super::Decoded;
use crate::{views::hex_value, wiped::Wiped};

/// More backslashes in a row than this stand for themselves. Three levels of JSON
/// write a quotation mark with seven.
const LONGEST: usize = 32;

/// What markup must escape, as it is written in HTML and XML.
const ENTITIES: [(&[u8], u8); 11] = [
    (b"&quot;", b'"'),
    (b"&#34;", b'"'),
    (b"&#x22;", b'"'),
    (b"&apos;", b'\''),
    (b"&#39;", b'\''),
    (b"&#039;", b'\''),
    (b"&#x27;", b'\''),
    (b"&amp;", b'&'),
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&#x2F;", b'/'),
];

/// Text that holds strings of JSON, or of a language that escapes as JSON does, addresses
/// or markup, with their escapes undone wherever they stand.
pub(crate) struct Loose {
    pub(crate) decoded: Decoded,
    /// Where the text ends in what may become an escape, or another one, if more came:
    /// the place of its first byte, as it is written and as it is meant.
    pub(crate) tail: Option<(usize, usize)>,
}

/// Undoes one level of escapes; `None` if there are none. What is no escape stays, and
/// so does what stands for a letter, a digit or no ASCII: no writer has to escape those,
/// and all others are then written with 25 bytes at most, three levels deep.
pub(crate) fn decode_loosely(written: &[u8]) -> Option<Loose> {
    let mut at = next_escape(written, 0)?;
    let mut decoded = Decoded {
        bytes: Wiped::new(),
        escapes: Vec::new(),
        length: written.len(),
    };
    let (mut copied, mut tail) = (0, None);
    loop {
        let run = count_backslashes(&written[at..]);
        let end = at + run;
        let unit = match written.get(end) {
            _ if run > LONGEST => Unit::Plain,
            None => Unit::Cut,
            Some(_) if run == 0 => unit(&written[at..]),
            Some(_) if run % 2 == 1 => unit(&written[end - 1..]),
            Some(_) => Unit::Plain,
        };
        let doubled = if run > LONGEST { 0 } else { run / 2 };
        if matches!(unit, Unit::Escape(..) | Unit::Cut) || doubled > 0 {
            if decoded.escapes.is_empty() {
                decoded.bytes = Wiped::with_capacity(written.len());
            }
            decoded.bytes.extend_from_slice(&written[copied..at]);
            copied = at;
        }
        if matches!(unit, Unit::Cut) {
            tail = Some((at, decoded.bytes.len()));
            break;
        }
        for _ in 0..doubled {
            decoded.push(b"\\", copied, copied + 2);
            copied += 2;
        }
        if let Unit::Escape(byte, length) = unit {
            decoded.push(&[byte], copied, copied + length);
            copied += length;
        }
        match next_escape(written, copied.max(at + run.max(1))) {
            Some(next) => at = next,
            None => break,
        }
    }
    if tail.is_none() && decoded.escapes.is_empty() {
        return None;
    }
    decoded.bytes.extend_from_slice(&written[copied..]);
    Some(Loose { decoded, tail })
}

/// Where the next escape may begin, at or behind `from`.
pub(crate) fn next_escape(text: &[u8], from: usize) -> Option<usize> {
    memchr3(b'\\', b'%', b'&', &text[from..]).map(|distance| from + distance)
}

/// What the first byte of an escape, which is not escaped itself, begins.
enum Unit {
    /// This byte, written with so many.
    Escape(u8, usize),
    /// Nothing that is undone.
    Plain,
    /// The text ends before it can be told.
    Cut,
}

fn unit(text: &[u8]) -> Unit {
    match text {
        [b'%', rest @ ..] => code(rest, 1, 2),
        [b'&', ..] => entity(text),
        [_] | [] => Unit::Cut,
        [_, byte @ (b'"' | b'\'' | b'/'), ..] => Unit::Escape(*byte, 2),
        [_, b'n', ..] => Unit::Escape(b'\n', 2),
        [_, b't', ..] => Unit::Escape(b'\t', 2),
        [_, b'r', ..] => Unit::Escape(b'\r', 2),
        [_, b'u', rest @ ..] => code(rest, 2, 4),
        [_, b'x', rest @ ..] => code(rest, 2, 2),
        _ => Unit::Plain,
    }
}

/// A character by its number, in so many digits behind so many bytes.
fn code(digits: &[u8], before: usize, count: usize) -> Unit {
    let digits = &digits[..count.min(digits.len())];
    let value = digits.iter().try_fold(0_u32, |value, &digit| {
        Some(value * 16 + u32::from(hex_value(digit)?))
    });
    match value.map(u8::try_from) {
        Some(_) if digits.len() < count => Unit::Cut,
        Some(Ok(byte)) if byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'\\' => {
            Unit::Escape(byte, count + before)
        }
        _ => Unit::Plain,
    }
}

fn entity(text: &[u8]) -> Unit {
    let found = ENTITIES.iter().find(|(name, _)| text.starts_with(name));
    if let Some((name, byte)) = found {
        return Unit::Escape(*byte, name.len());
    }
    if ENTITIES.iter().any(|(name, _)| name.starts_with(text)) {
        return Unit::Cut;
    }
    Unit::Plain
}

fn count_backslashes(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b'\\').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_what_is_an_escape() {
        for (written, meant) in [
            (r#"{\"a\":\"b\\\"c\"}"#, r#"{"a":"b\"c"}"#),
            (r"a\nb\tc\/d\'e", "a\nb\tc/d'e"),
            (r"\u0026\x3d\u003D", "&=="),
            // A letter, a character beyond ASCII, a backslash: as they are written.
            (r"\u0041\u00e9\u005c\x41\n", "\\u0041\\u00e9\\u005c\\x41\n"),
            (r"C:\\Users\d \q\n", "C:\\Users\\d \\q\n"),
            (r"\\\\n", r"\\n"),
            ("%7B%22a%22%3a 5% ", "{\"a\": 5% "),
            ("{&quot;a&#39;&amp;amp; &b", "{\"a'&amp; &b"),
        ] {
            let loose = decode_loosely(written.as_bytes()).unwrap();
            assert_eq!(&*loose.decoded.bytes, meant.as_bytes(), "{written}");
            assert_eq!(loose.tail, None, "{written}");
        }
        let long = format!("{}n", "\\".repeat(LONGEST + 1));
        for none in ["", "plain", r"\d\q", r"\u12zz", "100 %", "%s a&b=c", &long] {
            let loose = decode_loosely([none, " "].concat().as_bytes());
            assert!(loose.is_none(), "{none}");
        }
    }

    #[test]
    fn says_where_more_text_may_change_it() {
        for (written, tail) in [
            (r"a\", Some((1, 1))),
            (r"\na\\", Some((3, 2))),
            (r"\na\u00", Some((3, 2))),
            (r"\na\u00g", None),
            (r"\na\x2", Some((3, 2))),
            (r"\n\x2f", None),
            ("%20%2", Some((3, 1))),
            ("%20%", Some((3, 1))),
            ("a &am", Some((2, 2))),
            ("%20 &a b", None),
        ] {
            let loose = decode_loosely(written.as_bytes()).unwrap();
            assert_eq!(loose.tail, tail, "{written}");
        }
    }
}
