//! The plaintext twin of a secret, in a run in which one process may see all values.

use std::sync::Arc;

use crate::ring::Ring;
use crate::session::Shadow;
use crate::tensor::{Kind, SecretTensor, State};

impl<R: Ring> SecretTensor<R> {
    /// What is known of the plaintext twin, if the tensor has one of its dimensions.
    #[must_use]
    pub(crate) fn shadow(&self) -> Option<&Arc<Shadow>> {
        self.shadow
            .as_ref()
            .filter(|shadow| shadow.shape() == self.shape())
    }

    /// The tensor with that twin, or with none. A value that is computed already is compared with it.
    pub(crate) fn with_shadow(mut self, shadow: Option<Shadow>) -> Self {
        self.shadow = shadow.map(Arc::new);
        self.compare_computed();
        self
    }

    /// Compares what the cell will hold with the twin. Truth values are not compared, and neither is what depends on
    /// parameters alone: a weight may use all bits of the ring.
    pub(super) fn compare(&self, state: &State<R>) {
        let (Some(shadow), State::Numbers(numbers)) = (&self.shadow, state) else {
            return;
        };
        if self.key.is_some() || self.kind == Kind::Bool {
            return;
        }
        if let Some(shadows) = self.device.session().and_then(|session| session.shadows()) {
            let part = numbers.share.to_additive();
            shadows.compare(shadow, part.part(), numbers.frac);
        }
    }
}
