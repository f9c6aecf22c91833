//! A place of its own for each test: an empty home, an empty working directory,
//! and `kz` with nothing in its environment but those and PATH.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "each test file uses a part of this"
)]

use std::{
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

pub(crate) use testbed::{canary::made_up, processes, wait_until};

/// Longest that anything may take here, on a machine with much else to do: what takes
/// longer hangs.
pub(crate) const DEADLINE: Duration = Duration::from_mins(5);

/// Where a test works.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.path("home")).unwrap();
        std::fs::create_dir(place.path("work")).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a manifest into the working directory and gives its path.
    pub(crate) fn manifest(&self, text: &str) -> PathBuf {
        let path = self.path("work/.keyzero.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `kz` with these arguments, and no signal ignored: what kz is started to ignore it
    /// does not hand on.
    pub(crate) fn kz(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kz"));
        command.args(arguments);
        let mut command = processes::with_default_signals(&command);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .current_dir(self.path("work"));
        command
    }

    /// `kz run -- sh -c SCRIPT`.
    pub(crate) fn run_script(&self, script: &str) -> Command {
        self.kz(&["run", "--", "sh", "-c", script])
    }

    /// `kz run -- python3 -c SCRIPT`, for servers that need exact writes.
    pub(crate) fn run_python(&self, script: &str) -> Command {
        self.kz(&["run", "--", "python3", "-u", "-c", script])
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program to its end with this input.
pub(crate) fn finish(command: &mut Command, input: impl AsRef<[u8]>) -> Ended {
    let mut child = start(command);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_ref().to_vec();
    let writer = thread::spawn(move || {
        // The program may end without reading.
        let _ = stdin.write_all(&input);
    });
    let ended = wait(child);
    writer.join().unwrap();
    ended
}

/// Starts a program with pipes to all three streams. It is killed if it is still
/// there after the deadline, so that a test that waits for it fails.
pub(crate) fn start(command: &mut Command) -> Child {
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    thread::spawn(move || {
        thread::park_timeout(DEADLINE);
        if parent(id) == Some(std::process::id()) {
            kill("-KILL", id);
        }
    });
    child
}

/// The parent of a process.
fn parent(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(1)?.parse().ok()
}

/// Waits for a program's end and reads what it still says.
pub(crate) fn wait(mut child: Child) -> Ended {
    let stdout = child.stdout.take().map(read);
    let stderr = child.stderr.take().map(read);
    let Some(status) = wait_until(DEADLINE, || child.try_wait().unwrap()) else {
        child.kill().unwrap();
        panic!("the program did not end");
    };
    let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        let bytes = reader.map(|reader| reader.join().unwrap());
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    Ended {
        code: status.code(),
        signal: status.signal(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn read(mut source: impl std::io::Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Reads until the text has come, a byte at a time so that nothing after it is lost.
pub(crate) fn read_until(source: &mut impl std::io::Read, text: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        let mut byte = [0];
        assert!(
            source.read(&mut byte).unwrap() == 1,
            "ended before {text:?}: {:?}",
            String::from_utf8_lossy(&seen)
        );
        seen.push(byte[0]);
    }
    String::from_utf8(seen).unwrap()
}

/// Sends a signal.
pub(crate) fn kill(signal: &str, process: u32) {
    let status = Command::new("kill")
        .args([signal, &process.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Whether a process runs; one that has ended and waits to be reaped does not.
pub(crate) fn runs(process: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return false;
    };
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    !matches!(state, Some(Some('Z' | 'X')))
}

/// Fails unless the process ends in time.
#[track_caller]
pub(crate) fn assert_ends(process: u32) {
    let ended = wait_until(DEADLINE, || (!runs(process)).then_some(()));
    assert!(ended.is_some(), "process {process} was left behind");
}

/// Every file below a directory that holds the text.
pub(crate) fn files_with(directory: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if memchr::memmem::find(&bytes, text.as_bytes()).is_some() {
                found.push(path);
            }
        }
    }
    found
}
