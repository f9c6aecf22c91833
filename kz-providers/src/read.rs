//! Reads a file that holds secrets, into a buffer that is wiped.

use std::{
    io::ErrorKind as Io,
    path::{Path, PathBuf},
};

use kz_core::{Error, ErrorKind};
use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

/// Largest file that is taken for a secret, in bytes.
pub(crate) const LARGEST: usize = 1024 * 1024;

/// A reference's path, taken against the manifest's folder.
pub(crate) fn resolve(base: &Path, path: &str) -> PathBuf {
    base.join(path)
}

/// The whole file.
pub(crate) async fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Asked before opening: opening a FIFO would wait for a writer.
    let metadata = tokio::fs::metadata(path)
        .await
        .map_err(|error| explain(error.kind()))?;
    if !metadata.is_file() {
        return Err(
            Error::new(ErrorKind::Invalid, "read", "the path is not a regular file")
                .with_remedy("name a file"),
        );
    }
    let mut file = tokio::fs::File::open(path)
        .await
        .map_err(|error| explain(error.kind()))?;
    let expected = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    // Sized once: a vector that grows leaves copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(vec![0; expected.min(LARGEST) + 1]);
    let mut filled = 0;
    while filled < bytes.len() {
        match file
            .read(&mut bytes[filled..])
            .await
            .map_err(|error| explain(error.kind()))?
        {
            0 => break,
            read => filled += read,
        }
    }
    if filled == bytes.len() {
        return Err(Error::new(
            ErrorKind::Invalid,
            "read",
            "the file is larger than 1 MiB, or grows",
        )
        .with_remedy("name a file that holds one secret"));
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn explain(kind: Io) -> Error {
    let (kind, reason, remedy) = match kind {
        Io::NotFound | Io::NotADirectory => (
            ErrorKind::NotFound,
            "there is no such file",
            "mount or create it",
        ),
        Io::PermissionDenied => (
            ErrorKind::Denied,
            "the file may not be read",
            "grant this user read access",
        ),
        _ => (
            ErrorKind::Unavailable,
            "the file could not be read",
            "see whether its file system is mounted",
        ),
    };
    Error::new(kind, "read", reason).with_remedy(remedy)
}

/// What is left without one newline at the end, which editors and `echo` leave.
pub(crate) fn without_newline(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
