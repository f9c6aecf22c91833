//! What Linux alone has: control of a process by `prctl`, and a table of all of
//! them to read.
#![expect(unsafe_code, reason = "system calls that std does not wrap")]

use std::{io, os::unix::process::CommandExt as _, process::Command};

/// Keeps other processes of the same user out of kz's memory, environment and
/// descriptors, and kz out of core dumps. Best effort: kz works without.
pub(crate) fn hide_memory() {
    // SAFETY: PR_SET_DUMPABLE takes one integer and touches no memory.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
}

/// Has the system kill the child when the thread that starts it ends, which is
/// kz's main thread.
pub(crate) fn end_with_parent(command: &mut Command) {
    // SAFETY: getpid has no preconditions.
    let parent = unsafe { libc::getpid() };
    // SAFETY: between fork and exec only async-signal-safe calls are made,
    // prctl and getppid; nothing is allocated (`Errno` errors do not).
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have ended before the request was made.
            if libc::getppid() == parent {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(libc::ESRCH))
            }
        });
    }
}

/// Whether a process of the group runs, as the process table has it. `None` where
/// it cannot be read.
pub(super) fn running_in(group: u32) -> Option<bool> {
    let group = group.to_string();
    let runs = |stat: &str| {
        // The name in brackets may hold anything; state, parent and group follow it.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let (state, _parent, own) = (fields.next()?, fields.next()?, fields.next()?);
        Some(own == group && !matches!(state, "Z" | "X"))
    };
    let entries = std::fs::read_dir("/proc").ok()?;
    Some(entries.flatten().any(|entry| {
        let is_process = entry
            .file_name()
            .as_encoded_bytes()
            .iter()
            .all(u8::is_ascii_digit);
        is_process
            && std::fs::read_to_string(entry.path().join("stat"))
                .is_ok_and(|stat| runs(&stat).unwrap_or(false))
    }))
}
