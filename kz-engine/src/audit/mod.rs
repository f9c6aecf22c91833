//! The audit log: JSON Lines, chained by hash, with a MAC whose key lies outside
//! the log. Every event also goes to `tracing`, target `kz::audit`.
//!
//! Each line holds the fields of [`AuditEvent`], then `chain` (one per writer),
//! `seq` (from 1), `prev` (SHA-256 of the line before, hex; of nothing for the
//! first) and `mac` (HMAC-SHA256 of the line up to it, hex).

mod line;
mod verify;

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use kz_core::{AuditEvent, AuditSink, ErrorKind};
use kz_redact::Redactor;
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use zeroize::Zeroizing;

pub use self::verify::{Verified, verify};
use crate::{
    Error, Manifest, OpenOptions,
    files::{self, Existing},
};

const KEY_FILE: &str = "audit.key";
const KEY_LENGTH: usize = 32;

/// Where events of one opening go.
pub(crate) struct Audit {
    id: String,
    identity: Option<String>,
    project: Option<String>,
    redactor: Redactor,
    log: Option<Log>,
}

impl Audit {
    /// Opens the log that `[audit]` names, if there is one.
    pub(crate) fn open(
        manifest: &Manifest,
        options: &OpenOptions,
        redactor: &Redactor,
    ) -> Result<Self, Error> {
        let folder = manifest.folder();
        let log = match manifest.audit() {
            Some(settings) => {
                let key = match &settings.key {
                    Some(path) => folder.join(path),
                    None => files::user_folder(&options.variables)
                        .ok_or_else(|| {
                            refused("there is no home folder for its key: set `key` in [audit]")
                        })?
                        .join(KEY_FILE),
                };
                Some(Log::open(&folder.join(&settings.path), &key, redactor)?)
            }
            None => None,
        };
        let project = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            id: random_hex(8)?,
            identity: options.identity.clone(),
            project,
            redactor: redactor.clone(),
            log,
        })
    }

    /// Joins the events of one opening.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn record(&self, mut event: AuditEvent) -> Result<(), Error> {
        if event.identity.is_none() {
            event.identity.clone_from(&self.identity);
            event.authentication = self.identity.is_some().then_some("process".into());
        }
        if event.project.is_none() {
            event.project.clone_from(&self.project);
        }
        // Values never come here; should one, it is masked as anywhere else.
        let masked = |text: &str| self.redactor.redact_str(text).into_owned();
        tracing::info!(
            target: "kz::audit",
            action = masked(&event.action),
            identity = event.identity.as_deref().map(masked),
            context = event.context.as_deref().map(masked),
            subject = event.subject.as_deref().map(masked),
            method = event.method.as_deref().map(masked),
            path = event.path.as_deref().map(masked),
            outcome = %event.outcome,
            rule = event.rule.as_deref().map(masked),
            status = event.status,
            id = masked(&event.id),
        );
        match &self.log {
            Some(log) => log.record(&event).map_err(Error::from),
            None => Ok(()),
        }
    }
}

/// A log file, one chain.
pub(crate) struct Log {
    state: Mutex<State>,
    key: hmac::Key,
    redactor: Redactor,
}

struct State {
    file: File,
    chain: Chain,
    /// A line was cut off: what followed it would be lost with it.
    broken: bool,
}

/// One writer's chain. A forked child is another writer, and begins another.
struct Chain {
    process: u32,
    id: String,
    sequence: u64,
    previous: String,
}

impl Chain {
    fn begin() -> Result<Self, Error> {
        Ok(Self {
            process: std::process::id(),
            id: random_hex(16)?,
            sequence: 0,
            previous: hex(digest(&SHA256, b"").as_ref()),
        })
    }
}

