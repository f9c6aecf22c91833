//! A service around another.

use std::{borrow::Cow, fmt, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use kz_redact::Redactor;
use rmcp::{
    RoleServer,
    model::{ErrorData, ProtocolVersion},
    service::{NotificationContext, RequestContext, Service, ServiceRole},
};

use super::transport::panic_error;

/// A service that answers with an error when a handler of it panics. Made by
/// [`Secrets::guard_service`](crate::Secrets::guard_service).
pub struct GuardedService<S> {
    inner: S,
    /// Keeps panic messages masked while the service lives.
    _masking: Arc<Redactor>,
}

impl<S> GuardedService<S> {
    pub(super) fn new(inner: S, masking: Arc<Redactor>) -> Self {
        Self {
            inner,
            _masking: masking,
        }
    }
}

impl<S: Service<RoleServer>> Service<RoleServer> for GuardedService<S> {
    async fn handle_request(
        &self,
        request: <RoleServer as ServiceRole>::PeerReq,
        context: RequestContext<RoleServer>,
    ) -> Result<<RoleServer as ServiceRole>::Resp, ErrorData> {
        // Unwind safety is the handler's affair, as it is in rmcp, which goes on
        // with the service after a panic in one of its tasks.
        AssertUnwindSafe(self.inner.handle_request(request, context))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(panic_error()))
    }

    async fn handle_notification(
        &self,
        notification: <RoleServer as ServiceRole>::PeerNot,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        AssertUnwindSafe(self.inner.handle_notification(notification, context))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(panic_error()))
    }

    fn get_info(&self) -> <RoleServer as ServiceRole>::Info {
        self.inner.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.inner.supported_protocol_versions()
    }
}

impl<S: fmt::Debug> fmt::Debug for GuardedService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardedService").field(&self.inner).finish()
    }
}
