//! Values that stand alone on the line below what says that they are secret: what a command
//! printed, the text of a block of YAML, an item of a list of Redis.

use super::{
    super::{
        Close,
        block::{Block, Opening, Values},
        markers, named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_harmless_before, is_random, is_value,
};

/// The longest line that says what the next one is.
const MAX_LINE: usize = 400;
/// The longest value.
const MAX_VALUE: usize = 512;
/// How many blanks may stand before a value, and behind it.
const MAX_BLANK: usize = 80;
/// How many digits number an item of a list.
const MAX_NUMBER: usize = 6;

pub(super) fn rules() -> Vec<Rule> {
    const BELOW: Rule = Rule {
        reach: Reach::LINE,
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "printed-secret",
            about: "What a command prints that reads or makes a secret, in a transcript; the manuals of pass, \
                    Bitwarden, 1Password, gcloud, az, kubectl, Vault, Heroku, GitHub and OpenSSL",
            anchors: &[
                "pass show ",
                "bw get password",
                "op read ",
                "secrets versions access",
                "keyvault secret show",
                "find-generic-password",
                "kv get -field=",
                "config:get ",
                "get secret ",
                "get-secret-value",
                "ssm get-parameter ",
                "auth token\n",
                "print-access-token",
                "get-login-password",
                "openssl rand ",
                "pwgen ",
                "nmcli -s",
                "cat /run/secrets/",
                "etcdctl get ",
            ],
            left: Left::Is(|before| {
                let line = before.rsplit(|byte| *byte == b'\n').next();
                line.is_some_and(|line| !line.contains(&b'`'))
            }),
            matcher: Matcher::Block(Block {
                open: behind_command,
                close: end_of_value,
                values: Values::All,
            }),
            examples: &[
                "$ pass show prod/db\n«Kz9!canary»\nuser: app\n",
                "$ gcloud secrets versions access latest --secret=signing\n«<an40>»\n",
                "$ kubectl get secret db -o jsonpath='{.data.password}' | base64 -d; echo\n«Kz9!canary»\n$",
                "$ openssl rand -hex 32\n«<hex64>»",
            ],
            near_misses: &[
                "Run `pass show x` and\nKz9!canary\n",
                "kubectl get secret db\nNAME   TYPE     DATA   AGE\n",
                "kubectl get secret db\nError: db-1 not found\n",
                "pass show x\nnothing-of-the-kind\n",
                "pass show x\n[REDACTED:x]\n",
            ],
            ..BELOW
        },
        Rule {
            id: "value-below-its-name",
            about: "A password or token on the line below its name; YAML 1.2.2, 8.1, 'Block Scalar Styles'; \
                    Redis docs, 'CONFIG GET', 'HGETALL'",
            anchors: &[
                "password: |",
                "password: >",
                "password:\n",
                "password\"\n",
                "password is:\n",
                "passwd\"\n",
                "passphrase: |",
                "secret: |",
                "secret\"\n",
                "secret is:\n",
                "token: |",
                "token\"\n",
                "token is:\n",
                "api_key: |",
                "api_key\"\n",
                "apikey\"\n",
                "api key is:\n",
                "requirepass\"\n",
                "masterauth\"\n",
            ],
            fold: true,
            left: Left::Is(|before| !is_harmless_before(before)),
            matcher: Matcher::Block(Block {
                open: below_name,
                close: end_of_value,
                values: Values::All,
            }),
            examples: &[
                "auth:\n  password: |\n    «Kz9!canary»\n  user: app\n",
                "db_password: >-\n  «Kz9!canary»\n",
                "1) \"requirepass\"\n2) \"«Kz9!canary»\"\n",
                "3) \"api_key\"\n4) \"«<an32>»\"\n",
                "Your new API token is:\n\n    «<an40>»\n\nStore it.",
                "Password:\n«Kz9!canary»",
            ],
            near_misses: &[
                "password:\n  type: string\n",
                "password: |\n  must hold 8 characters\n",
                "csrf_token: |\n  <an40>\n",
                "password:\nnumber-of-characters-8\n",
                "password: |\n  $PASSWORD_1\n",
                "1) \"password\"\n2) \"user1\"\n",
            ],
            ..BELOW
        },
        Rule {
            id: "openvpn-password",
            about: "The password below a user's name in a profile of OpenVPN; OpenVPN 2.6 manual, \
                    --auth-user-pass, 'Inline file support'",
            anchors: &["<auth-user-pass>\n"],
            left: Left::Any,
            matcher: Matcher::Block(Block {
                open: below_user,
                close: end_of_value,
                values: Values::All,
            }),
            examples: &["<auth-user-pass>\napp\n«Kz9!canary»\n</auth-user-pass>\n"],
            near_misses: &[
                "<auth-user-pass>\napp\n</auth-user-pass>\n",
                "<auth-user-pass>\nwhat stands here\nKz9!canary\n",
            ],
            ..BELOW
        },
    ]
}

