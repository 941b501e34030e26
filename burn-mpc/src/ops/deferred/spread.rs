//! Deferred movement: bits of another tensor at public places.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::base::force;
use crate::ops::base::places::Places;
use crate::ops::deferred::sign::Sign;
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::tensor::{Deferred, Forced, Need, SecretTensor};

/// `bits[source[i]]` for every `i`.
#[derive(Clone, Debug)]
pub struct Spread<R: Ring> {
    /// The bits; deferred signs, when the spread is made.
    pub bits: SecretTensor<R>,
    /// The place in `bits` for every element.
    pub source: Places,
}

impl<R: Ring> Deferred<R> for Spread<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        match self.bits.waits_as::<Sign<R>>() {
            Some(sign) => sign.operands(),
            None => vec![self.bits.clone()],
        }
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |spread| vec![spread.bits])
    }

    /// Moves bits as they are. If numbers are needed, lifts the bits before they are moved, when there are fewer of
    /// them.
    fn force(&self, session: &Session, _: Execution, need: Need) -> Result<Forced<R>, MpcError> {
        if need == Need::Bits {
            let bits = force::bits(session, &self.bits)?;
            return Ok(Forced::Taken(bits.pick(&self.source.list())));
        }
        let moved = force::numbers(session, &self.bits)?
            .map(|bits| bits.map_to(self.source.count(), |x| self.source.take(x, R::ZERO)));
        Ok(Forced::Numbers(moved))
    }
}
