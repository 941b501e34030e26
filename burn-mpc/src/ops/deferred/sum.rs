//! Deferred sums of elements of another tensor at public places.

use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::places::Places;
use crate::ops::base::{arith, force};
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::tensor::{Deferred, Forced, Need, Operand, SecretTensor};

/// `base` with `value[i]` added at `target[i]` for every `i`: a deferred scatter-add.
#[derive(Clone, Debug)]
pub struct Sum<R: Ring> {
    /// What is added onto; its shape is the result's.
    pub base: SecretTensor<R>,
    /// Whether the base is public and zero.
    pub onto_nothing: bool,
    /// What is added.
    pub value: SecretTensor<R>,
    /// The place in `base` for every element of `value`.
    pub target: Places,
}

impl<R: Ring> Deferred<R> for Sum<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        vec![self.base.clone(), self.value.clone()]
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |sum| vec![sum.base, sum.value])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        need: Need,
    ) -> Result<Forced<R>, MpcError> {
        let Self {
            base,
            value,
            target,
            ..
        } = self;
        if need == Need::Comparison
            && let Form::Rss(_) = force::numbers(session, base)?.share
        {
            // Replicates the terms instead of the sums: the sign of a sum will be multiplied by the sum's terms, which
            // are then replicated already. They keep a scale that a product may have, so that the product truncates
            // nothing.
            force::replicated_at_most(session, value, session.scales().finest)?;
        }
        let add = || scattered(session, base, value, target);
        let sum = session.layer("scatter", None, execution, add)?;
        Ok(Forced::Numbers(sum))
    }
}

/// Adds up operands in whatever form they are.
pub fn scattered<R: Ring>(
    session: &Session,
    base: &SecretTensor<R>,
    value: &SecretTensor<R>,
    target: &Places,
) -> Result<Fixed<Form<R>>, MpcError> {
    let frac = arith::common_frac(
        session,
        &Operand::Secret(base.clone()),
        &Operand::Secret(value.clone()),
    )?;
    let onto = force::numbers_at(session, base, frac)?;
    let terms = force::numbers_at(session, value, frac)?;
    let sum = onto.zip_each(&terms, |base, value| {
        let mut out = base.to_vec();
        target.add(&mut out, value);
        out
    });
    Ok(Fixed::new(sum, frac))
}
