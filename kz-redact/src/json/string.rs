use crate::{views::hex_value, wiped::Wiped};

/// The content of a string, with where each byte of it is written.
pub(crate) struct Decoded {
    pub(crate) bytes: Wiped<u8>,
    /// For each byte, where its unit begins and ends.
    units: Vec<(u32, u32)>,
}

impl Decoded {
    /// Where the bytes `start..end` are written.
    pub(crate) fn written(&self, start: usize, end: usize) -> (usize, usize) {
        (self.units[start].0 as usize, self.units[end - 1].1 as usize)
    }

    /// Widens a stretch of the written text so that it cuts no unit.
    pub(crate) fn widen(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.units.partition_point(|unit| unit.1 as usize <= start);
        let last = self.units.partition_point(|unit| (unit.0 as usize) < end);
        match (self.units.get(first), last.checked_sub(1)) {
            (Some(unit), Some(last)) => (
                (unit.0 as usize).min(start),
                (self.units[last].1 as usize).max(end),
            ),
            _ => (start, end),
        }
    }
}

/// Decodes what stands between the quotation marks of a string that was lexed.
/// A lone surrogate, which stands for no character, is kept as it is written.
pub(crate) fn decode(written: &[u8]) -> Decoded {
    let mut decoded = Decoded {
        bytes: Wiped::with_capacity(written.len()),
        units: Vec::with_capacity(written.len()),
    };
    let mut at = 0;
    while let Some(&byte) = written.get(at) {
        let escaped = written.get(at + 1).copied().unwrap_or(b'\\');
        if byte != b'\\' {
            decoded.push(&[byte], at, at + 1);
            at += 1;
            continue;
        }
        let plain = match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            other => other,
        };
        if escaped != b'u' {
            decoded.push(&[plain], at, at + 2);
            at += 2;
            continue;
        }
        let (code, end) = code_point(written, at);
        match char::from_u32(code) {
            Some(character) => {
                let mut buffer = [0; 4];
                decoded.push(character.encode_utf8(&mut buffer).as_bytes(), at, end);
            }
            None => {
                for &byte in &written[at..end] {
                    decoded.push(&[byte], at, end);
                }
            }
        }
        at = end;
    }
    decoded
}

impl Decoded {
    fn push(&mut self, bytes: &[u8], start: usize, end: usize) {
        self.bytes.extend_from_slice(bytes);
        let unit = (crate::oracle::place(start), crate::oracle::place(end));
        self.units.extend(bytes.iter().map(|_| unit));
    }
}

/// The code point of `\uXXXX` at `at`, with its low surrogate if it has one, and
/// where it ends.
fn code_point(written: &[u8], at: usize) -> (u32, usize) {
    let high = four(written, at).unwrap_or(0xfffd);
    let end = (at + 6).min(written.len());
    if (0xd800..0xdc00).contains(&high)
        && written.get(end) == Some(&b'\\')
        && written.get(end + 1) == Some(&b'u')
        && let Some(low @ 0xdc00..=0xdfff) = four(written, end)
    {
        return (0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00), end + 6);
    }
    (high, end)
}

fn four(written: &[u8], at: usize) -> Option<u32> {
    written
        .get(at + 2..at + 6)?
        .iter()
        .try_fold(0, |value, &digit| {
            Some(value * 16 + u32::from(hex_value(digit)?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_as_serde_json_does() {
        for content in [
            r#"a\"b\\c\/d\n\t\r\b\f"#,
            r"\u0041\u00e9\ud83d\ude00",
            "é😀",
            "",
        ] {
            let expected: String = serde_json::from_str(&format!("\"{content}\"")).unwrap();
            assert_eq!(&*decode(content.as_bytes()).bytes, expected.as_bytes());
        }
        assert_eq!(&*decode(br"a\ud800b").bytes, br"a\ud800b");
    }

    #[test]
    fn places() {
        let decoded = decode(br"a\nb\u00e9c");
        assert_eq!(decoded.written(1, 3), (1, 4));
        assert_eq!(decoded.written(3, 5), (4, 10));
        assert_eq!(decoded.widen(2, 4), (1, 4));
        assert_eq!(decoded.widen(3, 5), (3, 10));
    }
}
