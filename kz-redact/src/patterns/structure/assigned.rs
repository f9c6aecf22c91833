//! `password = "…"` and its relatives, in settings, code, JSON, YAML, XML and
//! prose: what is assigned to a name that ends in password or secret, if it looks
//! chosen as one.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    super::{
        markers, named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_placeholder,
};

/// The longest rest of a name behind its anchor, as `word` in `pass`.
const MAX_REST: usize = 24;

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "assigned-password",
        about: "A password or secret assigned to its name in code, settings, JSON, YAML or XML; \
                the settings of most programs",
        anchors: &[
            "passw",
            "passphrase",
            "passcode",
            "pwd",
            "secret",
            "_pass",
            "api_key",
            "apikey",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Code(assigned),
        examples: &[
            "password = \"«Kz9!canary»\"",
            "DB_PASSWORD=«kz-canary9»",
            "export PGPASSWORD='«kz canary 9»'",
            r#"{"password": "«Kz9!canary»"}"#,
            r#"{\"adminPassword\":\"«Kz9!canary»\"}"#,
            r#"{"name":"DB_PASSWORD","value":"«Kz9!canary»"}"#,
            "password: «Kz9&canary»",
            "password: «K9z4canary7»",
            "  password: «Kz9!canary»",
            "my_password := `«Kz9!canary»`",
            "'db_password' => '«Kz9!canary»',",
            "<password>«Kz9!canary»</password>",
            "<add key=\"ClearTextPassword\" value=\"«Kz9!canary»\" />",
            "if password == \"«Kz9!canary»\" {",
            "The default password is '«Kz9!canary»'.",
            "connect(user=user, password='«Kz9!canary»')",
            "spring.datasource.password=«Kz9!canary»",
            "credentials { password '«Kz9!canary»' }",
        ],
        near_misses: &[
            "password = get_password()",
            "password = config[\"db1_password\"]",
            "password: string8",
            "password = \"${DB_PASSWORD1}\"",
            "password=\"<your-password-1>\"",
            "password=********",
            "PASSWORD=[REDACTED:DB_PASSWORD]",
            "password = self.password1",
            "password_hash = \"Kz9!canary\"",
            "secret_name: prod/db-2/app",
            "password must hold 8 characters",
            "'password' => $request->input('password1')",
            "api_key_id = \"Kz9!canary\"",
        ],
        ..Rule::EMPTY
    }]
}

fn assigned(before: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end_of_name = anchor + run(is_name, &text[anchor..]).min(MAX_REST);
    let head = before
        .iter()
        .rev()
        .take_while(|byte| is_name(**byte))
        .count();
    let name = Zeroizing::new([&before[before.len() - head..], &text[..end_of_name]].concat());
    let value = Operator::read(text, end_of_name)?;
    let range = value.range(text)?;
    let bytes = &text[range.clone()];
    // Documentation says so in capitals.
    let is_example = memchr::memmem::find(before, b"EXAMPLE").is_some();
    let is_nothing = is_example
        || is_placeholder(bytes)
        || markers::is_masked(bytes)
        || !named::is_secret_name(&name);
    (!is_nothing && value.is_chosen(&name, bytes)).then_some(range)
}

/// What stands between name and value.
struct Operator {
    /// Where the value begins, behind its quote.
    start: usize,
    quote: Option<u8>,
    /// A quote within a string is written with a backslash.
    escaped: bool,
    /// No blanks: `NAME=value`.
    tight: bool,
    /// An element or attribute of XML.
    markup: bool,
}

