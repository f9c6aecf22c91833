use std::{borrow::Cow, sync::Arc};

use kz_mcp::MessageFilter;
use napi::{
    Either, Env,
    bindgen_prelude::{Buffer, FnArgs, Function, FunctionCallContext},
};
use napi_derive::napi;

use crate::{redactor::NativeRedactor, stdout, text};

/// The line that leaves instead; null when it leaves as it is, undefined when it is no line.
type Filtered = Either<Option<String>, ()>;

/// What is to be told of a line that leaves; null when it has left as it is, undefined when it
/// is no line.
type Left = Either<Option<NativeLeft>, ()>;

#[napi(object)]
pub struct NativeLeft {
    /// The line that leaves instead.
    pub line: Option<String>,
    /// What has not left yet of the line that leaves.
    pub rest: Option<Buffer>,
}

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
            look(&filter, &context, |filtered| match filtered {
                Cow::Borrowed(_) => None,
                Cow::Owned(line) => Some(String::from_utf8_lossy(&line).into_owned()),
            })
        })
    }

    /// As `outgoing`, of a function that also writes what leaves to stdout, as far as that
    /// takes it: those bytes leave that were looked at.
    #[napi]
    pub fn to_stdout<'env>(
        &self,
        env: &'env Env,
    ) -> napi::Result<Function<'env, FnArgs<(String, f64)>, Left>> {
        let filter = Arc::clone(&self.0);
        env.create_function_from_closure("toStdout", move |context| {
            look(&filter, &context, |line| {
                let rest = &line[stdout::write(&line)..];
                let is_changed = matches!(line, Cow::Owned(_));
                (is_changed || !rest.is_empty()).then(|| NativeLeft {
                    line: is_changed.then(|| String::from_utf8_lossy(&line).into_owned()),
                    rest: (!rest.is_empty()).then(|| rest.to_vec().into()),
                })
            })
        })
    }
}

/// Shows `see` the line that leaves instead of the one in `context`, or that one.
fn look<T>(
    filter: &MessageFilter,
    context: &FunctionCallContext<'_>,
    see: impl FnOnce(Cow<'_, [u8]>) -> T,
) -> napi::Result<Either<T, ()>> {
    if let Some(id) = count(context.get(1)?) {
        filter.incoming_count(id);
    }
    text::read(context, 0, |line| {
        filtered(filter, line).map_or(Either::B(()), |line| Either::A(see(line)))
    })
}

/// The line that leaves; none for what is no line.
fn filtered<'l>(filter: &MessageFilter, line: &'l [u8]) -> Option<Cow<'l, [u8]>> {
    let message = line.strip_suffix(b"\n")?;
    if memchr::memchr(b'\n', message).is_some() {
        return None;
    }
    Some(match filter.outgoing(message) {
        Cow::Borrowed(_) => Cow::Borrowed(line),
        Cow::Owned(mut filtered) => {
            filtered.push(b'\n');
            Cow::Owned(filtered)
        }
    })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "whole, not negative and exact"
)]
fn count(id: f64) -> Option<u64> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;
    let count = id as u64;
    (id <= LARGEST_EXACT && count as f64 == id).then_some(count)
}
