//! Powers with public exponents.

use crate::ops::guard::device_of;
use crate::ops::{arith, movement, roots};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

const EXPONENT: &str =
    "exponents must be public, the same for all elements, and whole numbers or +-0.5";
const NEGATIVE: &str = "negative powers of integers are fractions; convert to float first";

/// `tensor` to a public power: a whole number, or plus or minus a half.
pub fn power<R: Ring>(op: &'static str, tensor: SecretTensor<R>, exponent: f64) -> SecretTensor<R> {
    if tensor.kind() == Kind::Int && exponent < 0.0 {
        return refuse(op, &tensor, NEGATIVE);
    }
    if exponent.fract() == 0.0 && exponent.abs() < f64::from(u16::MAX) {
        return match exponent as i64 {
            1 => tensor,
            -1 => roots::recip(tensor),
            negative if negative < 0 => roots::recip(arith::powi(tensor, -negative)),
            exponent => arith::powi(tensor, exponent),
        };
    }
    if exponent == 0.5 {
        return roots::sqrt(tensor);
    }
    if exponent == -0.5 {
        return roots::recip(roots::sqrt(tensor));
    }
    refuse(op, &tensor, EXPONENT)
}

/// `base` to the power `exponent`, which is public and the same everywhere. `kind` is that of the result.
pub fn power_of<R: Ring>(
    op: &'static str,
    base: Operand<R>,
    exponent: Operand<R>,
    kind: Kind,
) -> SecretTensor<R> {
    let out = arith::result_shape(base.shape(), exponent.shape());
    if let (Operand::Secret(tensor), Some(value)) = (&base, uniform(&exponent)) {
        return movement::expand(power(op, tensor.clone(), value), &out);
    }
    let shapes = [base.shape(), exponent.shape()];
    device_of(&[&base, &exponent]).unsupported(op, &shapes, EXPONENT, out, kind)
}

/// The value that all elements of a public tensor have, if they have one in common.
fn uniform<R: Ring>(operand: &Operand<R>) -> Option<f64> {
    match operand {
        Operand::Public(tensor) => tensor.as_scalar(),
        Operand::Secret(_) => None,
    }
}

fn refuse<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    hint: &'static str,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let device = tensor.device();
    device.unsupported(op, &[&shape], hint, shape.clone(), tensor.kind())
}
