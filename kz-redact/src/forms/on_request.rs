//! What is found on request only.

use std::io::Write as _;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

use super::{
    Form, Random, Text, form,
    runs::{STANDARD, base64},
    write::utf8,
};
use crate::request::OnRequest;

pub(crate) static ROWS: &[Form] = &[
    form("base32", &["base32"], |text, random| {
        base64(text, BASE32, random.coin(), None)
    })
    .on_request(OnRequest::Base32),
    form("base32, lower case", &["base32"], |text, _| {
        let mut text = base64(text, BASE32, false, None)?;
        for part in [&mut text.before, &mut text.secret, &mut text.after] {
            part.make_ascii_lowercase();
        }
        Some(text)
    })
    .on_request(OnRequest::Base32),
    form("base32hex", &["base32"], |text, random| {
        base64(text, BASE32_HEX, random.coin(), None)
    })
    .on_request(OnRequest::Base32),
    form("base32 of 64 columns", &["base32"], |text, _| {
        base64(text, BASE32, true, Some((64, "\n")))
    })
    .on_request(OnRequest::Base32),
    form("Ascii85", &["base85"], |text, random| {
        let alphabet: Vec<u8> = (b'!'..=b'u').collect();
        let wrap = random.coin().then_some(64);
        let text = base85(text, &alphabet, wrap)?;
        Some(Text {
            before: [b"<~", &text.before[..]].concat(),
            secret: text.secret,
            after: [&text.after, &b"~>"[..]].concat(),
        })
    })
    .on_request(OnRequest::Ascii85),
    form("base85 of Git", &["base85"], |text, random| {
        base85(text, GIT, random.coin().then_some(52))
    })
    .on_request(OnRequest::Ascii85),
    form("Z85", &["base85"], |text, _| base85(text, Z85, None)).on_request(OnRequest::Ascii85),
    form(
        "list of code points",
        &["character codes"],
        |text, random| {
            let by = *random.pick(&[", ", ",", " ", ";\n"]);
            codes(text, ["[", by, "]"], |c| u32::from(c).to_string())
        },
    )
    .on_request(OnRequest::CharacterCodes),
    form(
        "chr() of each character",
        &["character codes"],
        |text, random| {
            let around = *random.pick(&[
                ["chr(", ")+chr(", ")"],
                ["CHR(", ") || CHR(", ")"],
                ["String.fromCharCode(", ") + String.fromCharCode(", ")"],
            ]);
            codes(text, around, |c| u32::from(c).to_string())
        },
    )
    .on_request(OnRequest::CharacterCodes),
    form("U+XXXX", &["character codes"], |text, random| {
        let by = *random.pick(&[" ", ", ", "\n"]);
        codes(text, ["<", by, ">"], |c| format!("U+{:04X}", u32::from(c)))
    })
    .on_request(OnRequest::CharacterCodes),
    form("full-width", &["fullwidth"], |text, _| {
        utf8(text, |out, c| out.push(fullwidth(c)))
    })
    .innermost()
    .on_request(OnRequest::Fullwidth),
    form(
        "full-width letters and digits",
        &["fullwidth"],
        |text, _| {
            utf8(text, |out, c| {
                out.push(if c.is_ascii_alphanumeric() {
                    fullwidth(c)
                } else {
                    c
                });
            })
        },
    )
    .innermost()
    .on_request(OnRequest::Fullwidth),
    form("gzip in base64", &["gzip"], |text, _| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&whole(text)).ok()?;
        compressed(packed.finish().ok()?)
    })
    .on_request(OnRequest::Gzip),
    form("zlib in base64", &["gzip"], |text, random| {
        let level = Compression::new(u32::try_from(random.below(10)).ok()?);
        let mut packed = ZlibEncoder::new(Vec::new(), level);
        packed.write_all(&whole(text)).ok()?;
        compressed(packed.finish().ok()?)
    })
    .on_request(OnRequest::Gzip),
    form("MD5", &["hash"], |text, random| {
        digest::<md5::Md5>(text, random)
    })
    .innermost()
    .on_request(OnRequest::Hashes),
    form("SHA-1", &["hash"], |text, random| {
        digest::<sha1::Sha1>(text, random)
    })
    .innermost()
    .on_request(OnRequest::Hashes),
    form("SHA-256", &["hash"], |text, random| {
        digest::<sha2::Sha256>(text, random)
    })
    .innermost()
    .on_request(OnRequest::Hashes),
    form("SHA-384", &["hash"], |text, random| {
        digest::<sha2::Sha384>(text, random)
    })
    .innermost()
    .on_request(OnRequest::Hashes),
    form("SHA-512", &["hash"], |text, random| {
        digest::<sha2::Sha512>(text, random)
    })
    .innermost()
    .on_request(OnRequest::Hashes),
    form("reversed", &["reversed"], |text, _| {
        let secret = std::str::from_utf8(&text.secret).ok()?;
        Some(Text {
            secret: secret.chars().rev().collect::<String>().into_bytes(),
            ..text.clone()
        })
    })
    .innermost()
    .on_request(OnRequest::Reversed),
    form("spaced", &["space"], |text, random| {
        let by = *random.pick(&[" ", "  ", "-", ".", "_", ", ", "\n", " | "]);
        spaced(text, by)
    })
    .on_request(OnRequest::Spaced),
    form("list of characters", &["space"], |text, random| {
        let by = *random.pick(&["', '", "\",\"", "\", \""]);
        spaced(text, by)
    })
    .on_request(OnRequest::Spaced),
];

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE32_HEX: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
const GIT: &[u8] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const Z85: &[u8] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

