use kz_mcp::MessageFilter;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::{front, redactor::NativeRedactor};

#[napi]
pub struct NativeFilter(MessageFilter);

#[napi]
impl NativeFilter {
    #[napi(constructor)]
    pub fn new(redactor: &NativeRedactor) -> Self {
        Self(MessageFilter::new(redactor.0.clone()))
    }

    /// Notes what the client sends: the first `length` bytes of `line`.
    #[napi]
    pub fn incoming(&self, line: &[u8], length: u32) {
        self.0.incoming(front(line, length));
    }

    /// Notes a request under a count, which is what nearly all ids are.
    #[napi]
    pub fn incoming_count(&self, id: f64) {
        self.0
            .incoming(format!(r#"{{"id":{id},"method":""}}"#).as_bytes());
    }

    /// `null` when the message, the first `length` bytes, leaves as it came.
    #[napi]
    pub fn outgoing(&self, message: &[u8], length: u32) -> Option<Buffer> {
        match self.0.outgoing(front(message, length)) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(filtered) => Some(filtered.into()),
        }
    }
}
