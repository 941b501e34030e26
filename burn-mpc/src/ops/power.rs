//! Powers.

use crate::ops::base::call::{device_of, unsupported};
use crate::ops::base::operand::secret;
use crate::ops::base::shape::result_shape;
use crate::ops::{
    arith, bitwise, boolean, compare, convert, exponential, movement, roots, rounding, select,
};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

const EXPONENT: &str = "exponents of integers must be public, and the same for all elements";
const NEGATIVE: &str = "negative powers of integers are fractions; convert to float first";

/// `tensor` to a public power. Whole numbers take products, halves a root; other powers are those of positive values, and
/// 0 where the power is positive.
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
    fractional(tensor, exponent)
}

/// `e^(exponent ln(base))`, for a positive base.
fn of_positive<R: Ring>(base: SecretTensor<R>, exponent: Operand<R>) -> SecretTensor<R> {
    let logarithm = exponential::ln(base);
    exponential::exp(arith::mul(logarithm.into(), exponent))
}

/// A public fraction as power: of a positive base, or of 0 if the power is positive.
fn fractional<R: Ring>(base: SecretTensor<R>, exponent: f64) -> SecretTensor<R> {
    if exponent < 0.0 {
        return of_positive(base, Operand::scalar(exponent));
    }
    let zero = compare::equal(base.clone().into(), Operand::scalar(0.0));
    let one_instead = arith::add(base.into(), convert::bool_into_float(zero.clone()).into());
    let power = of_positive(one_instead, Operand::scalar(exponent));
    select::mask_fill(power.into(), zero.into(), 0.0, Kind::Float)
}

/// A power that is secret, or not the same everywhere. A negative base takes whole exponents; 0 none below 0.
fn general<R: Ring>(base: SecretTensor<R>, exponent: SecretTensor<R>) -> SecretTensor<R> {
    let fill = |x: SecretTensor<R>, mask: &SecretTensor<R>, value: f64| {
        select::mask_fill(x.into(), mask.clone().into(), value, Kind::Float)
    };
    let and = |a: &SecretTensor<R>, b: SecretTensor<R>| {
        boolean::bool_and(Operand::Secret(a.clone()), b.into())
    };
    let scalar = Operand::scalar;
    let zero = compare::equal(base.clone().into(), scalar(0.0));
    let negative = compare::lower(base.clone().into(), scalar(0.0));
    let whole = rounding::round(exponent.clone());
    let fraction = compare::not_equal(exponent.clone().into(), whole.clone().into());
    let odd = {
        let bit = bitwise::bitwise_and(rounding::float_into_int(whole).into(), scalar(1.0));
        compare::equal(bit.into(), scalar(1.0))
    };
    let below = compare::lower(exponent.clone().into(), scalar(0.0));
    let above = compare::greater(exponent.clone().into(), scalar(0.0));
    // The logarithm's own check sets the flag.
    let undefined = boolean::bool_or(and(&negative, fraction).into(), and(&zero, below).into());
    let opposite = arith::neg(base.clone());
    let magnitude = select::mask_where(
        base.into(),
        negative.clone().into(),
        opposite.into(),
        Kind::Float,
    );
    let magnitude = fill(fill(magnitude, &zero, 1.0), &undefined, -1.0);
    let power = of_positive(magnitude, exponent.into());
    let opposite = arith::neg(power.clone());
    let signed = select::mask_where(
        power.into(),
        and(&negative, odd).into(),
        opposite.into(),
        Kind::Float,
    );
    fill(signed, &and(&zero, above), 0.0)
}

/// `base` to the power `exponent`. A whole exponent that is public and the same everywhere takes products. With any other
/// one, a negative base takes whole exponents, and 0 none below 0; a flag is set otherwise. `kind` is that of the result.
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
        let held = |x: Operand<R>| {
            let tensor = movement::expand(secret(x, kind, &device), &out);
            match tensor.kind() {
                Kind::Int => convert::int_into_float(tensor),
                Kind::Float | Kind::Bool => tensor,
            }
        };
        let [base, exponent] = [base, exponent].map(held);
        return general(base, exponent);
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
