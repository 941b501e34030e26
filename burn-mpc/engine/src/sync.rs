//! Locking.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks even if a holder panicked: what is locked here is whole between any two statements, or, as in a session, has a
/// failure flag beside it that guards consistency.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
