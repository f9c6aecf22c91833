//! Whether a value looks like a key, a word, a path or a placeholder.

use zeroize::Zeroizing;

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) strength: Strength,
    /// How much of it is the value, without a full stop at its end.
    pub(super) length: usize,
}

/// How sure one can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A key, if a name says so.
    Likely,
    /// No word of any language or program looks like that.
    Random,
}

/// The shape of a value, followed by `next`; `None` if it is no key.
pub(super) fn of(value: &[u8], next: Option<u8>) -> Option<Shape> {
    let length = value.len() - count_end(value, |byte| matches!(byte, b'.' | b'-' | b'/' | b'~'));
    let value = &value[..length];
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let is_code = matches!(next, Some(b'(' | b'[' | b'{' | b'$' | b'@'));
    if value.len() < super::runs::MIN || digits < 2 || is_code || !is_varied(value) {
        return None;
    }
    if is_placeholder_word(value)
        || is_path(value)
        || is_number(value)
        || (letters == 0 && digits < 16)
    {
        return None;
    }
    let untidy: usize = segments(value)
        .filter(|segment| !is_tidy(segment))
        .map(<[u8]>::len)
        .sum();
    let longest = segments(value).map(<[u8]>::len).max().unwrap_or(0);
    let random = untidy >= 10 && (is_hex(value) || turns(value) >= 5) && !is_sequence(value);
    // `Type12<T>` is code; a tag or markup ends a value.
    if matches!(next, Some(b'<' | b'*')) && !random {
        return None;
    }
    let strength = if random {
        Strength::Random
    } else if untidy >= 6 || longest >= 14 {
        Strength::Likely
    } else {
        return None;
    };
    Some(Shape { strength, length })
}

/// Whether a value looks like a key, if its place says so.
pub(in super::super) fn is_likely(value: &[u8]) -> bool {
    of(value, None).is_some()
}

/// Digits in three places or more or a change of kind at every fourth character, and no
/// path of names: no name of a program.
pub(super) fn is_no_name(value: &[u8]) -> bool {
    let digits = value
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .filter(|chunk| chunk[0].is_ascii_digit());
    (digits.count() >= 3 || turns(value) * 4 >= value.len()) && !value.contains(&b'.')
}

/// Not a few characters over and over.
pub(super) fn is_varied(value: &[u8]) -> bool {
    super::super::verify::varied(value)
}

/// A password that somebody chose: no word, no example and no code. What a variable
/// of the environment holds may be simpler.
pub(in super::super) fn is_password(value: &[u8], is_variable: bool) -> bool {
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    let symbol = value.iter().any(|byte| b"!@#$%^&*?+=~".contains(byte));
    let (digit, upper) = (has(u8::is_ascii_digit), has(u8::is_ascii_uppercase));
    let lower = has(u8::is_ascii_lowercase);
    let kinds = [digit, upper, lower, symbol]
        .iter()
        .filter(|kind| **kind)
        .count();
    let least = if is_variable { 6 } else { 8 };
    let by_chance = value.len() >= 10 && is_by_chance(value);
    let strong = kinds >= 3 || (kinds == 2 && (is_variable || symbol));
    let strong = strong || by_chance;
    (least..=128).contains(&value.len())
        && (digit || symbol || by_chance)
        && strong
        && (is_variable || !is_wordy(value))
        && is_varied(value)
        && !is_placeholder_word(value)
        && !is_path(value)
        && !is_number(value)
}

