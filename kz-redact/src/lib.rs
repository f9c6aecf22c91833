//! Finds and removes secrets in text, JSON and byte streams.
//!
//! Two layers, one pass. **Known values**: every value registered with a
//! [`Redactor`], in every form in which software writes it: escaped for JSON,
//! URLs, HTML, shells, SQL or debug output, encoded as base64, hex or an array of
//! bytes, broken into lines, coloured, and these within each other up to three
//! deep. **Rules**: keys with a known prefix, connection strings, headers,
//! private keys. A known value becomes `[REDACTED:NAME]`, a match of a rule
//! `[REDACTED:rule-id]`, and what kz itself failed to read `[REDACTED:error]`.
//!
//! ```
//! use kz_redact::Redactor;
//!
//! let redactor = Redactor::builder()
//!     .secret("DATABASE_URL", "postgres://app:kz-canary%2F1@db:5432/app")
//!     .build()?;
//! assert_eq!(
//!     redactor.redact_str("cannot reach postgres://app:kz-canary%2F1@db:5432/app"),
//!     "cannot reach postgres://[REDACTED:DATABASE_URL]@db:5432/app",
//! );
//! assert_eq!(
//!     redactor.redact_json_str(r#"{"args": ["kz-canary\/1"], "id": 1.0}"#)?,
//!     r#"{"args": ["[REDACTED:DATABASE_URL]"], "id": 1.0}"#,
//! );
//! # Ok::<(), kz_redact::Error>(())
//! ```
//!
//! # Bounds
//! Values of eight bytes and more are found in every form. Shorter ones, of four
//! to seven bytes, are found as they stand, at token boundaries; what is shorter
//! still, or too common, is weak and refused. What may lie inside a value
//! without belonging to it (an indentation, a prefix on a line, a colour code, a
//! line break in base64) is at most 64 bytes each time; a character reference has
//! at most eight leading zeros; forms nest three deep. Values of sixteen bytes and
//! more are found in either case, over hard wraps, and by half of them beside a
//! mark that says that the rest was left out. `docs/forms.md` lists all forms.
//!
//! # Memory
//! A value is held once, in locked memory that core dumps leave out, is wiped when
//! the last handle drops, and is held in no automaton; its parts are ranges of it,
//! and [`Registered::value`] is a handle to the same bytes. Scratch buffers that
//! hold decoded text are wiped too. What is handed out, the redacted text, is not.
//!
//! # Features
//! `async`: [`Redactor::async_writer`], in front of tokio's `AsyncWrite`, and
//! [`Redactor::bytes_stream`], over a stream of chunks. Without it nothing here is
//! asynchronous and tokio is not built.
#![deny(unsafe_code)]

#[cfg(feature = "async")]
mod asynchronous;
mod composite;
mod engine;
mod error;
mod fast;
mod finding;
#[cfg(test)]
mod forms;
mod json;
mod known;
mod marker;
mod needle;
mod oracle;
mod patterns;
#[cfg(test)]
mod properties;
mod redactor;
mod request;
mod settings;
mod span;
mod store;
mod stream;
mod views;
mod weak;
mod wiped;

#[cfg(feature = "async")]
pub use asynchronous::{AsyncWriter, BytesStream};
pub use error::Error;
pub use finding::{Finding, Mode, PatternLevel, Registered, Stats, Weak};
pub use redactor::{Redactor, RedactorBuilder};
pub use request::OnRequest;
pub use stream::{Stream, Writer};
