//! Hexadecimal in groups, as dumps print it.

use super::{Form, Text, form, runs::array};

pub(super) static ROWS: &[Form] = &[
    form("hex, spaced", &["spaced hex"], |text, random| {
        let by = *random.pick(&[" ", ":", "-", ", ", "\t"]);
        Some(array(text, by, "", "", |b| format!("{b:02x}")))
    })
    .should(),
    form("hex, wrapped", &["spaced hex"], |text, _| {
        Some(array(text, ":\n    ", "", "", |b| format!("{b:02X}")))
    })
    .should(),
    form("xxd", &["spaced hex"], |text, random| {
        let group = *random.pick(&[1, 2, 2, 2, 4, 8, 16]);
        dump(
            text,
            Dump {
                group,
                colon: true,
                bars: ["", ""],
                half: false,
            },
        )
    })
    .should(),
    form("hexdump -C", &["spaced hex"], |text, _| {
        dump(
            text,
            Dump {
                group: 1,
                colon: false,
                bars: ["|", "|"],
                half: true,
            },
        )
    })
    .should(),
    form("od -A x -t x1z", &["spaced hex"], |text, _| {
        dump(
            text,
            Dump {
                group: 1,
                colon: false,
                bars: [">", "<"],
                half: false,
            },
        )
    })
    .should(),
];

/// How a dump is laid out.
#[derive(Clone, Copy)]
struct Dump {
    /// Bytes of a group.
    group: usize,
    /// Behind the offset.
    colon: bool,
    /// Around the column of characters.
    bars: [&'static str; 2],
    /// One more blank in the middle of a line.
    half: bool,
}

/// A dump of sixteen bytes a line. The secret ends where its last character is
/// shown.
fn dump(text: &Text, layout: Dump) -> Option<Text> {
    let whole = [&text.before[..], &text.secret, &text.after].concat();
    let secret = text.before.len()..text.before.len() + text.secret.len();
    let mut out = String::new();
    let (mut start, mut end) = (0, 0);
    for (index, line) in whole.chunks(16).enumerate() {
        out.push_str(&format!("{:08x}", index * 16));
        out.push_str(if layout.colon { ": " } else { "  " });
        let row = out.len();
        for (column, byte) in line.iter().enumerate() {
            if column > 0 && column % layout.group == 0 {
                out.push(' ');
            }
            if layout.half && column == 8 {
                out.push(' ');
            }
            if index * 16 + column == secret.start {
                start = out.len();
            }
            out.push_str(&format!("{byte:02x}"));
        }
        let width = 32 + 15 / layout.group + usize::from(layout.half);
        out.push_str(&" ".repeat(row + width + 2 - out.len()));
        out.push_str(layout.bars[0]);
        for (column, &byte) in line.iter().enumerate() {
            let shown = byte == b' ' || byte.is_ascii_graphic();
            out.push(if shown { char::from(byte) } else { '.' });
            if index * 16 + column + 1 == secret.end {
                end = out.len();
            }
        }
        out.push_str(layout.bars[1]);
        out.push('\n');
    }
    Some(Text {
        before: out[..start].into(),
        secret: out[start..end].into(),
        after: out[end..].into(),
    })
}
