//! What stands between a name and its value.

use std::ops::Range;

use super::{
    super::{
        super::{named, rule::run},
        is_random,
    },
    Name, Place,
};

/// How a value is assigned.
pub(super) struct Operator {
    /// Where the value begins, behind its quote.
    start: usize,
    quote: Option<u8>,
    /// A quote within a string is written with a backslash.
    escaped: bool,
    kind: Kind,
    /// The name is that of a variable of a file of settings: `  NAME: value`.
    leads: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `password = …`, `password: …`.
    Plain,
    /// No blanks: `NAME=value`.
    Tight,
    /// An element or attribute of XML.
    Markup,
    /// `password is "…"`, `password "…"`, `password: str = "…"`, `password || "…"`,
    /// `"password", "…"`: only a value in quotes.
    Quoted,
    /// `the password is …`, `| password | … |`: prose and tables.
    Said,
    /// `setPassword("…")`: only in quotes that the call ends behind.
    Call,
    /// `password …`: what nobody would say or write behind a name.
    Bare,
}

/// What assigns.
const SIGNS: [&[u8]; 16] = [
    b"=", b":", b":=", b"=>", b"==", b"===", b"!=", b"!==", b"::=", b":::=", b"?=", b".=", b"||:",
    b"->", b"<-", b"|",
];
/// What a value is wrapped in: `Some("…")`, `SecretStr('…')`, `String::from("…")`.
const WRAPPERS: [&[u8]; 10] = [
    b"[]byte(",
    b"Some(",
    b"Just(",
    b"SecretStr(",
    b"SecretString::from(",
    b"SecretString::new(",
    b"String::from(",
    b"Sensitive(",
    b"aws.String(",
    b"pulumi.String(",
];
/// What stands before a value that counts if there is no other.
const DEFAULTS: [&[u8]; 3] = [b"||", b"??", b"or "];
/// The longest type or list of attributes that is passed over.
const MAX_GAP: usize = 120;

impl Operator {
    /// Reads what follows the name.
    pub(super) fn read(text: &[u8], name: &Name) -> Option<Self> {
        let (end, kind) = sign(text, name)?;
        let mut start = blanks(text, end);
        let is_tight = start == end && !text[name.end..end].contains(&b' ');
        let kind = match kind {
            Kind::Plain if is_tight || name.declared => Kind::Tight,
            kind => kind,
        };
        for mark in [
            &b"</strong> "[..],
            b"</b> ",
            b"** ",
            b"* ",
            b"!!str ",
            b"!unsafe ",
            b"<Value>",
            b"<value>",
            b"<![CDATA[",
        ] {
            start += length_if(&text[start..], mark);
        }
        start += object(&text[start..]);
        for wrapper in WRAPPERS {
            let length = length_if(&text[start..], wrapper);
            if length > 0 && is_quote(text.get(start + length)) {
                start += length;
            }
        }
        let escaped = text.get(start) == Some(&b'\\');
        start += usize::from(escaped);
        // `@"…"`, `b'…'`, `N'…'`.
        if is_quote(text.get(start + 1))
            && matches!(text.get(start), Some(b'@' | b'b' | b'r' | b'$' | b'N'))
        {
            start += 1;
        }
        // `"""…"""`.
        for mark in [&b"\"\"\""[..], b"'''"] {
            if text[start..].starts_with(mark)
                && text.get(start + 3).is_some_and(|next| *next > b' ')
            {
                start += 2;
            }
        }
        let quote = text.get(start).copied().filter(|byte| is_quote(Some(byte)));
        if (matches!(kind, Kind::Quoted | Kind::Call) || escaped) && quote.is_none() {
            return None;
        }
        Some(Self {
            start: start + usize::from(quote.is_some()),
            quote,
            escaped,
            kind,
            leads: name.place == Place::Leads,
        })
    }

