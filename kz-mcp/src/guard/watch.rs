//! Notices that the handler of a request panicked.
//!
//! rmcp runs each handler in a task of its own and forgets the task, so that a
//! panic in it leaves the request unanswered for good. A transport sees neither
//! the task nor its end, but it may attach a value to a request, and rmcp moves
//! that value into the context that the handler gets. Either it is dropped while
//! its thread unwinds: then the handler panicked. Or it is dropped earlier, as
//! the tool macros do before they call the tool: then the drop happens in the
//! handler's task, and tells its id, by which the panic hook finds the request.
//! A handler may catch its own panic, so that it gets some time to answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use rmcp::model::RequestId;
use tokio::{sync::mpsc::UnboundedSender, task};

/// What a transport is told between two messages of the client.
#[derive(Debug)]
pub(crate) enum Event {
    /// There was a panic in the handler of this request, which the handler may
    /// have caught.
    Panicked(RequestId),
    /// The time for the handler to answer after all is over.
    Overdue(RequestId),
    /// This request of the server was withheld; the id is JSON.
    Refused(String),
}

/// Which request a task works on.
type Tasks = HashMap<task::Id, (Weak<Requests>, RequestId)>;

/// The tasks whose handlers have let go of their context.
static TASKS: Mutex<Option<Tasks>> = Mutex::new(None);

/// Called by the panic hook, on the thread and in the task that panics.
pub(crate) fn panicked() {
    let Some(task) = task::try_id() else { return };
    let found = with_tasks(|tasks| tasks.get(&task).cloned());
    if let Some((requests, id)) = found
        && let Some(requests) = requests.upgrade()
    {
        requests.tell(Event::Panicked(id));
    }
}

fn with_tasks<T>(work: impl FnOnce(&mut HashMap<task::Id, (Weak<Requests>, RequestId)>) -> T) -> T {
    let mut tasks = TASKS.lock().unwrap_or_else(PoisonError::into_inner);
    work(tasks.get_or_insert_default())
}

/// The requests of one connection that wait for an answer, each with the task
/// of its handler where that is known.
#[derive(Debug)]
pub(super) struct Requests {
    pending: Mutex<HashMap<RequestId, Option<task::Id>>>,
    events: UnboundedSender<Event>,
}

impl Requests {
    pub(super) fn new(events: UnboundedSender<Event>) -> Arc<Self> {
        Arc::new(Self {
            pending: Mutex::default(),
            events,
        })
    }

    /// Begins to watch a request. The result belongs into its extensions.
    pub(super) fn watch(self: &Arc<Self>, id: RequestId) -> Watch {
        self.pending().insert(id.clone(), None);
        Watch(Some((Arc::downgrade(self), id)))
    }

    /// Ends the wait for an answer; says whether there was one.
    pub(super) fn settle(&self, id: &RequestId) -> bool {
        let settled = self.pending().remove(id);
        if let Some(Some(task)) = settled {
            with_tasks(|tasks| tasks.remove(&task));
        }
        settled.is_some()
    }

    pub(super) fn tell(&self, event: Event) {
        // Nobody is left to answer to when the transport is gone.
        drop(self.events.send(event));
    }

    fn runs_in(self: &Arc<Self>, id: &RequestId, task: task::Id) {
        let mut pending = self.pending();
        if let Some(known) = pending.get_mut(id) {
            *known = Some(task);
            with_tasks(|tasks| tasks.insert(task, (Arc::downgrade(self), id.clone())));
        }
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<RequestId, Option<task::Id>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        let tasks: Vec<task::Id> = self.pending().values().copied().flatten().collect();
        if !tasks.is_empty() {
            with_tasks(|all| tasks.iter().for_each(|task| drop(all.remove(task))));
        }
    }
}

/// Travels with a request into its handler. A clone watches nothing: it may
/// outlive the handler, and die in other tasks.
#[derive(Debug)]
pub(super) struct Watch(Option<(Weak<Requests>, RequestId)>);

impl Clone for Watch {
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some((requests, id)) = self.0.take() else {
            return;
        };
        let Some(requests) = requests.upgrade() else {
            return;
        };
        if std::thread::panicking() {
            requests.tell(Event::Panicked(id));
        } else if let Some(task) = task::try_id() {
            requests.runs_in(&id, task);
        }
    }
}
