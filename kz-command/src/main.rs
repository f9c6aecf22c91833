//! The program `kz`.
fn main() {}
