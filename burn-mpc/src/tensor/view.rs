//! Accessors that do not read elements: shape, kind, device, name and limit.

use core::any::Any;
use core::fmt;
use std::sync::Arc;

use crate::ring::Ring;
use crate::session::{Footprint, Key, MpcDevice};
use crate::tensor::secret::Beside;
use crate::tensor::{Bound, Kind, SecretTensor, elements};

impl<R: Ring> SecretTensor<R> {
    /// Dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        elements(&self.shape)
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Burn's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Fractional bits. `None` for numbers that are not computed: their scale depends on what they are needed for.
    #[must_use]
    pub(crate) fn scale(&self) -> Option<u32> {
        match self.kind {
            Kind::Float => self.frac(),
            Kind::Int | Kind::Bool => Some(0),
        }
    }

    /// This party's device.
    #[must_use]
    pub fn device(&self) -> &MpcDevice {
        &self.device
    }

    /// The key of a value that is the same in every inference.
    #[must_use]
    pub(crate) fn key(&self) -> Option<Key> {
        self.key
    }

    /// Path of the parameter, as recorded when it was shared.
    #[must_use]
    pub(crate) fn path(&self) -> Option<&Arc<str>> {
        match self.beside.as_deref()? {
            Beside::Path(path) => Some(path),
            Beside::Aside(_) => None,
        }
    }

    /// The declared limit of magnitudes.
    #[must_use]
    pub fn bound(&self) -> Bound {
        self.bound
    }

    /// Declares a limit of magnitudes.
    pub(crate) fn with_bound(mut self, bound: Bound) -> Self {
        self.bound = bound;
        self
    }

    /// How large elements may be because of public values in them: of public values in the form of a secret their
    /// largest magnitude; of what is computed from those, or from public operands of [`once`] or more, a limit in which
    /// secrets count as `once`. Scales are chosen so that such elements fit.
    ///
    /// [`once`]: crate::session::Scales::once
    #[must_use]
    pub(crate) fn reach(&self) -> Option<f64> {
        self.reach
    }

    /// Records how large elements may be because of public values in them.
    pub(crate) fn with_reach(mut self, reach: Option<f64>) -> Self {
        self.reach = reach;
        self
    }

    /// What the op that made the tensor left beside its value for an op that may follow at once, if it is a `T`. Results
    /// of other ops and tensors of other dimensions have none.
    #[must_use]
    pub(crate) fn aside<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        match self.beside.as_deref()? {
            Beside::Aside(aside) => Arc::downcast(Arc::clone(aside)).ok(),
            Beside::Path(_) => None,
        }
    }

    /// Leaves something beside the value, in place of a path.
    pub(crate) fn with_aside(mut self, aside: Option<Arc<dyn Any + Send + Sync>>) -> Self {
        if let Some(aside) = aside {
            self.beside = Some(Arc::new(Beside::Aside(aside)));
        }
        self
    }

    /// The value with nothing left beside it by an op.
    pub(crate) fn without_aside(mut self) -> Self {
        self.beside = self
            .beside
            .filter(|beside| matches!(**beside, Beside::Path(_)));
        self
    }

    /// Marks the value as the same in every inference.
    pub(crate) fn with_key(mut self, key: Option<Key>) -> Self {
        self.key = key;
        self
    }

    /// Records the path of a parameter.
    pub(crate) fn with_path(mut self, path: Option<Arc<str>>) -> Self {
        self.beside = path.map(|path| Arc::new(Beside::Path(path)));
        self
    }

    /// The same value with another handle to its session.
    pub(crate) fn on(mut self, device: &MpcDevice) -> Self {
        self.device = device.clone();
        self
    }

    /// The same value under another kind.
    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same elements under other dimensions; shares the cell, and a constant stays constant.
    pub fn reshape(mut self, shape: Vec<usize>) -> Self {
        debug_assert_eq!(elements(&shape), self.len());
        if shape != self.shape {
            let dimensions: Vec<u8> = shape
                .iter()
                .flat_map(|d| (*d as u64).to_le_bytes())
                .collect();
            self.key = self.key.map(|key| key.derive(&[b"reshape", &dimensions]));
            self.shape = shape;
            return self.without_aside();
        }
        self
    }
}

impl<R: Ring> Footprint for SecretTensor<R> {
    fn bytes(&self) -> usize {
        2 * R::BYTES * self.len()
    }
}

/// Fractional bits, as `Debug` shows them.
struct Scale(Option<u32>);

impl fmt::Debug for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bits) => write!(f, "{bits}"),
            None => f.write_str("not computed"),
        }
    }
}

/// Shows what is public, and no element. Asks nothing of the session, so that one party alone may print.
impl<R: Ring> fmt::Debug for SecretTensor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretTensor")
            .field("shape", &self.shape)
            .field("kind", &self.kind)
            .field("scale", &Scale(self.scale()))
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
