//! Deferred signs of sums.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::base::force;
use crate::ops::deferred::sum::Sum;
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::{Execution, Session};
use crate::tensor::{Deferred, Forced, Need, SecretTensor};

/// `[sums > 0]`.
#[derive(Clone, Debug)]
pub struct Sign<R: Ring> {
    /// What is compared with zero: for a Block-ReLU, deferred sums of patches.
    pub sums: SecretTensor<R>,
    /// Path of the activation, for the report.
    pub path: Option<Arc<str>>,
}

impl<R: Ring> Deferred<R> for Sign<R> {
    /// The operands of deferred sums instead of the sums, since the terms are replicated in place of the sums.
    fn operands(&self) -> Vec<SecretTensor<R>> {
        match self.sums.waits_as::<Sum<R>>() {
            Some(sum) => sum.operands(),
            None => vec![self.sums.clone()],
        }
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |sign| vec![sign.sums])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        session.layer("lower", self.path.as_deref(), execution, || {
            let sums = force::replicated_to_compare(session, &self.sums)?.share;
            let bits = session.run(|ctx| protocol::msb(ctx, &sums.map_each(ring::neg)))?;
            Ok(Forced::Bits(bits))
        })
    }
}