/// Whether a value is made of a word that documentation has for passwords.
pub(in super::super) fn is_wordy(value: &[u8]) -> bool {
    const WORDS: [&str; 17] = [
        "anonymous",
        "password",
        "passwd",
        "pass",
        "secret",
        "test",
        "user",
        "admin",
        "token",
        "demo",
        "hello",
        "qwerty",
        "1234",
        "abc",
        "login",
        "canary-example",
        "key",
    ];
    let text: Zeroizing<Vec<u8>> =
        Zeroizing::new(value.iter().copied().map(without_leet).collect());
    let has = |word: &str| memchr::memmem::find(&text, word.as_bytes()).is_some();
    // These end with no key.
    let ends_so = ["monkey", "turkey", "donkey", "whiskey", "hockey", "jockey"]
        .iter()
        .any(|word| has(word));
    WORDS
        .iter()
        .any(|word| has(word) && (*word != "key" || !ends_so))
}

/// Letters of both cases as chance gives them: `qWerTyxUio`, but not `camelCaseName`.
pub(in super::super) fn is_by_chance(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_alphabetic) && turns(value) * 4 >= value.len()
}

/// A letter or digit follows one of another kind at every third place or oftener, as in
/// `tgf7fwGSaEqE` and in no name of a program.
pub(in super::super) fn is_restless(value: &[u8]) -> bool {
    value.len() >= 8
        && value.iter().all(u8::is_ascii_alphanumeric)
        && turns(value) * 3 >= value.len()
}

/// Words and a number joined by dashes: `amber-river-731`.
pub(in super::super) fn is_joined_words(value: &[u8]) -> bool {
    let mut words = 0;
    let mut digits = 0;
    for part in value.split(|byte| *byte == b'-') {
        if part.len() >= 3 && part.iter().all(u8::is_ascii_alphabetic) {
            words += 1;
        } else if part.len() >= 2 && part.iter().all(u8::is_ascii_digit) {
            digits += 1;
        } else {
            return false;
        }
    }
    words >= 2 && digits == 1 && value.len() >= 10 && !is_placeholder_word(value)
}

/// What somebody can remember: words and a number, joined with dashes or otherwise.
pub(in super::super) fn is_memorable(value: &[u8]) -> bool {
    is_joined_words(value) || is_words_and_number(value)
}

/// A word or more, joined or not, and a number, maybe with a sign behind it: `lantern4821`,
/// `Harbor_cactus88!`. Not what documentation has for passwords.
pub(in super::super) fn is_words_and_number(value: &[u8]) -> bool {
    // Of what the names of types, fields and variables are made.
    const OF_PROGRAMS: [&str; 12] = [
        "string", "value", "varchar", "number", "field", "label", "param", "input", "bytes",
        "buffer", "result", "index",
    ];
    let signs = count_end(value, |byte| b"!@#$%*?".contains(&byte));
    let digits = count_end(&value[..value.len() - signs], |byte| byte.is_ascii_digit());
    let words = &value[..value.len() - signs - digits];
    let joint = usize::from(matches!(words.last(), Some(b'-' | b'_' | b'.')));
    let words = &words[..words.len() - joint];
    let mut parts = words.split(|byte| b"-_.".contains(byte));
    let is_worded = parts.all(|part| part.len() >= 3 && part.iter().all(u8::is_ascii_alphabetic));
    let is_camel = words
        .windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let lower = Zeroizing::new(words.to_ascii_lowercase());
    let is_of_program = OF_PROGRAMS
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some());
    is_worded
        && !is_camel
        && !is_of_program
        && words.len() >= 5
        && signs <= 2
        && (2..=8).contains(&digits)
        && !is_wordy(value)
        && !is_placeholder_word(value)
}

/// The letter that a digit or sign stands for in `P@55w0rd`.
fn without_leet(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'3' => b'e',
        b'5' | b'$' => b's',
        b'@' => b'a',
        other => other.to_ascii_lowercase(),
    }
}

