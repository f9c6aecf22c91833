//! What stands between a name and its value: signs, quotes, tags, the borders of
//! tables, and words such as `is` and `Some(`.

use super::super::sieve::Before;

/// What is left of a text in front of such a gap.
pub(super) struct Gap<'b> {
    pub(super) rest: &'b [u8],
    /// Something in it assigns.
    pub(super) assigned: bool,
    /// Nothing but blanks and quotes, in one line.
    pub(super) blank: bool,
    pub(super) call: Call,
}

/// Whether a gap is the beginning of a call's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    No,
    /// `setToken("`.
    Function,
    /// `Token::new("`.
    Maker,
}

/// Signs beyond ASCII that assign: the colon of full width, arrows, borders of tables.
const SIGNS: [&str; 8] = ["：", "＝", "→", "│", "┃", "║", "➜", "–"];
/// Words that assign.
pub(super) const VERBS: [&str; 6] = [
    " is",
    " was",
    " or",
    " got invalid value",
    " set to",
    " equals",
];
/// What a value is wrapped in: `Some("…")`, `String::from("…")`, `SecretStr('…')`.
pub(super) const WRAPPERS: [&str; 13] = [
    "base64",
    "Some",
    "Just",
    "string",
    "String",
    "from",
    "new",
    "SecretStr",
    "SecretString",
    "StringValue",
    "Value",
    "std",
    "aws",
];
const LONGEST_WRAPPER: usize = 12;
/// Tags that hold no name: of a table, a list, a markup of type, or of a value.
const TAGS: [&str; 18] = [
    "value", "string", "td", "th", "dd", "dt", "b", "strong", "i", "em", "code", "tt", "kbd",
    "span", "p", "li", "pre", "u",
];
/// No longer tag is passed over.
const MAX_TAG: usize = 24;

impl<'b> Gap<'b> {
    /// The gap that `before` ends with; `None` if the value is not set off at all.
    pub(super) fn before_value(before: &'b [u8]) -> Option<Self> {
        let mut end = before.len();
        let mut assigned = false;
        let mut blank = true;
        let mut lines = 0;
        while let Some(&byte) = before[..end].last() {
            let text = &before[..end];
            let length = match byte {
                b' ' | b'\t' | b'"' | b'\'' | b'`' => 1,
                // `token ("…")` and `#define TOKEN @"…"` are no calls.
                b'(' if blank && text.ends_with(b" (") => 1,
                b'@' if is_quote(before.get(end)) => 1,
                b'\\' | b'[' | b'(' | b'{' | b'$' | b'@' | b'\r' | b'*' => {
                    blank = false;
                    1
                }
                b'<' if text[..end - 1]
                    .last()
                    .is_some_and(|byte| b"=: \"'".contains(byte)) =>
                {
                    1
                }
                b'\n' => {
                    lines += 1;
                    1
                }
                b'=' | b':' | b',' => {
                    assigned = true;
                    1
                }
                b'>' => {
                    let step = tag(text);
                    assigned |= step.assigns;
                    if step.names {
                        end -= step.length;
                        break;
                    }
                    step.length
                }
                // What a string may begin with in Python, Rust and C++, and `\n`, `\t`.
                b'b' | b'r' | b'f' | b'u' | b'n' | b't' | b'L' if is_prefix(before, end) => {
                    blank = false;
                    1
                }
                b'|' if is_border(before, end) => {
                    assigned = true;
                    1
                }
                b'|' | b'-' | b'+' if lines > 0 && !assigned => 1,
                b'?' if text.ends_with(b"??") => {
                    assigned = true;
                    2
                }
                other if assigned && b"?.+|~".contains(&other) => 1,
                _ => match Step::over(before, end) {
                    Some(step) => {
                        assigned |= step.assigns;
                        blank = false;
                        step.length
                    }
                    None => break,
                },
            };
            end -= length;
        }
        // The body of a part of a form begins behind an empty line.
        let of_form = lines == 2 && !assigned && before[end..].starts_with(b"\"");
        let set_off =
            end < before.len() && (assigned || lines == 0 || of_form) && (lines <= 1 || of_form);
        let made = before[end..].starts_with(b"::new(");
        // `Box::new(Name {` makes no text.
        if made && !is_quote(before.last()) {
            return None;
        }
        set_off.then(|| Self {
            rest: &before[..end],
            assigned: assigned || of_form || before[end..].starts_with(b"{\""),
            blank: blank && !assigned && lines == 0,
            call: match before[end..] {
                _ if made => Call::Maker,
                [b'(' | b'{', .., b'"' | b'\''] if !assigned => Call::Function,
                _ => Call::No,
            },
        })
    }
}

/// What most gaps are, told from a few bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance<'b> {
    /// Nothing assigns a value there.
    Unassigned,
    /// The value is assigned to what this ends with.
    Assigned(&'b [u8]),
    /// One has to look closely.
    Unclear,
}

