//! Keeps secrets out of what a panic prints.

use std::{
    borrow::Cow,
    io::Write as _,
    panic::{self, PanicHookInfo},
    sync::{Arc, Mutex, Once, PoisonError, Weak},
};

use kz_redact::Redactor;

/// The redactors that the panic hook asks. Weak, so that the hook keeps no value
/// in memory when the last handle to its secrets is gone.
static REDACTORS: Mutex<Vec<Weak<Redactor>>> = Mutex::new(Vec::new());

/// Masks panic messages for as long as the returned handle lives.
///
/// The hook that was there goes on to print the messages that hold no secret. A
/// message that does hold one is printed to stderr, masked, in the place of it:
/// hooks cannot be given a message other than the original.
pub(crate) fn mask(redactor: Redactor) -> Arc<Redactor> {
    static INSTALL: Once = Once::new();
    let redactor = Arc::new(redactor);
    let mut redactors = REDACTORS.lock().unwrap_or_else(PoisonError::into_inner);
    redactors.retain(|one| one.strong_count() > 0);
    redactors.push(Arc::downgrade(&redactor));
    drop(redactors);
    INSTALL.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            match masked(info) {
                None => previous(info),
                // Nobody is left to tell when stderr is closed.
                Some(report) => drop(std::io::stderr().write_all(report.as_bytes())),
            }
            #[cfg(feature = "rmcp")]
            crate::guard::panicked();
        }));
    });
    redactor
}

/// The report of a panic whose message holds a secret.
fn masked(info: &PanicHookInfo<'_>) -> Option<String> {
    let message = info.payload_as_str()?;
    let redactors: Vec<_> = REDACTORS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .filter_map(Weak::upgrade)
        .collect();
    let mut text = Cow::Borrowed(message);
    for redactor in redactors {
        if let Cow::Owned(redacted) = redactor.redact_str(&text) {
            text = Cow::Owned(redacted);
        }
    }
    let Cow::Owned(text) = text else { return None };
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("<unnamed>");
    Some(match info.location() {
        Some(location) => format!("\nthread '{thread}' panicked at {location}:\n{text}\n"),
        None => format!("\nthread '{thread}' panicked:\n{text}\n"),
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use kz_redact::{PatternLevel, Redactor};

    const CANARY: &str = "kz-canary-of-a-panic";
    const STEP: &str = "KZ_TEST_PANIC";

    /// Runs this test again, in a process of its own, to see its stderr.
    fn stderr_of(step: &str) -> String {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "panics::tests::messages_are_masked",
            ])
            .env(STEP, step)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    #[test]
    fn messages_are_masked() {
        let redactor = Redactor::builder()
            .secret("CANARY", CANARY)
            .patterns(PatternLevel::Off);
        let masking = || super::mask(redactor.build().unwrap());
        match std::env::var(STEP).as_deref() {
            Ok("unmasked") => panic!("no {CANARY}"),
            Ok("masked") => {
                let _masking = masking();
                panic!("no {CANARY}");
            }
            Ok("clean") => {
                let _masking = masking();
                panic!("no luck");
            }
            Ok("dropped") => {
                drop(masking());
                panic!("no {CANARY}");
            }
            _ => {}
        }
        assert!(stderr_of("unmasked").contains(CANARY));
        let masked = stderr_of("masked");
        assert!(masked.contains("panics.rs:") && masked.contains("no [REDACTED:CANARY]"));
        assert!(!masked.contains(CANARY));
        assert!(stderr_of("clean").contains("no luck"));
        assert!(
            stderr_of("dropped").contains(CANARY),
            "the hook keeps no values"
        );
    }
}
