//! What Linux, macOS and the other Unix systems share: signals, groups of
//! processes, descriptors.
#![expect(unsafe_code, reason = "system calls that std does not wrap")]

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{
        fd::{AsFd, AsRawFd as _, BorrowedFd},
        unix::fs::FileTypeExt as _,
    },
    time::Duration,
};

use super::system;

/// A signal that kz hands on, by its number.
pub(crate) type Signal = libc::c_int;

/// Ends what does not listen.
pub(crate) const KILL: Signal = libc::SIGKILL;
/// Asks to end.
pub(crate) const TERMINATE: Signal = libc::SIGTERM;

/// Waits until the process ends, and leaves it to be reaped: until then its id,
/// and that of its group, belong to nobody else.
pub(crate) fn wait_without_reaping(process: u32) -> io::Result<()> {
    loop {
        // SAFETY: an all-zero siginfo_t is a valid value to be written over.
        let mut information: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `information` is a valid place for the result.
        let result = unsafe {
            libc::waitid(
                libc::P_PID,
                process,
                &raw mut information,
                libc::WEXITED | libc::WNOWAIT,
            )
        };
        if result == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Sends a signal to one process.
pub(crate) fn signal_process(process: u32, signal: Signal) {
    if let Ok(process) = libc::pid_t::try_from(process) {
        // SAFETY: kill takes integers and touches no memory.
        unsafe { libc::kill(process, signal) };
    }
}

/// Sends a signal to a process group. Whether there was anybody in it.
pub(crate) fn signal_group(group: u32, signal: Signal) -> bool {
    match libc::pid_t::try_from(group) {
        // 0 and 1 would be our own group and everybody.
        Ok(group) if group > 1 => {
            // SAFETY: kill takes integers and touches no memory.
            let result = unsafe { libc::kill(-group, signal) };
            result == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
        }
        _ => false,
    }
}

/// Whether a process of the group still runs. One that has ended and waits to be
/// reaped, by an init that may never do so, does not.
pub(crate) fn group_runs(group: u32) -> bool {
    signal_group(group, 0) && system::running_in(group).unwrap_or(true)
}

/// Whether kz was started with this signal ignored, as under `nohup`.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    // SAFETY: an all-zero sigaction is a valid value to be written over.
    let mut current: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: the new action is null, so this only reads into `current`.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut current) };
    result == 0 && current.sa_sigaction == libc::SIG_IGN
}

/// Whether a program may be at the other end of the descriptor.
pub(crate) fn is_pipe(descriptor: impl AsFd) -> bool {
    descriptor
        .as_fd()
        .try_clone_to_owned()
        .and_then(|owned| File::from(owned).metadata())
        .is_ok_and(|metadata| {
            let kind = metadata.file_type();
            kind.is_fifo() || kind.is_socket()
        })
}

/// Waits until something can be read from the descriptor, or its end, or the time
/// is over. Whether something can be read.
pub(crate) fn wait_for_input(descriptor: impl AsFd, time: Duration) -> bool {
    let mut request = libc::pollfd {
        fd: descriptor.as_fd().as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let time = libc::c_int::try_from(time.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: one valid pollfd, as the count says.
    unsafe { libc::poll(&raw mut request, 1, time) > 0 }
}

/// One of kz's three standard descriptors, unbuffered. It waits where somebody
/// has set the descriptor to not blocking.
#[derive(Debug)]
pub(crate) struct Standard {
    /// A descriptor of our own for the same pipe.
    own: File,
    number: libc::c_int,
}

impl Standard {
    pub(crate) fn input() -> io::Result<Self> {
        Self::of(io::stdin(), libc::STDIN_FILENO)
    }

    pub(crate) fn output() -> io::Result<Self> {
        Self::of(io::stdout(), libc::STDOUT_FILENO)
    }

    pub(crate) fn error() -> io::Result<Self> {
        Self::of(io::stderr(), libc::STDERR_FILENO)
    }

    fn of(standard: impl AsFd, number: libc::c_int) -> io::Result<Self> {
        let own = File::from(standard.as_fd().try_clone_to_owned()?);
        Ok(Self { own, number })
    }

    /// Lets go of what the descriptor leads to, so that the other end sees it
    /// closed. The standard descriptor leads nowhere from then on.
    pub(crate) fn detach(self) {
        if let Ok(nowhere) = File::options().read(true).write(true).open("/dev/null") {
            // SAFETY: both are descriptors of this process; dup2 replaces the
            // second at once and touches no memory.
            unsafe { libc::dup2(nowhere.as_raw_fd(), self.number) };
        }
    }

    /// After a failed call: returns when it can be made again.
    fn retry(&self, error: io::Error, events: libc::c_short) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::WouldBlock => self.wait(events),
            _ => Err(error),
        }
    }

    fn wait(&self, events: libc::c_short) -> io::Result<()> {
        let mut request = libc::pollfd {
            fd: self.own.as_raw_fd(),
            events,
            revents: 0,
        };
        // SAFETY: one valid pollfd, as the count says.
        if unsafe { libc::poll(&raw mut request, 1, -1) } >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::Interrupted {
            return Ok(());
        }
        Err(error)
    }
}

impl AsFd for Standard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.own.as_fd()
    }
}

impl Read for Standard {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.own.read(bytes) {
                Err(error) => self.retry(error, libc::POLLIN)?,
                read => return read,
            }
        }
    }
}

impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.own.write(bytes) {
                Err(error) => self.retry(error, libc::POLLOUT)?,
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
