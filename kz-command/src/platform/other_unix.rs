//! What stands in, on macOS and the BSDs, for what Linux alone has.
#![expect(unsafe_code, reason = "system calls that std does not wrap")]

use std::process::Command;

/// Keeps kz and what it starts out of core dumps. Best effort: kz works without.
///
/// macOS lets no other process of the user attach to kz unless it is signed to
/// allow that.
pub(crate) fn hide_memory() {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `none` is a valid rlimit, which is only read.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
    }
}

/// Nothing: the process that watches kz ends the child, if kz is killed.
pub(crate) fn end_with_parent(_: &mut Command) {}

/// There is no process table to read.
pub(super) fn running_in(_: u32) -> Option<bool> {
    None
}
