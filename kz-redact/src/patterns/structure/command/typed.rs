//! Passwords that are piped, typed in or set by a command.

use super::{
    super::{
        super::{
            named,
            rule::{Left, Matcher, Rule},
        },
        is_value,
    },
    COMMAND,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "piped-password",
            about: "A password that is piped into what asks for one: docker login --password-stdin, sudo -S; \
                    their manuals",
            anchors: &["echo "],
            matcher: Matcher::Regex(concat!(
                r#"echo\s{1,2}(?:-n\s{1,2})?["']?(?:[a-z_][a-z0-9_-]{0,31}:)?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})["']?\s{0,2}\|\s{0,2}"#,
                r"(?:sudo\s(?:[^\n]*?\s)?-S|(?:sudo\s)?chpasswd|(?:sudo\s)?passwd\s[^\n]*?--stdin|kinit|cryptsetup|[^\n|]{1,120}--(?:http-)?password-stdin|gh auth login)",
            )),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "echo '«Kz9!canary»' | docker login -u app --password-stdin",
                "echo \"app:«Kz9!canary»\" | chpasswd",
                "echo «kz-canary-9» | sudo -S true",
            ],
            near_misses: &[
                "echo $PASSWORD1 | docker login -u app --password-stdin",
                "echo 'Kz9!canary' | base64",
            ],
            ..COMMAND
        },
        Rule {
            id: "openssl-key-password",
            about: "The password of a cipher in a short option; openssl-enc(1), -k and -K",
            anchors: &["openssl enc ", "openssl aes-", "openssl des"],
            matcher: Matcher::Regex(
                r#"openssl\s[^\n]*?\s-[kK]\s{1,2}["']?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "openssl enc -aes-256-cbc -k «Kz9canary» -in a",
                "openssl enc -d -aes-128-cbc -K «<hex32>» -iv 0",
                "openssl aes-256-cbc -d -k '«Kz9!canary»'",
            ],
            near_misses: &[
                "openssl enc -aes-256-cbc -kfile Kz9canary",
                "openssl enc -aes-256-cbc -k $PASSWORD1",
            ],
            ..COMMAND
        },
        Rule {
            id: "expect-send",
            about: "A password that a script types in; expect(1), send",
            anchors: &["send \"", "send -- \""],
            matcher: Matcher::Regex(r#"send (?:-- )?"([^"\s$\\]{6,64})\\[rn]"#),
            check: Some(|value, _| is_value(value) && named::is_password(value, false)),
            examples: &["send \"«Kz9!canary»\\r\"", "send -- \"«Kz9!canary»\\r\""],
            near_misses: &[
                "send \"yes\\r\"",
                "send \"$password1\\r\"",
                "send \"ls -l\\r\"",
            ],
            ..COMMAND
        },
        Rule {
            id: "registry-password",
            about: "The password in a value of the registry of Windows; Microsoft Learn, 'reg add', \
                    'Configure Windows to automate logon'",
            anchors: &["reg add "],
            matcher: Matcher::Regex(
                r#"(?i:reg add\s[^\n]*?/v\s{1,2}["']?[A-Za-z0-9_]{0,32}(?:password|passwd|pwd|secret|apikey|token)["']?\s(?:[^\n]*?\s)?/d\s{1,2})["']?([^\s"'/%$][^\s"']{5,128})"#,
            ),
            check: Some(|value, _| {
                is_value(value) && (named::is_password(value, true) || named::is_memorable(value))
            }),
            examples: &[
                r"reg add HKLM\Software\x /v DefaultPassword /t REG_SZ /d «Kz9!canary» /f",
                r#"reg add "HKLM\SOFTWARE\x y" /v "DbPassword" /d "«Kz9!canary»""#,
            ],
            near_misses: &[
                r"reg add HKLM\Software\x /v AutoAdminLogon /d Kz9!canary /f",
                r"reg add HKLM\Software\x /v DefaultPassword /d %PASSWORD1% /f",
            ],
            ..COMMAND
        },
        Rule {
            id: "net-use-password",
            about: "The password of a share or a user on Windows; Microsoft Learn, 'net use', 'net user'",
            anchors: &["/user:", "net user "],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"(?:/user:|net user\s{1,2})[^\s"']{1,64}\s{1,2}["']?([^\s"'`;|<>()$/*-][^\s"'`;|<>()$]{5,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, false)),
            examples: &[
                "net use z: \\\\host\\x /user:app «Kz9!canary»",
                "net user app «Kz9!canary» /add",
            ],
            near_misses: &["net user app * /add", "runas /user:app cmd.exe"],
            ..COMMAND
        },
    ]
}
