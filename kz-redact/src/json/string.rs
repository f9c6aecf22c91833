use zeroize::Zeroizing;

use super::blocks::{BLOCK, Blocks};

use crate::{oracle::place, views::hex_value, wiped::Wiped};

/// The content of a string, with where each byte of it is written.
pub(crate) struct Decoded {
    pub(crate) bytes: Wiped<u8>,
    /// Where it is written otherwise than it is meant, in order.
    pub(super) escapes: Vec<Escape>,
    /// How long it is as it is written.
    pub(super) length: usize,
}

/// A unit of more than one byte, as `\n`, and what it stands for.
#[derive(Clone, Copy)]
pub(super) struct Escape {
    /// Its first byte in the written text.
    from: u32,
    /// Where the first byte of what it stands for is.
    at: u32,
    /// How many bytes it is written with: six for `\u0041`, twelve for a pair of
    /// surrogates.
    written: u8,
    /// How many bytes it stands for.
    meant: u8,
}

impl Escape {
    fn end(&self) -> usize {
        self.from as usize + usize::from(self.written)
    }

    fn meant_end(&self) -> usize {
        self.at as usize + usize::from(self.meant)
    }
}

impl Decoded {
    /// Where the bytes `start..end` are written.
    pub(crate) fn written(&self, start: usize, end: usize) -> (usize, usize) {
        (self.unit_of(start).0, self.unit_of(end - 1).1)
    }

    /// Where the unit of this byte begins and ends.
    fn unit_of(&self, byte: usize) -> (usize, usize) {
        let behind = self
            .escapes
            .partition_point(|escape| escape.at as usize <= byte);
        let Some(escape) = behind.checked_sub(1).map(|index| &self.escapes[index]) else {
            return (byte, byte + 1);
        };
        match byte.checked_sub(escape.meant_end()) {
            Some(behind) => (escape.end() + behind, escape.end() + behind + 1),
            None => (escape.from as usize, escape.end()),
        }
    }

    /// Which bytes the stretch `start..end` of the written text stands for; all of a
    /// unit that it cuts.
    pub(crate) fn meant(&self, start: usize, end: usize) -> (usize, usize) {
        (self.meant_by(start).0, self.meant_by(end - 1).1)
    }

    /// Which bytes this byte of the written text stands for, or is one of those that do.
    fn meant_by(&self, written: usize) -> (usize, usize) {
        let behind = self
            .escapes
            .partition_point(|escape| escape.from as usize <= written);
        let Some(escape) = behind.checked_sub(1).map(|index| &self.escapes[index]) else {
            return (written, written + 1);
        };
        match written.checked_sub(escape.end()) {
            Some(behind) => (escape.meant_end() + behind, escape.meant_end() + behind + 1),
            None => (escape.at as usize, escape.meant_end()),
        }
    }

    /// Widens a stretch of the written text so that it cuts no unit.
    pub(crate) fn widen(&self, start: usize, end: usize) -> (usize, usize) {
        if start >= self.length || end == 0 {
            return (start, end);
        }
        let first = self.escape_over(start);
        let last = self.escape_over(end - 1);
        (
            first.map_or(start, |escape| escape.from as usize),
            last.map_or(end, |escape| escape.end().max(end)),
        )
    }

    /// The escape that this byte of the written text belongs to.
    fn escape_over(&self, written: usize) -> Option<&Escape> {
        let behind = self
            .escapes
            .partition_point(|escape| escape.from as usize <= written);
        let escape = &self.escapes[behind.checked_sub(1)?];
        (written < escape.end()).then_some(escape)
    }
}

/// Decodes what stands between the quotation marks of a string that was lexed.
/// A lone surrogate, which stands for no character, is kept as it is written.
pub(crate) fn decode(written: &[u8]) -> Decoded {
    let mut decoded = Decoded {
        bytes: Wiped::with_capacity(written.len()),
        escapes: Vec::new(),
        length: written.len(),
    };
    let mut at = 0;
    for (block, &escapes) in Blocks::new(written).escapes().iter().enumerate() {
        let mut escapes = escapes;
        while escapes != 0 {
            let backslash = block * BLOCK + escapes.trailing_zeros() as usize;
            escapes &= escapes - 1;
            // Or it is the second half of a pair of surrogates.
            if backslash >= at {
                decoded.bytes.extend_from_slice(&written[at..backslash]);
                let escaped = Escaped::read(written, backslash);
                at = escaped.end;
                let bytes = escaped.bytes().unwrap_or(&written[backslash..at]);
                decoded.push(bytes, backslash, at);
            }
        }
    }
    decoded.bytes.extend_from_slice(&written[at..]);
    decoded
}

/// What each byte means behind a backslash.
pub(crate) const MEANT: [u8; 128] = {
    let mut meant = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        meant[byte as usize] = match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            other => other,
        };
        byte += 1;
    }
    meant
};

/// A code point, or a byte, and where the escape ends that stands for it.
pub(super) struct Escaped {
    bytes: Zeroizing<[u8; 4]>,
    length: usize,
    pub(super) end: usize,
}

impl Escaped {
    /// Reads the escape at `at`.
    pub(super) fn read(written: &[u8], at: usize) -> Self {
        let byte = written.get(at + 1).copied().unwrap_or(b'\\');
        if byte == b'u' {
            let (code, end) = code_point(written, at);
            let mut bytes = Zeroizing::new([0; 4]);
            let character = char::from_u32(code);
            let length = character.map_or(0, |character| character.encode_utf8(&mut *bytes).len());
            return Self { bytes, length, end };
        }
        let meant = MEANT.get(usize::from(byte)).copied().unwrap_or(byte);
        Self {
            bytes: Zeroizing::new([meant, 0, 0, 0]),
            length: 1,
            end: (at + 2).min(written.len()),
        }
    }

    /// What it stands for; a lone surrogate stands for no character.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        (self.length > 0).then(|| &self.bytes[..self.length])
    }
}

impl Decoded {
    /// Adds bytes that are written at `start..end` in another way.
    pub(super) fn push(&mut self, bytes: &[u8], start: usize, end: usize) {
        // An escape is no longer than twelve bytes.
        let short = |length: usize| length.to_le_bytes()[0];
        self.escapes.push(Escape {
            from: place(start),
            at: place(self.bytes.len()),
            written: short(end - start),
            meant: short(bytes.len()),
        });
        self.bytes.extend_from_slice(bytes);
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
        assert_eq!(decoded.meant(2, 4), (1, 3));
        assert_eq!(decoded.meant(3, 5), (2, 5));
        assert_eq!(decoded.meant(10, 11), (5, 6));
    }
}
