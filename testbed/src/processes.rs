//! What anyone on the machine can read of a process tree: `/proc/PID/cmdline` and, for
//! the same user, `/proc/PID/environ`. Linux only.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;

/// The same command (program, arguments, additions to the environment, directory) with no
/// signal ignored.
///
/// What a process ignores its children ignore: a shell that starts tests in the
/// background has them ignore SIGINT and SIGQUIT, and `nohup` has them ignore SIGHUP.
pub fn with_default_signals(command: &Command) -> Command {
    let mut same = Command::new("/usr/bin/env");
    same.arg("--default-signal").arg(command.get_program());
    same.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => same.env(name, value),
            None => same.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        same.current_dir(directory);
    }
    same
}

/// Writes a program that can be run at once.
///
/// Another process writes it. A file that somebody has open for writing cannot be run
/// (`ETXTBSY`), and whatever another thread starts while this process has it open holds
/// it for a moment.
///
/// # Errors
/// When it cannot be written.
pub fn write_program(path: &Path, text: &str) -> Result<()> {
    let mut writer = Command::new("sh")
        .args(["-c", r#"cat > "$1" && chmod 700 "$1""#, "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = writer.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    if !writer.wait()?.success() {
        return Err(format!("{} cannot be written", path.display()).into());
    }
    Ok(())
}

/// A process as `/proc` shows it.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its argv, with NUL between the words.
    pub command_line: Vec<u8>,
    /// Its environment block as it was given at the start, with NUL between the entries;
    /// empty where it may not be read.
    pub environment: Vec<u8>,
}

impl Process {
    /// Reads one process; `None` when it has ended or is another user's.
    pub fn read(pid: u32) -> Option<Self> {
        let command_line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        Some(Self {
            pid,
            command_line,
            environment,
        })
    }

    /// Whether the environment has a variable of that name.
    pub fn has_variable(&self, name: &str) -> bool {
        let mut entries = self.environment.split(|byte| *byte == 0);
        entries.any(|entry| {
            entry
                .strip_prefix(name.as_bytes())
                .is_some_and(|r| r.starts_with(b"="))
        })
    }
}

/// A process and all its descendants, in no promised order.
///
/// Descendants that lost their parent before this call are not found.
pub fn tree(root: u32) -> Vec<Process> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| Some((pid, parent(pid)?)))
        .collect();
    let mut members = BTreeSet::from([root]);
    loop {
        let before = members.len();
        let children = parents
            .iter()
            .filter(|(_, parent)| members.contains(parent));
        let children: Vec<u32> = children.map(|(pid, _)| *pid).collect();
        members.extend(children);
        if members.len() == before {
            return members.into_iter().filter_map(Process::read).collect();
        }
    }
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so count from its end.
    stat.rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    #[test]
    fn signals_are_ignored_no_more() {
        let mut look = Command::new("grep");
        look.args(["SigIgn", "/proc/self/status"]);
        // As a program that `sh` has made to ignore some.
        let ignored = |command: &Command| {
            let mut sh = Command::new("sh");
            sh.args(["-c", "trap '' INT HUP QUIT; exec \"$@\"", "sh"]);
            sh.arg(command.get_program()).args(command.get_args());
            let said = String::from_utf8(sh.output().unwrap().stdout).unwrap();
            let mask = said.trim_start_matches("SigIgn:").trim();
            // The C library keeps two above them for itself.
            u64::from_str_radix(mask, 16).unwrap() & 0x7fff_ffff
        };
        assert_eq!(ignored(&look) & 0b111, 0b111);
        assert_eq!(ignored(&super::with_default_signals(&look)), 0);
    }

    #[test]
    fn a_tree_shows_arguments_and_variables() {
        let mut child = Command::new("sh")
            .args(["-c", "cat; exit"])
            .env("KZ_TESTBED_MARK", "here")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let tree = crate::wait_until(std::time::Duration::from_secs(10), || {
            // Between fork and exec it is another shell.
            let is_cat = |process: &super::Process| process.command_line.starts_with(b"cat\0");
            Some(super::tree(child.id())).filter(|tree| tree.iter().any(is_cat))
        });
        let tree = tree.expect("the shell and cat");
        assert_eq!(tree.len(), 2);
        assert!(
            tree.iter()
                .all(|process| process.has_variable("KZ_TESTBED_MARK"))
        );
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
