//! A value that a check of its type or length quotes, below the name of its field.

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
        id: "rejected-password",
        about: "A password or key that an error of validation quotes; Pydantic docs, 'Validation \
                errors'; jsonschema docs, 'Handling validation errors'",
        anchors: &[
            "input should be ",
            "string should ",
            "value error, ",
            "extra inputs are ",
            "assertion failed, ",
            "']:\n",
        ],
        fold: true,
        left: Left::Is(|before| field(before).is_some_and(named::is_secret_name)),
        reach: Reach::LINE,
        matcher: Matcher::Code(quoted),
        examples: &[
            "1 validation error for Login\npassword\n  Input should be a valid integer, unable to \
             parse string as an integer [type=int_parsing, input_value='«Kz9!canary»', input_type=str]",
            "db.password\n  String should have at least 32 characters [type=string_too_short, \
             input_value='«kz-canary»', input_type=str]",
            "api_key\n  Input should be a valid string [type=string_type, input_value=«4917263580», \
             input_type=int]",
            "On instance['password']:\n    '«Kz9!canary»'",
        ],
        near_misses: &[
            "port\n  Input should be a valid integer [type=int_parsing, input_value='kz-canary', \
             input_type=str]",
            "password\n  Input should be a valid string [type=string_type, input_value=None, \
             input_type=NoneType]",
            "On instance['name']:\n    'kz-canary'",
            "On instance['password']:\n    None",
        ],
        ..Rule::EMPTY
    }]
}

/// The name in the line before, or in brackets.
fn field(before: &[u8]) -> Option<&[u8]> {
    let name = before.trim_ascii_end();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = name.iter().rev().take_while(|byte| is_name(byte)).count();
    (length > 0).then(|| &name[name.len() - length..])
}

fn quoted(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    const VALUE: &[u8] = b"input_value=";
    let start = if text[..anchor].ends_with(b"\n") {
        let start = anchor + run(|byte| byte == b' ', &text[anchor..]);
        matches!(text.get(start), Some(b'\'' | b'"')).then_some(start)?
    } else {
        memchr::memmem::find(text, VALUE)? + VALUE.len()
    };
    let rest = &text[start..];
    let range = match rest.first()? {
        quote @ (b'\'' | b'"') => {
            let length = rest[1..].iter().position(|byte| byte == quote)?;
            start + 1..start + 1 + length
        }
        _ => start..start + run(|byte| byte > b' ' && !b",]{(".contains(&byte), rest),
    };
    let value = &text[range.clone()];
    (value.len() >= 4 && is_value(value) && !markers::is_masked(value)).then_some(range)
}
