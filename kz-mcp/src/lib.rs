//! What an MCP server adds: `open` its secrets, guard what it says.
#![forbid(unsafe_code)]

mod filter;

pub use filter::MessageFilter;
pub use kz_engine::{
    Error, ErrorKind, Manifest, OpenOptions, Redactor, Secret, Secrets, Status, Subscription, open,
};
