use std::{future::Future, time::Instant};

use kz_core::{Error, ErrorKind, Request};

/// Ends `work` at the request's deadline.
pub(crate) async fn within<T>(
    request: &Request<'_>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    until(request.deadline, work)
        .await
        .map_err(|error| error.with_reference(request.reference))
}

/// Ends `work` at `deadline`.
pub(crate) async fn until<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let passed = || {
        Error::new(ErrorKind::Timeout, "read", "the deadline passed")
            .with_remedy("see whether the store answers, or allow more time")
    };
    // Asked first: work that needs no wait would win against any deadline.
    if deadline <= Instant::now() {
        return Err(passed());
    }
    tokio::time::timeout_at(deadline.into(), work)
        .await
        .unwrap_or_else(|_| Err(passed()))
}
