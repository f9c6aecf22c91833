//! What pipelines are told to hide, in the commands by which they are told.

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    const COMMAND: Rule = Rule {
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "masked-output",
            about: "A value that a pipeline is told to mask; GitHub Docs, 'Workflow commands: add-mask'; \
                    Microsoft Learn, 'Azure Pipelines logging commands: SetSecret'",
            anchors: &["::add-mask::", "task.setsecret]"],
            matcher: Matcher::Regex(r#"(?:::add-mask::|task\.setsecret\])([^\s"'`$]{4,512})"#),
            check: Some(|value, _| is_value(value)),
            examples: &[
                "::add-mask::«kz-canary»",
                "echo \"::add-mask::«kz-canary»\"",
                "##vso[task.setsecret]«kz-canary»",
            ],
            near_misses: &["echo \"::add-mask::$TOKEN\"", "::add-mask::***"],
            ..COMMAND
        },
        Rule {
            id: "pipeline-variable",
            about: "A secret variable of a pipeline as it is set; Microsoft Learn, 'Azure Pipelines logging \
                    commands: SetVariable'",
            anchors: &["task.setvariable "],
            matcher: Matcher::Regex(r#"task\.setvariable [^\]\n]{1,128}\]([^\s"'`$]{4,512})"#),
            check: Some(|value, command| is_value(value) && is_secret(command)),
            examples: &[
                "##vso[task.setvariable variable=dbPassword;issecret=true]«kz-canary»",
                "##vso[task.setvariable variable=API_KEY]«<hex32>»",
            ],
            near_misses: &[
                "##vso[task.setvariable variable=region;issecret=false]kz-canary",
                "##vso[task.setvariable variable=DB_PASSWORD]$PASSWORD",
            ],
            ..COMMAND
        },
    ]
}

/// The name of the variable says so, or the command does.
fn is_secret(command: &[u8]) -> bool {
    let name = command
        .split(|byte| *byte == b'=')
        .nth(1)
        .unwrap_or_default();
    let name = name
        .split(|byte| b";]".contains(byte))
        .next()
        .unwrap_or_default();
    memchr::memmem::find(command, b"issecret=true").is_some() || named::is_secret_name(name)
}
