//! Smooth activations, right over the whole range of the ring.

use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::{bounds, force};
use crate::protocol::{self, SOFTPLUS, Smooth};
use crate::ring::Ring;
use crate::tensor::{Bound, Kind, SecretTensor};

/// `function` of every element, at the session's scale or at the finest that the function takes.
pub fn smooth<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    function: &'static Smooth,
    bound: Bound,
    reach: Option<f64>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key: unary_key(op, &[], tensor),
        bound,
    };
    let result = call.run(|session| {
        let scales = session.scales();
        let bits = scales.headroom_bits;
        let frac = scales.value.min(function.most_frac(bits));
        bounds::check(session, op, tensor.bound(), frac)?;
        let x = force::replicated_beside(session, tensor, frac)?;
        let y = session.run(|ctx| protocol::smooth(ctx, &x, frac, function, bits))?;
        let numbers = Fixed::new(Form::Rss(y), frac);
        let device = tensor.device();
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            Kind::Float,
            numbers,
        ))
    });
    result.with_reach(reach)
}

/// `ln(1 + e^x)`, under the name of the op that needs it.
pub fn softplus<R: Ring>(op: &'static str, tensor: &SecretTensor<R>) -> SecretTensor<R> {
    let bound = tensor.bound().map(|limit| limit + 1.0);
    let reach = tensor.reach().map(|reach| reach + 1.0);
    smooth(op, tensor, &SOFTPLUS, bound, reach)
}
