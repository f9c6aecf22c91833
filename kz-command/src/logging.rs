//! What kz itself says: its log under `RUST_LOG`, its messages, its panics. All
//! of it goes through a redactor from the first line on.

use std::{
    io::{self, Write as _},
    sync::{LazyLock, Mutex, PoisonError},
};

use kz_engine::{Error, OpenOptions, Redactor, Secrets};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::run::credentials;

/// Log lines that were written while nobody could say yet what they hold.
#[derive(Debug, Default)]
struct Log {
    /// Knows every secret, once they are open.
    redactor: Option<Redactor>,
    /// Set while secrets are being fetched: lines wait until it is known what to mask.
    held: Option<Vec<String>>,
    held_bytes: usize,
    dropped: usize,
}

/// Most that is held while secrets are fetched.
const HELD_LIMIT: usize = 4 << 20;

static LOG: Mutex<Log> = Mutex::new(Log {
    redactor: None,
    held: None,
    held_bytes: 0,
    dropped: 0,
});

/// Knows what can be known before any secret is fetched: patterns, and the
/// credentials in kz's own environment.
static EARLY: LazyLock<Option<Redactor>> = LazyLock::new(|| {
    let redactor = Redactor::builder().build().ok()?;
    let environment: Vec<_> = std::env::vars_os().collect();
    let mut registered = credentials::register_named(&redactor, &environment);
    credentials::register_shaped(&redactor, &environment, &mut registered);
    Some(redactor)
});

/// Stands in for text that cannot be scanned.
const UNSCANNED: &str = "[REDACTED:error]";

/// Starts the log if `RUST_LOG` asks for one.
pub(crate) fn start() {
    if std::env::var_os("RUST_LOG").is_none_or(|value| value.is_empty()) {
        return;
    }
    // There is no log before this one; a second start would be a defect that is
    // not worth ending for.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_ansi(false)
        .with_writer(ToStandardError)
        .try_init();
}

/// A panic says where, never what: its message may hold what was being worked on.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |location| {
            format!(" at {}:{}", location.file(), location.line())
        });
        let _ = writeln!(io::stderr(), "kz: internal error{place}");
    }));
}

/// The text without whatever is known to be secret by now.
pub(crate) fn redacted(text: &str) -> String {
    let known = lock().redactor.clone();
    match known.as_ref().or_else(|| EARLY.as_ref()) {
        Some(redactor) => redactor.redact_str(text).into_owned(),
        None => UNSCANNED.to_owned(),
    }
}

/// A redactor for messages before there are secrets. `None` when it cannot be built.
pub(crate) fn early_redactor() -> Option<&'static Redactor> {
    EARLY.as_ref()
}

/// Opens, and holds the log back meanwhile: a line that was written before a
/// value was received may hold it in a form that only the redactor of the end
/// knows. Then the held lines are masked and released, whether or not the
/// opening succeeded: what was fetched before a failure is registered too.
pub(crate) async fn around(options: OpenOptions) -> Result<Secrets, Error> {
    lock().held = Some(Vec::new());
    let opened = options
        .prepare(|redactor| lock().redactor = Some(redactor.clone()))
        .open()
        .await;
    let mut log = lock();
    let held = log.held.take().unwrap_or_default();
    let dropped = std::mem::take(&mut log.dropped);
    drop(log);
    for line in held {
        emit(&line);
    }
    if dropped > 0 {
        let _ = writeln!(
            io::stderr(),
            "kz: {dropped} log lines are left out: there were too many to hold back"
        );
    }
    opened
}

fn lock() -> std::sync::MutexGuard<'static, Log> {
    // The state is consistent at every point where a panic could let go of it.
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

fn emit(text: &str) {
    let _ = io::stderr().write_all(redacted(text).as_bytes());
}

/// Makes a writer for each line of the log.
#[derive(Debug, Clone, Copy)]
struct ToStandardError;

/// Writes one line of the log. The formatter hands over a whole line at once.
#[derive(Debug)]
struct LineWriter;

impl<'w> MakeWriter<'w> for ToStandardError {
    type Writer = LineWriter;

    fn make_writer(&'w self) -> LineWriter {
        LineWriter
    }
}

impl io::Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some(text) = hold(text) {
            emit(&text);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the line for later if lines are being held, else gives it back.
fn hold(text: String) -> Option<String> {
    let mut guard = lock();
    let log = &mut *guard;
    let Some(held) = &mut log.held else {
        return Some(text);
    };
    if log.held_bytes + text.len() > HELD_LIMIT {
        log.dropped += 1;
        return None;
    }
    log.held_bytes += text.len();
    held.push(text);
    None
}
