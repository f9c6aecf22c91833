//! Pages of memory from the system, locked and kept out of core dumps where it
//! allows.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{map, unmap};
#[cfg(windows)]
pub(crate) use self::windows::{map, unmap};
