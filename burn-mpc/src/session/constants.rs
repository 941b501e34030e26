//! What a session computes once: folded weights and other values that depend on parameters only.

use crate::error::MpcError;
use crate::session::{Footprint, Key, Session};
use crate::sync::lock;

impl Session {
    /// Returns the value remembered under `key`; computes and remembers it on first use.
    ///
    /// # Errors
    /// That of `compute`.
    pub(crate) fn remember<T: Clone + Footprint + Send + Sync + 'static>(
        &self,
        key: Key,
        compute: impl FnOnce() -> Result<T, MpcError>,
    ) -> Result<T, MpcError> {
        if let Some(value) = lock(&self.memory).get::<T>(&key) {
            return Ok(value);
        }
        // A calibration attributes constants to no layer.
        let board = self.ranges();
        let set = |constant| {
            board
                .as_ref()
                .map(|b| b.set_constant(self.party(), constant))
        };
        let before = set(true);
        let value = compute();
        set(before.unwrap_or_default());
        let value = value?;
        if self.failure().is_none() {
            lock(&self.memory).insert(key, value.clone());
        }
        Ok(value)
    }

    /// Whether a value is remembered under that key.
    #[must_use]
    pub(crate) fn remembers(&self, key: &Key) -> bool {
        lock(&self.memory).has(key)
    }

    /// A fresh key for a parameter; the same at all parties because all share in the same order. Within
    /// [`Self::as_one_model`] the parameter belongs to that model, elsewhere it is its own model.
    #[must_use]
    pub(crate) fn parameter_key(&self) -> Key {
        let (number, model) = lock(&self.memory).number_parameter();
        let number = number.to_le_bytes();
        Key::of_parameter(model, &[b"parameter", self.random.seed(), &number])
    }

    /// Runs `work`, whose parameters belong to one model.
    pub(crate) fn as_one_model<T>(&self, work: impl FnOnce() -> T) -> T {
        lock(&self.memory).begin_model();
        let result = work();
        lock(&self.memory).end_model();
        result
    }

    /// Forgets all that is remembered and may depend on a model's parameters: see [`Key::may_depend_on`].
    ///
    /// # Errors
    /// [`MpcError::ConcurrentUse`].
    pub(crate) fn forget(&self, model: u32) -> Result<(), MpcError> {
        self.claim("forget_model")?;
        self.note("forget", &[model as usize]);
        lock(&self.memory).forget(model);
        Ok(())
    }
}
