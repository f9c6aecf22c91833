//! The thread that resolves, and what it owes to a Python process: the GIL is
//! released while a caller waits, Ctrl-C is heard, and `fork` finds no lock held.
//!
//! **Fork.** A child has only the thread that forked. A lock that another thread
//! held stays locked in it for ever. So whatever runs without the GIL runs behind
//! [`GATE`]: the resolver's thread whenever it is not parked, and every section of
//! [`detached`]. [`before_fork`] takes the gate, hence waits until they are at rest.
//! Nobody behind the gate ever waits for the GIL, so that this cannot deadlock.

use std::{
    cell::RefCell,
    future::Future,
    process,
    sync::{
        Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

use kz_core::ErrorKind;
use pyo3::prelude::*;
use tokio::{
    runtime::{Builder, Handle},
    task::AbortHandle,
};

use crate::errors::{Failure, internal, without_panic};

static GATE: RwLock<()> = RwLock::new(());

thread_local! {
    static WORKING: RefCell<Option<RwLockReadGuard<'static, ()>>> = const { RefCell::new(None) };
    static FORKING: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

fn start_work() {
    let guard = GATE.read().unwrap_or_else(PoisonError::into_inner);
    WORKING.set(Some(guard));
}

fn stop_work() {
    WORKING.take();
}

/// Waits until nothing runs behind the gate, and keeps it shut.
#[pyfunction]
pub(crate) fn before_fork(py: Python<'_>) {
    py.detach(|| {
        let guard = GATE.write().unwrap_or_else(PoisonError::into_inner);
        FORKING.set(Some(guard));
    });
}

/// Opens the gate again, in the parent and in the child.
#[pyfunction]
pub(crate) fn after_fork() {
    FORKING.take();
}

/// Below this many bytes the GIL is kept: giving it up costs more than the work.
const KEEP_GIL: usize = 16 * 1024;

/// Runs `f`, without the GIL if there is much to do; `None` if it panicked.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    size: usize,
    f: impl FnOnce() -> T + Send,
) -> Option<T> {
    // A hook of somebody else's, between before_fork and fork, finds the gate shut.
    if size < KEEP_GIL || FORKING.with_borrow(Option::is_some) {
        return without_panic(f);
    }
    py.detach(|| {
        let _gate = GATE.read().unwrap_or_else(PoisonError::into_inner);
        without_panic(f)
    })
}

/// The resolver's thread, of the process that made it.
struct Resolver {
    process: u32,
    handle: Handle,
}

/// The handle of this process's resolver thread, which is started if need be.
fn resolver() -> Result<Handle, Failure> {
    static RESOLVER: Mutex<Option<Resolver>> = Mutex::new(None);
    // Only ever held with the GIL, hence never by another thread while one forks.
    let mut slot = RESOLVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Resolver { process, handle }) = &*slot
        && *process == process::id()
    {
        return Ok(handle.clone());
    }
    let handle = start()?;
    *slot = Some(Resolver {
        process: process::id(),
        handle: handle.clone(),
    });
    Ok(handle)
}

fn start() -> Result<Handle, Failure> {
    let failed = |_| Failure::new(ErrorKind::Internal, "the resolver's thread does not start");
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_unpark(start_work)
        .on_thread_park(stop_work)
        .build()
        .map_err(failed)?;
    let handle = runtime.handle().clone();
    let run = move || {
        start_work();
        runtime.block_on(std::future::pending::<()>());
    };
    thread::Builder::new()
        .name("kz".to_owned())
        .spawn(run)
        .map_err(failed)?;
    Ok(handle)
}

/// What a task leaves behind: its result, to be turned into Python's with the GIL.
type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Work on the resolver's thread.
#[pyclass(module = "kz._native", frozen)]
pub(crate) struct Task {
    result: Mutex<Option<Receiver<Finish>>>,
    abort: AbortHandle,
}

impl Task {
    /// Starts `work`; `finish` makes a Python object of its outcome.
    pub(crate) fn start<T: Send + 'static>(
        work: impl Future<Output = T> + Send + 'static,
        finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Self> {
        let (sender, receiver) = sync_channel::<Finish>(1);
        let task = resolver()?.spawn(async move {
            let outcome = work.await;
            let _ = sender.send(Box::new(move |py| finish(py, outcome)));
        });
        Ok(Self {
            result: Mutex::new(Some(receiver)),
            abort: task.abort_handle(),
        })
    }
}

#[pymethods]
impl Task {
    /// The result. The GIL is released meanwhile, and a signal ends the wait and the task.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let receiver = self
            .result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let mut receiver = receiver.ok_or_else(internal)?;
        loop {
            // Not behind the gate: this waits for the resolver's thread.
            match py.detach(|| receive(&mut receiver)) {
                Ok(finish) => return finish(py),
                Err(RecvTimeoutError::Disconnected) => return Err(internal().into()),
                Err(RecvTimeoutError::Timeout) => {
                    py.check_signals().inspect_err(|_| self.abort.abort())?;
                }
            }
        }
    }

    /// Ends the task; `wait` then raises.
    fn cancel(&self) {
        self.abort.abort();
    }
}

/// How long Ctrl-C may go unheard.
const SIGNALS: Duration = Duration::from_millis(50);

fn receive(receiver: &mut Receiver<Finish>) -> Result<Finish, RecvTimeoutError> {
    receiver.recv_timeout(SIGNALS)
}
