//! Windows. Compiled, never run.
#![expect(unsafe_code, reason = "system calls")]

use std::ptr::NonNull;

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree, VirtualLock,
};

/// The size of a page on every processor that Windows runs on.
const PAGE: usize = 4096;

/// Pages of our own, zeroed: where they start and how long they are, which is
/// `len` at least.
///
/// # Panics
/// When the system has none left to give, as any allocation does.
pub(crate) fn map(len: usize) -> (NonNull<u8>, usize) {
    let len = len.next_multiple_of(PAGE);
    // SAFETY: a new region of a non-zero length, wherever there is room; the
    // result is checked.
    let address = unsafe {
        VirtualAlloc(
            std::ptr::null(),
            len,
            MEM_COMMIT | MEM_RESERVE,
            PAGE_READWRITE,
        )
    };
    let start = NonNull::new(address.cast::<u8>()).expect("out of memory");
    // SAFETY: the range is the region just made. Best effort: a small working set
    // must not keep a server from starting.
    unsafe {
        VirtualLock(address, len);
    }
    (start, len)
}

/// Gives pages back.
///
/// # Safety
/// [`map`] gave exactly this range, and nobody uses it any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>, _len: usize) {
    // SAFETY: as the caller promises; a whole region is released by its start.
    unsafe {
        VirtualFree(start.as_ptr().cast(), 0, MEM_RELEASE);
    }
}
