use std::{borrow::Cow, sync::Arc};

use kz_mcp::MessageFilter;
use napi::{
    Either, Env,
    bindgen_prelude::{FnArgs, Function},
};
use napi_derive::napi;

use crate::{redactor::NativeRedactor, text};

/// The line that leaves instead; null when it leaves as it is, undefined when it is no line.
type Filtered = Either<Option<String>, ()>;

#[napi]
pub struct NativeFilter(Arc<MessageFilter>);

#[napi]
impl NativeFilter {
    #[napi(constructor)]
    pub fn new(redactor: &NativeRedactor) -> Self {
        Self(Arc::new(MessageFilter::new(redactor.0.clone())))
    }

    /// Notes what the client sends.
    #[napi]
    pub fn incoming(&self, message: String) {
        self.0.incoming(message.as_bytes());
    }

    /// A function of what is written, and of the id of a request that came before, when it
    /// is a count; any other number is none. A function, since each call of a method of a
    /// class takes half a microsecond.
    #[napi]
    pub fn outgoing<'env>(
        &self,
        env: &'env Env,
    ) -> napi::Result<Function<'env, FnArgs<(String, f64)>, Filtered>> {
        let filter = Arc::clone(&self.0);
        env.create_function_from_closure("outgoing", move |context| {
            if let Some(id) = count(context.get(1)?) {
                filter.incoming_count(id);
            }
            text::read(&context, 0, |line| filtered(&filter, line))
        })
    }
}

fn filtered(filter: &MessageFilter, line: &[u8]) -> Filtered {
    let Some((b'\n', message)) = line.split_last() else {
        return Either::B(());
    };
    if message.contains(&b'\n') {
        return Either::B(());
    }
    Either::A(match filter.outgoing(message) {
        Cow::Borrowed(_) => None,
        Cow::Owned(filtered) => Some(String::from_utf8_lossy(&filtered).into_owned() + "\n"),
    })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, not negative and exact"
)]
fn count(id: f64) -> Option<u64> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;
    ((0.0..=LARGEST_EXACT).contains(&id) && id.fract() == 0.0).then_some(id as u64)
}
