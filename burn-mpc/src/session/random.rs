//! Public random numbers, the same at all parties.

use std::sync::Mutex;

use crate::session::Session;
use crate::sync::lock;

/// A stream of public random numbers.
pub(super) struct SharedRandom {
    /// The session's name, to which all three parties contributed; zeros in an estimate.
    pub(super) seed: [u8; 32],
    /// Draws so far.
    draws: Mutex<u64>,
}

impl SharedRandom {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            draws: Mutex::new(0),
        }
    }
}

impl Session {
    /// `len` public random numbers in [0, 1), the same at all parties: the stream is seeded by the
    /// session id, to which all three contributed.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn shared_random(&self, len: usize) -> Vec<f64> {
        // A session of two threads has no common order of draws: it fails, and what is drawn is of no use.
        let _ = self.claim("random");
        let mut draws = lock(&self.random.draws);
        *draws += 1;
        let mut hasher = blake3::Hasher::new_keyed(&self.random.seed);
        hasher.update(&draws.to_le_bytes());
        let mut words = vec![0_u64; len];
        hasher
            .finalize_xof()
            .fill(bytemuck::cast_slice_mut(&mut words));
        words
            .into_iter()
            .map(|word| (word >> 11) as f64 / 2_f64.powi(53))
            .collect()
    }

    /// Runs `work` without advancing the shared random stream, for work that only one party does.
    pub(crate) fn without_shared_draws<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = *lock(&self.random.draws);
        let result = work();
        *lock(&self.random.draws) = before;
        result
    }
}