    /// The value.
    pub(super) fn range(&self, text: &[u8]) -> Option<Range<usize>> {
        let rest = &text[self.start..];
        let length = match self.quote {
            Some(_) if self.escaped => rest.iter().position(|byte| *byte == b'\\')?,
            Some(quote) => {
                let mut at = 0;
                while *rest.get(at)? != quote {
                    at += 1 + usize::from(rest[at] == b'\\');
                }
                let next = rest.get(blanks(rest, at + 1));
                if self.kind == Kind::Call && !matches!(next, Some(b')' | b',')) {
                    return None;
                }
                at
            }
            None => {
                let ends = |byte: u8| byte <= b' ' || b"\"'`;,<>()[]{}\\|".contains(&byte);
                let length = run(|byte| !ends(byte), rest);
                let next = (0..length).find(|at| super::super::ends_pair(&rest[*at..]));
                let length = next.unwrap_or(length);
                // A call, an index, a macro.
                if matches!(rest.get(length), Some(b'(' | b'[' | b'{' | b'<'))
                    && self.kind != Kind::Markup
                {
                    return None;
                }
                length
            }
        };
        Some(self.start..self.start + length)
    }

    /// Whether somebody would choose the value as a password; behind it the line may end.
    pub(super) fn is_chosen(&self, name: &[u8], value: &[u8], ends_line: bool) -> bool {
        const CODE: [&[u8]; 11] = [
            b"$",
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
        ];
        let is_variable = name.iter().any(u8::is_ascii_uppercase)
            && !name.iter().any(u8::is_ascii_lowercase)
            && (self.kind == Kind::Tight || self.leads && name.contains(&b'_'));
        let is_joined = named::is_joined_words(value)
            && !named::is_wordy(value)
            && named::is_password_name(name)
            && (self.quote.is_some()
                || self.kind == Kind::Tight
                || value.iter().any(u8::is_ascii_uppercase));
        let is_worded = named::is_words_and_number(value)
            && (named::is_password_name(name)
                // `secret=…` of a file of settings.
                || self.leads && self.kind == Kind::Tight && name.eq_ignore_ascii_case(b"secret"))
            && (self.quote.is_some()
                || matches!(self.kind, Kind::Tight | Kind::Markup)
                || self.leads && (self.kind != Kind::Bare || ends_line)
                || ends_line && self.kind == Kind::Plain);
        // `bindpw …`, alone on its line.
        let is_directive = self.kind == Kind::Bare && self.leads && ends_line;
        // Names and numbers of a program stand without quotes.
        let is_word = self.quote.is_none()
            && value
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(byte))
            && !(is_variable || self.kind == Kind::Markup || is_random_word(value))
            || matches!(self.kind, Kind::Said | Kind::Bare)
                && self.quote.is_none()
                && !(has_digit_and_sign(value)
                    || is_random(value)
                    || is_directive && is_random_word(value));
        let blank = value.iter().any(u8::is_ascii_whitespace);
        // `<user>:<password>@host` is no element.
        let is_address = self.kind == Kind::Markup && matches!(value.first(), Some(b'@' | b':'));
        let code = is_address || CODE.iter().any(|start| value.starts_with(start));
        let is_bare = self.kind != Kind::Bare || named::is_password_name(name) && is_bare(value);
        let is_password = !is_word
            && (named::is_password(value, is_variable)
                || self.kind == Kind::Said && is_random(value));
        (!blank || is_variable) && !code && is_bare && (is_password || is_joined || is_worded)
    }
}

/// Letters and digits as no name of a program has them.
fn is_random_word(value: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    // Names go on with a capital behind a digit: `utf8Text`, `oauth2Client`.
    let mixed = has(u8::is_ascii_uppercase)
        && value.iter().all(u8::is_ascii_alphanumeric)
        && value.windows(3).any(|three| {
            three[0].is_ascii_lowercase() && three[1].is_ascii_digit() && three[2].is_ascii_digit()
        })
        && value
            .windows(2)
            .any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_lowercase());
    let capitals = value
        .windows(2)
        .filter(|pair| pair.iter().all(u8::is_ascii_uppercase));
    let by_chance = value.len() >= 10 && named::is_by_chance(value) && capitals.count() >= 2;
    named::is_untidy(value) || mixed || named::is_restless(value) || by_chance
}