fn whole(text: &Text) -> Vec<u8> {
    [&text.before[..], &text.secret, &text.after].concat()
}

/// base85 of the whole; the secret is each group that holds a part of it.
fn base85(text: &Text, alphabet: &[u8], wrap: Option<usize>) -> Option<Text> {
    let whole = whole(text);
    let mut coded: Vec<Vec<u8>> = Vec::new();
    for group in whole.chunks(4) {
        let mut bytes = [0; 4];
        bytes[..group.len()].copy_from_slice(group);
        let number = u32::from_be_bytes(bytes);
        let symbols = (0..5_u32).map(|at| number / 85_u32.pow(4 - at) % 85);
        for symbol in symbols.take(group.len() + 1) {
            coded.push(vec![*alphabet.get(symbol as usize)?]);
        }
    }
    if let Some(columns) = wrap {
        for end in coded.chunks_mut(columns).skip(1) {
            end[0].insert(0, b'\n');
        }
    }
    let start = text.before.len() / 4 * 5;
    let end = (text.before.len() + text.secret.len()).div_ceil(4) * 5;
    let end = end.min(coded.len());
    let mut secret = coded.get(start..end)?.concat();
    let mut before = coded[..start].concat();
    if secret.first() == Some(&b'\n') {
        before.push(secret.remove(0));
    }
    Some(Text {
        before,
        secret,
        after: coded[end..].concat(),
    })
}

/// The number of each character, between what opens, separates and closes.
fn codes(text: &Text, [open, by, close]: [&str; 3], number: fn(char) -> String) -> Option<Text> {
    let join = |part: &[u8]| {
        let text = std::str::from_utf8(part).ok()?;
        Some(text.chars().map(number).collect::<Vec<_>>().join(by))
    };
    let mut before = open.to_owned() + &join(&text.before)?;
    if !text.before.is_empty() {
        before += by;
    }
    let mut after = join(&text.after)?;
    if !text.after.is_empty() {
        after.insert_str(0, by);
    }
    Some(Text {
        before: before.into_bytes(),
        secret: join(&text.secret)?.into_bytes(),
        after: (after + close).into_bytes(),
    })
}

fn compressed(packed: Vec<u8>) -> Option<Text> {
    let packed = Text {
        before: Vec::new(),
        secret: packed,
        after: Vec::new(),
    };
    Some(Text {
        before: b"body: ".to_vec(),
        after: b"\n".to_vec(),
        ..base64(&packed, STANDARD, true, None)?
    })
}

/// The digest of the secret alone, in hexadecimal or base64.
fn digest<D: sha2::Digest>(text: &Text, random: &mut Random) -> Option<Text> {
    let digest = D::digest(&text.secret);
    let secret = if random.coin() {
        digest
            .iter()
            .flat_map(|b| format!("{b:02x}").into_bytes())
            .collect()
    } else {
        let alone = Text {
            before: Vec::new(),
            secret: digest.to_vec(),
            after: Vec::new(),
        };
        base64(&alone, STANDARD, true, None)?.secret
    };
    Some(Text {
        before: b"digest: ".to_vec(),
        secret,
        after: b" -\n".to_vec(),
    })
}

fn fullwidth(character: char) -> char {
    match character {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
        character => character,
    }
}

fn spaced(text: &Text, by: &str) -> Option<Text> {
    let secret = std::str::from_utf8(&text.secret).ok()?;
    let characters: Vec<String> = secret.chars().map(String::from).collect();
    Some(Text {
        secret: characters.join(by).into_bytes(),
        ..text.clone()
    })
}
