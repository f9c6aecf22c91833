//! Finds and removes secrets in text, JSON and byte streams.
#![forbid(unsafe_code)]

mod composite;
mod engine;
mod error;
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
mod settings;
mod span;
mod stream;
mod views;
mod weak;
mod wiped;

pub use error::Error;
pub use finding::{Finding, Mode, PatternLevel, Registered, Weak};
pub use redactor::{Redactor, RedactorBuilder};
pub use stream::{Stream, Writer};
