//! Who wants to hear that a value changed.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

type Callback = Arc<dyn Fn(&str) + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Listeners(Arc<Mutex<(u64, BTreeMap<u64, Callback>)>>);

impl Listeners {
    pub(crate) fn add(&self, callback: impl Fn(&str) + Send + Sync + 'static) -> Subscription {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.0 += 1;
        let id = listeners.0;
        listeners.1.insert(id, Arc::new(callback));
        Subscription {
            listeners: self.clone(),
            id,
        }
    }

    /// Calls everybody, outside of the lock: a callback may subscribe.
    pub(crate) fn tell(&self, name: &str) {
        let callbacks: Vec<_> = {
            let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.1.values().cloned().collect()
        };
        for callback in callbacks {
            if catch_unwind(AssertUnwindSafe(|| callback(name))).is_err() {
                tracing::error!(target: "kz", name, "a rotation callback panicked");
            }
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}

/// A subscription to rotations. Dropping it changes nothing; `unsubscribe` ends it.
#[derive(Debug)]
pub struct Subscription {
    listeners: Listeners,
    id: u64,
}

impl Subscription {
    /// Ends it. A call that is under way may still finish.
    pub fn unsubscribe(self) {
        let mut listeners = self
            .listeners
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.1.remove(&self.id);
    }
}
