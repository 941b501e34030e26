//! Deterministic random inputs for the tests of the kernels.

use super::{Ring, Z4, Z32, Z64};

/// The `splitmix64` sequence.
pub(crate) struct SplitMix(pub u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `low..=high`.
    pub(crate) fn range(&mut self, low: usize, high: usize) -> usize {
        low + usize::try_from(self.next() % (high - low + 1) as u64).unwrap()
    }

    pub(crate) fn words<R: Ring>(&mut self, len: usize) -> Vec<R> {
        (0..len).map(|_| R::from_u64(self.next())).collect()
    }
}

/// Leaves the cases that run in a minute under Miri, which takes thousands of times as long. Elsewhere it leaves all.
pub(crate) fn for_miri<T>(cases: &mut Vec<T>, products: impl Fn(&T) -> usize) {
    if cfg!(miri) {
        cases.retain(|case| products(case) <= 400);
        cases.truncate(6);
    }
}

/// A check to be made on every ring.
pub(crate) trait ForEachRing {
    fn check<R: Ring>(&self);
}

pub(crate) fn on_every_ring(check: &impl ForEachRing) {
    check.check::<Z64>();
    check.check::<Z32>();
    check.check::<Z4>();
}
