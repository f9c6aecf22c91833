//! The table of forms in which a known value is found: one row a form, with the
//! views that read it and a generator of examples. Tests make their cases from
//! it, alone and nested, and `docs/forms.md` is written from it.
#![expect(
    clippy::format_push_string,
    clippy::unnecessary_wraps,
    reason = "examples are written to be read, and rows have one signature"
)]

use unicode_normalization::UnicodeNormalization as _;

/// A text in three parts, of which the middle one is the secret.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) before: Vec<u8>,
    pub(crate) secret: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// How firmly a form is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    Must,
    Should,
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// Nothing may be written in another form before it is written in this one.
    pub(crate) innermost: bool,
    /// The length of the shortest value that is found in it.
    pub(crate) shortest: usize,
    /// The views that read it, from the outside in.
    pub(crate) views: &'static [&'static str],
    pub(crate) promise: Promise,
    /// Writes a text in this form. What is then `secret` is what must be masked.
    /// `None` when the text cannot be written so.
    pub(crate) write: fn(&Text, &mut Random) -> Option<Text>,
}

/// Every form that must be found.
pub(crate) static FORMS: &[Form] = &[
    form("literal", &[], |text, _| Some(text.clone())),
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
    form("percent", &["percent"], |text, _| {
        bytes(text, |out, b| percent(out, b, !is_unreserved(b), true))
    }),
    form("percent lower", &["percent"], |text, _| {
        bytes(text, |out, b| percent(out, b, !is_unreserved(b), false))
    }),
    form("percent partial", &["percent"], |text, random| {
        bytes(text, |out, b| {
            percent(out, b, b == b'%' || random.coin(), random.coin());
        })
    }),
    form("percent of every byte", &["percent"], |text, _| {
        bytes(text, |out, b| percent(out, b, true, true))
    }),
    form("form", &["percent", "form space"], |text, _| {
        bytes(text, |out, b| {
            if b == b' ' {
                out.push(b'+');
            } else {
                percent(out, b, !is_unreserved(b), true);
            }
        })
    }),
    form("entities named", &["entity"], |text, _| {
        utf8(text, |out, c| match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '/' => out.push_str("&sol;"),
            '@' => out.push_str("&commat;"),
            c => out.push(c),
        })
    }),
    form("entities decimal", &["entity"], |text, random| {
        utf8(text, |out, c| {
            if c == '&' || random.coin() {
                out.push_str(&format!("&#{:0>1$};", u32::from(c), random.below(9)));
            } else {
                out.push(c);
            }
        })
    }),
    form("entities hexadecimal", &["entity"], |text, random| {
        utf8(text, |out, c| {
            if random.coin() {
                out.push_str(&format!("&#x{:x};", u32::from(c)));
            } else {
                out.push_str(&format!("&#X{:X};", u32::from(c)));
            }
        })
    }),
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
    form("\\xNN", &["backslash"], |text, _| {
        bytes(text, |out, b| out.extend(format!("\\x{b:02x}").bytes()))
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
    form("quoted-printable", &["quoted-printable"], |text, _| {
        bytes(text, |out, b| match b {
            b' '..=b'~' if b != b'=' => out.push(b),
            b => out.extend(format!("={b:02X}").bytes()),
        })
    })
    .should(),
    form(
        "quoted-printable of every byte",
        &["quoted-printable"],
        |text, random| {
            bytes(text, |out, b| {
                if random.coin() {
                    out.extend(format!("={b:02X}").bytes());
                } else {
                    out.extend(format!("={b:02x}").bytes());
                }
            })
        },
    )
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
    form("cut off at its end", &["cut"], |text, random| {
        let part = part(text, random, true)?;
        let mark = *random.pick(&[
            "...",
            "…",
            " ... ",
            "***",
            "[truncated]",
            "\n<TRUNCATED>",
            " (12 bytes omitted)",
            "…[snip]",
        ]);
        Some(Text {
            after: [mark.as_bytes(), b" ."].concat(),
            ..part
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("cut off at its front", &["cut"], |text, random| {
        let part = part(text, random, false)?;
        let mark = *random.pick(&[
            "...",
            "…",
            "... ",
            "***",
            "[truncated]\n",
            "(truncated 12 bytes) ",
            "[...]",
        ]);
        Some(Text {
            before: [&part.before[..], mark.as_bytes()].concat(),
            ..part
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("base64, cut off", &["base64", "cut"], |text, random| {
        let alone = Text {
            before: Vec::new(),
            after: Vec::new(),
            ..text.clone()
        };
        let mut coded = base64(&alone, STANDARD, false, None)?;
        let fewest = (text.secret.len() / 2).max(8);
        let most = text.secret.len() * 8 / 6;
        coded
            .secret
            .truncate((fewest * 8).div_ceil(6) + random.below(most - fewest * 8 / 6));
        Some(Text {
            before: b"Basic ".to_vec(),
            secret: coded.secret,
            after: random
                .pick::<&str>(&["...\n", "… .", " [truncated]"])
                .as_bytes()
                .to_vec(),
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("hex, cut off", &["hex", "cut"], |text, random| {
        let is_front = random.coin();
        let part = part(text, random, is_front)?;
        let secret = bytes(&part, |out, b| out.extend(format!("{b:02x}").bytes()))?.secret;
        Some(if is_front {
            Text {
                before: b"<Bytes ".to_vec(),
                secret,
                after: b" ... 14 more bytes>".to_vec(),
            }
        } else {
            Text {
                before: b"(...".to_vec(),
                secret,
                after: b")".to_vec(),
            }
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("Node buffer, cut off", &["array", "cut"], |text, random| {
        let part = part(text, random, true)?;
        let hex = part
            .secret
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<Vec<_>>()
            .join(" ");
        Some(Text {
            before: b"<Buffer ".to_vec(),
            secret: hex.into_bytes(),
            after: b" ... 14 more bytes>".to_vec(),
        })
    })
    .shortest(16)
    .innermost()
    .should(),
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

const ZERO_WIDTH: &[char] = &[
    '\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}',
];

const fn form(
    name: &'static str,
    views: &'static [&'static str],
    write: fn(&Text, &mut Random) -> Option<Text>,
) -> Form {
    Form {
        name,
        views,
        innermost: false,
        shortest: 8,
        promise: Promise::Must,
        write,
    }
}

impl Form {
    const fn should(mut self) -> Self {
        self.promise = Promise::Should;
        self
    }

    const fn shortest(mut self, length: usize) -> Self {
        self.shortest = length;
        self
    }

    const fn innermost(mut self) -> Self {
        self.innermost = true;
        self
    }
}

/// A small generator, so that a failing case can be made again from its seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A string of `length` characters of `alphabet`.
    pub(crate) fn string(&mut self, alphabet: &str, length: usize) -> String {
        let characters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| *self.pick(&characters)).collect()
    }
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn bytes(text: &Text, mut write: impl FnMut(&mut Vec<u8>, u8)) -> Option<Text> {
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

fn utf8(text: &Text, mut write: impl FnMut(&mut String, char)) -> Option<Text> {
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

fn utf8_whole(text: &Text, write: fn(&str) -> String) -> Option<Text> {
    let each = |part: &[u8]| Some(write(std::str::from_utf8(part).ok()?).into_bytes());
    Some(Text {
        before: each(&text.before)?,
        secret: each(&text.secret)?,
        after: each(&text.after)?,
    })
}

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

/// As [`utf8`], between the first and the last character of the secret only.
fn utf8_inner(text: &Text, mut write: impl FnMut(&mut String, char)) -> Option<Text> {
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

/// At least the half of the secret that is needed to recognise it, from its front
/// or to its end.
fn part(text: &Text, random: &mut Random, front: bool) -> Option<Text> {
    let secret = std::str::from_utf8(&text.secret).ok()?;
    let fewest = (secret.len() / 2).max(8);
    let length = fewest + random.below(secret.len() - fewest);
    let at = if front { length } else { secret.len() - length };
    let at = (0..=at).rev().find(|&at| secret.is_char_boundary(at))?;
    let part = if front { &secret[..at] } else { &secret[at..] };
    // A blank at the cut may be of the value or of the mark.
    let is_torn = part.trim() != part
        || secret[..at].ends_with(char::is_whitespace)
        || secret[at..].starts_with(char::is_whitespace);
    // The fifty bytes that Node shows are found without a mark.
    let is_shown = front && secret.len() > 50 && (47..50).contains(&part.len());
    (part.len() >= fewest && !is_torn && !is_shown).then(|| Text {
        before: text.before.clone(),
        secret: part.into(),
        after: text.after.clone(),
    })
}

/// As [`bytes`], for the secret only, of which the first and the last byte stay.
fn inner(text: &Text, mut write: impl FnMut(&mut Vec<u8>, u8)) -> Option<Text> {
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

fn json(out: &mut String, character: char, ascii: bool) {
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

fn utf16(out: &mut String, character: char, upper: bool) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        if upper {
            out.push_str(&format!("\\u{unit:04X}"));
        } else {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

fn percent(out: &mut Vec<u8>, byte: u8, encode: bool, upper: bool) {
    match (encode, upper) {
        (false, _) => out.push(byte),
        (true, true) => out.extend(format!("%{byte:02X}").bytes()),
        (true, false) => out.extend(format!("%{byte:02x}").bytes()),
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

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

fn array(text: &Text, separator: &str, open: &str, close: &str, number: fn(u8) -> String) -> Text {
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

/// base64 of the whole; the secret is what it alone determines.
fn base64(
    text: &Text,
    alphabet: &[u8; 64],
    padded: bool,
    wrap: Option<(usize, &str)>,
) -> Option<Text> {
    let whole = [&text.before[..], &text.secret, &text.after].concat();
    let mut coded: Vec<Vec<u8>> = Vec::new();
    for group in whole.chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = bits << 8 | u32::from(*group.get(index).unwrap_or(&0));
        }
        for index in 0..=group.len() {
            coded.push(vec![alphabet[(bits >> (18 - 6 * index) & 63) as usize]]);
        }
    }
    let start = (text.before.len() * 8).div_ceil(6);
    let end_bit = (text.before.len() + text.secret.len()) * 8;
    let mut end = end_bit / 6;
    let count = coded.len();
    let pad = if padded { (4 - count % 4) % 4 } else { 0 };
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
        if !end_bit.is_multiple_of(6) && wrap.is_some() {
            return None;
        }
    }
    Some(Text {
        before,
        secret: secret_parts.concat(),
        after,
    })
}