/// Letters, a digit and a sign, and no address, version or pattern.
fn is_bare(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic());
    let at = value.iter().position(|byte| *byte == b'@');
    let is_address = at.is_some_and(|at| {
        at > 0
            && value[at + 1..]
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte))
            && value[..at].iter().all(u8::is_ascii_alphanumeric)
            && value[at + 1..].iter().any(u8::is_ascii_alphabetic)
            && !value[at + 1..].iter().any(u8::is_ascii_digit)
    });
    letters.count() >= 3 && !is_address && !value.contains(&b'/') && !value.ends_with(b":")
}

/// The length of `{"value": ` in front of a value that stands in an object of its own, as
/// templates and DynamoDB write it.
fn object(text: &[u8]) -> usize {
    let blanks = |at: usize| at + run(|byte| b" \\\"'".contains(&byte), &text[at..]);
    if text.first() != Some(&b'{') {
        return 0;
    }
    let mut word = blanks(1);
    // `"sensitive": true, "type": "string", ` of Terraform.
    while text[word..].starts_with(b"sensitive") || text[word..].starts_with(b"type") {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b" \\\"':_-".contains(&byte);
        let comma = word + run(belongs, &text[word..]);
        if text.get(comma) != Some(&b',') {
            return 0;
        }
        word = blanks(comma + 1);
    }
    let Some(length) = [&b"value"[..], b"Value", b"S", b"plaintext", b"default"]
        .iter()
        .find(|word_of| text[word..].starts_with(word_of))
        .map(|word_of| word_of.len())
    else {
        return 0;
    };
    let colon = blanks(word + length);
    if text.get(colon) != Some(&b':') {
        return 0;
    }
    self::blanks(text, colon + 1)
}

fn has_digit_and_sign(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(|byte| b"!@#$%^&*?+~".contains(byte))
}

/// Where the operator ends, and what it is.
fn sign(text: &[u8], name: &Name) -> Option<(usize, Kind)> {
    // What closes the name: `"name"`, `['name']`, `get("name")`.
    let closing = name.end + run(|byte| b"\"'`\\]*".contains(&byte), &text[name.end..]).min(4);
    // `char password[] = "…"`, `password[64]`.
    let closing = closing + dimension(&text[closing..]);
    let quoted = text[name.end..closing]
        .iter()
        .any(|byte| is_quote(Some(byte)));
    let called = closing + usize::from(quoted && text.get(closing) == Some(&b')'));
    let at = blanks(text, called);
    let rest = &text[at..];
    if let Some(end) = value_of_pair(text, closing) {
        return Some((end, Kind::Plain));
    }
    if rest.starts_with(b"value=") {
        return Some((at + b"value=".len(), Kind::Markup));
    }
    if rest.first() == Some(&b'>') {
        return Some((at + 1, Kind::Markup));
    }
    if name.place == Place::Element && closing == name.end && at > closing {
        let length = run(|byte| byte != b'>' && byte != b'<', rest).min(MAX_GAP);
        if rest.get(length) == Some(&b'>') {
            return Some((at + length + 1, Kind::Markup));
        }
    }
    if let Some(sign) = [
        &b"is: "[..],
        b"is ",
        b"has been set: ",
        b"has been set to ",
        b"was set to ",
    ]
    .iter()
    .find(|sign| rest.starts_with(sign))
    {
        return Some((at + sign.len() - 1, Kind::Said));
    }
    let is_assigned = matches!(rest.first(), Some(b'=' | b':'));
    if at > closing && closing == name.end && name.declared && !is_assigned {
        return Some((at, Kind::Plain));
    }
    if at > closing && closing == name.end && is_quote(rest.first()) {
        return Some((at, Kind::Quoted));
    }
    if let Some(end) = owner(rest) {
        return Some((at + end, Kind::Said));
    }
    if closing == name.end && at == closing && rest.first() == Some(&b'(') {
        return Some((at + 1, Kind::Call));
    }
    // `"name", "value"`, and `{name, <<"value">>}` of Erlang.
    if (quoted || name.place == Place::Tuple) && called == closing && rest.first() == Some(&b',') {
        let behind = blanks(text, at + 1);
        return Some((behind + length_if(&text[behind..], b"<<"), Kind::Quoted));
    }
    if let Some(sign) = DEFAULTS.iter().find(|sign| rest.starts_with(sign)) {
        return Some((at + sign.len(), Kind::Quoted));
    }
    // A cell of a table that is drawn with lines.
    if at > closing && rest.starts_with("│".as_bytes()) {
        return Some((at + "│".len(), Kind::Said));
    }
    let length = run(|byte| b"=:>?!.|<-".contains(&byte), rest);
    let end = at + length;
    if at > closing && &rest[..length] == b"-" && rest.get(1) == Some(&b' ') {
        return Some((end, Kind::Said));
    }
    let is_bare = at > closing && closing == name.end && length == 0;
    if is_bare && rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return Some((at, Kind::Bare));
    }
    if called > closing || !SIGNS.contains(&&rest[..length]) {
        return None;
    }
    if &rest[..length] == b":"
        && let Some(length) = type_before_value(&text[end..])
    {
        return Some((end + length, Kind::Quoted));
    }
    let is_cell = &rest[..length] == b"|" && at > called;
    Some((end, if is_cell { Kind::Said } else { Kind::Plain }))
}

