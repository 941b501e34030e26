//! Locking.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks even if a holder panicked: what is locked here is consistent between any two statements, or has a failure flag
/// beside it that guards consistency, as in a session.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
