//! Values that are computed once, under a budget of bytes.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use crate::ring::Ring;
use crate::session::Key;
use crate::share::Rss;

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
    /// When it was last read or stored, in calls.
    used: u64,
}

/// Remembered values under a budget. The least recently used are forgotten first. That order depends on the program
/// alone, so that all parties forget the same values and compute them again together.
pub(in crate::session) struct Constants {
    entries: HashMap<Key, Entry>,
    budget: usize,
    bytes: usize,
    calls: u64,
    parameters: Parameters,
}

impl Constants {
    pub(in crate::session) fn new(budget: usize) -> Self {
        Self {
            entries: HashMap::new(),
            budget,
            bytes: 0,
            calls: 0,
            parameters: Parameters::default(),
        }
    }

    /// Bytes of all that is remembered.
    pub(in crate::session) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(in crate::session) fn has(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    pub(in crate::session) fn get<T: Clone + 'static>(&mut self, key: &Key) -> Option<T> {
        self.calls += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.calls;
        entry.value.downcast_ref::<T>().cloned()
    }

    /// Remembers a value, and forgets others until all fit the budget. A value larger than the budget is not kept.
    pub(in crate::session) fn insert<T: Footprint + Send + Sync + 'static>(
        &mut self,
        key: Key,
        value: T,
    ) {
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
    pub(in crate::session) fn forget(&mut self, model: u32) {
        self.entries.retain(|key, entry| {
            let kept = !key.may_depend_on(model);
            if !kept {
                self.bytes -= entry.bytes;
            }
            kept
        });
    }

    pub(in crate::session) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// Numbers a new parameter. Returns its number and that of its model, which is a new one except between
    /// [`Self::begin_model`] and [`Self::end_model`].
    pub(in crate::session) fn number_parameter(&mut self) -> (u64, u32) {
        let parameters = &mut self.parameters;
        parameters.shared += 1;
        if !parameters.one_model {
            parameters.models += 1;
        }
        (parameters.shared, parameters.models)
    }

    /// Starts a new model, to which all parameters belong from now on.
    pub(in crate::session) fn begin_model(&mut self) {
        self.parameters.models += 1;
        self.parameters.one_model = true;
    }

    /// From now on every parameter is its own model.
    pub(in crate::session) fn end_model(&mut self) {
        self.parameters.one_model = false;
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
