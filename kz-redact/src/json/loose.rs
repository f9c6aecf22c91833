use memchr::memchr3;
use zeroize::Zeroizing;

use super::{blocks::BLOCK, shortened::Shortened};
use crate::views::hex_value;

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
    pub(crate) decoded: Shortened,
    /// Whether there are any.
    pub(crate) is_shorter: bool,
    /// Where the text ends in what may become an escape, or another one, if more came: the
    /// place of its first byte, as it is meant.
    pub(crate) tail: Option<usize>,
}

/// Undoes one level of escapes; `None` if there are none. What is no escape stays, and
/// so does what stands for a letter, a digit or no ASCII: no writer has to escape those,
/// and all others are then written with 25 bytes at most, three levels deep.
pub(crate) fn decode_loosely(written: &[u8]) -> Option<Loose> {
    let mut places = Places::new(written);
    let (mut decoded, mut tail) = (None, None);
    let mut put = |start, end, byte| {
        let decoded: &mut Shortened = decoded.get_or_insert_with(|| Shortened::whole(written));
        decoded.put(start, end, &[byte]);
    };
    let mut from = 0;
    while let Some(at) = places.next_from(from) {
        let run = count_backslashes(&written[at..]);
        let end = at + run;
        from = at + run.max(1);
        if run > LONGEST {
            continue;
        }
        if end == written.len() {
            tail = Some(at);
            break;
        }
        // Of each two of them one is meant, and one that is left begins an escape.
        let begin = at + run / 2 * 2;
        let unit = match written[begin] {
            b'\\' | b'%' | b'&' if begin < end || run == 0 => unit(&written[begin..]),
            _ => Unit::Plain,
        };
        match unit {
            Unit::Cut => {
                tail = Some(at);
                break;
            }
            Unit::Escape(byte, length) => {
                from = begin + length;
                put(begin, from, byte);
            }
            Unit::Plain => {}
        }
        for pair in (at..begin).step_by(2) {
            put(pair, pair + 2, b'\\');
        }
    }
    let is_shorter = decoded.is_some();
    if !is_shorter && tail.is_none() {
        return None;
    }
    let mut decoded = decoded.unwrap_or_else(|| Shortened::whole(written));
    decoded.close(&[]);
    Some(Loose {
        tail: tail.map(|tail| decoded.meant_by(tail)),
        decoded,
        is_shorter,
    })
}

/// Where escapes may begin.
struct Places<'t> {
    text: &'t [u8],
    /// Those of the 64 bytes that end at `end`, one bit a byte.
    here: u64,
    end: usize,
}

impl<'t> Places<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            here: 0,
            end: 0,
        }
    }

    /// The first at or behind `from`, which never moves back.
    fn next_from(&mut self, from: usize) -> Option<usize> {
        loop {
            let start = self.end.saturating_sub(BLOCK);
            if from < self.end {
                let here = self.here & u64::MAX << from.saturating_sub(start);
                if here != 0 {
                    return Some(start + here.trailing_zeros() as usize);
                }
            }
            // A stretch without any is passed over at once.
            let rest = from.max(self.end).min(self.text.len());
            let next = next_escape(self.text, rest)?;
            let start = next / BLOCK * BLOCK;
            self.end = start + BLOCK;
            self.here = openers(&self.text[start..]);
        }
    }
}

/// Where escapes may begin in the first 64 bytes, one bit a byte.
fn openers(text: &[u8]) -> u64 {
    let Some(block) = text.first_chunk() else {
        let mut block = Zeroizing::new([0; BLOCK]);
        block[..text.len()].copy_from_slice(text);
        return openers(&*block);
    };
    #[cfg(target_arch = "x86_64")]
    return crate::fast::escapes(block);
    #[cfg(not(target_arch = "x86_64"))]
    return openers_one_by_one(block);
}

#[cfg(any(test, not(target_arch = "x86_64")))]
pub(crate) fn openers_one_by_one(block: &[u8; BLOCK]) -> u64 {
    let bits = block.iter().enumerate();
    let is_opener = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&');
    bits.fold(0, |mask, (bit, byte)| {
        mask | u64::from(is_opener(byte)) << bit
    })
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
            assert_eq!(loose.decoded.text(), meant.as_bytes(), "{written}");
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
            (r"a\", Some(1)),
            (r"\na\\", Some(2)),
            (r"\na\u00", Some(2)),
            (r"\na\u00g", None),
            (r"\na\x2", Some(2)),
            (r"\n\x2f", None),
            ("%20%2", Some(1)),
            ("%20%", Some(1)),
            ("a &am", Some(2)),
            ("%20 &a b", None),
        ] {
            let loose = decode_loosely(written.as_bytes()).unwrap();
            assert_eq!(loose.tail, tail, "{written}");
        }
    }
}
