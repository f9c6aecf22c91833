//! A transport around another.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_util::future::Either;
use kz_redact::Redactor;
use rmcp::{
    RoleServer,
    model::{
        ClientJsonRpcMessage, ClientNotification, ErrorData, GetExtensions as _, GetMeta as _,
        JsonRpcMessage, RequestId, ServerJsonRpcMessage,
    },
    transport::Transport,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

use super::watch::{Event, Requests};
use crate::MessageFilter;

/// How long a handler that panicked may take to answer after all, because it
/// caught the panic itself.
const GRACE: Duration = Duration::from_millis(100);

/// A transport whose messages are filtered, and whose requests are answered even
/// when their handler panics. Made by [`Secrets::guard`] and
/// [`Secrets::guard_transport`]; goes to rmcp's `serve`.
///
/// [`Secrets::guard`]: crate::Secrets::guard
/// [`Secrets::guard_transport`]: crate::Secrets::guard_transport
pub struct GuardedTransport<T> {
    inner: T,
    filter: Arc<MessageFilter>,
    /// The messages pass the filter here, not further on as bytes.
    filters_messages: bool,
    requests: Arc<Requests>,
    events: UnboundedReceiver<Event>,
    /// Errors on their way out.
    answers: JoinSet<()>,
    /// Keeps panic messages masked while the server runs.
    _masking: Arc<Redactor>,
}

impl<T: Transport<RoleServer>> GuardedTransport<T> {
    pub(super) fn over_bytes(
        inner: T,
        filter: Arc<MessageFilter>,
        masking: Arc<Redactor>,
        (sender, events): (UnboundedSender<Event>, UnboundedReceiver<Event>),
    ) -> Self {
        Self {
            inner,
            filter,
            filters_messages: false,
            requests: Requests::new(sender),
            events,
            answers: JoinSet::new(),
            _masking: masking,
        }
    }

    pub(super) fn over_messages(
        inner: T,
        filter: Arc<MessageFilter>,
        masking: Arc<Redactor>,
    ) -> Self {
        Self {
            filters_messages: true,
            ..Self::over_bytes(inner, filter, masking, unbounded_channel())
        }
    }

    /// Notes what the client sends before the server sees it.
    fn note(&self, message: &mut ClientJsonRpcMessage) {
        match message {
            JsonRpcMessage::Request(message) => {
                let token = message.request.get_meta().get_progress_token();
                let count = match &message.id {
                    RequestId::Number(id) => u64::try_from(*id).ok(),
                    RequestId::String(_) => None,
                };
                if let (Some(count), None) = (count, &token) {
                    self.filter.incoming_count(count);
                } else if let Ok(id) = serde_json::to_string(&message.id) {
                    let token = token.and_then(|token| serde_json::to_string(&token).ok());
                    self.filter.note_request(&id, token.as_deref());
                }
                let watch = self.requests.watch(message.id.clone());
                message.request.extensions_mut().insert(watch);
            }
            JsonRpcMessage::Notification(message) => {
                if let ClientNotification::CancelledNotification(cancelled) = &message.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // rmcp drops the answer of a cancelled request.
                    self.requests.settle(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }

    /// Answers a request whose handler is gone. Not awaited here: rmcp drops
    /// the future of `receive` whenever something else happens.
    fn answer_panic(&mut self, id: RequestId) {
        if self.requests.settle(&id) {
            let send = self.inner.send(panic_answer(id));
            self.answers.spawn(async move {
                if send.await.is_err() {
                    tracing::error!("the answer to a request whose handler panicked was not sent");
                }
            });
        }
    }

    fn handle(&mut self, event: Event) -> Option<ClientJsonRpcMessage> {
        match event {
            Event::Panicked(id) => {
                let requests = Arc::clone(&self.requests);
                self.answers.spawn(async move {
                    tokio::time::sleep(GRACE).await;
                    requests.tell(Event::Overdue(id));
                });
            }
            Event::Overdue(id) => self.answer_panic(id),
            Event::Refused(id) => {
                // In the name of the client, or the server would wait for good.
                let id = serde_json::from_str(&id).ok()?;
                let error = ErrorData::internal_error("kz withheld this request", None);
                return Some(JsonRpcMessage::error(error, Some(id)));
            }
        }
        None
    }

    /// Filters a typed message. `None` when it does not leave.
    fn filtered(&self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        let text = serde_json::to_vec(&message);
        let passed = match &text {
            Ok(text) => self.filter.pass(text),
            // What cannot be written cannot be scanned.
            Err(_) => return withheld(message),
        };
        for id in passed.refused_requests {
            self.requests.tell(Event::Refused(id));
        }
        let std::borrow::Cow::Owned(filtered) = passed.message else {
            return Some(message);
        };
        match serde_json::from_slice(&filtered) {
            Ok(mut filtered) => {
                keep_extensions(&message, &mut filtered);
                Some(filtered)
            }
            Err(_) => withheld(message),
        }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for GuardedTransport<T> {
    type Error = T::Error;

    fn name() -> std::borrow::Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answers = match &message {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        // One answer a request: the handler that panicked had its.
        let message = if answers.is_some_and(|id| !self.requests.settle(id)) {
            None
        } else if self.filters_messages {
            self.filtered(message)
        } else {
            Some(message)
        };
        match message {
            Some(message) => Either::Left(self.inner.send(message)),
            None => Either::Right(std::future::ready(Ok(()))),
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            tokio::select! {
                biased;
                event = self.events.recv() => {
                    if let Some(message) = event.and_then(|event| self.handle(event)) {
                        return Some(message);
                    }
                }
                message = self.inner.receive() => {
                    let mut message = message?;
                    self.note(&mut message);
                    return Some(message);
                }
                Some(_) = self.answers.join_next() => {}
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        // Handlers that panicked while rmcp waited for them at the end: the others
        // have answered.
        while self.answers.join_next().await.is_some() {}
        while let Ok(event) = self.events.try_recv() {
            if let Event::Panicked(id) | Event::Overdue(id) = event {
                self.answer_panic(id);
            }
        }
        while self.answers.join_next().await.is_some() {}
        self.inner.close().await
    }
}

impl<T> fmt::Debug for GuardedTransport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedTransport")
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

/// The error of a handler that panicked.
pub(super) fn panic_error() -> ErrorData {
    ErrorData::internal_error(
        "kz: the server failed while it worked on this request",
        Some(serde_json::json!({ "kz": "internal" })),
    )
}

fn panic_answer(id: RequestId) -> ServerJsonRpcMessage {
    JsonRpcMessage::error(panic_error(), Some(id))
}

/// What leaves in the place of a message that could not be filtered.
fn withheld(message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
    let id = match message {
        JsonRpcMessage::Response(response) => Some(response.id),
        JsonRpcMessage::Error(error) => error.id,
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => return None,
    };
    let error =
        ErrorData::internal_error("kz withheld this message: it could not be scanned", None);
    Some(JsonRpcMessage::error(error, id))
}

/// Carries over what travels with a request but not on the wire.
fn keep_extensions(message: &ServerJsonRpcMessage, filtered: &mut ServerJsonRpcMessage) {
    if let (JsonRpcMessage::Request(message), JsonRpcMessage::Request(filtered)) =
        (message, filtered)
    {
        *filtered.request.extensions_mut() = message.request.extensions().clone();
    }
}
