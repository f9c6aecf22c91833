//! The wheel and the npm tarball as their users meet them: installed without a network into
//! an empty place, run, embedded, type-checked. `cargo xtask test` and `cargo xtask dist`
//! say where the packages are.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod contents;
mod embedded;
mod installed;
mod program;
mod typed;
