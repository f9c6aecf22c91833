//! What must be in a transcript, and what must not.

use serde_json::Value;
use testbed::canary;

use crate::servers::{Arrives, Ending, Setup};
use crate::session::{Transcript, Way};

/// The faults of a run without kz: the canary must arrive, and only where it is said to.
pub(crate) fn check_bare(setup: &Setup, bare: &Transcript) -> Vec<String> {
    let arrives = |text: &[u8]| !found(setup, text).is_empty();
    let arrived = Arrives {
        stdout: arrives(&bare.stdout) || arrives(&decoded(&bare.stdout)),
        stderr: arrives(&bare.stderr),
    };
    let mut faults = Vec::new();
    if arrived != setup.arrives {
        faults.push(format!(
            "{}, bare: arrives on {arrived:?}, not on {:?}:\n{}",
            setup.title(),
            setup.arrives,
            shown(bare),
        ));
    }
    let worked = bare
        .answers
        .iter()
        .filter(|answer| answer.get("result").is_some());
    if !setup.requests.is_empty() && worked.count() < 3 {
        faults.push(format!(
            "{}, bare: it does not work:\n{}",
            setup.title(),
            shown(bare)
        ));
    }
    faults
}

/// The faults of a run under `kz run`, beside the run without.
pub(crate) fn check_guarded(
    setup: &Setup,
    bare: &Transcript,
    guarded: &Transcript,
    way: Way,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("{}, {way:?}: {what}", setup.title()));
    for (place, text) in [
        ("stdout", guarded.stdout.clone()),
        ("stderr", guarded.stderr.clone()),
        ("the messages, decoded", decoded(&guarded.stdout)),
    ] {
        for leak in found(setup, &text) {
            fault(format!("{leak} in {place}"));
        }
    }

    let ids = |transcript: &Transcript| -> Vec<Value> {
        transcript
            .answers
            .iter()
            .map(|answer| answer["id"].clone())
            .collect()
    };
    if ids(bare) != ids(guarded) {
        fault("the answers have other ids".to_owned());
    }
    if bare.status != guarded.status {
        fault(format!(
            "ended with {}, not {}",
            guarded.status, bare.status
        ));
    }

    let (announced, said) = split_announcement(&guarded.stderr);
    if announced.is_empty() != setup.secret.is_none() {
        fault(format!("kz itself says {announced:?}"));
    }
    for (place, was, is) in [
        ("stdout", &*bare.stdout, &*guarded.stdout),
        ("stderr", &*bare.stderr, said),
    ] {
        let was = masked(setup, was);
        let (was, is) = match (setup.ending, place) {
            // Killed at some moment: what came until then is the same.
            (Ending::Killed, "stderr") => (until(setup, &was), until(setup, is)),
            _ => (was, String::from_utf8_lossy(is).into_owned()),
        };
        if was != is {
            fault(format!(
                "{place} is not the same: {}",
                first_difference(&was, &is)
            ));
        }
    }
    faults
}

/// The canaries in a text, by name and form.
fn found(setup: &Setup, text: &[u8]) -> Vec<String> {
    canary::find(&setup.canaries, text)
}

/// Every string and key of every message, as it is meant; those in a string that is JSON
/// itself too.
fn decoded(stdout: &[u8]) -> Vec<u8> {
    fn collect(value: &Value, into: &mut Vec<u8>) {
        match value {
            Value::String(text) => {
                into.extend_from_slice(text.as_bytes());
                into.push(b'\n');
                if let Ok(inner @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(text)
                {
                    collect(&inner, into);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            Value::Object(members) => members.iter().for_each(|(key, member)| {
                collect(&Value::from(key.as_str()), into);
                collect(member, into);
            }),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    for line in stdout.split(|byte| *byte == b'\n') {
        // What is no message was searched as text.
        if let Ok(message) = serde_json::from_slice(line) {
            collect(&message, &mut texts);
        }
    }
    texts
}

/// What kz says before the server does, and the rest.
fn split_announcement(stderr: &[u8]) -> (String, &[u8]) {
    let mut rest = stderr;
    while rest.starts_with(b"kz: ") {
        let end = rest.iter().position(|byte| *byte == b'\n');
        rest = &rest[end.map_or(rest.len(), |at| at + 1)..];
    }
    let announced = &stderr[..stderr.len() - rest.len()];
    (String::from_utf8_lossy(announced).into_owned(), rest)
}

/// The bare output as it should be with kz: each secret is its marker, nothing else differs.
fn masked(setup: &Setup, bare: &[u8]) -> String {
    let text = String::from_utf8_lossy(bare).into_owned();
    setup
        .becomes
        .iter()
        .fold(text, |text, (was, is)| text.replace(was, is))
}

/// Up to the end of the first text that the session waited for.
fn until(setup: &Setup, text: impl AsRef<[u8]>) -> String {
    let text = String::from_utf8_lossy(text.as_ref()).into_owned();
    let end = setup
        .ready
        .and_then(|ready| Some(text.find(ready)? + ready.len()));
    text[..end.unwrap_or(text.len())].to_owned()
}

fn first_difference(was: &str, is: &str) -> String {
    let mut lines = was.lines().zip(is.lines());
    if let Some((was, is)) = lines.find(|(was, is)| was != is) {
        return format!("\n  bare    {was}\n  with kz {is}");
    }
    let (short, long) = if was.len() < is.len() {
        (was, is)
    } else {
        (is, was)
    };
    let rest = long.strip_prefix(short).unwrap_or(long);
    format!("{} bytes, with kz {}: {rest:?}", was.len(), is.len())
}

fn shown(transcript: &Transcript) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "status {}\n{}\n{}",
        transcript.status,
        text(&transcript.stdout),
        text(&transcript.stderr)
    )
}
