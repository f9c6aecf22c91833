//! `kz run` on a system for which it is not written: it says so, to the client too.

#![expect(dead_code, reason = "much of it is for the server that is not started")]

pub(crate) mod credentials;
mod environment;
mod grants;
pub(crate) mod refuse;
pub(crate) mod sieve;

use std::process::ExitCode;

use crate::{
    cli::{Global, RunArguments},
    failure::Failure,
};

/// Refuses: a server that is started without being supervised outlives kz, and
/// goes on with its secrets.
pub(crate) fn run(_: &Global, _: &RunArguments) -> Result<ExitCode, Failure> {
    Err(Failure::configuration(
        "kz run does not work on this system yet: let the server embed kz, or run it under WSL",
    ))
}

/// The runtime that secrets are fetched on.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| Failure::failed("there are no descriptors or threads left"))
}
