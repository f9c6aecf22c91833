use super::{Found, View, found_char, hex_digits, hex_value, indentation};
use crate::oracle::Reading;

/// Backslash escapes of JSON, Python, Rust, Go, C, JavaScript and the shell:
/// `\n`, `\"`, `\/`, `\xNN`, `\uXXXX` with surrogate pairs, `\u{…}`,
/// `\x{…}`, `\UXXXXXXXX`, octal, `\cX`, a backslash before any other sign, and a
/// backslash at the end of a line, which joins it with the next.
pub(super) struct Backslash;

/// Most zeros and digits between the braces of `\u{…}`.
const BRACED_DIGITS: usize = 14;

impl View for Backslash {
    fn introducers(&self) -> &'static [u8] {
        b"\\"
    }

    fn units(&self, text: &Reading<'_>, _introducer: u8, next: usize, found: &mut Found<'_>) {
        text.each(next, |byte, end| match byte {
            b'n' => found(b"\n", end),
            b't' => found(b"\t", end),
            b'r' => found(b"\r", end),
            b'b' => found(b"\x08", end),
            b'f' => found(b"\x0c", end),
            b'a' => found(b"\x07", end),
            b'v' => found(b"\x0b", end),
            b'e' => found(b"\x1b", end),
            b'E' => {
                found(b"\x1b", end);
                end_of_quote(text, end, found);
            }
            b'c' => control(text, end, found),
            b'x' => hexadecimal(text, end, found),
            b'u' => unicode(text, end, found),
            b'U' => {
                let (code, count, end) = hex_digits(text, end, 8);
                if count == 8 {
                    found_char(code, end, found);
                }
            }
            b'0'..=b'7' => octal(text, byte, end, found),
            b'\n' | b'\r' => {
                found(&[byte], end);
                continuation(text, byte, end, found);
            }
            _ if !byte.is_ascii_alphanumeric() => found(&[byte], end),
            _ => {}
        });
    }
}

/// `\E\\E\Q` for `\E` between `\Q` and `\E` (Java's `Pattern.quote`).
fn end_of_quote(text: &Reading<'_>, at: usize, found: &mut Found<'_>) {
    let mut end = at;
    for &wanted in br"\\E\Q" {
        match text.take(end, |byte| byte == wanted) {
            Some((_, next)) => end = next,
            None => return,
        }
    }
    found(br"\E", end);
}

/// `\c[` for the control character below `[` (Bash reference manual, "ANSI-C
/// quoting").
fn control(text: &Reading<'_>, at: usize, found: &mut Found<'_>) {
    text.each(at, |byte, end| match byte {
        b'?' => found(b"\x7f", end),
        b'@'..=b'_' | b'a'..=b'z' => found(&[byte & 0x1f], end),
        _ => {}
    });
}

/// A backslash before a line break stands for nothing; in YAML and TOML neither
/// does the indentation behind it.
fn continuation(text: &Reading<'_>, first: u8, at: usize, found: &mut Found<'_>) {
    let mut end = at;
    if first == b'\r' {
        match text.take(end, |byte| byte == b'\n') {
            Some((_, next)) => end = next,
            None => return,
        }
    }
    found(b"", end);
    if let Some((plain, all)) = indentation(text, end) {
        found(b"", plain);
        found(b"", all);
    }
}

/// `\xNN` is a byte in some languages and the character U+00NN in others.
fn hexadecimal(text: &Reading<'_>, at: usize, found: &mut Found<'_>) {
    if let Some((_, at)) = text.take(at, |byte| byte == b'{') {
        braced(text, at, found);
        return;
    }
    let (code, count, end) = hex_digits(text, at, 2);
    if count > 0 {
        found(&[low_byte(code)], end);
        if code >= 0x80 {
            found_char(code, end, found);
        }
    }
}

fn unicode(text: &Reading<'_>, at: usize, found: &mut Found<'_>) {
    if let Some((_, at)) = text.take(at, |byte| byte == b'{') {
        braced(text, at, found);
        return;
    }
    let (code, count, end) = hex_digits(text, at, 4);
    if count < 4 {
        return;
    }
    match code {
        0xd800..=0xdbff => text.each(end, |byte, at| {
            if byte == b'\\'
                && let Some((_, at)) = text.take(at, |byte| byte == b'u')
            {
                let (low, count, end) = hex_digits(text, at, 4);
                if count == 4 && (0xdc00..=0xdfff).contains(&low) {
                    let code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    found_char(code, end, found);
                }
            }
        }),
        _ => found_char(code, end, found),
    }
}

/// Digits up to every `}` that may end them.
fn braced(text: &Reading<'_>, at: usize, found: &mut Found<'_>) {
    let mut code = 0_u32;
    let mut at = at;
    for _ in 0..BRACED_DIGITS {
        let Some((digit, next)) = text.take(at, |byte| byte.is_ascii_hexdigit()) else {
            return;
        };
        code = code
            .saturating_mul(16)
            .saturating_add(u32::from(hex_value(digit).unwrap_or(0)));
        at = next;
        if let Some((_, end)) = text.take(at, |byte| byte == b'}') {
            found_char(code, end, found);
        }
    }
}

/// One to three digits: languages differ in how many they take.
fn octal(text: &Reading<'_>, first: u8, at: usize, found: &mut Found<'_>) {
    let mut value = u32::from(first - b'0');
    let mut at = at;
    found(&[low_byte(value)], at);
    for _ in 0..2 {
        let Some((digit, end)) = text.take(at, |byte| (b'0'..=b'7').contains(&byte)) else {
            return;
        };
        value = value * 8 + u32::from(digit - b'0');
        at = end;
        if value <= 0xff {
            found(&[low_byte(value)], at);
        }
    }
}

fn low_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}
