//! The one buffer that a secret's bytes live in.
#![allow(
    unsafe_code,
    reason = "the buffer is mapped, locked and kept out of core dumps by hand"
)]

use std::{fmt, sync::Arc};

use zeroize::Zeroize;

use crate::{Error, ErrorKind};

/// The bytes of a secret: one buffer, shared by cheap handles, locked in memory
/// and kept out of core dumps where the system allows, wiped when the last
/// handle drops.
///
/// It is neither `Clone`, `Display`, `PartialEq` nor serialisable, and `Debug`
/// shows `[REDACTED]`. Reading it is one visible word.
///
/// ```
/// use kz_core::SecretValue;
/// let value = SecretValue::from(String::from("not-a-real-secret"));
/// assert_eq!(format!("{value:?}"), "SecretValue([REDACTED])");
/// assert_eq!(value.expose_str()?, "not-a-real-secret");
/// # Ok::<(), kz_core::Error>(())
/// ```
pub struct SecretValue(Arc<Buffer>);

impl SecretValue {
    /// Copies `bytes` into a buffer of its own. The source stays as it is: wipe it.
    pub fn copy_from(bytes: &[u8]) -> Self {
        Self(Arc::new(Buffer::copy_from(bytes)))
    }

    /// Another handle to the same bytes.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// The bytes.
    pub fn expose_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The bytes as text.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when they are not UTF-8.
    pub fn expose_str(&self) -> Result<&str, Error> {
        std::str::from_utf8(self.expose_bytes()).map_err(|_| {
            Error::new(ErrorKind::Invalid, "expose", "the value is not UTF-8 text")
                .with_remedy("read it as bytes")
        })
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.expose_bytes().len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<u8>> for SecretValue {
    /// Takes the bytes over and wipes the vector.
    fn from(mut bytes: Vec<u8>) -> Self {
        let value = Self::copy_from(&bytes);
        bytes.zeroize();
        value
    }
}

impl From<String> for SecretValue {
    /// Takes the text over and wipes the string.
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([REDACTED])")
    }
}

#[cfg(unix)]
struct Buffer {
    start: std::ptr::NonNull<u8>,
    len: usize,
    mapped: usize,
}

// SAFETY: the buffer is written once, before it is shared, and only read until
// its one owner drops it.
#[cfg(unix)]
unsafe impl Send for Buffer {}
// SAFETY: as above.
#[cfg(unix)]
unsafe impl Sync for Buffer {}

#[cfg(unix)]
impl Buffer {
    /// # Panics
    /// When the system has no page left to give: as any allocation does.
    fn copy_from(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self {
                start: std::ptr::NonNull::dangling(),
                len: 0,
                mapped: 0,
            };
        }
        // SAFETY: sysconf has no preconditions.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let mapped = bytes.len().next_multiple_of(page);
        // SAFETY: an anonymous private mapping of a non-zero length; the result is checked.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                mapped,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert!(address != libc::MAP_FAILED, "out of memory");
        let start = std::ptr::NonNull::new(address.cast::<u8>()).expect("a mapping is never at 0");
        // SAFETY: the range is the mapping just made. Both calls are best effort:
        // a low RLIMIT_MEMLOCK must not keep a server from starting.
        unsafe {
            libc::mlock(address, mapped);
            #[cfg(any(target_os = "linux", target_os = "android"))]
            libc::madvise(address, mapped, libc::MADV_DONTDUMP);
        }
        // SAFETY: the mapping is writable, at least `len` long, and nobody else's.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start.as_ptr(), bytes.len()) };
        Self {
            start,
            len: bytes.len(),
            mapped,
        }
    }

    fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes were written at `start`, or `len` is 0 and it dangles.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

#[cfg(unix)]
impl Drop for Buffer {
    fn drop(&mut self) {
        if self.mapped == 0 {
            return;
        }
        // SAFETY: the one owner drops, so nobody reads; the range is our mapping.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len).zeroize();
            libc::munmap(self.start.as_ptr().cast(), self.mapped);
        }
    }
}

#[cfg(not(unix))]
struct Buffer(zeroize::Zeroizing<Box<[u8]>>);

#[cfg(not(unix))]
impl Buffer {
    fn copy_from(bytes: &[u8]) -> Self {
        Self(zeroize::Zeroizing::new(bytes.into()))
    }

    fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_bytes_of_every_length() {
        for len in [0, 1, 8, 4095, 4096, 4097, 20_000] {
            let bytes: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let value = SecretValue::copy_from(&bytes);
            let handle = value.share();
            drop(value);
            assert_eq!(handle.expose_bytes(), bytes);
            assert_eq!(handle.len(), len);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let value = SecretValue::copy_from(b"kz-canary-0001");
        assert_eq!(
            format!("{value:?} {value:#?}"),
            "SecretValue([REDACTED]) SecretValue([REDACTED])"
        );
    }

    #[test]
    fn binary_is_not_text() {
        let error = SecretValue::copy_from(&[0xff, 0xfe])
            .expose_str()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn values_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<SecretValue>();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn kept_out_of_core_dumps() {
        let value = SecretValue::copy_from(b"kz-canary-0002");
        let address = value.expose_bytes().as_ptr() as usize;
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next().unwrap_or_default();
            if let Some((from, to)) = range.split_once('-')
                && let (Ok(from), Ok(to)) = (
                    usize::from_str_radix(from, 16),
                    usize::from_str_radix(to, 16),
                )
            {
                inside = (from..to).contains(&address);
            }
            if inside && line.starts_with("VmFlags:") {
                assert!(
                    line.contains(" dd"),
                    "not marked as left out of dumps: {line}"
                );
                return;
            }
        }
        panic!("the buffer's mapping was not found");
    }
}
