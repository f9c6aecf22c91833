//! The native half of the Node package `kz-mcp`: conversions only. The public
//! API is handwritten JavaScript in `js/`.
#![allow(unsafe_code, reason = "napi's macros expand to the calls of Node's C interface")]
#![allow(missing_docs, reason = "private: `js/` and `index.d.ts` document what users see")]

mod error;
mod filter;
mod redactor;
mod secrets;
