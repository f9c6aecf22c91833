//! Passwords in the element or line behind the one that names them: property lists,
//! tables of HTML, settings of Hadoop and Spring, what PHP and Rust print.

use std::ops::Range;

use super::{
    super::{
        markers, named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "element-password",
        about: "A password in the element or line behind its name; Apple Developer, 'Property List \
                Programming Guide'; Hadoop docs, 'Configuration'; PHP Manual, 'var_dump'; Terraform \
                docs, 'Input variables'",
        anchors: &[
            "<string>",
            "<value>",
            "<td>",
            "<dd>",
            "string(",
            "some(\n",
            "default = \"",
            "default  ",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Code(password),
        examples: &[
            "<key>dbPassword</key>\n\t<string>«Kz9!canary»</string>",
            "<name>db.password</name>\n  <value>«Kz9!canary»</value>",
            "<property name=\"password\"><value>«Kz9!canary»</value>",
            "<tr><td>Password</td><td>«Kz9!canary»</td></tr>",
            "[\"password\"]=>\n  string(10) \"«Kz9!canary»\"\n",
            "    password: Some(\n        \"«Kz9!canary»\",\n    ),",
            "variable \"db_password\" {\n  default = \"«Kz9!canary»\"\n}",
            "variable \"db_password\" {\n  type    = string\n  default = \"«Kz9!canary»\"\n}",
        ],
        near_misses: &[
            "<key>name</key>\n\t<string>Kz9!canary</string>",
            "<td>Password</td><td>at least 8 letters</td>",
            "<key>password</key>\n\t<string>$PASSWORD1</string>",
            "variable \"region\" {\n  default = \"Kz9!canary\"\n}",
            "let password = string(\"Kz9!canary\")",
            "variable \"db_password\" {\n  default  = null",
        ],
        ..Rule::EMPTY
    }]
}

fn password(before: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let (start, quote) = opening(text, anchor)?;
    let rest = &text[start..];
    let length = run(|byte| byte != quote && byte != b'<', rest);
    let value = &rest[..length];
    let is_closed = rest.get(length) == Some(&quote);
    let is_secret = named::is_secret_name(name(before, text)?)
        && is_value(value)
        && !markers::is_masked(value)
        && !value.iter().any(u8::is_ascii_whitespace)
        && named::is_password(value, true);
    (is_closed && is_secret).then_some(start..start + length)
}

/// Where the value begins, and what ends it.
fn opening(text: &[u8], anchor: usize) -> Option<(usize, u8)> {
    match text.first()? {
        b'<' => Some((anchor, b'<')),
        b's' | b'S' => {
            let digits = if text[..anchor].ends_with(b"(") {
                run(|byte| byte.is_ascii_digit(), &text[anchor..])
            } else {
                0
            };
            let blanks = anchor + run(|byte| byte == b' ', &text[anchor..]);
            match &text[anchor + digits..] {
                [b')', b' ', b'"', ..] if digits > 0 => Some((anchor + digits + 3, b'"')),
                _ if text[..anchor].ends_with(b"\n") && text.get(blanks) == Some(&b'"') => {
                    Some((blanks + 1, b'"'))
                }
                _ => None,
            }
        }
        _ => {
            let sign = run(|byte| b" =\"".contains(&byte), &text[b"default".len()..]);
            let start = b"default".len() + sign;
            let opens = text[..start].ends_with(b"= \"");
            opens.then_some((start, b'"'))
        }
    }
}

/// The name in the element or line before.
fn name<'b>(before: &'b [u8], text: &[u8]) -> Option<&'b [u8]> {
    let before = if text.first().is_some_and(|byte| b"dD".contains(byte)) {
        let at = memchr::memmem::rfind(before, b"variable \"")?;
        let name = &before[at + b"variable \"".len()..];
        &name[..run(is_name, name)]
    } else {
        let before = before.trim_ascii_end();
        // `</key>`, `">`, `"]=>`, `: `.
        match before.strip_suffix(b">") {
            Some(tag) if tag.ends_with(b"\"") => &tag[..tag.len() - 1],
            Some(tag) => match tag.strip_suffix(b"\"]=") {
                Some(name) => name,
                None => &tag[..memchr::memmem::rfind(tag, b"</")?],
            },
            None => before.strip_suffix(b":")?,
        }
    };
    let length = before
        .iter()
        .rev()
        .take_while(|byte| is_name(**byte))
        .count();
    Some(&before[before.len() - length..])
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