impl<'b> Glance<'b> {
    /// What [`Gap::before_value`] tells of a value that stands behind all of `text`, of whose
    /// end such is known: so much of it, if that is clear.
    pub(super) fn at(text: &'b [u8], known: &Before) -> Self {
        let length = known.gaps.leading_ones();
        let end = text.len().saturating_sub(length as usize);
        let in_gap = |mask: u64| mask & !(u64::MAX.checked_shr(length).unwrap_or(0));
        if length == u64::BITS || in_gap(known.breaks).count_ones() > 1 {
            return Self::Unclear;
        }
        let is_clear = match text[..end].last() {
            None | Some(b'}' | b']' | b';' | b'!' | b'#' | b'%' | b'&' | b'^' | b'/' | b'_') => {
                true
            }
            Some(byte) => byte.is_ascii_alphanumeric() && is_end_of_name(text, end),
        };
        if !is_clear {
            Self::Unclear
        } else if in_gap(known.assigns) != 0 {
            Self::Assigned(&text[..end])
        } else {
            Self::Unassigned
        }
    }
}

/// Whether the letter or digit before `end` belongs to nothing that is passed over.
fn is_end_of_name(before: &[u8], end: usize) -> bool {
    let byte = before[end - 1];
    let text = &before[..end];
    // Of a word that assigns, that a value is wrapped in, or that labels it.
    let is_passed_over = match before.get(end) {
        None => true,
        Some(b' ') => verb(text).or_else(|| label(text)).is_some(),
        Some(b':') => verb(text).or_else(|| wrapper(text)).is_some(),
        Some(b'(' | b'.') => wrapper(text).is_some(),
        _ => false,
    };
    if is_passed_over {
        return false;
    }
    // Of an escape, of what a string begins with, or of a colour.
    let may_be_prefix = matches!(byte, b'b' | b'r' | b'f' | b'u' | b'n' | b't' | b'L' | b'm');
    !may_be_prefix || end > 1 && before[end - 2].is_ascii_alphabetic()
}

/// What is passed over at once.
struct Step {
    length: usize,
    assigns: bool,
    /// A name stands in front of it.
    names: bool,
}

impl Step {
    const fn of(length: usize, assigns: bool) -> Self {
        Self {
            length,
            assigns,
            names: false,
        }
    }

    /// A sign or a word that `before[..end]` ends with.
    fn over(before: &[u8], end: usize) -> Option<Self> {
        let text = &before[..end];
        let byte = *text.last()?;
        let next = before.get(end);
        // Nearly always it is the last letter of a name.
        let may_be_word = byte == b'm' || matches!(next, Some(b' ' | b':' | b'(' | b'.'));
        if byte.is_ascii_alphanumeric() && !may_be_word {
            return None;
        }
        if byte == b'-' {
            // `<-`, `->`, `name - value`, and an item of a list.
            let around = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
            let arrow = before.get(end) == Some(&b'>') || text.ends_with(b"<-");
            if before.get(end) == Some(&b'>')
                && let Some(length) = changed(&text[..end - 1])
            {
                return Some(Self::of(1 + length, true));
            }
            let length = 1 + usize::from(text.ends_with(b"<-"));
            let alone = around(before.get(end)) && around(text[..end - 1].last());
            return (arrow || alone).then_some(Self::of(length, true));
        }
        if let Some(length) = colour(text) {
            return Some(Self::of(length, false));
        }
        if byte == b'|' {
            // `12|…`: the number of a token in front of it.
            let digits = text[..end - 1].iter().rev();
            let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
            return (count > 0).then_some(Self::of(count + 1, false));
        }
        if byte == b')' {
            // `string(12) "…"` as PHP prints it.
            let digits = text[..end - 1].iter().rev();
            let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
            let head = &text[..end - 1 - count];
            return (count > 0 && head.ends_with(b"string(")).then_some(Self::of(count + 8, false));
        }
        if !byte.is_ascii() {
            let sign = SIGNS.iter().find(|sign| text.ends_with(sign.as_bytes()))?;
            return Some(Self::of(sign.len(), true));
        }
        if byte == b'.' && next.is_some_and(u8::is_ascii_alphabetic) {
            return Some(Self::of(1, false));
        }
        if !byte.is_ascii_alphanumeric() {
            return None;
        }
        if matches!(next, Some(b' ' | b':'))
            && let Some(length) = verb(text)
        {
            return Some(Self::of(length, true));
        }
        if next == Some(&b' ') {
            return label(text).map(|length| Self::of(length, false));
        }
        wrapper(text).map(|length| Self::of(length, false))
    }
}

/// The length of a verb that `text` ends with, behind a blank.
fn verb(text: &[u8]) -> Option<usize> {
    // With what they end.
    if !matches!(text.last(), Some(b's' | b'r' | b'e' | b'o')) {
        return None;
    }
    let verb = VERBS.iter().find(|verb| text.ends_with(verb.as_bytes()))?;
    Some(verb.len() - 1)
}

/// The length of a word that `text` ends with, if a value is wrapped in that.
fn wrapper(text: &[u8]) -> Option<usize> {
    let letters = text.iter().rev();
    let length = letters
        .take(LONGEST_WRAPPER + 1)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let word = &text[text.len() - length..];
    WRAPPERS
        .iter()
        .any(|known| known.as_bytes() == word)
        .then_some(length)
}

