//! Where kz's own files are, and whether they may be believed.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use kz_providers::Environment;
use zeroize::Zeroizing;

use crate::{Error, ErrorKind};

/// The folder of the per-user manifest, the pinned hashes and the audit key.
pub(crate) fn user_folder(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name| {
        environment
            .text(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let config =
        absolute("XDG_CONFIG_HOME").or_else(|| Some(home(environment)?.join(".config")))?;
    Some(config.join("keyzero"))
}

/// The home folder: of the environment, else of the user's entry in the system.
pub(crate) fn home(environment: &Environment) -> Option<PathBuf> {
    let named = environment
        .text("HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    named
        .or_else(std::env::home_dir)
        .filter(|path| path.is_absolute())
}

/// Whether the file was named by the user or merely found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By argument, in code, or by `KEYZERO_CONFIG`.
    Named,
    /// By walking up from the working directory.
    WalkedUp,
    /// The per-user file.
    User,
}

/// Longest manifest, in bytes.
const MAX_LENGTH: u64 = 1 << 20;

/// Reads a manifest, after checking who else could have written it.
pub(crate) fn read(path: &Path, origin: Origin) -> Result<String, Error> {
    let shown = path.display();
    let refuse = |kind, what: &str, remedy: &str| {
        Error::plain(kind, format!("the manifest {what} ({shown}): {remedy}"))
    };
    let unreadable =
        |error: std::io::Error| refuse(ErrorKind::Config, "cannot be read", reason(&error));
    let not_a_file = || refuse(ErrorKind::Config, "is not a file", "name a TOML file");
    // Asked before it is opened, because opening a FIFO waits for its other end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(not_a_file());
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // What is judged is what is read, whatever the path leads to by now.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(not_a_file());
    }
    check_writers(path, &metadata, origin)?;
    let mut bytes = Vec::new();
    file.take(MAX_LENGTH + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_LENGTH {
        return Err(refuse(
            ErrorKind::Config,
            "is longer than 1 MiB",
            "name a TOML file",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| refuse(ErrorKind::Config, "is not UTF-8 text", "save it as UTF-8"))
}

/// Reads a small file of kz's own, if nobody else can have written it; `None`
/// when there is none.
pub(crate) fn read_own(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, &'static str> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err("it cannot be read: let this user read it"),
    };
    let metadata = file.metadata().map_err(|_| "it cannot be read")?;
    if !metadata.is_file() {
        return Err("it is not a file");
    }
    if !is_ours_alone(&metadata) {
        return Err("others may write it: see who did, then run `chmod 600` on it");
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_LENGTH)
        .read_to_end(&mut bytes)
        .map_err(|_| "it cannot be read")?;
    Ok(Some(bytes))
}

fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file: mend the path",
        std::io::ErrorKind::PermissionDenied => "permission denied: let this user read it",
        _ => "the system refuses: see whether its file system is mounted",
    }
}

/// A manifest that somebody else can write decides where credentials go. One
/// that was found must be ours or root's, and writable by nobody else; one that
/// was named must at least not be writable by everybody.
#[cfg(unix)]
fn check_writers(path: &Path, metadata: &std::fs::Metadata, origin: Origin) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;

    let refuse = |reason: &str| {
        Err(Error::plain(
            ErrorKind::Untrusted,
            format!("the manifest is refused ({}): {reason}", path.display()),
        ))
    };
    let user = rustix::process::geteuid().as_raw();
    if metadata.mode() & 0o002 != 0 {
        return refuse("anybody may write it: take that right away with `chmod o-w`");
    }
    if origin == Origin::Named {
        return Ok(());
    }
    if metadata.uid() != user && metadata.uid() != 0 {
        return refuse("it belongs to another user: name it with --config if you mean it");
    }
    // A group of one, made with the user and numbered as it, adds no other writer.
    let own_group = metadata.uid() == user && metadata.gid() == user && user != 0;
    if metadata.mode() & 0o020 != 0 && !own_group {
        return refuse("its group may write it: take that right away with `chmod g-w`");
    }
    if origin == Origin::WalkedUp && !path.parent().is_none_or(is_safe_folder) {
        return refuse("anybody may put another in its place: `chmod o-w` its folder");
    }
    Ok(())
}

/// Whether strangers cannot replace files of this user in the folder.
#[cfg(unix)]
fn is_safe_folder(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    // Where everybody may write, the sticky bit keeps files with their owners.
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o1002 != 0o002)
}

/// Whether the folder and so what lies in it is of this user or root, and
/// nobody else can add to it.
#[cfg(unix)]
pub(crate) fn is_private_folder(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid().as_raw();
    std::fs::metadata(folder).is_ok_and(|metadata| {
        let ours = metadata.uid() == user || metadata.uid() == 0;
        ours && metadata.mode() & 0o002 == 0
    })
}

#[cfg(not(unix))]
pub(crate) fn is_private_folder(_folder: &Path) -> bool {
    true
}

#[cfg(unix)]
fn is_ours_alone(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid().as_raw();
    (metadata.uid() == user || metadata.uid() == 0) && metadata.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_ours_alone(_metadata: &std::fs::Metadata) -> bool {
    true
}

/// Whether others than the owner may read it.
#[cfg(unix)]
pub(crate) fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_readable_by_others(_path: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn check_writers(
    _path: &Path,
    _metadata: &std::fs::Metadata,
    _origin: Origin,
) -> Result<(), Error> {
    Ok(())
}

/// What to do when the file is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Replace,
    Keep,
}

/// Writes a private file whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8], existing: Existing) -> std::io::Result<()> {
    use std::io::Write as _;

    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unique = crate::audit::random_hex(8).map_err(|_| std::io::ErrorKind::Other)?;
    let temporary = folder.join(format!(".{name}.{unique}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let mut file = options.open(&temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| match existing {
            Existing::Replace => std::fs::rename(&temporary, path),
            // Of two who write it at once, one succeeds and the other is told.
            Existing::Keep => std::fs::hard_link(&temporary, path),
        });
    // Nothing half-written stays behind, nor a second name; that it could not be
    // removed, or was renamed, changes nothing.
    let _ = std::fs::remove_file(&temporary);
    written
}

/// Makes the folder, for this user alone.
pub(crate) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A file that is created is for this user alone.
pub(crate) fn private(options: &mut std::fs::OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}