/// Words that stand in for a value in documentation.
fn is_placeholder_word(value: &[u8]) -> bool {
    const WORDS: [&str; 22] = [
        "example",
        "placeholder",
        "changeme",
        "change_me",
        "change-me",
        "your",
        "xxxx",
        "****",
        "....",
        "dummy",
        "redacted",
        "insert",
        "replace",
        "todo",
        "sample",
        "foobar",
        "not-a-",
        "not_a_",
        "lorem",
        "<",
        "${",
        "{{",
    ];
    let lower = Zeroizing::new(value.to_ascii_lowercase());
    WORDS
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

/// A path, an address, the name of a file or a version.
fn is_path(value: &[u8]) -> bool {
    let parts = |separator: u8| value.split(move |byte| *byte == separator);
    let starts = [&b"/"[..], b"./", b"../", b"~/", b"http", b"www."];
    let slashes = parts(b'/').count() - 1;
    let wordy = parts(b'/')
        .filter(|part| segments(part).all(is_tidy))
        .count();
    if slashes >= 1
        && (starts.iter().any(|start| value.starts_with(start)) || wordy > slashes / 2 + 1)
    {
        return true;
    }
    let dots = parts(b'.').count() - 1;
    let extension = parts(b'.').next_back().unwrap_or_default();
    let is_extension =
        (1..=6).contains(&extension.len()) && extension.iter().all(u8::is_ascii_lowercase);
    let numbers = parts(b'.')
        .filter(|part| part.iter().all(u8::is_ascii_digit))
        .count();
    dots >= 1 && (is_extension || numbers >= 2)
}

/// The parts between punctuation.
fn segments(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|segment| !segment.is_empty())
}

/// Letters of both cases and digits, mixed as in no word of a program.
pub(in super::super) fn is_untidy(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().all(u8::is_ascii_alphanumeric)
        && value
            .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
            .count()
            >= 4
}

/// Letters and then digits, or digits and then letters, few: `word`, `v2`,
/// `sha256`, `2024`, `4th`.
fn is_tidy(segment: &[u8]) -> bool {
    let kinds = segment
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .count();
    let capitals = segment
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        .count();
    kinds <= 2 && capitals * 4 <= segment.len()
}

/// A number as programs write it: `1448101956u32`, `0x0123_4567`.
fn is_number(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    if value.starts_with(b"0x") || value.starts_with(b"0b") {
        // A private key of Ethereum has 32 bytes.
        return value.len() != 66;
    }
    let digits = value
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'_')
        .count();
    let suffix = &value[digits..];
    digits > 0
        && matches!(
            suffix,
            b"u8"
                | b"u16"
                | b"u32"
                | b"u64"
                | b"i32"
                | b"i64"
                | b"f32"
                | b"f64"
                | b"usize"
                | b"UL"
                | b"LL"
                | b"ULL"
        )
}

/// Made by a person who went through the alphabet or counted.
fn is_sequence(value: &[u8]) -> bool {
    let steps = |class: fn(&u8) -> bool| {
        let mut members = Zeroizing::new(Vec::with_capacity(value.len()));
        members.extend(value.iter().copied().filter(class));
        let pairs = members.windows(2);
        let follows = |pair: &[u8]| {
            let (first, second) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
            second == first + 1 || matches!((first, second), (b'9', b'0') | (b'z', b'a'))
        };
        (
            pairs.clone().filter(|pair| follows(pair)).count(),
            pairs.len(),
        )
    };
    [steps(u8::is_ascii_alphabetic), steps(u8::is_ascii_digit)]
        .into_iter()
        .any(|(following, all)| all >= 6 && following * 10 >= all * 6)
}

fn is_hex(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}

/// How often letters and digits, or small letters and capitals, alternate.
fn turns(value: &[u8]) -> usize {
    let kind = |byte: &u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    value
        .windows(2)
        .filter(|pair| {
            let (first, second) = (kind(&pair[0]), kind(&pair[1]));
            // A word may begin with a capital.
            first != second && first != 3 && second != 3 && (first, second) != (2, 1)
        })
        .count()
}

fn count_end(value: &[u8], class: impl Fn(u8) -> bool) -> usize {
    value.iter().rev().take_while(|byte| class(**byte)).count()
}
