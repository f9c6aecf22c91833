//! The same characters in other bytes: as they stand, in the other case, in other normal
//! forms, in UTF-16.

use unicode_normalization::UnicodeNormalization as _;

use super::{Form, Text, form};

pub(super) static ROWS: &[Form] = &[
    form("literal", &[], |text, _| Some(text.clone())),
    form("other case", &["case"], |text, random| {
        let is_hex = text
            .secret
            .iter()
            .all(|b| b.is_ascii_hexdigit() || *b == b'-');
        // A user name and its colon are no value of their own.
        if text.secret.len() < 16 && !is_hex || text.before.ends_with(b"://") {
            return None;
        }
        let mut text = text.clone();
        match random.below(3) {
            0 => text.secret.make_ascii_lowercase(),
            1 => text.secret.make_ascii_uppercase(),
            _ => {
                for byte in &mut text.secret {
                    if byte.is_ascii_alphabetic() && random.coin() {
                        *byte ^= 0x20;
                    }
                }
            }
        }
        Some(text)
    })
    .innermost()
    .should(),
    form("NFC", &[], |text, _| {
        utf8_whole(text, |text| text.nfc().collect())
    })
    .innermost()
    .should(),
    form("NFD", &[], |text, _| {
        utf8_whole(text, |text| text.nfd().collect())
    })
    .innermost()
    .should(),
    form("UTF-16LE", &["UTF-16"], |text, _| {
        let mut text = utf16_bytes(text, u16::to_le_bytes)?;
        if text.secret.last() == Some(&0) {
            text.after.insert(0, text.secret.pop()?);
        }
        Some(text)
    })
    .innermost()
    .should(),
    form("UTF-16BE", &["UTF-16"], |text, _| {
        let mut text = utf16_bytes(text, u16::to_be_bytes)?;
        if text.secret.first() == Some(&0) {
            text.before.push(text.secret.remove(0));
        }
        Some(text)
    })
    .innermost()
    .should(),
];

fn utf16_bytes(text: &Text, bytes: fn(u16) -> [u8; 2]) -> Option<Text> {
    let each = |part: &[u8]| -> Option<Vec<u8>> {
        let text = std::str::from_utf8(part).ok()?;
        Some(text.encode_utf16().flat_map(bytes).collect())
    };
    Some(Text {
        before: each(&text.before)?,
        secret: each(&text.secret)?,
        after: each(&text.after)?,
    })
}

fn utf8_whole(text: &Text, write: fn(&str) -> String) -> Option<Text> {
    let each = |part: &[u8]| Some(write(std::str::from_utf8(part).ok()?).into_bytes());
    Some(Text {
        before: each(&text.before)?,
        secret: each(&text.secret)?,
        after: each(&text.after)?,
    })
}
