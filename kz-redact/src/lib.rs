//! Finds and removes secrets in text, JSON and byte streams.
#![forbid(unsafe_code)]

mod api;

pub use api::{
    Error, Finding, Mode, PatternLevel, Redactor, RedactorBuilder, Registered, Stream, Weak,
    Writer,
};
