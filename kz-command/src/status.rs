//! `kz status`

use std::{fmt::Write as _, io::Write as _, process::ExitCode, time::Duration};

use kz_engine::Status;

use crate::{cli::Global, failure::Failure, logging, run};

/// Resolves every secret and prints where each stands.
pub(crate) fn status(global: &Global) -> Result<ExitCode, Failure> {
    let runtime = run::runtime()?;
    let secrets = runtime.block_on(logging::around(global.open_options()))?;
    let text = describe(&secrets.status());
    let text = secrets.redact(&text);
    let _ = std::io::stdout().write_all(text.as_bytes());
    runtime.block_on(secrets.close());
    Ok(ExitCode::SUCCESS)
}

fn describe(entries: &[Status]) -> String {
    let width = |column: fn(&Status) -> &str| {
        entries
            .iter()
            .map(|entry| column(entry).len())
            .max()
            .unwrap_or_default()
    };
    let (name, reference) = (width(|entry| &entry.name), width(|entry| &entry.reference));
    let mut text = String::new();
    for entry in entries {
        let _ = write!(
            text,
            "{:name$}  {:reference$}  {}",
            entry.name, entry.reference, entry.summary
        );
        if let Some(version) = &entry.version {
            let _ = write!(text, ", version {version}");
        }
        if let Some(age) = entry.age {
            let _ = write!(text, ", {} old", in_words(age));
        }
        if let Some(expires) = entry.expires {
            let _ = write!(text, ", expires in {}", in_words(expires));
        }
        text.push('\n');
    }
    text
}

/// The two largest units: `3 d 4 h`, `12 min 5 s`, `0 s`.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = units
        .iter()
        .position(|(count, _)| *count > 0)
        .unwrap_or(units.len() - 1);
    units[first..]
        .iter()
        .take(2)
        .filter(|(count, _)| *count > 0 || first == units.len() - 1)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_661, "1 h 1 min"),
            (90_000, "1 d 1 h"),
            (86_400, "1 d"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), expected);
        }
    }
}