/// The value below a line of one word.
fn below_user(text: &[u8]) -> Opening {
    let start = "<auth-user-pass>\n".len();
    let end = start + run(is_of_value, &text[start..text.len().min(start + MAX_LINE)]);
    match &text[end..] {
        [] | [b'\r'] => Opening::Unclear,
        [b'\n', ..] => alone(text, end + 1),
        [b'\r', b'\n', ..] => alone(text, end + 2),
        _ => Opening::No,
    }
}

/// The value below the line of a command.
fn behind_command(text: &[u8]) -> Opening {
    let line = run(|byte| byte != b'\n', &text[..text.len().min(MAX_LINE)]);
    match text.get(line) {
        None => Opening::Unclear,
        Some(b'\n') => alone(text, line + 1),
        Some(_) => Opening::No,
    }
}

/// The value below a line that says what it is, maybe indented.
pub(super) fn below_line(text: &[u8]) -> Opening {
    let line = run(|byte| byte != b'\n', &text[..text.len().min(MAX_LINE)]);
    match text.get(line) {
        None => Opening::Unclear,
        Some(b'\n') => alone(
            text,
            line + 1 + run(|byte| byte == b' ', &text[line + 1..]).min(8),
        ),
        Some(_) => Opening::No,
    }
}

/// The value below a name.
fn below_name(text: &[u8]) -> Opening {
    let belongs = |byte: u8| byte.is_ascii_alphabetic() || b"_ -\"'|>+:\r".contains(&byte);
    let line = run(belongs, &text[..text.len().min(40)]);
    match text.get(line) {
        None => return Opening::Unclear,
        Some(b'\n') => {}
        Some(_) => return Opening::No,
    }
    // One more than may stand there.
    let near = |from: usize, most: usize| &text[from..text.len().min(from + most + 1)];
    let blank = line + run(|byte| byte.is_ascii_whitespace(), near(line, MAX_BLANK));
    // `2) "…"` of Redis.
    let digits = blank + run(|byte| byte.is_ascii_digit(), near(blank, MAX_NUMBER));
    let is_number = (1..=MAX_NUMBER).contains(&(digits - blank));
    if is_number && text.get(digits).is_none_or(|byte| *byte == b')') {
        let start = digits
            + 1
            + run(
                |byte| b" \"".contains(&byte),
                &text[text.len().min(digits + 1)..text.len().min(digits + 1 + MAX_BLANK)],
            );
        return alone(text, start);
    }
    if blank - line > MAX_BLANK {
        return Opening::No;
    }
    alone(text, blank)
}

/// A value at `start`, if nothing else stands on its line.
fn alone(text: &[u8], start: usize) -> Opening {
    let Some(rest) = text.get(start..) else {
        return Opening::Unclear;
    };
    let length = run(is_of_value, &rest[..rest.len().min(MAX_VALUE)]);
    let ends = &rest[length..rest.len().min(length + MAX_BLANK)];
    let behind = length + run(|byte| b"\"' \t\r,".contains(&byte), ends);
    let value = &rest[..length];
    match rest.get(behind) {
        // A quotation mark ends it, whatever follows.
        Some(byte) if *byte != b'\n' && rest[length] != b'"' => Opening::No,
        end => {
            let is_named = value[..value.len().saturating_sub(2)].contains(&b'=')
                || value.ends_with(b":")
                || value.windows(2).any(|two| two == b"://");
            let is_secret = !value.is_empty()
                && !is_named
                && is_value(value)
                && !markers::is_masked(value)
                && (named::is_password(value, false) && has_sign(value)
                    || named::is_words_and_number(value)
                    || is_random(value));
            match end {
                _ if is_secret => Opening::After(start),
                None if length < MAX_VALUE => Opening::Unclear,
                _ => Opening::No,
            }
        }
    }
}

fn has_sign(value: &[u8]) -> bool {
    value.iter().any(|byte| b"!@#$%^&*?+~".contains(byte))
}

pub(super) fn end_of_value(text: &[u8]) -> Close {
    let end = run(is_of_value, text);
    match &text[end..] {
        // What follows a quotation mark may end the line.
        [] | [b'"'] => Close::NotYet {
            keep: text.len() - end,
        },
        _ => Close::At(end),
    }
}

fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`,<>()[]{}\\|;".contains(&byte)
}
