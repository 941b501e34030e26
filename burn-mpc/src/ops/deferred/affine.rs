//! A deferred affine function of a value that waits: what follows may be cheaper without that value.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::base::call::Call;
use crate::ops::base::{arith, force};
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::tensor::{Bound, Deferred, Forced, Kind, Need, Operand, SecretTensor};

/// `times * value + plus`, with public numbers.
#[derive(Clone, Debug)]
pub struct Affine<R: Ring> {
    /// The value, which waits when the node is made.
    pub value: SecretTensor<R>,
    /// Its factor.
    pub times: f64,
    /// What is added.
    pub plus: f64,
}

/// Defers `affine`, which `op` made, under the dimensions of its value.
pub fn defer<R: Ring>(op: &'static str, affine: Affine<R>) -> SecretTensor<R> {
    let value = affine.value.clone();
    let call = Call {
        op,
        device: value.device(),
        shape: value.shape().to_vec(),
        kind: Kind::Float,
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| {
        session.note_numbers("public", &[affine.times, affine.plus]);
        let (device, shape) = (value.device(), value.shape().to_vec());
        Ok(SecretTensor::deferred(device, shape, Kind::Float, affine))
    })
}

impl<R: Ring> Deferred<R> for Affine<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        vec![self.value.clone()]
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |affine| vec![affine.value])
    }

    fn force(&self, session: &Session, _: Execution, _: Need) -> Result<Forced<R>, MpcError> {
        let product = match self.times {
            1.0 => self.value.clone(),
            times => arith::mul(&self.value.clone().into(), &Operand::scalar(times)),
        };
        let sum = match self.plus {
            0.0 => product,
            plus => arith::add(&product.into(), &Operand::scalar(plus)),
        };
        force::numbers(session, &sum).map(Forced::Numbers)
    }
}
