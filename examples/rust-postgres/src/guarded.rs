//! Guarded.
fn main() {}
