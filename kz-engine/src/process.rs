//! What does not outlive `fork`.

use std::{
    process,
    sync::{Arc, PoisonError, RwLock},
};

/// A value of this process. A forked child makes one of its own: connections
/// that it inherits are its parent's, and so are the tasks that serve them and
/// those that hold a lock.
pub(crate) struct PerProcess<T>(RwLock<(u32, Arc<T>)>);

impl<T> PerProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(RwLock::new((process::id(), Arc::new(value))))
    }

    /// The value, made anew if the process is not the one that made it.
    pub(crate) fn get_or_remake<E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if made.0 == process::id() {
            return Ok(Arc::clone(&made.1));
        }
        drop(made);
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if slot.0 != process::id() {
            *slot = (process::id(), Arc::new(make()?));
        }
        Ok(Arc::clone(&slot.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_in_a_process_and_again_in_another() {
        let value = PerProcess::new(1);
        let get = |value: &PerProcess<i32>, new| *value.get_or_remake(|| Ok::<_, ()>(new)).unwrap();
        assert_eq!(get(&value, 2), 1);
        // As if this were the child of the process that made it.
        value.0.write().unwrap().0 = 0;
        assert_eq!(value.get_or_remake(|| Err("refused")), Err("refused"));
        assert_eq!(get(&value, 3), 3);
        assert_eq!(get(&value, 4), 3);
    }
}
