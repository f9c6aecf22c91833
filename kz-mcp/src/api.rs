#![allow(missing_docs, unused_variables, clippy::all, clippy::pedantic)]
use std::borrow::Cow;
use kz_redact::Redactor;
/// The message filter: one for a connection. `Send + Sync`.
#[derive(Debug)]
pub struct MessageFilter(());
impl MessageFilter {
    pub fn new(redactor: Redactor) -> Self { todo!() }
    /// Notes the ids and progress tokens that the client sent; call for each line read.
    pub fn incoming(&self, line: &[u8]) { todo!() }
    /// One outgoing JSON-RPC message (no newline). Borrowed = byte for byte as it came.
    /// What is not JSON is redacted as text. Never fails: what cannot be scanned becomes an error message.
    pub fn outgoing<'m>(&self, message: &'m [u8]) -> Cow<'m, [u8]> { todo!() }
    /// A sanitised JSON-RPC error under `id` (raw JSON token or None for null).
    pub fn error(&self, id: Option<&str>, code: i64, message: &str) -> String { todo!() }
}
