//! Made-up secrets of which this process holds no plain copy of its own.

use std::{fs::File, io::Read as _};

use zeroize::Zeroizing;

/// What plain bytes are XORed with at rest.
pub(crate) const VEIL: u8 = 0xa5;

/// Signs that need escaping in most forms are among them.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345!~-_+*";

/// A random value, kept XORed.
pub(crate) struct Canary {
    pub(crate) name: &'static str,
    pub(crate) veiled: Vec<u8>,
}

impl Canary {
    pub(crate) fn new(name: &'static str, len: usize) -> Self {
        let mut random = vec![0; len];
        File::open("/dev/urandom")
            .and_then(|mut source| source.read_exact(&mut random))
            .expect("a Unix system has random bytes");
        for byte in &mut random {
            *byte = ALPHABET[usize::from(*byte % 64)] ^ VEIL;
        }
        Self {
            name,
            veiled: random,
        }
    }

    /// The plain bytes, wiped on drop.
    pub(crate) fn plain(&self) -> Zeroizing<Vec<u8>> {
        let mut plain = Zeroizing::new(self.veiled.clone());
        for byte in plain.iter_mut() {
            *byte ^= VEIL;
        }
        plain
    }
}

/// `template` with each `{}` replaced by the next value, wiped on drop.
pub(crate) fn filled(template: &str, canaries: &[&Canary]) -> Zeroizing<Vec<u8>> {
    let values: Vec<_> = canaries.iter().map(|canary| canary.plain()).collect();
    let length = template.len() + values.iter().map(|value| value.len()).sum::<usize>();
    // Never grows, so that it leaves nothing behind.
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    let mut values = values.iter();
    for (index, piece) in template.split("{}").enumerate() {
        if index > 0 {
            text.extend_from_slice(values.next().expect("a value for each place"));
        }
        text.extend_from_slice(piece.as_bytes());
    }
    assert!(values.next().is_none(), "a place for each value");
    text
}

/// A way in which a value can be written.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    write: fn(&[u8], &mut Vec<u8>),
}

impl Form {
    pub(crate) fn write(&self, plain: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut written = Zeroizing::new(Vec::with_capacity(8 * plain.len() + 16));
        (self.write)(plain, &mut written);
        written
    }
}

/// The literal first.
pub(crate) const FORMS: &[Form] = &[
    Form {
        name: "literal",
        write: |plain, out| out.extend_from_slice(plain),
    },
    Form {
        name: "reversed",
        write: |plain, out| out.extend(plain.iter().rev()),
    },
    Form {
        name: "base64",
        write: |plain, out| base64(plain, 0, out),
    },
    Form {
        name: "base64 behind one byte",
        write: |plain, out| base64(plain, 1, out),
    },
    Form {
        name: "base64 behind two bytes",
        write: |plain, out| base64(plain, 2, out),
    },
    Form {
        name: "hex",
        write: |plain, out| each(plain, out, b"", b"0123456789abcdef"),
    },
    Form {
        name: "upper hex",
        write: |plain, out| each(plain, out, b"", b"0123456789ABCDEF"),
    },
    Form {
        name: "percent",
        write: |plain, out| each(plain, out, b"%", b"0123456789ABCDEF"),
    },
    Form {
        name: "JSON",
        write: |plain, out| each(plain, out, b"\\u00", b"0123456789abcdef"),
    },
    Form {
        name: "UTF-16",
        write: |plain, out| out.extend(plain.iter().flat_map(|&byte| [byte, 0])),
    },
];

fn each(plain: &[u8], out: &mut Vec<u8>, before: &[u8], digits: &[u8; 16]) {
    for &byte in plain {
        out.extend_from_slice(before);
        out.push(digits[usize::from(byte >> 4)]);
        out.push(digits[usize::from(byte & 15)]);
    }
}

/// Base64 of the value behind as many dots, without padding.
fn base64(plain: &[u8], behind: usize, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let byte = |at: usize| match at.checked_sub(behind) {
        None => b'.',
        Some(at) => plain.get(at).copied().unwrap_or(0),
    };
    for bit in (0..(behind + plain.len()) * 8).step_by(6) {
        let pair = u16::from_be_bytes([byte(bit / 8), byte(bit / 8 + 1)]);
        out.push(DIGITS[usize::from(pair >> (10 - bit % 8) & 63)]);
    }
}

#[test]
fn forms_are_what_they_are_called() {
    let written: Vec<_> = FORMS
        .iter()
        .map(|form| String::from_utf8(form.write(b"kz~1").to_vec()).unwrap())
        .collect();
    assert_eq!(
        written,
        [
            "kz~1",
            "1~zk",
            "a3p+MQ",
            "Lmt6fjE",
            "Li5ren4x",
            "6b7a7e31",
            "6B7A7E31",
            "%6B%7A%7E%31",
            "\\u006b\\u007a\\u007e\\u0031",
            "k\0z\0~\x001\0",
        ]
    );
}
