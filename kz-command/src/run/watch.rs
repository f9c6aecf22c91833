//! A second process of kz that ends the server's process group when kz is killed
//! in a way that lets it do nothing itself. The system kills the server alone
//! then, and not what the server started, such as what `npx` runs.
//!
//! It holds nothing: neither kz's environment nor its descriptors, but for one
//! pipe that closes when kz ends.

use std::{
    ffi::OsString,
    io::{self, Read as _},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
};

use crate::platform;

/// The command, for kz alone to use.
const COMMAND: &str = "__watch";

/// The watching process, as kz sees it.
pub(crate) struct Watcher(Child);

impl Watcher {
    /// Starts it. `None` when that is not possible: the server runs all the same.
    pub(crate) fn start(group: u32) -> Option<Self> {
        let mut command = Command::new(own_program()?);
        command
            .arg0("kz")
            .arg(COMMAND)
            .arg(group.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        command.spawn().ok().map(Self)
    }

    /// Ends it: the group has ended.
    pub(crate) fn dismiss(mut self) {
        // Both fail only if it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The group to watch, if these are the arguments of a watching process.
pub(crate) fn requested(arguments: &[OsString]) -> Option<u32> {
    match arguments {
        [_, command, group] if command == COMMAND => group.to_str()?.parse().ok(),
        _ => None,
    }
}

/// Waits until kz is gone, then ends the group.
pub(crate) fn watch(group: u32) -> ExitCode {
    // kz writes nothing: this returns when its end of the pipe is closed.
    while matches!(io::stdin().read(&mut [0]), Ok(1)) {}
    platform::signal_group(group, platform::KILL);
    ExitCode::SUCCESS
}

/// The program that runs.
fn own_program() -> Option<PathBuf> {
    if cfg!(target_os = "linux") {
        // Leads there even if its file was replaced by an update.
        return Some("/proc/self/exe".into());
    }
    std::env::current_exe().ok()
}
