//! What the generators of several families share.

use super::Text;

pub(super) fn bytes(text: &Text, mut write: impl FnMut(&mut Vec<u8>, u8)) -> Option<Text> {
    let mut each = |part: &[u8]| {
        let mut out = Vec::new();
        for &byte in part {
            write(&mut out, byte);
        }
        out
    };
    Some(Text {
        before: each(&text.before),
        secret: each(&text.secret),
        after: each(&text.after),
    })
}

pub(super) fn utf8(text: &Text, mut write: impl FnMut(&mut String, char)) -> Option<Text> {
    let mut each = |part: &[u8]| {
        let mut out = String::new();
        for character in std::str::from_utf8(part).ok()?.chars() {
            write(&mut out, character);
        }
        Some(out.into_bytes())
    };
    Some(Text {
        before: each(&text.before)?,
        secret: each(&text.secret)?,
        after: each(&text.after)?,
    })
}

/// As [`utf8`], between the first and the last character of the secret only.
pub(super) fn utf8_inner(text: &Text, mut write: impl FnMut(&mut String, char)) -> Option<Text> {
    let mut chars: Vec<char> = std::str::from_utf8(&text.secret).ok()?.chars().collect();
    let last = chars.pop()?;
    let first = *chars.first()?;
    if [first, last].iter().any(|c| "\\\"".contains(*c)) {
        return None;
    }
    let mut out = String::from(first);
    for &character in &chars[1..] {
        write(&mut out, character);
    }
    out.push(last);
    Some(Text {
        before: text.before.clone(),
        secret: out.into_bytes(),
        after: text.after.clone(),
    })
}

/// As [`bytes`], for the secret only, of which the first and the last byte stay.
pub(super) fn inner(text: &Text, mut write: impl FnMut(&mut Vec<u8>, u8)) -> Option<Text> {
    let [first, between @ .., last] = &text.secret[..] else {
        return None;
    };
    if [first, last].iter().any(|b| !b.is_ascii_alphanumeric()) {
        return None;
    }
    let mut secret = vec![*first];
    for &byte in between {
        write(&mut secret, byte);
    }
    secret.push(*last);
    Some(Text {
        before: text.before.clone(),
        secret,
        after: text.after.clone(),
    })
}

pub(super) fn json(out: &mut String, character: char, ascii: bool) {
    match character {
        '"' | '\\' => {
            out.push('\\');
            out.push(character);
        }
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 0x20 || ascii && !c.is_ascii() => utf16(out, c, false),
        c => out.push(c),
    }
}

pub(super) fn utf16(out: &mut String, character: char, upper: bool) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        if upper {
            out.push_str(&format!("\\u{unit:04X}"));
        } else {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

pub(super) fn percent(out: &mut Vec<u8>, byte: u8, encode: bool, upper: bool) {
    match (encode, upper) {
        (false, _) => out.push(byte),
        (true, true) => out.extend(format!("%{byte:02X}").bytes()),
        (true, false) => out.extend(format!("%{byte:02x}").bytes()),
    }
}

pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
