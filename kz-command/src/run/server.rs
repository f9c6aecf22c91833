//! The server's process, and the group of all that it starts.

use std::{
    ffi::OsString,
    io,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use super::watch::Watcher;
use crate::{
    failure::Failure,
    platform::{self, Signal},
};

/// Exit status of a shell when a command is not found.
const NOT_FOUND: u8 = 127;
/// Exit status of a shell when a command is found and cannot be started.
const NOT_STARTED: u8 = 126;
/// What a shell adds to the number of the signal that ended a command.
const BY_SIGNAL: i32 = 128;

/// How often it is asked whether the group has ended. There is no event for it.
const TICK: Duration = Duration::from_millis(10);

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    watcher: Option<Watcher>,
}

impl Server {
    /// Starts it in a process group of its own: a terminal's signals then reach
    /// it once, from kz, and not twice.
    pub(crate) fn start(
        command: &[OsString],
        environment: Vec<(OsString, OsString)>,
    ) -> Result<Self, Failure> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(Failure::configuration("the server's command is missing"));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        platform::end_with_parent(&mut command);
        let child = command.spawn().map_err(|error| {
            let (status, reason) = match error.kind() {
                io::ErrorKind::NotFound => (NOT_FOUND, "it is not found"),
                io::ErrorKind::PermissionDenied => (NOT_STARTED, "it may not be executed"),
                io::ErrorKind::ArgumentListTooLong => {
                    (NOT_STARTED, "its arguments and environment are too long")
                }
                _ => (NOT_STARTED, "the system refuses"),
            };
            Failure::with_status(
                status,
                format!("cannot start {}: {reason}", program.to_string_lossy()),
            )
        })?;
        Ok(Self {
            child,
            watcher: None,
        })
    }

    /// Has a second process end the group if kz is killed.
    pub(crate) fn watch(&mut self) {
        self.watcher = Watcher::start(self.id());
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The three pipes; each can be had once.
    pub(crate) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout, ChildStderr)> {
        Some((
            self.child.stdin.take()?,
            self.child.stdout.take()?,
            self.child.stderr.take()?,
        ))
    }

    /// Sends a signal to the server and all that it started.
    pub(crate) fn signal_group(&self, signal: Signal) {
        platform::signal_group(self.id(), signal);
    }

    /// Sends a signal to the server alone.
    pub(crate) fn signal(&self, signal: Signal) {
        platform::signal_process(self.id(), signal);
    }

    /// Ends what the server, which has ended, left behind in its group, and
    /// gives its exit status: its own, or 128 + the signal that ended it.
    pub(crate) async fn end(mut self, grace: Duration) -> u8 {
        // The server is not reaped yet, so the group's id is still its own.
        self.signal_group(platform::TERMINATE);
        let group = self.id();
        let status = self.child.wait();
        let ended = async {
            while platform::group_runs(group) {
                tokio::time::sleep(TICK).await;
            }
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            platform::signal_group(group, platform::KILL);
        }
        if let Some(watcher) = self.watcher.take() {
            watcher.dismiss();
        }
        let code = status.ok().and_then(|status| {
            status
                .code()
                .or_else(|| status.signal().map(|signal| BY_SIGNAL + signal))
        });
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
    }
}