/// A tag that `text` ends with, or no more than its last byte.
fn tag(text: &[u8]) -> Step {
    let one = Step::of(1, true);
    if text.ends_with(b"->") {
        return Step::of(1, true);
    }
    let body = text[..text.len() - 1]
        .iter()
        .rev()
        .take(2 * MAX_TAG)
        .take_while(|byte| !b"<>\n".contains(byte))
        .count();
    let start = text.len() - 1 - body;
    if !text[..start].ends_with(b"<") {
        return one;
    }
    let name = &text[start..text.len() - 1];
    if name.starts_with(b"/") && body <= MAX_TAG {
        return Step::of(body + 2, true);
    }
    if TAGS
        .iter()
        .any(|tag| name.eq_ignore_ascii_case(tag.as_bytes()))
    {
        return Step::of(body + 2, false);
    }
    // `<token type="plain">`, but not `<entry key="token">`.
    let first = name.iter().position(|byte| *byte == b' ');
    if let Some(first) = first
        && ![&b" name="[..], b" key=", b" id="]
            .iter()
            .any(|attribute| memchr::memmem::find(name, attribute).is_some())
    {
        return Step {
            length: body + 1 - first,
            assigns: true,
            names: true,
        };
    }
    one
}

/// The length of what stood there before the value changed: `"old" ` of `"old" -> "new"`.
fn changed(text: &[u8]) -> Option<usize> {
    let old = text.trim_ascii_end().strip_suffix(b"\"")?;
    let open = old.iter().rposition(|byte| *byte == b'"')?;
    Some(text.len() - open)
}

/// `ESC [ 1 ; 31 m`.
fn colour(text: &[u8]) -> Option<usize> {
    let codes = text.strip_suffix(b"m")?.iter().rev();
    let length = codes
        .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
        .count();
    let head = &text[..text.len() - 1 - length];
    head.ends_with(b"\x1b[").then_some(length + 3)
}

/// `&anchor` or `!!tag` of YAML in front of a blank.
fn label(text: &[u8]) -> Option<usize> {
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'!';
    let length = text.iter().rev().take_while(|byte| is_label(byte)).count();
    let (head, word) = text.split_at(text.len() - length);
    if word.starts_with(b"!") && head.ends_with(b" ") {
        return Some(length);
    }
    head.ends_with(b" &").then_some(length + 1)
}

/// The border of a cell, or two that stand for `or`.
fn is_border(before: &[u8], end: usize) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| b" |`\t".contains(byte));
    ends(before.get(end)) && ends(before[..end - 1].last())
}

/// Whether the letter before `end` belongs to the quote behind it or to the
/// backslash before it.
fn is_prefix(before: &[u8], end: usize) -> bool {
    let quoted = is_quote(before.get(end));
    match before[..end - 1].last() {
        Some(b'\\') => true,
        Some(byte) => quoted && !byte.is_ascii_alphanumeric() && *byte != b'_',
        None => quoted,
    }
}

fn is_quote(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'"' | b'\''))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::Random;

    #[test]
    fn a_glance_sees_what_a_closer_look_does() {
        const PIECES: [&str; 48] = [
            " ", " ", "\t", "\"", "'", "`", "=", "=", ":", ": ", ",", "\n", "\n", "\r", "}", "]",
            ";", "!", "#", "%", "&", "^", "/", "_", "-", "->", "<", ">", "|", "?", "??", "@", "$",
            "(", "{", "\\", "\\n", "\x1b[32m", "m", "b", "é", "is", "was", "value", "&name",
            "!!str", "Some", "12",
        ];
        let random = &mut Random::new(31);
        let (mut clear, mut assigned) = (0, 0);
        for _ in 0..200_000 {
            let count = random.below(7);
            let text: String = (0..count).map(|_| *random.pick(&PIECES)).collect();
            let before = text.as_bytes();
            let gap = Gap::before_value(before);
            let mut known = Before::default();
            for (back, byte) in before.iter().rev().enumerate().take(64) {
                let bit = 1 << (63 - back);
                let is = |bytes: &[u8]| if bytes.contains(byte) { bit } else { 0 };
                known.gaps |= is(b" \t\n\"'`=:,");
                known.assigns |= is(b"=:,");
                known.breaks |= is(b"\n");
            }
            match Glance::at(before, &known) {
                Glance::Unassigned => {
                    let rest = &before[..before.len() - known.gaps.leading_ones() as usize];
                    let is_as_seen = |gap: Gap<'_>| !gap.assigned && gap.rest == rest;
                    assert!(gap.is_none_or(is_as_seen), "{text:?}");
                }
                Glance::Assigned(rest) => {
                    let gap = gap.filter(|gap| gap.assigned);
                    assert_eq!(gap.map(|gap| gap.rest), Some(rest), "{text:?}");
                    assigned += 1;
                }
                Glance::Unclear => continue,
            }
            clear += 1;
        }
        assert!(clear > 50_000 && assigned > 5_000, "{clear}, {assigned}");
    }
}