impl Operator {
    fn read(text: &[u8], name: usize) -> Option<Self> {
        let blanks =
            |at: usize| at + run(|byte| byte == b' ' || byte == b'\t', &text[at..]).min(24);
        let closing = name + run(|byte| b"\"'`\\]".contains(&byte), &text[name..]).min(4);
        let at = blanks(closing);
        let mut markup = false;
        let end = if let Some(end) = value_of_pair(text, closing) {
            end
        } else if let Some(rest) = text[at..].strip_prefix(b"value=") {
            markup = true;
            text.len() - rest.len()
        } else if text[at..].first() == Some(&b'>') {
            markup = true;
            at + 1
        } else if text[at..].starts_with(b"is ")
            || (at > closing && closing == name && is_quote(text.get(at)))
        {
            // Prose, and settings without an operator: only in quotes.
            at + if is_quote(text.get(at)) { 0 } else { 2 }
        } else {
            let length = run(|byte| b"=:>?!.|".contains(&byte), &text[at..]);
            let operator = &text[at..at + length];
            let known = [
                &b"="[..],
                b":",
                b":=",
                b"=>",
                b"==",
                b"===",
                b"!=",
                b"!==",
                b"::=",
                b":::=",
                b"?=",
                b".=",
                b"||:",
            ];
            if !known.contains(&operator) {
                return None;
            }
            at + length
        };
        let wordy = text[at..].starts_with(b"is ") || end == at;
        let mut start = blanks(end);
        let tight = start == end && at == closing && !wordy;
        let escaped = text.get(start) == Some(&b'\\');
        start += usize::from(escaped);
        // `@"…"`, `b'…'`.
        if is_quote(text.get(start + 1))
            && matches!(text.get(start), Some(b'@' | b'b' | b'r' | b'$'))
        {
            start += 1;
        }
        let quote = text.get(start).copied().filter(|byte| is_quote(Some(byte)));
        if (wordy || escaped) && quote.is_none() {
            return None;
        }
        Some(Self {
            start: start + usize::from(quote.is_some()),
            quote,
            escaped,
            tight,
            markup,
        })
    }

    fn range(&self, text: &[u8]) -> Option<Range<usize>> {
        let rest = &text[self.start..];
        let length = match self.quote {
            Some(_) if self.escaped => rest.iter().position(|byte| *byte == b'\\')?,
            Some(quote) => {
                let mut at = 0;
                while *rest.get(at)? != quote {
                    at += 1 + usize::from(rest[at] == b'\\');
                }
                at
            }
            None => {
                let ends = |byte: u8| byte <= b' ' || b"\"'`;,<>()[]{}\\|".contains(&byte);
                let length = run(|byte| !ends(byte), rest);
                let next = (0..length).find(|at| super::ends_pair(&rest[*at..]));
                let length = next.unwrap_or(length);
                // A call, an index, a macro.
                if matches!(rest.get(length), Some(b'(' | b'[' | b'{' | b'<')) && !self.markup {
                    return None;
                }
                length
            }
        };
        Some(self.start..self.start + length)
    }

    /// Whether somebody would choose it as a password.
    fn is_chosen(&self, name: &[u8], value: &[u8]) -> bool {
        let is_variable = name.iter().any(u8::is_ascii_uppercase)
            && !name.iter().any(u8::is_ascii_lowercase)
            && self.tight;
        let quoted = self.quote.is_some();
        // Names and numbers of a program stand without quotes.
        let is_word = !quoted
            && value
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(byte))
            && !(is_variable || self.markup || named::is_untidy(value));
        let blank = value.iter().any(u8::is_ascii_whitespace);
        let code = [
            &b"$"[..],
            b"{",
            b"%",
            b"@{",
            b"#{",
            b"env",
            b"\\u",
            b"&",
            b"self.",
            b"this.",
            b"process.",
        ]
        .iter()
        .any(|start| value.starts_with(start));
        (!blank || is_variable) && !code && !is_word && named::is_password(value, is_variable)
    }
}

/// Where the value begins in `"name": "PASSWORD", "value": …`, if `text[at..]` goes
/// on like that.
fn value_of_pair(text: &[u8], at: usize) -> Option<usize> {
    let skip = |at: usize, set: &[u8]| at + run(|byte| set.contains(&byte), &text[at..]).min(8);
    let comma = skip(at, b" ");
    let rest = text[comma..].strip_prefix(b",")?;
    let word = skip(text.len() - rest.len(), b" \\\"'");
    let rest = text[word..].strip_prefix(b"value")?;
    let colon = skip(text.len() - rest.len(), b" \\\"'");
    let rest = text[colon..].strip_prefix(b":")?;
    Some(text.len() - rest.len())
}

fn is_quote(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'"' | b'\'' | b'`'))
}
