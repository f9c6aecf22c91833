//! Values with something in between: line breaks and prefixes, colour codes, characters
//! without width, hard wraps.

use super::{
    Form, Text, form,
    write::{inner, is_unreserved, json, percent, utf8_inner},
};

pub(super) static ROWS: &[Form] = &[
    form("CRLF", &["line"], |text, _| lines(text, "\r\n")),
    form("literal \\n", &["backslash"], |text, _| lines(text, "\\n")),
    form("newlines to spaces", &["line"], |text, _| lines(text, " ")),
    form("indented", &["line"], |text, _| lines(text, "\n      ")),
    form("diff", &["line"], |text, _| lines(text, "\n+ ")),
    form("markdown", &["line"], |text, _| lines(text, "\n> | ")),
    form("colour", &["gap"], |text, random| {
        utf8_inner(text, |out, c| {
            if random.below(8) == 0 {
                out.push_str("\x1b[1;31m");
            }
            out.push(c);
        })
    }),
    form("colour, escaped", &["backslash", "gap"], |text, random| {
        utf8_inner(text, |out, c| {
            if c == '\\' || c == '"' {
                out.push('\\');
            }
            out.push(c);
            if random.below(8) == 0 {
                out.push_str("\\u001b[0m");
            }
        })
    }),
    form("continued lines", &["backslash", "gap"], |text, random| {
        utf8_inner(text, |out, c| {
            if random.below(8) == 0 {
                out.push_str(random.pick::<&str>(&["\\\n", "\\\r\n", "\\\n    "]));
            }
            if c == '\\' || c == '"' {
                out.push('\\');
            }
            out.push(c);
        })
        // A blank after the indentation would be taken for more of it.
        .filter(|text| !text.secret.windows(2).any(|pair| pair == b"  "))
    })
    .should(),
    form(
        "quoted-printable, wrapped",
        &["quoted-printable", "gap"],
        |text, random| {
            inner(text, |out, b| {
                if random.below(8) == 0 {
                    out.extend(random.pick(&["=\n", "=\r\n", "= \t\r\n"]).bytes());
                }
                match b {
                    b' '..=b'~' if b != b'=' => out.push(b),
                    b => out.extend(format!("={b:02X}").bytes()),
                }
            })
        },
    )
    .should(),
    form("zero-width", &["gap"], |text, random| {
        utf8_inner(text, |out, c| {
            if random.below(4) == 0 {
                out.push(*random.pick(ZERO_WIDTH));
            }
            out.push(c);
        })
    })
    .should(),
    form(
        "zero-width, escaped",
        &["backslash", "gap"],
        |text, random| {
            utf8_inner(text, |out, c| {
                if random.below(4) == 0 {
                    out.push_str(&format!("\\u{:04x}", u32::from(*random.pick(ZERO_WIDTH))));
                }
                if c == '\\' || c == '"' {
                    out.push('\\');
                }
                out.push(c);
            })
        },
    )
    .should(),
    form(
        "zero-width, percent",
        &["percent", "gap"],
        |text, random| {
            inner(text, |out, b| {
                if random.below(4) == 0 && b & 0xc0 != 0x80 {
                    let mut character = [0; 4];
                    for b in random.pick(ZERO_WIDTH).encode_utf8(&mut character).bytes() {
                        percent(out, b, true, true);
                    }
                }
                percent(out, b, !is_unreserved(b), true);
            })
        },
    )
    .should(),
    form("zero-width, entity", &["entity", "gap"], |text, random| {
        utf8_inner(text, |out, c| {
            match random.below(8) {
                0 => out.push_str(&format!("&#{};", u32::from(*random.pick(ZERO_WIDTH)))),
                1 => out.push_str(random.pick::<&str>(&[
                    "&shy;",
                    "&zwj;",
                    "&zwnj;",
                    "&ZeroWidthSpace;",
                ])),
                _ => {}
            }
            if c == '&' {
                out.push_str("&amp;");
            } else {
                out.push(c);
            }
        })
    })
    .should(),
    form("hard wrap", &["wrap"], |text, random| {
        let by = *random.pick(&["\n", "\r\n", "\n    ", "\n\t\t"]);
        utf8_inner(text, |out, c| {
            if random.below(8) == 0 && !out.ends_with([' ', '\n']) && !" \n".contains(c) {
                out.push_str(by);
            }
            out.push(c);
        })
    })
    .shortest(16)
    .should(),
    form(
        "hard wrap, escaped",
        &["backslash", "wrap"],
        |text, random| {
            utf8_inner(text, |out, c| {
                if random.below(8) == 0 && !out.ends_with([' ', '\n']) && !" \n".contains(c) {
                    out.push_str("\\n  ");
                }
                json(out, c, false);
            })
        },
    )
    .shortest(16)
    .should(),
    form("YAML folded", &["wrap"], |text, random| {
        let indent = " ".repeat(random.below(9));
        utf8_inner(text, |out, c| match c {
            ' ' if !out.ends_with(char::is_whitespace) && random.coin() => {
                out.push('\n');
                out.push_str(&indent);
            }
            // A blank line stands for a line break.
            '\n' => {
                out.push_str("\n\n");
                out.push_str(&indent);
            }
            c => out.push(c),
        })
        .filter(|text| !text.secret.windows(2).any(|pair| pair == b"  ") || indent.is_empty())
    })
    .shortest(16)
    .should(),
];

fn lines(text: &Text, by: &str) -> Option<Text> {
    if !text.secret.contains(&b'\n') {
        return None;
    }
    let secret = std::str::from_utf8(&text.secret).ok()?.replace('\n', by);
    Some(Text {
        before: text.before.clone(),
        secret: secret.into_bytes(),
        after: text.after.clone(),
    })
}

const ZERO_WIDTH: &[char] = &[
    '\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}',
];
