//! Files and values that Ansible Vault encrypted, and keys of PuTTY: blocks with a
//! format of their own.

use memchr::memmem;

use super::super::{
    Close,
    block::{Block, Opening, Values},
    rule::{Left, Matcher, Reach, Rule, run},
};

/// The longest first line: version, cipher and label.
const MAX_HEADER: usize = 96;
/// No line of a vault is longer; Ansible writes 80 digits.
const MAX_LINE: usize = 128;
/// The longest last line of a key of PuTTY.
const MAX_MAC: usize = "Private-Hash: ".len() + 64;

pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "ansible-vault",
            provider: "Ansible",
            about: "What Ansible Vault encrypted, which a weak password does not protect for long; Ansible \
                    docs, 'Encrypting content with Ansible Vault', 'Format of files'",
            anchors: &["$ANSIBLE_VAULT;"],
            left: Left::Any,
            reach: Reach::LINE,
            matcher: Matcher::Block(Block {
                open: vault,
                close: end_of_vault,
                values: Values::All,
            }),
            examples: &[
                "$ANSIBLE_VAULT;1.1;AES256\n«<hex80>\n<hex80>\n<hex36>»\n",
                "a: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;dev\n  «<hex80>\n  <hex36>»\nface: b\n",
                r#""$ANSIBLE_VAULT;1.1;AES256\n«<hex80>\n<hex36>»\n""#,
            ],
            near_misses: &[
                "a file that begins with $ANSIBLE_VAULT;1.1;AES256 is encrypted",
                "$ANSIBLE_VAULT;1.1;AES256\nnot hex",
            ],
            ..Rule::EMPTY
        },
        Rule {
            id: "putty-private-key",
            provider: "PuTTY",
            about: "A private key of PuTTY; PuTTY User Manual, 'PPK file format'. Without its last line it \
                    is masked to the end of input",
            anchors: &["PuTTY-User-Key-File-"],
            left: Left::Any,
            reach: Reach::LINE,
            matcher: Matcher::Block(Block {
                open: putty,
                close: end_of_putty,
                values: Values::All,
            }),
            examples: &[
                "«PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n<b48>\nPrivate-MAC: <hex64>»\n",
                "«PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: none\r\nPrivate-Lines: 1\r\n<b48>\r\nPrivate-MAC: <hex40>»\r\n",
            ],
            near_misses: &["the line PuTTY-User-Key-File-2: names the version"],
            ..Rule::EMPTY
        },
    ]
}

fn vault(text: &[u8]) -> Opening {
    let head = &text[..text.len().min(MAX_HEADER)];
    let from = "$ANSIBLE_VAULT;".len();
    let header = from
        + run(
            |byte| byte.is_ascii_alphanumeric() || b".;_-".contains(&byte),
            &head[from..],
        );
    let body = header + gap(&text[header..]);
    let digits = run(|byte| byte.is_ascii_hexdigit(), &text[body..]);
    if digits >= 32 && body > header {
        Opening::After(body)
    } else if body + digits == text.len() && header < MAX_HEADER {
        Opening::Unclear
    } else {
        Opening::No
    }
}

/// Line breaks, as they are or escaped, and the indentation behind them.
fn gap(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += run(|byte| byte.is_ascii_whitespace(), &text[at..]);
        match text.get(at..at + 2) {
            Some(b"\\n" | b"\\r" | b"\\t") => at += 2,
            _ => return at,
        }
    }
}

/// The end of the last line of hexadecimal digits; `text` begins within one.
fn end_of_vault(text: &[u8]) -> Close {
    let mut end = run(|byte| byte.is_ascii_hexdigit(), text);
    loop {
        let line = end + gap(&text[end..]);
        let digits = run(|byte| byte.is_ascii_hexdigit(), &text[line..]);
        let next = text.get(line + digits);
        // A backslash may yet be a line break.
        if next.is_none_or(|byte| *byte == b'\\' && line + digits + 1 == text.len())
            && digits < MAX_LINE
        {
            return Close::NotYet {
                keep: text.len() - end,
            };
        }
        let is_line = digits > 0
            && line > end
            && next.is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'\\".contains(byte));
        if !is_line {
            return Close::At(end);
        }
        end = line + digits;
    }
}

fn putty(text: &[u8]) -> Opening {
    let from = "PuTTY-User-Key-File-".len();
    let head = &text[from..text.len().min(from + MAX_HEADER)];
    match memmem::find(head, b"Encryption: ") {
        Some(at)
            if head.starts_with(b"1: ") || head.starts_with(b"2: ") || head.starts_with(b"3: ") =>
        {
            Opening::Yes(from + at)
        }
        None if head.len() < MAX_HEADER => Opening::Unclear,
        _ => Opening::No,
    }
}

fn end_of_putty(text: &[u8]) -> Close {
    for last in [&b"Private-MAC: "[..], b"Private-Hash: "] {
        if let Some(at) = memmem::find(text, last) {
            let start = at + last.len();
            let end = start + run(|byte| byte.is_ascii_hexdigit(), &text[start..]);
            return if end == text.len() {
                Close::NotYet {
                    keep: text.len() - at,
                }
            } else {
                Close::At(end)
            };
        }
    }
    Close::NotYet {
        keep: text.len().min(MAX_MAC),
    }
}
