//! Real backends for tests.
#![forbid(unsafe_code)]
