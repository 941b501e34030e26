//! A stream of public random numbers, the same at all parties.

use std::sync::Mutex;

use crate::sync::lock;

/// A stream of public random numbers.
pub(in crate::session) struct SharedRandom {
    /// The session's name, to which all three parties contributed; zeros in an estimate.
    seed: [u8; 32],
    /// Draws so far.
    draws: Mutex<u64>,
}

impl SharedRandom {
    pub(in crate::session) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            draws: Mutex::new(0),
        }
    }

    /// The seed of the stream.
    pub(in crate::session) fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The next `len` numbers, in [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub(in crate::session) fn draw(&self, len: usize) -> Vec<f64> {
        let number = |word| (word >> 11) as f64 / 2_f64.powi(53);
        self.words(len).into_iter().map(number).collect()
    }

    /// The next `len` words.
    pub(in crate::session) fn words(&self, len: usize) -> Vec<u64> {
        let mut draws = lock(&self.draws);
        *draws += 1;
        let mut hasher = blake3::Hasher::new_keyed(&self.seed);
        hasher.update(&draws.to_le_bytes());
        let mut words = vec![0_u64; len];
        hasher
            .finalize_xof()
            .fill(bytemuck::cast_slice_mut(&mut words));
        words
    }

    /// Runs `work` and undoes its draws.
    pub(in crate::session) fn without_advancing<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = *lock(&self.draws);
        let result = work();
        *lock(&self.draws) = before;
        result
    }
}
