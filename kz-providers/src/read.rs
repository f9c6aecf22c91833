//! Reads a file that holds secrets: regular, not too large, and never waited for.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use kz_core::{Error, ErrorKind};

use crate::buffer::{Buffer, MAX_DOCUMENT};

/// The whole file, read off the async threads.
pub(crate) async fn file(path: PathBuf) -> Result<Buffer, Error> {
    tokio::task::spawn_blocking(move || read_now(&path))
        .await
        .unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Internal,
                "read",
                "the reading thread failed",
            ))
        })
}

fn read_now(path: &Path) -> Result<Buffer, Error> {
    let file = open(path).map_err(|error| failure(&error))?;
    let kind = file.metadata().map_err(|error| failure(&error))?;
    if kind.is_dir() {
        return Err(refused("this is a directory"));
    }
    if !kind.is_file() {
        return Err(refused("this is not a regular file"));
    }
    // Told from the bytes, not from the length: what lies in /proc has none.
    match Buffer::read_all(file, MAX_DOCUMENT).map_err(|error| failure(&error))? {
        Some(buffer) => Ok(buffer),
        None => Err(
            Error::new(ErrorKind::Invalid, "read", "the file is larger than 1 MiB")
                .with_remedy("name a file that holds one secret"),
        ),
    }
}

/// Opens without waiting for a writer, as a FIFO would.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    options.open(path)
}

fn refused(reason: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, "read", reason).with_remedy("name a regular file")
}

fn failure(error: &io::Error) -> Error {
    use io::ErrorKind as Io;
    let (kind, reason, remedy) = match error.kind() {
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
        Io::IsADirectory => return refused("this is a directory"),
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
    match bytes.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_is_lost() {
        for (bytes, left) in [
            (&b"a\n"[..], &b"a"[..]),
            (b"a\r\n", b"a"),
            (b"a\n\n", b"a\n"),
            (b"a\r", b"a\r"),
            (b"\n", b""),
            (b"", b""),
        ] {
            assert_eq!(without_newline(bytes), left);
        }
    }
}
