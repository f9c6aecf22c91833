//! The way of a message to stdout.

/// Writes to descriptor 1; how much of it that took. What is not taken is for the stream, which
/// waits until there is room, or meets the same error.
#[cfg(unix)]
pub(crate) fn write(line: &[u8]) -> usize {
    rustix::io::write(rustix::stdio::stdout(), line).unwrap_or(0)
}

/// Leaves all to the stream.
#[cfg(not(unix))]
pub(crate) fn write(_: &[u8]) -> usize {
    0
}
