//! How programming languages, shells and SQL write a value between quotation marks.

use super::{
    Form, Text, form,
    write::{bytes, json, utf8, utf16},
};

pub(super) static ROWS: &[Form] = &[
    form("json", &["backslash"], |text, _| {
        utf8(text, |out, c| json(out, c, false))
    }),
    form("json \\/", &["backslash"], |text, _| {
        utf8(text, |out, c| {
            if c == '/' {
                out.push_str("\\/");
            } else {
                json(out, c, false);
            }
        })
    }),
    form("json ASCII", &["backslash"], |text, _| {
        utf8(text, |out, c| json(out, c, true))
    }),
    form(
        "json \\uXXXX of every character",
        &["backslash"],
        |text, random| utf8(text, |out, c| utf16(out, c, random.coin())),
    ),
    form("json HTML-safe", &["backslash"], |text, _| {
        utf8(text, |out, c| match c {
            '<' | '>' | '&' | '\'' | '+' | '\u{2028}' => utf16(out, c, false),
            c => json(out, c, false),
        })
    }),
    form("\\xNN", &["backslash"], |text, _| {
        bytes(text, |out, b| out.extend(format!("\\x{b:02x}").bytes()))
    }),
    form("shell single quotes", &["quote"], |text, random| {
        let by = if random.coin() { "'\\''" } else { "'\"'\"'" };
        utf8(text, |out, c| {
            if c == '\'' {
                out.push_str(by);
            } else {
                out.push(c);
            }
        })
    }),
    form("shell double quotes", &["backslash"], |text, _| {
        utf8(text, |out, c| {
            if "$`\"\\!".contains(c) {
                out.push('\\');
            }
            out.push(c);
        })
    }),
    form("shell backslash", &["backslash"], |text, _| {
        utf8(text, |out, c| {
            if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '\n' {
                out.push('\\');
            }
            out.push(c);
        })
    }),
    form("Python repr", &["backslash"], |text, _| {
        utf8(text, |out, c| match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\u{80}'..='\u{ff}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        })
    }),
    form("Python repr of bytes", &["backslash"], |text, _| {
        bytes(text, |out, b| match b {
            b'\'' | b'\\' => out.extend([b'\\', b]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b' '..=b'~' => out.push(b),
            b => out.extend(format!("\\x{b:02x}").bytes()),
        })
    }),
    form("Rust debug", &["backslash"], |text, _| {
        utf8(text, |out, c| match c {
            '\'' => out.push(c),
            c if c.is_ascii() => out.extend(c.escape_debug()),
            c => out.extend(c.escape_unicode()),
        })
    }),
    form("Go debug", &["backslash"], |text, _| {
        utf8(text, |out, c| match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_ascii() => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        })
    }),
    form("octal", &["backslash"], |text, _| {
        bytes(text, |out, b| {
            if b.is_ascii_alphanumeric() {
                out.push(b);
            } else {
                out.extend(format!("\\{b:03o}").bytes());
            }
        })
    }),
    form("SQL", &["quote"], |text, _| {
        utf8(text, |out, c| {
            if c == '\'' {
                out.push_str("''");
            } else {
                out.push(c);
            }
        })
    }),
    form("CSV", &["quote"], |text, _| {
        utf8(text, |out, c| {
            if c == '"' {
                out.push_str("\"\"");
            } else {
                out.push(c);
            }
        })
    }),
    form("shell $'…'", &["backslash"], |text, random| {
        bytes(text, |out, b| match b {
            b'\'' | b'\\' => out.extend([b'\\', b]),
            b'\n' if random.coin() => out.extend(b"\\n"),
            b'\n' => out.extend(b"\\cJ"),
            b' '..=b'~' => out.push(b),
            b => out.extend(format!("\\{b:03o}").bytes()),
        })
    })
    .should(),
    form("octal of every byte", &["backslash"], |text, _| {
        bytes(text, |out, b| out.extend(format!("\\{b:03o}").bytes()))
    })
    .should(),
    form(
        "\\u{…} of every character",
        &["backslash"],
        |text, random| {
            let digits = 1 + random.below(6);
            utf8(text, |out, c| {
                out.push_str(&format!("\\u{{{:0>digits$x}}}", u32::from(c)));
            })
        },
    )
    .should(),
    form("\\x{…}", &["backslash"], |text, _| {
        utf8(text, |out, c| {
            if c.is_ascii_alphanumeric() {
                out.push(c);
            } else {
                out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
            }
        })
    })
    .should(),
    form("regex", &["backslash"], |text, _| {
        utf8(text, |out, c| {
            if "\\.+*?()|[]{}^$#&-~/ ".contains(c) {
                out.push('\\');
            }
            out.push(c);
        })
    })
    .should(),
    form("regex \\Q…\\E", &["backslash"], |text, _| {
        let quoted = |part: &[u8]| {
            let part = std::str::from_utf8(part).ok()?;
            Some(part.replace("\\E", "\\E\\\\E\\Q").into_bytes())
        };
        Some(Text {
            before: [b"\\Q", &quoted(&text.before)?[..]].concat(),
            secret: quoted(&text.secret)?,
            after: [&quoted(&text.after)?[..], b"\\E"].concat(),
        })
    })
    .should(),
];
