//! Secrets that stand in a structure which gives them away: the connection
//! string, the header, the block, the pair.

mod accounts;
mod assigned;
mod call;
mod command;
mod cookie;
mod device;
mod dsn;
mod element;
mod encoded_key;
mod header;
mod jwk;
mod jwt;
mod login;
mod manifest;
mod next_line;
mod pair;
mod pem;
mod phrase;
mod pipeline;
mod sql;
mod table;
mod translated;
mod validation;
mod vault;

use zeroize::Zeroizing;

use super::{named, rule::Rule};

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = dsn::rules();
    rules.extend(header::rules());
    rules.extend(pem::rules());
    rules.extend(vault::rules());
    rules.extend(manifest::rules());
    rules.extend(jwt::rules());
    rules.extend(jwk::rules());
    rules.extend(pair::rules());
    rules
}

/// What is told by a name alone, behind the rules that know a format: of two that
/// find the same, the first names it.
pub(super) fn rules_by_name() -> Vec<Rule> {
    let mut rules = sql::rules();
    rules.extend(command::rules());
    rules.extend(call::rules());
    rules.extend(login::rules());
    rules.extend(cookie::rules());
    rules.extend(assigned::rules());
    rules.extend(device::rules());
    rules.extend(translated::rules());
    rules.extend(element::rules());
    rules.extend(encoded_key::rules());
    rules.extend(pipeline::rules());
    rules.extend(phrase::rules());
    rules.extend(validation::rules());
    rules.extend(next_line::rules());
    rules.extend(table::rules());
    rules.extend(accounts::rules());
    rules
}

/// What stands for a secret in documentation and code: `<token>`, `$TOKEN`,
/// `{token}`, `%s`, `***`, `xxx`, `…`.
fn is_placeholder(value: &[u8]) -> bool {
    let same = value.iter().all(|byte| *byte == value[0]);
    let name = &value[1.min(value.len())..];
    let is_name = |name: &[u8]| {
        name.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'{' | b'}' | b'(' | b')')
        })
    };
    // `YOUR_TOKEN`, `PASSWORD`.
    let shouts = value.len() >= 4
        && value
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    match value.first() {
        None => true,
        Some(_) if shouts => true,
        Some(b'<') => value.ends_with(b">"),
        Some(b'$') => is_name(name),
        Some(b'{') => value.ends_with(b"}") && is_name(name),
        Some(b'%') => matches!(name, b"s" | b"r" | b"v" | b"q"),
        Some(b'*' | b'x' | b'X' | b'.' | b'-' | b'_') => same,
        Some(_) => value.eq_ignore_ascii_case(b"none") || value.eq_ignore_ascii_case(b"null"),
    }
}

/// Neither a placeholder nor a word that stands for one.
fn is_value(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 14] = [
        b"password",
        b"passwd",
        b"pass",
        b"secret",
        b"pwd",
        b"test",
        b"user",
        b"token",
        b"admin",
        b"none",
        b"null",
        b"true",
        b"false",
        b"string",
    ];
    let lower = Zeroizing::new(value.to_ascii_lowercase());
    !is_placeholder(value)
        && !WORDS.contains(&lower.as_slice())
        && !value.starts_with(b"$")
        && !value.starts_with(b"%")
        && !value.starts_with(b"[")
        && !value.starts_with(b"{")
        && !value.starts_with(b"&")
        && !super::markers::is_masked(value)
}

/// Whether an unquoted value ends here: at the `&` before the next pair of a query.
fn ends_pair(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"&") else {
        return false;
    };
    let name = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count();
    (name > 0 && rest.get(name) == Some(&b'=')) || rest.starts_with(b"amp;")
}

/// Whether what stands before the end of a name says that it is none of a credential:
/// `csrf_`, `public_`.
fn is_harmless_before(before: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let length = before.iter().rev().take_while(|byte| is_name(byte)).count();
    let owner = &before[before.len() - length..];
    let name = Zeroizing::new([owner, b"_secret_key"].concat());
    let lower = Zeroizing::new(owner.to_ascii_lowercase());
    !named::is_secret_name(&name) || lower.ends_with(b"pub") || lower.ends_with(b"public")
}

/// Whether a value is one of those that no word, name or path looks like: twenty letters and
/// digits without an order, or 32 hexadecimal digits.
fn is_random(value: &[u8]) -> bool {
    let is_hex = value.iter().all(u8::is_ascii_hexdigit);
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_mixed = named::is_untidy(value) || named::is_restless(value);
    let head = &value[..value.len().min(128)];
    let is_long = if is_hex { 32 } else { 20 } <= value.len();
    is_long && digits >= 2 && (is_hex || is_mixed) && named::is_password(head, true)
}

/// Letters and a few digits: not a word of prose or code.
fn is_random_looking(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    digits >= 3 && letters
}
