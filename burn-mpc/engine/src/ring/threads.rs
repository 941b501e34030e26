//! How many threads a party's kernels use, and how these divide the work.
//!
//! Threads are started for a call and end with it. Each writes its own part of the output and sums every element in the
//! order in which one thread would. So the result does not depend on their number.

use std::cell::Cell;
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// Environment variable with the number of threads of a party's kernels. Anything but a positive number is
/// ignored. Without it a party takes a third of the machine's cores, and at least one, because three parties on one
/// machine are the usual way to try things out. A party with a machine for itself should name all cores.
pub const THREADS_VARIABLE: &str = "BURN_MPC_THREADS";

/// Multiplications that are worth a thread: starting and joining one takes 17 to 30 microseconds here, in which a
/// core does half a million of them.
const WORTH_A_THREAD: usize = 2 << 20;

thread_local! {
    static CHOSEN: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The number of threads that a large kernel called from this thread uses.
#[must_use]
pub fn threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    CHOSEN.get().unwrap_or_else(|| {
        *DEFAULT.get_or_init(|| {
            let cores = thread::available_parallelism().map_or(1, usize::from);
            number(std::env::var(THREADS_VARIABLE).ok().as_deref(), cores)
        })
    })
}

/// The number of threads that the variable's value stands for on a machine with `cores` cores.
fn number(value: Option<&str>, cores: usize) -> usize {
    let named = value.and_then(|value| value.trim().parse().ok());
    named.filter(|&count| count > 0).unwrap_or(cores / 3).max(1)
}

/// Runs `work` with [`threads`] set to `count` on this thread.
pub fn with_threads<T>(count: usize, work: impl FnOnce() -> T) -> T {
    /// Restores the earlier choice, after a panic too.
    struct Before(Option<usize>);
    impl Drop for Before {
        fn drop(&mut self) {
            CHOSEN.set(self.0);
        }
    }
    let _before = Before(CHOSEN.replace(Some(count.max(1))));
    work()
}

/// The number of threads that `multiplications` are worth.
pub(crate) fn threads_for(multiplications: usize) -> usize {
    match multiplications / WORTH_A_THREAD {
        0 | 1 => 1,
        worth => threads().min(worth),
    }
}

/// Part `index` of `len` things that are cut into `parts` as evenly as possible.
pub(crate) fn share(len: usize, parts: usize, index: usize) -> Range<usize> {
    let cut = |index: usize| {
        let longer = index.min(len % parts);
        index * (len / parts) + longer
    };
    cut(index)..cut(index + 1)
}

/// Runs `work` on every part, on as many threads as there are parts, the calling one included.
pub(crate) fn on_threads<T: Send>(parts: Vec<T>, work: impl Fn(T) + Sync) {
    let further = parts.len().saturating_sub(1);
    if further == 0 {
        return parts.into_iter().for_each(work);
    }
    let parts = Mutex::new(parts.into_iter());
    let next = || {
        let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.next()
    };
    on_further(further, &|| {
        while let Some(part) = next() {
            work(part);
        }
    });
}

/// Runs `work` on so many further threads and on this one.
fn on_further(threads: usize, work: &(dyn Fn() + Sync)) {
    thread::scope(|scope| {
        for _ in 0..threads {
            // If a thread cannot be started, the others do its part.
            let thread = thread::Builder::new().name("mpc-kernel".to_owned());
            let _ = thread.spawn_scoped(scope, work);
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{number, on_threads, share, threads, threads_for, with_threads};

    #[test]
    fn a_named_number_counts_and_anything_else_is_a_third_of_the_cores() {
        for (value, cores, expected) in [
            (Some("4"), 2, 4),
            (Some(" 1 "), 64, 1),
            (Some("0"), 64, 21),
            (Some("many"), 6, 2),
            (Some("-2"), 6, 2),
            (None, 1, 1),
            (None, 2, 1),
            (None, 16, 5),
        ] {
            assert_eq!(number(value, cores), expected, "{value:?} of {cores}");
        }
    }

    #[test]
    fn a_choice_holds_within_its_scope_only() {
        let before = threads();
        let inner = with_threads(7, || {
            let panicked = std::panic::catch_unwind(|| with_threads(2, || panic!("on purpose")));
            assert!(panicked.is_err());
            (threads(), with_threads(0, threads))
        });
        assert_eq!(inner, (7, 1));
        assert_eq!(threads(), before);
    }

    #[test]
    fn little_work_is_not_shared_out() {
        with_threads(3, || {
            assert_eq!(threads_for(0), 1);
            assert_eq!(threads_for((4 << 20) - 1), 1);
            assert_eq!(threads_for(4 << 20), 2);
            assert_eq!(threads_for(usize::MAX), 3);
        });
    }

    #[test]
    fn shares_cover_everything_once_and_evenly() {
        for len in [0, 1, 6, 7, 100] {
            for parts in [1, 2, 3, 7] {
                let shares: Vec<_> = (0..parts).map(|i| share(len, parts, i)).collect();
                assert_eq!((shares[0].start, shares[parts - 1].end), (0, len));
                assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start));
                let lengths = shares.iter().map(ExactSizeIterator::len);
                assert!(lengths.clone().max() <= lengths.min().map(|least| least + 1));
            }
        }
    }

    #[test]
    fn every_part_is_done_once() {
        for count in [0, 1, 2, 5, 40] {
            let done: Vec<_> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            on_threads((0..count).collect(), |i: usize| {
                done[i].fetch_add(1, Ordering::Relaxed);
            });
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == 1));
        }
    }
}
