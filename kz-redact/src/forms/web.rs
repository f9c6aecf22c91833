//! How URLs, HTML and mail write what they have other uses for.

use super::{
    Form, form,
    write::{bytes, is_unreserved, percent, utf8},
};

pub(super) static ROWS: &[Form] = &[
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
];
