//! A deferred ReLU, computed as a gate of single elements if its input turns out to be a product.

use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::{force, gate};
use crate::ops::deferred::clamp::{self, Clamp};
use crate::protocol::Patches;
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::tensor::{Deferred, Forced, Need, SecretTensor};

/// `max(input, 0)`: a clamp that may be a gate.
#[derive(Clone, Debug)]
pub struct Relu<R: Ring>(pub Clamp<R>);

/// The deferred clamp of `tensor`, if `tensor` still has the clamp's dimensions, for monotone maps that may go before
/// it.
pub fn clamp_of<R: Ring>(tensor: &SecretTensor<R>) -> Option<Clamp<R>> {
    let clamp = match tensor.waits_as::<Relu<R>>() {
        Some(relu) => relu.0.clone(),
        None => Clamp::clone(&*tensor.waits_as::<Clamp<R>>()?),
    };
    (clamp.input.shape() == tensor.shape()).then_some(clamp)
}

impl<R: Ring> Deferred<R> for Relu<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        self.0.operands()
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |relu| vec![relu.0.input])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        let Self(clamp) = self;
        let rectified =
            session.layer(clamp.op, clamp.path.as_deref(), execution, || match gated(
                session,
                &clamp.input,
            )? {
                Some(values) => Ok(values),
                None => clamp::limited(session, clamp),
            })?;
        Ok(Forced::Numbers(rectified))
    }
}

/// `max(x, 0)` of a product by a gate of single elements; `None` if the input is not a product, where a gate is not
/// cheaper.
fn gated<R: Ring>(
    session: &Session,
    input: &SecretTensor<R>,
) -> Result<Option<Fixed<Form<R>>>, MpcError> {
    let found = force::numbers(session, input)?;
    let Form::Additive(z) = &found.share else {
        return Ok(None);
    };
    let (values, _) = gate::run(
        session,
        Fixed::new(z, found.frac),
        &Patches::single(z.len()),
    )?;
    Ok(Some(values))
}
