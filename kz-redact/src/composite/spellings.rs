//! The same characters in other bytes.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

/// What else the characters of `value` are written as: composed and decomposed
/// (Unicode Standard Annex 15), and each of these in UTF-16.
///
/// File systems of macOS decompose what they are given, input methods compose it;
/// PowerShell, .NET, Java and the Windows API hand out UTF-16, mostly in base64 or
/// hex.
pub(super) fn of(value: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut all = vec![Zeroizing::new(value.to_vec())];
    let Ok(text) = std::str::from_utf8(value) else {
        return Vec::new();
    };
    if !text.is_ascii() {
        all.push(written(text.len(), text.nfc()));
        all.push(written(text.len(), text.nfd()));
    }
    all.dedup();
    for index in 0..all.len() {
        let Ok(text) = std::str::from_utf8(&all[index]) else {
            continue;
        };
        let (little, big) = (utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes));
        // The zero beside the neighbour is no part of the secret, and without it
        // an ASCII value reads the same in both.
        let little = little.strip_suffix(&[0]).unwrap_or(&little).to_vec();
        let big = big.strip_prefix(&[0]).unwrap_or(&big).to_vec();
        all.push(Zeroizing::new(little));
        all.push(Zeroizing::new(big));
    }
    all.remove(0);
    all
}

fn written(length: usize, characters: impl Iterator<Item = char>) -> Zeroizing<Vec<u8>> {
    // Neither normal form grows UTF-8 by more than three times, so that nothing
    // is moved and left behind.
    let mut out = String::with_capacity(length * 4);
    out.extend(characters);
    Zeroizing::new(out.into_bytes())
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    for mut unit in text.encode_utf16() {
        out.extend_from_slice(&bytes(unit));
        unit.zeroize();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let all = |text: &str| -> Vec<Vec<u8>> {
            of(text.as_bytes())
                .iter()
                .map(|bytes| bytes.to_vec())
                .collect()
        };
        assert_eq!(all("k7Q"), [b"k\x007\0Q".to_vec(), b"k\x007\0Q".to_vec()]);
        let all = all("\u{e9}\u{2126}");
        for expected in [
            "\u{e9}\u{3a9}".as_bytes(),
            "e\u{301}\u{3a9}".as_bytes(),
            b"\xe9\x00\x26\x21",
            b"\xe9\x21\x26",
            b"e\0\x01\x03\xa9\x03",
        ] {
            assert!(all.iter().any(|found| found == expected), "{expected:x?}");
        }
        assert_eq!(of(b"\xff\xfe").len(), 0);
    }
}
