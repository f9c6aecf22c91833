use kz_mcp::MessageFilter;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::redactor::NativeRedactor;

#[napi]
pub struct NativeFilter(MessageFilter);

#[napi]
impl NativeFilter {
    #[napi(constructor)]
    pub fn new(redactor: &NativeRedactor) -> Self {
        Self(MessageFilter::new(redactor.0.clone()))
    }

    #[napi]
    pub fn incoming(&self, line: &[u8]) {
        self.0.incoming(line);
    }

    /// `null` when the message leaves as it came.
    #[napi]
    pub fn outgoing(&self, message: &[u8]) -> Option<Buffer> {
        match self.0.outgoing(message) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(filtered) => Some(filtered.into()),
        }
    }
}
