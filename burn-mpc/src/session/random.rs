//! Public random numbers, the same at all parties.

use crate::session::Session;

impl Session {
    /// `len` public random numbers in [0, 1), the same at all parties: the stream is seeded by the
    /// session id, to which all three contributed.
    #[must_use]
    pub fn shared_random(&self, len: usize) -> Vec<f64> {
        // Draws of two threads have no common order: the session fails, and the draw is useless.
        let _ = self.claim("random");
        self.random.draw(len)
    }

    /// `len` public random words, of the same stream.
    #[must_use]
    pub fn shared_words(&self, len: usize) -> Vec<u64> {
        let _ = self.claim("random");
        self.random.words(len)
    }

    /// Runs `work` without advancing the shared random stream, for work that only one party does.
    pub(crate) fn without_shared_draws<T>(&self, work: impl FnOnce() -> T) -> T {
        self.random.without_advancing(work)
    }
}
