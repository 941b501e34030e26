//! A deferred (Block-)ReLU: elements multiplied by the signs of their patches in one protocol call.

use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::call::Call;
use crate::ops::base::{force, gate};
use crate::ops::deferred::sign::Sign;
use crate::protocol::{self, Patches, multiply};
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::tensor::{Deferred, Forced, Kind, Need, SecretTensor, State};

/// `value` times the sign of the patch of each element.
#[derive(Clone, Debug)]
pub struct Gate<R: Ring> {
    /// The elements.
    pub value: SecretTensor<R>,
    /// The signs of the patches: a [`Sign`], whose cell holds them once the gate is computed.
    pub signs: SecretTensor<R>,
    /// The patch of every element, numbered as `signs` are.
    pub patches: Patches,
    /// Path of the activation, for the report.
    pub path: Option<Arc<str>>,
}

impl<R: Ring> Deferred<R> for Gate<R> {
    /// Deferred signs are no operands, since they are computed together with the elements.
    fn operands(&self) -> Vec<SecretTensor<R>> {
        match self.signs.waits_as::<Sign<R>>() {
            Some(_) => vec![self.value.clone()],
            None => vec![self.value.clone(), self.signs.clone()],
        }
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |gate| vec![gate.value, gate.signs])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        let path = self.path.as_deref();
        let values = session.layer("block_relu", path, execution, || {
            gated(session, self, execution)
        })?;
        Ok(Forced::Numbers(values))
    }
}

/// Defers `gate`, which `op` made, as a tensor of `shape`.
pub fn defer<R: Ring>(
    op: &'static str,
    gate: Gate<R>,
    shape: Vec<usize>,
    kind: Kind,
) -> SecretTensor<R> {
    let device = gate.value.device().clone();
    let call = Call {
        op,
        device: &device,
        shape: shape.clone(),
        kind,
        key: None,
        bound: gate.value.bound(),
    };
    call.run(|_| Ok(SecretTensor::deferred(&device, shape, kind, gate)))
}

fn gated<R: Ring>(
    session: &Session,
    node: &Gate<R>,
    execution: Execution,
) -> Result<Fixed<Form<R>>, MpcError> {
    let Gate {
        value,
        signs,
        patches,
        ..
    } = node;
    let found = force::numbers(session, value)?;
    let waits = signs.waits_as::<Sign<R>>().is_some();
    if let (Form::Additive(z), true) = (&found.share, waits) {
        let (values, bits) = gate::run(session, Fixed::new(z, found.frac), patches)?;
        if execution != Execution::Skip {
            signs.settle(State::Bits { bits, lifted: None });
        }
        return Ok(values);
    }
    let bits = force::replicated(session, signs)?.share;
    let one = protocol::public(session.party(), &[R::ONE]);
    let mask = bits.zip_to(&one, patches.elements(), |bits, one| {
        patches.per_element(bits, one[0])
    });
    let value = force::replicated(session, value)?;
    Ok(value.map(|value| Form::Additive(multiply(&mask, &value))))
}
