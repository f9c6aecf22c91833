//! Windows: the standard streams. What `kz run` needs besides (job objects in
//! place of groups, console events in place of signals, waiting on pipes) is not
//! written, so that `kz run` is refused there.

use std::{
    fs::File,
    io::{self, IsTerminal, Read, Write},
    os::windows::io::AsHandle,
    time::Duration,
};

/// Windows keeps other users out, and starts no core dumps by itself.
pub(crate) fn hide_memory() {}

/// Always: a read may wait then, and what is held back waits for it.
pub(crate) fn wait_for_input(_: &Standard, _: Duration) -> bool {
    true
}

/// Whether a program may be at the other end.
pub(crate) fn is_pipe(stream: impl IsTerminal) -> bool {
    !stream.is_terminal()
}

/// One of kz's standard streams, unbuffered and as bytes.
#[derive(Debug)]
pub(crate) struct Standard(File);

impl Standard {
    pub(crate) fn input() -> io::Result<Self> {
        Self::of(io::stdin())
    }

    pub(crate) fn output() -> io::Result<Self> {
        Self::of(io::stdout())
    }

    fn of(standard: impl AsHandle) -> io::Result<Self> {
        let own = standard.as_handle().try_clone_to_owned()?;
        Ok(Self(File::from(own)))
    }
}

impl Read for Standard {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.0.read(bytes) {
            // So a pipe says that its other end is closed.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
            read => read,
        }
    }
}

impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
