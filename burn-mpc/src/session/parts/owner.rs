//! Which thread a session belongs to.
//!
//! A session is one sequence of ops, the same at all three parties. Ops of two threads that run at the same
//! time have no such order: each party's scheduler would choose its own, and the parties would compute on
//! shares of different values. So a session belongs to the thread that first issues an op, until that thread
//! ends or hands it over.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::sync::lock;

/// How long a claim waits for an owner that is ending: a scoped thread may still run a moment after its scope.
const LEAVE: Duration = Duration::from_millis(100);

/// Numbers threads from 1; 0 is no thread.
static THREADS: AtomicU64 = AtomicU64::new(1);

/// A thread as sessions know it.
struct Thread {
    number: u64,
    life: Arc<Life>,
}

/// Says when a thread has ended.
#[derive(Default)]
struct Life {
    ended: Mutex<bool>,
    ending: Condvar,
}

impl Drop for Thread {
    fn drop(&mut self) {
        *lock(&self.life.ended) = true;
        self.life.ending.notify_all();
    }
}

thread_local! {
    static THREAD: Thread = Thread {
        number: THREADS.fetch_add(1, Ordering::Relaxed),
        life: Arc::default(),
    };
}

/// Number of the calling thread, 0 while it is ending.
pub(super) fn this_thread() -> u64 {
    THREAD.try_with(|thread| thread.number).unwrap_or(0)
}

/// The thread that may issue ops.
#[derive(Default)]
pub(in crate::session) struct Owner {
    number: AtomicU64,
    life: Mutex<Weak<Life>>,
}

impl Owner {
    /// Whether the calling thread owns the session. Takes a session that no thread owns.
    pub(in crate::session) fn claim(&self) -> bool {
        let this = this_thread();
        if this == 0 {
            return false;
        }
        if self.number.load(Ordering::Acquire) == this {
            return true;
        }
        let mut life = lock(&self.life);
        if let Some(owner) = life.upgrade()
            && !has_ended(&owner)
        {
            return false;
        }
        let Ok(own) = THREAD.try_with(|thread| Arc::downgrade(&thread.life)) else {
            return false;
        };
        *life = own;
        self.number.store(this, Ordering::Release);
        true
    }

    /// Releases the session and returns true, unless another thread owns it.
    pub(in crate::session) fn release(&self) -> bool {
        let mut life = lock(&self.life);
        let number = self.number.load(Ordering::Acquire);
        if number != 0 && number != this_thread() {
            return false;
        }
        *life = Weak::new();
        self.number.store(0, Ordering::Release);
        true
    }
}

/// Whether a thread has ended, or ends within [`LEAVE`].
fn has_ended(life: &Life) -> bool {
    let ended = lock(&life.ended);
    let (ended, _) = life
        .ending
        .wait_timeout_while(ended, LEAVE, |ended| !*ended)
        .unwrap_or_else(PoisonError::into_inner);
    *ended
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn one_thread_owns_until_it_ends_or_gives_up() {
        let owner = Owner::default();
        assert!(owner.claim() && owner.claim());
        std::thread::scope(|scope| {
            let other = scope.spawn(|| (owner.claim(), owner.release()));
            assert_eq!(other.join().unwrap(), (false, false));
        });
        assert!(owner.release());
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(owner.claim()));
        });
        // The thread of the scope has ended, or is about to.
        assert!(owner.claim());
    }
}
