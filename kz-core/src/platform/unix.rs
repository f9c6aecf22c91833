//! Linux, macOS and the other Unix systems.
#![expect(unsafe_code, reason = "system calls")]

use std::ptr::NonNull;

/// Pages of our own, zeroed: where they start and how long they are, which is
/// `len` at least.
///
/// # Panics
/// When the system has none left to give, as any allocation does.
pub(crate) fn map(len: usize) -> (NonNull<u8>, usize) {
    // SAFETY: sysconf has no preconditions.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    let len = len.next_multiple_of(page);
    // SAFETY: an anonymous private mapping of a non-zero length; the result is checked.
    let address = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert!(address != libc::MAP_FAILED, "out of memory");
    let start = NonNull::new(address.cast::<u8>())
        .expect("the system maps nothing at 0 unless it is asked to");
    // SAFETY: the range is the mapping just made. Both calls are best effort:
    // a low RLIMIT_MEMLOCK must not keep a server from starting. macOS has no
    // advice to keep a range out of dumps; it writes none unless told to.
    unsafe {
        libc::mlock(address, len);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::madvise(address, len, libc::MADV_DONTDUMP);
        #[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
        libc::madvise(address, len, libc::MADV_NOCORE);
    }
    (start, len)
}

/// Gives pages back.
///
/// # Safety
/// [`map`] gave exactly this range, and nobody uses it any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>, len: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        libc::munmap(start.as_ptr().cast(), len);
    }
}
