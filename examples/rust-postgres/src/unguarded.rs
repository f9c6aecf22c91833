//! Unguarded.
fn main() {}
