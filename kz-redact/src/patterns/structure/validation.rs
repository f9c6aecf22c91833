//! A value that a check of its type or length quotes, below the name of its field.

use std::ops::Range;

use super::{
    super::{
        markers, named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_random, is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![
        rejected_token(),
        Rule {
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
        },
    ]
}

fn rejected_token() -> Rule {
    Rule {
        id: "rejected-token",
        about: "A key or token that an error repeats; OpenAI docs, 'Error codes'; RFC 6750, 3.1",
        anchors: &[
            "api key provided",
            "invalid api key",
            "invalid token",
            "bearer token",
            "access token",
            "auth token",
            "refresh token",
            "with value \"",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Code(repeated),
        examples: &[
            "Incorrect API key provided: «<an32>». You can find yours",
            "invalid bearer token \"«<an40>»\"",
            "The access token «<an40>» has expired",
            "\"token\" with value \"«<an32>»\" fails to match the required pattern",
        ],
        near_misses: &[
            "The access token authentication-flow-v2 has expired",
            "invalid token at 0x7f3a2c1b9d80",
            "\"name\" with value \"<an32>\" fails to match",
            "the bearer token OAuth2AccessTokenProvider",
            "access token: $ACCESS_TOKEN_1",
        ],
        ..Rule::EMPTY
    }
}

/// What an error repeats behind the words for it, or behind the field of that name.
fn repeated(before: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    if text[..anchor].ends_with(b"\"") {
        let field = before.strip_suffix(b"\" ").and_then(field)?;
        let end = anchor + run(|byte| byte != b'"', &text[anchor..]);
        let value = &text[anchor..end];
        let is_secret = named::is_secret_name(field) && is_value(value);
        return (is_secret && text.len() > end && named::is_password(value, true))
            .then_some(anchor..end);
    }
    let start = anchor + run(|byte| b" :\"'`(".contains(&byte), &text[anchor..]).min(4);
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+/=".contains(&byte);
    let end = start + run(belongs, &text[start..]);
    let end = end - usize::from(text[..end].ends_with(b"."));
    (start > anchor && end > start && is_random(&text[start..end])).then_some(start..end)
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
