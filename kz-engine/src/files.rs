//! Where kz's own files are, and whether they may be believed.

use std::path::{Path, PathBuf};

use kz_providers::Environment;

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

/// Reads a manifest, after checking who else could have written it.
pub(crate) fn read(path: &Path, origin: Origin) -> Result<String, Error> {
    let shown = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| {
        Error::plain(
            ErrorKind::Config,
            format!("the manifest cannot be read ({shown}): {}", reason(&error)),
        )
    })?;
    if !metadata.is_file() {
        return Err(Error::plain(
            ErrorKind::Config,
            format!("the manifest is not a file ({shown}): name a TOML file"),
        ));
    }
    check_writers(path, &metadata, origin)?;
    let bytes = std::fs::read(path).map_err(|error| {
        Error::plain(
            ErrorKind::Config,
            format!("the manifest cannot be read ({shown}): {}", reason(&error)),
        )
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Error::plain(
            ErrorKind::Config,
            format!("the manifest is not UTF-8 text ({shown}): save it as UTF-8"),
        )
    })
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
    let (user, group) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    if metadata.mode() & 0o002 != 0 {
        return refuse("anybody may write it: take that right away with `chmod o-w`");
    }
    if origin == Origin::Named {
        return Ok(());
    }
    if metadata.uid() != user && metadata.uid() != 0 {
        return refuse("it belongs to another user: name it with --config if you mean it");
    }
    // A group of one, as many systems make it, adds no other writer.
    let own_group = metadata.uid() == user && metadata.gid() == group;
    if metadata.mode() & 0o020 != 0 && !own_group {
        return refuse("its group may write it: take that right away with `chmod g-w`");
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_writers(
    _path: &Path,
    _metadata: &std::fs::Metadata,
    _origin: Origin,
) -> Result<(), Error> {
    Ok(())
}

/// Writes a private file whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;

    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private(&mut options);
    let mut file = options.open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| {
            // Nothing half-written stays behind; that it could not be removed changes nothing.
            let _ = std::fs::remove_file(&temporary);
        })
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
