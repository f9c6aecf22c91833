use memchr::memchr;

use super::Decoded;
use crate::{views::hex_value, wiped::Wiped};

/// More backslashes in a row than this stand for themselves. Three levels of JSON
/// write a quotation mark with seven.
const LONGEST: usize = 32;

/// Text that holds strings of JSON, or of a language that escapes as JSON does, with
/// their escapes undone wherever they stand.
pub(crate) struct Loose {
    pub(crate) decoded: Decoded,
    /// Where the text ends in what may become an escape, or another one, if more came:
    /// the place of its first byte, as it is written and as it is meant.
    pub(crate) tail: Option<(usize, usize)>,
}

/// Undoes one level of escapes; `None` if there are none. What is no escape stays, and
/// so does what stands for a letter, a digit or no ASCII: no writer of JSON has to
/// escape those, and all others are then written with nine bytes at most, three levels
/// deep.
pub(crate) fn decode_loosely(written: &[u8]) -> Option<Loose> {
    let mut at = memchr(b'\\', written)?;
    let mut decoded = Decoded {
        bytes: Wiped::with_capacity(written.len()),
        escapes: Vec::new(),
        length: written.len(),
    };
    let (mut copied, mut tail) = (0, None);
    loop {
        let run = count_backslashes(&written[at..]);
        let end = at + run;
        if run <= LONGEST {
            let unit = match written.get(end) {
                None => Unit::Cut,
                Some(_) if run % 2 == 1 => unit(&written[end - 1..]),
                Some(_) => Unit::Plain,
            };
            decoded.bytes.extend_from_slice(&written[copied..at]);
            copied = at;
            if matches!(unit, Unit::Cut) {
                tail = Some((at, decoded.bytes.len()));
                break;
            }
            for _ in 0..run / 2 {
                decoded.push(b"\\", copied, copied + 2);
                copied += 2;
            }
            if let Unit::Escape(byte, length) = unit {
                decoded.push(&[byte], copied, copied + length);
                copied += length;
            }
        }
        let next = copied.max(end);
        match memchr(b'\\', &written[next..]) {
            Some(distance) => at = next + distance,
            None => break,
        }
    }
    decoded.bytes.extend_from_slice(&written[copied..]);
    (tail.is_some() || !decoded.escapes.is_empty()).then_some(Loose { decoded, tail })
}

/// What a backslash that is not escaped itself begins.
enum Unit {
    /// This byte, written with so many.
    Escape(u8, usize),
    /// Nothing that is undone.
    Plain,
    /// The text ends before it can be told.
    Cut,
}

fn unit(text: &[u8]) -> Unit {
    match text.get(1) {
        None => Unit::Cut,
        Some(&byte @ (b'"' | b'\'' | b'/')) => Unit::Escape(byte, 2),
        Some(b'n') => Unit::Escape(b'\n', 2),
        Some(b't') => Unit::Escape(b'\t', 2),
        Some(b'r') => Unit::Escape(b'\r', 2),
        Some(b'u') => code(&text[2..], 4),
        Some(b'x') => code(&text[2..], 2),
        Some(_) => Unit::Plain,
    }
}

/// A character by its number, in so many digits.
fn code(digits: &[u8], count: usize) -> Unit {
    let digits = &digits[..count.min(digits.len())];
    let value = digits.iter().try_fold(0_u32, |value, &digit| {
        Some(value * 16 + u32::from(hex_value(digit)?))
    });
    match value.map(u8::try_from) {
        Some(_) if digits.len() < count => Unit::Cut,
        Some(Ok(byte)) if byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'\\' => {
            Unit::Escape(byte, count + 2)
        }
        _ => Unit::Plain,
    }
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
        ] {
            let loose = decode_loosely(written.as_bytes()).unwrap();
            assert_eq!(&*loose.decoded.bytes, meant.as_bytes(), "{written}");
            assert_eq!(loose.tail, None, "{written}");
        }
        let long = format!("{}n", "\\".repeat(LONGEST + 1));
        for none in ["", "plain", r"\d\u00", r"\u12zz", &long] {
            let loose = decode_loosely(none.as_bytes());
            assert!(loose.is_none_or(|loose| loose.tail.is_some()), "{none}");
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
        ] {
            let loose = decode_loosely(written.as_bytes()).unwrap();
            assert_eq!(loose.tail, tail, "{written}");
        }
    }
}
