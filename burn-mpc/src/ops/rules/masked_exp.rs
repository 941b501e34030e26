//! Exponential + choice, as Burn's ELU asks for them: where the exponential will not be used, it is taken of 0, so that a
//! value there that is too large sets no flag.

use crate::ops::base::arith;
use crate::ops::deferred::function::{self, Function, input_of};
use crate::ops::deferred::{Affine, affine};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    let Request::Used(tensor, mask, where_true) = request else {
        return None;
    };
    if mask.shape() != tensor.shape() {
        return None;
    }
    if let Some(input) = input_of(tensor, Function::Exp) {
        return Some(exponential(input, mask, *where_true));
    }
    let found = tensor.waits_as::<Affine<R>>()?;
    let input = input_of(&found.value, Function::Exp)?.reshape(tensor.shape().to_vec());
    let value = exponential(input, mask, *where_true);
    let (times, plus) = (found.times, found.plus);
    Some(affine::defer("mask_where", Affine { value, times, plus }))
}

/// `e^x` where the mask is `where_true`, 1 elsewhere.
fn exponential<R: Ring>(
    input: SecretTensor<R>,
    mask: &SecretTensor<R>,
    where_true: bool,
) -> SecretTensor<R> {
    let input = Operand::Secret(input);
    let chosen = arith::mul(&Operand::Secret(mask.clone()), &input);
    let kept = if where_true {
        chosen
    } else {
        arith::sub(&input, &chosen.into())
    };
    function::defer(Function::Exp, &kept)
}
