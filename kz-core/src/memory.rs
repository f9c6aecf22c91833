//! Memory for secrets: locked and kept out of core dumps where the system
//! allows, inherited by a forked child, wiped when nobody needs it any more.
#![allow(unsafe_code, reason = "the memory is shared by hand")]

use std::{ptr::NonNull, sync::Arc};

use zeroize::Zeroize;

use crate::platform;

/// Bytes that were written once and are wiped on drop. Blocks may share a
/// mapping; no two share a byte.
pub(crate) struct Block {
    mapping: Arc<Mapping>,
    start: usize,
    len: usize,
}

impl Block {
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: the range was written before the block was made, lies in the
        // mapping, and is written again only by `drop`, when no borrow is left.
        unsafe { std::slice::from_raw_parts(self.mapping.start.as_ptr().add(self.start), self.len) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the range belongs to this block alone, and nobody borrows it.
        unsafe {
            std::slice::from_raw_parts_mut(self.mapping.start.as_ptr().add(self.start), self.len)
        }
        .zeroize();
    }
}

/// A mapping that is being filled with blocks.
pub(crate) struct Chunk {
    mapping: Arc<Mapping>,
    used: usize,
}

impl Chunk {
    /// Room for `len` bytes at least: whole pages.
    ///
    /// # Panics
    /// When the system has no page left to give, as any allocation does.
    pub(crate) fn with_room(len: usize) -> Self {
        Self {
            mapping: Arc::new(Mapping::new(len.max(1))),
            used: 0,
        }
    }

    pub(crate) fn room(&self) -> usize {
        self.mapping.len - self.used
    }

    pub(crate) fn len(&self) -> usize {
        self.mapping.len
    }

    /// Copies `bytes` into a block of this chunk.
    ///
    /// # Panics
    /// When there is no [`room`](Self::room) for them.
    pub(crate) fn store(&mut self, bytes: &[u8]) -> Block {
        assert!(bytes.len() <= self.room(), "a chunk is too small");
        let start = self.used;
        self.used += bytes.len();
        // SAFETY: the range lies in the mapping and in no block yet, since `used`
        // only grows and only through `&mut self`.
        unsafe {
            let to = self.mapping.start.as_ptr().add(start);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
        Block {
            mapping: Arc::clone(&self.mapping),
            start,
            len: bytes.len(),
        }
    }
}

/// Whole pages of our own.
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is plain memory; blocks see to it that each byte is written
// before it is shared and after the last reader is gone, and at no other time.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(len: usize) -> Self {
        let (start, len) = platform::map(len);
        Self { start, len }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the last block and the chunk are gone, so nobody reads; `map`
        // gave the range, and only now is it given back.
        unsafe { platform::unmap(self.start, self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_share_a_chunk_and_no_byte() {
        let mut chunk = Chunk::with_room(10);
        let (first, second) = (chunk.store(b"first"), chunk.store(b"second"));
        let empty = chunk.store(b"");
        assert_eq!(chunk.room(), chunk.len() - 11);
        drop(chunk);
        assert_eq!(first.as_slice(), b"first");
        drop(first);
        assert_eq!(
            (second.as_slice(), empty.as_slice()),
            (&b"second"[..], &b""[..])
        );
        // The range of the first was wiped, its neighbour was not.
        let before = second.mapping.start;
        // SAFETY: the mapping lives as long as `second`.
        let before = unsafe { std::slice::from_raw_parts(before.as_ptr(), 5) };
        assert_eq!(before, [0; 5]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn kept_out_of_core_dumps_and_in_forked_children() {
        let chunk = Chunk::with_room(1);
        let address = chunk.mapping.start.as_ptr() as usize;
        let flags = flags_of(address).unwrap();
        assert!(flags.contains(&"dd".to_owned()), "left in dumps: {flags:?}");
        for missing in ["dc", "wf"] {
            assert!(
                !flags.contains(&missing.to_owned()),
                "gone after a fork: {flags:?}"
            );
        }
    }

    /// `VmFlags` of the mapping that `address` lies in (proc_pid_smaps(5)).
    #[cfg(target_os = "linux")]
    fn flags_of(address: usize) -> Option<Vec<String>> {
        let maps = std::fs::read_to_string("/proc/self/smaps").ok()?;
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next()?.split_once('-');
            let number = |digits| usize::from_str_radix(digits, 16).ok();
            if let Some((Some(from), Some(to))) = range.map(|(a, b)| (number(a), number(b))) {
                inside = (from..to).contains(&address);
            }
            if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return Some(flags.split_whitespace().map(str::to_owned).collect());
            }
        }
        None
    }
}
