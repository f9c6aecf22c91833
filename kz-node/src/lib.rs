//! The native half of the Node package `kz-mcp`: conversions only. The public
//! API is handwritten JavaScript in `js/`.
#![allow(
    unsafe_code,
    reason = "napi's macros expand to calls of Node's C interface"
)]
#![allow(
    missing_docs,
    reason = "private: `js/` and `index.d.ts` document what users see"
)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "napi's macros register what nothing in Rust calls"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "napi hands strings and lists over by value"
)]

mod error;
mod filter;
mod redactor;
mod secrets;
mod stdout;
mod text;