impl Log {
    pub(crate) fn open(path: &Path, key: &Path, redactor: &Redactor) -> Result<Self, Error> {
        let key = key_at(key, redactor)?;
        if let Some(folder) = path.parent() {
            files::create_private_folder(folder)
                .map_err(|_| refused("its folder cannot be made: let this user write there"))?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        files::private(&mut options);
        let file = options
            .open(path)
            .map_err(|_| refused("it cannot be opened: let this user write it"))?;
        let state = State {
            file,
            chain: Chain::begin()?,
            broken: false,
        };
        Ok(Self {
            state: Mutex::new(state),
            key,
            redactor: redactor.clone(),
        })
    }
}

impl AuditSink for Log {
    fn record(&self, event: &AuditEvent) -> Result<(), kz_core::Error> {
        let failed = || {
            kz_core::Error::new(
                ErrorKind::Unavailable,
                "audit",
                "the event cannot be written to the audit log, so the action is refused",
            )
            .with_remedy("make room, or let this user write it")
        };
        // One writer at a time: the chain is in the order of the file.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.chain.process != std::process::id() {
            state.chain = Chain::begin().map_err(|_| failed())?;
        }
        let chain = &state.chain;
        let sequence = chain.sequence + 1;
        let body = line::body(event, &self.redactor, &chain.id, sequence, &chain.previous);
        let mac = hex(hmac::sign(&self.key, body.as_bytes()).as_ref());
        let line = format!("{body},\"mac\":\"{mac}\"}}\n");
        if state.broken {
            return Err(failed());
        }
        // One write a line: writers that share the file do not mix theirs.
        match state.file.write(line.as_bytes()) {
            Ok(written) if written == line.len() => {}
            Ok(0) | Err(_) => return Err(failed()),
            Ok(_) => {
                state.broken = true;
                return Err(failed());
            }
        }
        state.chain.sequence = sequence;
        state.chain.previous = hex(digest(&SHA256, line.trim_end().as_bytes()).as_ref());
        Ok(())
    }
}

/// Reads the key; makes it when there is none.
fn key_at(path: &Path, redactor: &Redactor) -> Result<hmac::Key, Error> {
    let read = || files::read_own(path).map_err(|reason| refused(&format!("its key: {reason}")));
    let text = if let Some(text) = read()? {
        text
    } else {
        make_key(path)?;
        read()?.ok_or_else(|| refused("its key vanished"))?
    };
    if files::is_readable_by_others(path) {
        return Err(refused(
            "others may read its key: run `chmod 600` on the key file",
        ));
    }
    let trimmed = text.trim_ascii();
    if trimmed.len() < KEY_LENGTH {
        return Err(refused(
            "its key is shorter than 32 bytes: remove the key file, and one is made",
        ));
    }
    // A key of ours is a secret like any other.
    kz_core::Intake::receive(redactor, "audit_key", kz_core::Role::Credential, trimmed)?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, trimmed))
}

fn make_key(path: &Path) -> Result<(), Error> {
    let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
    SystemRandom::new()
        .fill(&mut *bytes)
        .map_err(|_| refused("the system gives no random bytes"))?;
    let text = Zeroizing::new(hex(&*bytes));
    match files::write_private(path, text.as_bytes(), Existing::Keep) {
        Ok(()) => Ok(()),
        // Somebody else of this user made it meanwhile; theirs it is.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) => Err(refused("its key cannot be made: let this user write there")),
    }
}

/// Reads the key of a log for [`verify`].
///
/// # Errors
/// Kind `config` when it cannot be read.
pub fn key_file(path: &Path) -> Result<Key, Error> {
    let text = Zeroizing::new(std::fs::read(path).map_err(|_| refused("its key cannot be read"))?);
    Ok(Key(hmac::Key::new(hmac::HMAC_SHA256, text.trim_ascii())))
}

/// The key of a log.
pub struct Key(pub(crate) hmac::Key);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key([REDACTED:audit_key])")
    }
}

/// Where the key is kept unless `[audit]` says otherwise.
pub fn default_key_path() -> Option<PathBuf> {
    Some(files::user_folder(&kz_providers::Environment::process())?.join(KEY_FILE))
}

fn refused(reason: &str) -> Error {
    Error::plain(
        ErrorKind::Config,
        format!("the audit log cannot be used: {reason}"),
    )
}

pub(crate) fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut random = vec![0; bytes];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| Error::plain(ErrorKind::Internal, "the system gives no random bytes"))?;
    Ok(hex(&random))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
