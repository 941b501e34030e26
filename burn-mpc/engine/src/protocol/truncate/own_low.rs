//! What role A of a truncation knows about its rounding, kept for tests of what that reveals about values.

#[cfg(any(test, feature = "testkit"))]
pub use kept::{keep_own_low, kept_own_low, own_low};

/// Only tests keep the low bits of `u`.
#[cfg(not(any(test, feature = "testkit")))]
pub(crate) fn own_low<R>(_: &[R], _: u32) {}

#[cfg(any(test, feature = "testkit"))]
mod kept {
    use std::cell::RefCell;

    use crate::ring::Ring;

    thread_local! {
        static KEPT: RefCell<Option<Vec<Vec<u64>>>> = const { RefCell::new(None) };
    }

    /// From now on keeps the low bits of `u` of every truncation in which this thread's party plays A.
    pub fn keep_own_low() {
        KEPT.set(Some(Vec::new()));
    }

    /// Returns what was kept, call by call: `u mod 2^shift` of every element. Keeping ends.
    pub fn kept_own_low() -> Vec<Vec<u64>> {
        KEPT.take().unwrap_or_default()
    }

    /// Keeps the low `shift` bits of A's `u`, if they are asked for.
    pub fn own_low<R: Ring>(u: &[R], shift: u32) {
        KEPT.with_borrow_mut(|kept| {
            let low = |u: &R| u.to_u64() & ((1 << shift) - 1);
            if let Some(kept) = kept {
                kept.push(u.iter().map(low).collect());
            }
        });
    }
}
