//! Powers.

use crate::ops::base::call::{device_of, unsupported};
use crate::ops::base::operand::secret;
use crate::ops::base::shape::result_shape;
use crate::ops::{arith, exponential, movement, roots};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

const EXPONENT: &str = "exponents of integers must be public, and the same for all elements";
const NEGATIVE: &str = "negative powers of integers are fractions; convert to float first";

/// `tensor` to a public power. Whole numbers take products, halves a root; other powers are those of positive values.
pub fn power<R: Ring>(op: &'static str, tensor: SecretTensor<R>, exponent: f64) -> SecretTensor<R> {
    if tensor.kind() == Kind::Int && exponent < 0.0 {
        return refuse(op, &tensor, NEGATIVE);
    }
    if exponent.fract() == 0.0 && exponent.abs() < f64::from(u16::MAX) {
        return match exponent as i64 {
            1 => tensor,
            -1 => roots::recip(tensor),
            negative if negative < 0 => roots::recip(powi(tensor, -negative)),
            exponent => powi(tensor, exponent),
        };
    }
    if exponent == 0.5 {
        return roots::sqrt(tensor);
    }
    if exponent == -0.5 {
        return roots::recip(roots::sqrt(tensor));
    }
    if tensor.kind() == Kind::Int {
        return refuse(op, &tensor, EXPONENT);
    }
    by_logarithm(tensor, Operand::scalar(exponent))
}

/// `e^(exponent ln(base))`, for a positive base.
fn by_logarithm<R: Ring>(base: SecretTensor<R>, exponent: Operand<R>) -> SecretTensor<R> {
    let logarithm = exponential::ln(base);
    exponential::exp(arith::mul(logarithm.into(), exponent))
}

/// `base` to the power `exponent`. A whole exponent that is public and the same everywhere takes products; with any other
/// one the base must be positive. `kind` is that of the result.
pub fn power_of<R: Ring>(
    op: &'static str,
    base: Operand<R>,
    exponent: Operand<R>,
    kind: Kind,
) -> SecretTensor<R> {
    let out = result_shape(base.shape(), exponent.shape());
    if let (Operand::Secret(tensor), Some(value)) = (&base, uniform(&exponent)) {
        return movement::expand(power(op, tensor.clone(), value), &out);
    }
    let shapes = [base.shape(), exponent.shape()];
    let device = device_of(&[&base, &exponent]);
    if kind == Kind::Float {
        return by_logarithm(secret(base, kind, &device), exponent);
    }
    unsupported(&device, op, &shapes, EXPONENT, out, kind)
}

/// The value of all elements of a public tensor, if they are equal.
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
    unsupported(device, op, &[&shape], hint, shape.clone(), tensor.kind())
}

/// `a^n` by repeated squaring; negative powers through the reciprocal.
fn powi<R: Ring>(tensor: SecretTensor<R>, exponent: i64) -> SecretTensor<R> {
    if exponent < 0 {
        return powi(roots::recip(tensor), -exponent);
    }
    if exponent == 0 {
        let zero = arith::sub(tensor.clone().into(), tensor.into());
        return arith::add(zero.into(), Operand::scalar(1.0));
    }
    let mut result: Option<SecretTensor<R>> = None;
    let mut square = tensor;
    let mut rest = exponent;
    loop {
        if rest & 1 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some(product) => arith::mul(product.into(), square.clone().into()),
            });
        }
        rest >>= 1;
        match result {
            Some(result) if rest == 0 => return result,
            _ => square = arith::mul(square.clone().into(), square.clone().into()),
        }
    }
}