/// The length of `for app is`, `of app:` or `for app set to`.
fn owner(text: &[u8]) -> Option<usize> {
    const OWNS: [&[u8]; 5] = [b": ", b" is: ", b" is ", b" set to ", b" = "];
    let rest = [&b"for "[..], b"of "]
        .iter()
        .find_map(|word| text.strip_prefix(*word))?;
    let whose = run(
        |byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(&byte),
        rest,
    );
    let sign = OWNS.iter().find(|sign| rest[whose..].starts_with(sign))?;
    (whose > 0).then_some(text.len() - rest.len() + whose + sign.len() - 1)
}

/// The length of ` string =` in `password: string = "…"`.
fn type_before_value(text: &[u8]) -> Option<usize> {
    let is_type = |byte: u8| byte.is_ascii_alphanumeric() || b"_&<>.[]?| ".contains(&byte);
    let length = run(is_type, &text[..text.len().min(32)]);
    let is_assigned = text[length..].starts_with(b"=") && !text[length + 1..].starts_with(b"=");
    (length > 1 && is_assigned).then_some(length + 1)
}

/// Where the value begins in `"name": "PASSWORD", "value": …`, if `text[at..]` goes
/// on like that.
fn value_of_pair(text: &[u8], at: usize) -> Option<usize> {
    let skip = |at: usize, set: &[u8]| at + run(|byte| set.contains(&byte), &text[at..]).min(8);
    let comma = skip(at, b" ");
    let rest = text[comma..].strip_prefix(b",")?;
    let word = skip(text.len() - rest.len(), b" \\\"'");
    let rest = text[word..]
        .strip_prefix(b"value")
        .or_else(|| text[word..].strip_prefix(b"Value"))?;
    let colon = skip(text.len() - rest.len(), b" \\\"'");
    let rest = text[colon..].strip_prefix(b":")?;
    Some(text.len() - rest.len())
}

/// The length of `[]` or `[64]`.
fn dimension(text: &[u8]) -> usize {
    let Some(rest) = text.strip_prefix(b"[") else {
        return 0;
    };
    let digits = run(|byte| byte.is_ascii_digit(), rest);
    if rest.get(digits) == Some(&b']') {
        digits + 2
    } else {
        0
    }
}

/// How long `mark` is if `text` begins with it.
fn length_if(text: &[u8], mark: &[u8]) -> usize {
    if text.starts_with(mark) {
        mark.len()
    } else {
        0
    }
}

fn blanks(text: &[u8], at: usize) -> usize {
    at + run(
        |byte| byte == b' ' || byte == b'\t',
        &text[at.min(text.len())..],
    )
    .min(24)
}

fn is_quote(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'"' | b'\'' | b'`'))
}
