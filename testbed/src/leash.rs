//! A child process that cannot outlive its owner.
//!
//! The child is started by a shell that waits on a pipe which only the owner holds. When
//! the owner drops the [`Leash`], or ends in any other way, the kernel closes the pipe;
//! the shell then sends the stop signal, waits, and takes the rest of the group down.
//! This also covers servers in a `static`, which Rust never drops.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::{Result, wait_until};

/// How long a server may take to stop before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

// $1 is the stop signal, the rest the command. The pipe is read on fd 0; the server gets
// /dev/null, so that it never holds the pipe itself.
const SCRIPT: &str = r#"
signal=$1; shift
"$@" </dev/null &
child=$!
echo "$child" >&3
exec 3>&-
read -r _
kill -s "$signal" "$child" 2>/dev/null
wait "$child"
"#;

/// A running server; stops it when dropped.
#[derive(Debug)]
pub struct Leash {
    shell: Child,
    pipe: Option<ChildStdin>,
    child: u32,
    log: PathBuf,
}

impl Leash {
    /// Starts `command` (program, arguments, environment and directory are taken over)
    /// with stdout and stderr going to the file `log`.
    ///
    /// `stop` is the signal for an orderly stop, by its name without `SIG`.
    ///
    /// # Errors
    /// When the log cannot be made or the shell cannot be started. A program that does
    /// not exist shows in the log, and [`Leash::has_ended`].
    pub fn start(command: &Command, stop: &str, log: &Path) -> Result<Self> {
        use std::os::unix::process::CommandExt as _;
        let pid_file = log.with_extension("pid");
        let output = File::create(log)?;
        let mut shell = Command::new("sh");
        // fd 3 is a file rather than a pipe: nothing else has to be held open for it.
        let script = format!("exec 3>'{}'{SCRIPT}", pid_file.display());
        shell.arg("-c").arg(script).arg("leash").arg(stop);
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            shell.current_dir(directory);
        }
        shell
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        let mut shell = shell.spawn()?;
        let pipe = shell.stdin.take();
        let child = wait_until(Duration::from_secs(5), || {
            let text = fs::read_to_string(&pid_file).ok()?;
            text.strip_suffix('\n')?.parse().ok()
        });
        let mut leash = Self {
            shell,
            pipe,
            child: 0,
            log: log.to_owned(),
        };
        leash.child = child.ok_or("the shell that starts the server did not start it")?;
        Ok(leash)
    }

    /// Process id of the server itself.
    pub fn pid(&self) -> u32 {
        self.child
    }

    /// Whether the server has ended by itself.
    pub fn has_ended(&self) -> bool {
        // The shell reaps it only when told to stop, so an ended server is a zombie.
        let state = Command::new("ps")
            .args(["-o", "stat=", "-p", &self.child.to_string()])
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        state.is_ok_and(|state| state.is_empty() || state.starts_with('Z'))
    }

    /// What the server has printed, at most the last 2,000 characters: for error messages.
    pub fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let skip = text.chars().count().saturating_sub(2000);
        text.chars().skip(skip).collect()
    }

    /// Waits until `ready` answers `Some`, and fails early when the server ends.
    ///
    /// # Errors
    /// When the server ended or the deadline passed, with the end of its log.
    pub fn wait_ready<T>(
        &self,
        deadline: Duration,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let mut asked = 0_u32;
        let outcome = wait_until(deadline, || {
            asked += 1;
            match ready() {
                Some(value) => Some(Some(value)),
                // Asking costs a process, so not every time.
                None if asked.is_multiple_of(20) && self.has_ended() => Some(None),
                None => None,
            }
        });
        match outcome {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(format!("it ended at once; its log: {}", self.log_tail()).into()),
            None => Err(format!("not ready in {deadline:?}; its log: {}", self.log_tail()).into()),
        }
    }

    /// Stops the server and waits until it is gone.
    ///
    /// # Panics
    /// Never: process ids fit.
    pub fn stop(&mut self) {
        drop(self.pipe.take());
        let ended = wait_until(STOP_DEADLINE, || self.shell.try_wait().ok().flatten());
        if ended.is_none() {
            let group = i32::try_from(self.shell.id()).expect("process ids fit into i32");
            // Gone already is as good as killed.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            let _ = self.shell.wait();
        }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alive(pid: u32) -> bool {
        nix::sys::signal::kill(Pid::from_raw(i32::try_from(pid).unwrap()), None).is_ok()
    }

    #[test]
    fn dropping_stops_the_process() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let leash = Leash::start(&command, "TERM", &directory.path().join("log")).unwrap();
        let pid = leash.pid();
        assert!(is_alive(pid) && !leash.has_ended());
        drop(leash);
        assert!(!is_alive(pid));
    }

    #[test]
    fn a_program_that_ends_is_reported_with_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no luck; exit 1"]);
        let leash = Leash::start(&command, "TERM", &directory.path().join("log")).unwrap();
        let error = leash
            .wait_ready(Duration::from_secs(20), || None::<()>)
            .unwrap_err();
        assert!(error.to_string().contains("no luck"), "{error}");
    }
}
