//! What kz asks of the operating system and the standard library does not
//! offer. The one place of this crate with `unsafe`.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "other_unix.rs"]
mod system;

#[cfg(windows)]
pub(crate) use self::windows::{Standard, hide_memory, is_pipe, wait_for_input};
#[cfg(unix)]
pub(crate) use self::{
    system::{end_with_parent, hide_memory},
    unix::{
        KILL, Signal, Standard, TERMINATE, group_runs, is_ignored, is_pipe, signal_group,
        signal_process, wait_for_input, wait_without_reaping,
    },
};
