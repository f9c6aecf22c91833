use zeroize::Zeroizing;

use super::Parts;

/// Shortest line that is looked for on its own.
const LINE: usize = 16;

/// Registers a text of several lines: as a whole as it is written, with line feeds and
/// with spaces, and each line of sixteen characters; of a PEM also the body without
/// line breaks. Says whether the value has several lines.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    if !value.iter().any(|&byte| matches!(byte, b'\n' | b'\r')) {
        return false;
    }
    let unix = add_wholes(parts, value);
    for line in unix.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if line.len() >= LINE && !is_boundary(line) {
            parts.whole(line);
        }
    }
    if unix.starts_with(b"-----BEGIN ") {
        let mut body = Zeroizing::new(Vec::with_capacity(unix.len()));
        for line in unix.split(|&byte| byte == b'\n') {
            if !is_boundary(line) && !line.contains(&b':') {
                body.extend_from_slice(line.trim_ascii());
            }
        }
        parts.whole(&body);
    }
    true
}

/// Registers a text of several lines as a whole: as it is written, with line
/// feeds, which it returns, and with spaces.
pub(super) fn add_wholes(parts: &mut Parts, value: &[u8]) -> Zeroizing<Vec<u8>> {
    let unix = unix_lines(value);
    parts.whole(value);
    parts.whole(&unix);
    parts.whole(&replaced(&unix, Some(b' ')));
    unix
}

/// `-----BEGIN …` and `-----END …` are the same in everybody's key.
fn is_boundary(line: &[u8]) -> bool {
    line.starts_with(b"-----")
}

fn unix_lines(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut lines = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'\r' {
            if rest.peek() != Some(&b'\n') {
                lines.push(b'\n');
            }
        } else {
            lines.push(byte);
        }
    }
    lines
}

fn replaced(lines: &[u8], by: Option<u8>) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(lines.len()));
    for &byte in lines {
        if byte == b'\n' {
            text.extend(by);
        } else {
            text.push(byte);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::composite::tests::needles_of;

    #[test]
    fn lines_and_body() {
        let pem = "-----BEGIN KZ CANARY-----\r\nAAAABBBBCCCCDDDDEEEE\r\nFFFFGGGG\r\n-----END KZ CANARY-----\r\n";
        let needles = needles_of(pem);
        for expected in [
            "-----BEGIN KZ CANARY-----\nAAAABBBBCCCCDDDDEEEE\nFFFFGGGG\n-----END KZ CANARY-----",
            "-----BEGIN KZ CANARY----- AAAABBBBCCCCDDDDEEEE FFFFGGGG -----END KZ CANARY-----",
            "AAAABBBBCCCCDDDDEEEE",
            "AAAABBBBCCCCDDDDEEEEFFFFGGGG",
        ] {
            assert!(
                needles.iter().any(|needle| needle == expected),
                "{expected}"
            );
        }
        assert!(
            !needles
                .iter()
                .any(|needle| needle == "-----BEGIN KZ CANARY-----")
        );
    }
}
