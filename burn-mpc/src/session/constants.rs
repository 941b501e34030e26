//! What a session computes once: folded weights and other values that depend on parameters only.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use crate::error::MpcError;
use crate::ring::Ring;
use crate::session::{Key, Session};
use crate::share::Rss;
use crate::sync::lock;

/// Bytes that a remembered value occupies, by its public size.
pub trait Footprint {
    /// Bytes.
    fn bytes(&self) -> usize;
}

impl Footprint for u32 {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl<R: Ring> Footprint for Rss<R> {
    fn bytes(&self) -> usize {
        2 * R::BYTES * self.len()
    }
}

struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    bytes: usize,
    /// When it was last asked for, in calls.
    used: u64,
}

/// Remembered values under a budget. What was not asked for longest is forgotten first: an order that depends
/// on the program alone, so that all parties forget the same, and compute it again together.
pub(super) struct Constants {
    entries: HashMap<Key, Entry>,
    budget: usize,
    bytes: usize,
    calls: u64,
    parameters: Parameters,
}

impl Constants {
    pub(super) fn new(budget: usize) -> Self {
        Self {
            entries: HashMap::new(),
            budget,
            bytes: 0,
            calls: 0,
            parameters: Parameters::default(),
        }
    }

    /// Bytes of all that is remembered.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    pub(super) fn get<T: Clone + 'static>(&mut self, key: &Key) -> Option<T> {
        self.calls += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.calls;
        entry.value.downcast_ref::<T>().cloned()
    }

    /// Remembers a value, and forgets others until the budget holds. A value beyond the budget is not kept.
    pub(super) fn insert<T: Footprint + Send + Sync + 'static>(&mut self, key: Key, value: T) {
        let bytes = value.bytes();
        if bytes > self.budget {
            return;
        }
        self.calls += 1;
        let entry = Entry {
            value: Arc::new(value),
            bytes,
            used: self.calls,
        };
        self.bytes += bytes;
        if let Some(old) = self.entries.insert(key, entry) {
            self.bytes -= old.bytes;
        }
        while self.bytes > self.budget {
            let Some(oldest) = self.oldest() else {
                return;
            };
            self.remove(&oldest);
        }
    }

    fn oldest(&self) -> Option<Key> {
        let by_use = self.entries.iter().min_by_key(|(_, entry)| entry.used);
        by_use.map(|(key, _)| *key)
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    /// Forgets what depends on parameters of that model.
    pub(super) fn forget(&mut self, model: u32) {
        self.entries.retain(|key, entry| {
            let kept = !key.may_depend_on(model);
            if !kept {
                self.bytes -= entry.bytes;
            }
            kept
        });
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

/// Numbers of parameters and models so far.
#[derive(Default)]
struct Parameters {
    shared: u64,
    models: u32,
    /// Whether parameters belong to one model at present.
    one_model: bool,
}

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
        // What is the same in every inference comes out of no layer.
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

    /// A fresh key for a parameter; the same at all parties because all share in the same order. Its model is that
    /// of [`Self::as_one_model`], or one of its own.
    #[must_use]
    pub(crate) fn parameter_key(&self) -> Key {
        let parameters = &mut lock(&self.memory).parameters;
        parameters.shared += 1;
        if !parameters.one_model {
            parameters.models += 1;
        }
        let number = parameters.shared.to_le_bytes();
        Key::of_parameter(
            parameters.models,
            &[b"parameter", &self.random.seed, &number],
        )
    }

    /// Runs `work`, whose parameters belong to one model.
    pub(crate) fn as_one_model<T>(&self, work: impl FnOnce() -> T) -> T {
        {
            let parameters = &mut lock(&self.memory).parameters;
            parameters.models += 1;
            parameters.one_model = true;
        }
        let result = work();
        lock(&self.memory).parameters.one_model = false;
        result
    }

    /// Forgets all that was remembered of a model: see [`Key::model`].
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

#[cfg(test)]
mod tests {
    use super::{Constants, Footprint};
    use crate::session::Key;

    #[derive(Clone, Debug, PartialEq)]
    struct Block(usize);

    impl Footprint for Block {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn what_was_not_asked_for_longest_goes_first_and_bytes_add_up() {
        let mut constants = Constants::new(100);
        let key = |i: u8| Key::of(&[&[i]]);
        for i in 0..5 {
            constants.insert(key(i), Block(20));
        }
        assert_eq!(constants.get::<Block>(&key(0)), Some(Block(20)));
        constants.insert(key(5), Block(30));
        assert_eq!(constants.bytes(), 90);
        let kept = [0, 1, 2, 3, 4, 5].map(|i| constants.get::<Block>(&key(i)).is_some());
        assert_eq!(kept, [true, false, false, true, true, true]);
        constants.insert(key(6), Block(101));
        assert!(constants.get::<Block>(&key(6)).is_none());
        assert_eq!(constants.bytes(), 90);
    }

    #[test]
    fn a_model_takes_along_what_depends_on_it() {
        let mut constants = Constants::new(100);
        let (a, b) = (Key::of_parameter(1, &[b"a"]), Key::of_parameter(2, &[b"b"]));
        let keys = [
            a,
            b,
            a.derive(&[b"x"]),
            Key::all(&[b"sum"], &[a, b]),
            Key::of(&[b"public"]),
        ];
        for key in keys {
            constants.insert(key, Block(1));
        }
        constants.forget(1);
        let kept = keys.map(|key| constants.get::<Block>(&key).is_some());
        assert_eq!(kept, [false, true, false, false, true]);
        assert_eq!(constants.bytes(), 2);
    }
}
