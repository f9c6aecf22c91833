//! What an MCP server adds: [`open`](fn@open) its secrets, guard what it says.
//!
//! ```no_run
//! # #[cfg(feature = "rmcp")]
//! # async fn example(server: impl rmcp::ServerHandler) -> Result<(), Box<dyn std::error::Error>> {
//! use rmcp::{ServiceExt as _, transport::stdio};
//!
//! let secrets = kz_mcp::open().await?;
//! let dsn = secrets.get("DATABASE_URL")?;
//! // … connect with dsn.expose_str()?, then:
//! let service = server.serve(secrets.guard(stdio())).await?;
//! service.waiting().await?;
//! # drop(dsn);
//! # Ok(())
//! # }
//! ```
//!
//! The guards for rmcp stand behind the feature `rmcp`. Everything that guards
//! a connection, here and in the other languages and in `kz run`, decides by one
//! [`MessageFilter`].
//!
//! # What is covered
//! Every message of the server, whatever its kind, and every other byte that it
//! writes to its transport; panics in handlers, whose messages are masked and
//! whose requests are answered; and logs that are written through
//! [`Secrets::writer`]. Not covered is what the process writes past all of these
//! (`println!`, `eprintln!`, a child that inherits stderr): for that, start the
//! server under `kz run` too.
#![forbid(unsafe_code)]

mod filter;
#[cfg(feature = "rmcp")]
mod guard;
mod log;
mod panics;
mod secrets;

pub use kz_engine::{
    Error, ErrorKind, Manifest, Redactor, Secret, SecretName, SecretRef, Status, Subscription,
};

#[cfg(feature = "rmcp")]
pub use crate::guard::{GuardedBytes, GuardedService, GuardedTransport, GuardedWriter};
pub use crate::{
    filter::MessageFilter,
    log::LogWriter,
    secrets::{OpenOptions, Secrets, open},
};

/// The programs of the guide, compiled and run.
#[cfg(all(doctest, feature = "rmcp"))]
#[doc = include_str!("../../docs/rust.md")]
struct Guide;
