//! What an MCP server adds: `open` its secrets, guard what it says.
#![forbid(unsafe_code)]
mod api;
pub use api::*;
pub use kz_engine::{Error, ErrorKind, Manifest, OpenOptions, Redactor, Secret, Secrets, open};
