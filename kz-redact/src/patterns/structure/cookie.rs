//! Cookies, in headers and on the command line.

use std::ops::Range;

use super::{
    super::{
        markers, named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_placeholder, is_random_looking,
};

/// No shorter value of a cookie opens anything.
const MIN_VALUE: usize = 16;

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "cookie-header",
        about: "The values of a Cookie or Set-Cookie header, from the first that looks random to \
                the last; RFC 6265, 4.1.1 and 4.2.1; curl(1), --cookie",
        anchors: &[
            "cookie:",
            "cookie\":",
            "cookie':",
            "cookie\\\":",
            "cookie\",",
            "cookie',",
            "--cookie ",
            "--cookie=",
            "-b '",
            "-b \"",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach {
            max: 4096,
            ..Reach::LINE
        },
        matcher: Matcher::Code(cookies),
        examples: &[
            "Cookie: sid=«<an32>»\r\n",
            "Cookie: theme=dark; sid=«<an32>»; lang=en",
            "Set-Cookie: session=«<an32>»; Path=/; HttpOnly",
            r#"{"cookie": "sid=«<an32>; other=<url40>»"}"#,
            r#""set-cookie":["a=«<an32>; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT","b=<an32>»; Path=/"]"#,
            "curl -H 'Cookie: sid=«<an32>»' x",
            "curl -b 'sid=«<an32>»' x",
        ],
        near_misses: &[
            "Set-Cookie: theme=dark; Path=/",
            "Cookie: name=value; name2=value2",
            "Cookie: sid=[REDACTED:cookie-header]",
            "Set-Cookie: sid=; Path=/app/v1/resources2024; Domain=app-123-456.example.org",
            "curl -b 'cookies.txt' https://host/?id=<an32>",
        ],
        ..Rule::EMPTY
    }]
}

fn cookies(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let mut at = anchor + run(|byte| b" \t\"'\\[:,".contains(&byte), &text[anchor..]).min(8);
    // `b'…'` of Python.
    if text[at..].starts_with(b"b'") || text[at..].starts_with(b"b\"") {
        at += 2;
    }
    let mut found: Option<Range<usize>> = None;
    while let Some(pair) = Pair::read(text, at) {
        if pair.is_secret(text) {
            let start = found.as_ref().map_or(pair.value.start, |found| found.start);
            found = Some(start..pair.value.end);
        } else if found.is_some() && markers::is_masked(&text[pair.value.clone()]) {
            break;
        }
        at = pair.value.end;
        at += run(|byte| b"; \t\"'\\,".contains(&byte), &text[at..]).min(8);
    }
    found
}

/// `name=value`, or an attribute of a cookie.
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
}

impl Pair {
    fn read(text: &[u8], at: usize) -> Option<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%$!~*".contains(&byte);
        let end = at + run(is_name, &text[at..]).min(64);
        let name = at..end;
        if end == at {
            return None;
        }
        if text.get(end) != Some(&b'=') {
            let flags = [&b"HttpOnly"[..], b"Secure", b"Partitioned"];
            let is_flag = flags
                .iter()
                .any(|flag| text[at..end].eq_ignore_ascii_case(flag));
            return is_flag.then_some(Self {
                name,
                value: end..end,
            });
        }
        // A date holds blanks and a comma.
        let is_date = text[at..end].eq_ignore_ascii_case(b"expires");
        let holds = |byte: u8| {
            (byte > b' ' && !b"\"'\\;,".contains(&byte)) || (is_date && b" ,".contains(&byte))
        };
        let value = end + 1;
        Some(Self {
            name,
            value: value..value + run(holds, &text[value..]),
        })
    }

    fn is_secret(&self, text: &[u8]) -> bool {
        const ATTRIBUTES: [&[u8]; 6] = [
            b"path",
            b"domain",
            b"expires",
            b"max-age",
            b"samesite",
            b"priority",
        ];
        let name = &text[self.name.clone()];
        let value = &text[self.value.clone()];
        let is_attribute = ATTRIBUTES
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        value.len() >= MIN_VALUE
            && !is_attribute
            && is_random_looking(value)
            && named::is_likely(value)
            && !is_placeholder(value)
            && !markers::is_masked(value)
    }
}
