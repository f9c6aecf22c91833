//! Reads the command line without ever repeating what was typed: it may be a
//! secret in the wrong place.

use std::{error::Error as _, ffi::OsString, fmt::Write as _};

use clap::{
    Parser as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{cli::Cli, failure::Failure};

/// Why there is no command to carry out.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Help or the version was asked for, and shown.
    Shown,
    /// The usage is wrong; whether it was `kz run`, whose client wants an answer.
    Usage { failure: Failure, runs: bool },
}

/// Parses the arguments, the program's name included.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, Refused> {
    Cli::try_parse_from(arguments).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Refused::Shown
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Refused::Usage {
                failure: Failure::configuration("a command is missing"),
                runs: false,
            }
        }
        _ => Refused::Usage {
            failure: Failure::configuration(explain(&error, arguments)),
            runs: arguments.iter().skip(1).any(|argument| argument == "run"),
        },
    })
}

/// Says what is wrong from kz's own definitions alone: clap's message quotes
/// the argument.
fn explain(error: &clap::Error, arguments: &[OsString]) -> String {
    let definition = |kind| context(error, kind).unwrap_or_else(|| "an option".to_owned());
    let problem = match error.kind() {
        ErrorKind::UnknownArgument => match position(error, ContextKind::InvalidArg, arguments) {
            Some(position) => format!("argument {position} is not known here"),
            None => "an argument is not known here".to_owned(),
        },
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::ValueValidation => {
            let option = definition(ContextKind::InvalidArg);
            match error.source() {
                Some(reason) => format!("{option}: {reason}"),
                None => format!("{option}: the value is not valid"),
            }
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        ErrorKind::MissingRequiredArgument => {
            format!("{} is missing", definition(ContextKind::InvalidArg))
        }
        ErrorKind::ArgumentConflict => format!(
            "{} cannot go with {}",
            definition(ContextKind::InvalidArg),
            definition(ContextKind::PriorArg)
        ),
        _ => format!(
            "{} is not used as it must be",
            definition(ContextKind::InvalidArg)
        ),
    };
    let mut text = problem;
    if let Some(suggested) = context(error, ContextKind::SuggestedArg)
        .or_else(|| context(error, ContextKind::SuggestedSubcommand))
    {
        let _ = write!(text, " (did you mean {suggested}?)");
    }
    text.push_str(": see `kz --help`");
    if arguments.iter().skip(1).any(|argument| argument == "run") {
        text.push_str(" and `kz run --help`; the server's command stands after `--`");
    }
    text
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

/// Which argument clap speaks of, counted from 1, in place of its text.
fn position(error: &clap::Error, kind: ContextKind, arguments: &[OsString]) -> Option<usize> {
    let text = context(error, kind)?;
    arguments
        .iter()
        .skip(1)
        .position(|argument| {
            argument.to_str().is_some_and(|argument| {
                argument == text || argument.starts_with(&format!("{text}="))
            })
        })
        .map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_is_repeated() {
        let canary = format!("kz-canary-{}", std::process::id());
        let with = |text: &str| text.replace("CANARY", &canary);
        for line in [
            "kz CANARY",
            "kz run CANARY -- cat",
            "kz run --CANARY -- cat",
            "kz run --secret CANARY -- cat",
            "kz run --secret TOKEN=CANARY -- cat",
            "kz run --secret=TOKEN=CANARY -- cat",
            "kz run --only CANARY,A -- cat",
            "kz run --report=CANARY -- cat",
            "kz run --secrets=CANARY -- cat",
            "kz redact CANARY",
            "kz redact --secret X=CANARY",
            "kz check CANARY",
            "kz trust a CANARY",
            "kz run --clean-env --keep-env -- CANARY",
            "kz run --as a --as CANARY -- cat",
        ] {
            let arguments: Vec<OsString> = line
                .split(' ')
                .map(|word| OsString::from(with(word)))
                .collect();
            match parse(&arguments) {
                Err(Refused::Usage { failure, .. }) => {
                    assert!(!failure.to_string().contains(&canary), "{line}: {failure}");
                }
                other => panic!("{line} was not refused: {other:?}"),
            }
        }
    }

    #[test]
    fn the_option_and_the_remedy_are_named() {
        for (line, expected) in [
            ("kz run --secret TOKEN=x -- cat", "--secret <NAME=REF>"),
            ("kz run --onyl A -- cat", "--only"),
            ("kz run", "CMD"),
            ("kz rum", "run"),
            ("kz run cat", "after `--`"),
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let Err(Refused::Usage { failure, .. }) = parse(&arguments) else {
                panic!("{line} was not refused");
            };
            assert!(failure.to_string().contains(expected), "{line}: {failure}");
        }
    }
}
