//! Runs of symbols that carry bytes: base64, hex, lists of numbers.

use super::{Form, Text, form, write::bytes};

pub(super) static ROWS: &[Form] = &[
    form("base64", &["base64"], |text, _| {
        base64(text, STANDARD, true, None)
    }),
    form("base64 unpadded", &["base64"], |text, _| {
        base64(text, STANDARD, false, None)
    }),
    form("base64url", &["base64"], |text, _| {
        base64(text, URL_SAFE, true, None)
    }),
    form("base64url unpadded", &["base64"], |text, _| {
        base64(text, URL_SAFE, false, None)
    }),
    form("base64 of 64 columns", &["base64"], |text, _| {
        base64(text, STANDARD, true, Some((64, "\n")))
    }),
    form("base64 of 76 columns", &["base64"], |text, _| {
        base64(text, STANDARD, true, Some((76, "\r\n")))
    }),
    form("base64 alone", &["base64"], |text, _| {
        let alone = Text {
            before: Vec::new(),
            secret: text.secret.clone(),
            after: Vec::new(),
        };
        let mut coded = base64(&alone, STANDARD, true, None)?;
        coded.secret.append(&mut coded.after);
        Some(Text {
            before: b"Basic ".to_vec(),
            secret: coded.secret,
            after: b"\n".to_vec(),
        })
    }),
    form("hex", &["hex"], |text, _| {
        bytes(text, |out, b| out.extend(format!("{b:02x}").bytes()))
    }),
    form("hex upper", &["hex"], |text, _| {
        bytes(text, |out, b| out.extend(format!("{b:02X}").bytes()))
    }),
    form("Node buffer", &["array"], |text, _| {
        let hex = |part: &[u8]| {
            part.iter()
                .map(|b| format!("{b:02x}"))
                .collect::<Vec<_>>()
                .join(" ")
                .into_bytes()
        };
        Some(Text {
            before: b"<Buffer ".to_vec(),
            secret: hex(text.secret.get(..text.secret.len().min(50))?),
            after: if text.secret.len() > 50 {
                b" ... more bytes>".to_vec()
            } else {
                b">".to_vec()
            },
        })
    }),
    form("array of numbers", &["array"], |text, _| {
        Some(array(text, ", ", "[", "]", |b| b.to_string()))
    }),
    form("array of numbers, compact", &["array"], |text, _| {
        Some(array(
            text,
            ",",
            "{\"type\":\"Buffer\",\"data\":[",
            "]}",
            |b| b.to_string(),
        ))
    }),
    form("array of numbers, Go", &["array"], |text, _| {
        Some(array(text, " ", "[", "]", |b| b.to_string()))
    }),
    form("array of numbers, one a line", &["array"], |text, _| {
        Some(array(text, ",\n  ", "[\n  ", "\n]", |b| b.to_string()))
    }),
    form("array of 0xNN", &["array"], |text, _| {
        Some(array(text, ", ", "[]byte{", "}", |b| format!("{b:#04x}")))
    }),
];

/// base64 of the whole, or base32; the secret is what it alone determines.
pub(super) fn base64(
    text: &Text,
    alphabet: &[u8],
    padded: bool,
    wrap: Option<(usize, &str)>,
) -> Option<Text> {
    // Six bits a symbol, four symbols a group; or five bits and eight symbols.
    let (bits, group) = if alphabet.len() == 64 { (6, 4) } else { (5, 8) };
    let whole = [&text.before[..], &text.secret, &text.after].concat();
    let bit = |at: usize| {
        whole
            .get(at / 8)
            .is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1)
    };
    let mut coded: Vec<Vec<u8>> = (0..(whole.len() * 8).div_ceil(bits))
        .map(|symbol| {
            let value = (0..bits).fold(0, |value, at| {
                value * 2 + usize::from(bit(symbol * bits + at))
            });
            vec![alphabet[value]]
        })
        .collect();
    let start = (text.before.len() * 8).div_ceil(bits);
    let end_bit = (text.before.len() + text.secret.len()) * 8;
    let mut end = end_bit / bits;
    let count = coded.len();
    let pad = if padded {
        (group - count % group) % group
    } else {
        0
    };
    if let Some((columns, by)) = wrap {
        for (index, sign) in coded.iter_mut().enumerate() {
            if index > 0 && index % columns == 0 {
                sign.splice(0..0, by.bytes());
            }
        }
    }
    // A break before the secret belongs to what stands before it.
    let mut before = coded[..start].concat();
    let mut secret_parts = coded[start..end].to_vec();
    if let Some(first) = secret_parts.first_mut() {
        let sign = first.pop()?;
        before.append(first);
        first.push(sign);
    }
    let mut after = Vec::new();
    if text.after.is_empty() {
        // The tail and the padding belong to the secret that ends the text.
        end = count;
        secret_parts = coded[start..end].to_vec();
        if let Some(first) = secret_parts.first_mut() {
            first.drain(..first.len() - 1);
        }
        secret_parts.push(b"=".repeat(pad));
    } else {
        // A tail sign of which the rest happens to be zero is masked or not,
        // depending on what follows; such texts are no examples.
        after = coded[end..].concat();
        after.extend(b"=".repeat(pad));
        if !end_bit.is_multiple_of(bits) && wrap.is_some() {
            return None;
        }
    }
    Some(Text {
        before,
        secret: secret_parts.concat(),
        after,
    })
}

pub(super) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn array(
    text: &Text,
    separator: &str,
    open: &str,
    close: &str,
    number: fn(u8) -> String,
) -> Text {
    let join = |part: &[u8]| {
        part.iter()
            .map(|&b| number(b))
            .collect::<Vec<_>>()
            .join(separator)
    };
    let mut before = open.to_owned() + &join(&text.before);
    if !text.before.is_empty() {
        before += separator;
    }
    let mut after = join(&text.after);
    if !text.after.is_empty() {
        after.insert_str(0, separator);
    }
    Text {
        before: before.into_bytes(),
        secret: join(&text.secret).into_bytes(),
        after: (after + close).into_bytes(),
    }
}
