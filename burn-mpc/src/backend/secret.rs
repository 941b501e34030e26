//! Operations on secrets that are a few calls of [`crate::ops`].

use crate::ops::{self, movement};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

use super::lift;

const EXPONENT: &str =
    "exponents must be public, the same for all elements, and whole numbers or +-0.5";

const NEGATIVE: &str = "negative powers of integers are fractions; convert to float first";

/// A public constant as an operand.
pub(super) fn constant<R: Ring>(value: f64) -> Operand<R> {
    Operand::Public(PublicTensor::scalar(value))
}

/// `tensor` to a public power.
pub(super) fn power<R: Ring>(
    op: &'static str,
    tensor: SecretTensor<R>,
    exponent: f64,
) -> SecretTensor<R> {
    if tensor.kind() == Kind::Int && exponent < 0.0 {
        return lift::refuse_like(op, &tensor, NEGATIVE);
    }
    if exponent.fract() == 0.0 && exponent.abs() < f64::from(u16::MAX) {
        return match exponent as i64 {
            1 => tensor,
            -1 => ops::recip(tensor),
            negative if negative < 0 => ops::recip(ops::powi(tensor, -negative)),
            exponent => ops::powi(tensor, exponent),
        };
    }
    if exponent == 0.5 {
        return ops::sqrt(tensor);
    }
    if exponent == -0.5 {
        return ops::recip(ops::sqrt(tensor));
    }
    lift::refuse_like(op, &tensor, EXPONENT)
}

/// `tensor`, of integers, to a public power.
pub(super) fn int_power<R: Ring>(tensor: SecretTensor<R>, exponent: i64) -> SecretTensor<R> {
    if exponent < 0 {
        return lift::refuse_like("int_powi", &tensor, NEGATIVE);
    }
    ops::powi(tensor, exponent)
}

/// `base` to the power `exponent`, of which the exponent is public and the same everywhere.
pub(super) fn power_of<R: Ring>(
    op: &'static str,
    base: Operand<R>,
    exponent: Operand<R>,
    kind: Kind,
) -> SecretTensor<R> {
    let (left, right) = (base.shape(), exponent.shape());
    let out = lift::broadcast(left, right);
    match (&base, lift::uniform(&exponent)) {
        (Operand::Secret(tensor), Some(value)) => {
            movement::expand(power(op, tensor.clone(), value), &out)
        }
        (Operand::Secret(tensor), None) => {
            lift::refuse(op, tensor.device(), &[left, right], EXPONENT, (out, kind))
        }
        (Operand::Public(_), _) => match &exponent {
            Operand::Secret(tensor) => {
                lift::refuse(op, tensor.device(), &[left, right], EXPONENT, (out, kind))
            }
            // Neither is secret: a public base that could not be read is a poisoned secret, so not here.
            Operand::Public(_) => lift::refuse(
                op,
                &Default::default(),
                &[left, right],
                EXPONENT,
                (out, kind),
            ),
        },
    }
}

/// Whether any element, overall or along an axis, is not zero.
pub(super) fn any<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    ops::any(ops::not_equal(Operand::Secret(tensor), constant(0.0)), dim)
}

/// Whether all elements, overall or along an axis, are not zero.
pub(super) fn all<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    ops::all(ops::not_equal(Operand::Secret(tensor), constant(0.0)), dim)
}

/// Vector product along `dim`, whose length is three.
pub(super) fn cross<R: Ring>(lhs: &Operand<R>, rhs: &Operand<R>, dim: usize) -> SecretTensor<R> {
    let device = lhs.device().or(rhs.device()).cloned().unwrap_or_default();
    let turned = |operand: &Operand<R>, order: [i64; 3]| {
        match movement::select_source(operand.shape(), dim, &order) {
            Some(source) => movement::remap_operand("cross", operand, source, &device),
            // An axis of another length: left as it is, so that the shapes tell.
            None => operand.clone(),
        }
    };
    let forward = ops::mul(turned(lhs, [1, 2, 0]), turned(rhs, [2, 0, 1]));
    let backward = ops::mul(turned(lhs, [2, 0, 1]), turned(rhs, [1, 2, 0]));
    ops::sub(Operand::Secret(forward), Operand::Secret(backward))
}

/// The gradient of a rectifier: `grad` where its output was positive.
pub(super) fn relu_backward<R: Ring>(output: Operand<R>, grad: Operand<R>) -> SecretTensor<R> {
    match output {
        Operand::Public(output) => {
            let values = output
                .values
                .iter()
                .map(|&v| f64::from(u8::from(v > 0.0)))
                .collect();
            let mask = PublicTensor {
                shape: output.shape,
                values,
            };
            ops::mul(grad, Operand::Public(mask))
        }
        output => {
            let positive = ops::bool_into_float(ops::greater(output, constant(0.0)));
            ops::mul(grad, Operand::Secret(positive))
        }
    }
}

/// A rectifier with a slope per channel for negative values.
pub(super) fn prelu<R: Ring>(tensor: Operand<R>, alpha: Operand<R>) -> SecretTensor<R> {
    match tensor {
        Operand::Secret(tensor) => ops::prelu(tensor, alpha),
        Operand::Public(tensor) => {
            let slopes = tensor.values.iter().map(|&value| value.min(0.0)).collect();
            let passed = tensor.values.iter().map(|&value| value.max(0.0)).collect();
            let negative = PublicTensor {
                shape: tensor.shape.clone(),
                values: slopes,
            };
            let positive = PublicTensor {
                shape: tensor.shape,
                values: passed,
            };
            let scaled = ops::mul(alpha, Operand::Public(negative));
            ops::add(Operand::Secret(scaled), Operand::Public(positive))
        }
    }
}
