//! Exponential + public number + logarithm, as Burn's softplus asks for them: `ln(1 + e^x)` as one function, which costs a
//! quarter and is right where `e^x` is too large for the ring.

use crate::ops::base::{arith, smooth};
use crate::ops::deferred::function::{Function, input_of};
use crate::ops::deferred::{Affine, affine};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    match request {
        Request::Ln(tensor) => logarithm(tensor),
        Request::Add(a, b) => plus("float_add", a, b).or_else(|| plus("float_add", b, a)),
        Request::Sub(a, b) => minus(a, b),
        Request::Mul(a, b) => times("float_mul", a, b).or_else(|| times("float_mul", b, a)),
        _ => None,
    }
}

/// `ln(t e^x + p)` is `ln(1 + e^(x + ln t - ln p)) + ln p`.
fn logarithm<R: Ring>(tensor: &SecretTensor<R>) -> Option<SecretTensor<R>> {
    let affine = tensor.waits_as::<Affine<R>>()?;
    let input = input_of(&affine.value, Function::Exp)?.reshape(tensor.shape().to_vec());
    if affine.times <= 0.0 || affine.plus <= 0.0 {
        return None;
    }
    let shifted = |value: SecretTensor<R>, by: f64| match by {
        0.0 => value,
        by => arith::add(&value.into(), &Operand::scalar(by)),
    };
    let shift = affine.times.ln() - affine.plus.ln();
    let result = smooth::softplus("log", &shifted(input, shift));
    Some(shifted(result, affine.plus.ln()))
}

/// `operand` as an affine function of an exponential that waits.
fn parts<R: Ring>(operand: &Operand<R>) -> Option<Affine<R>> {
    let tensor = operand.secret()?;
    let shape = tensor.shape().to_vec();
    if let Some(affine) = tensor.waits_as::<Affine<R>>() {
        let _ = input_of(&affine.value, Function::Exp)?;
        let value = affine.value.clone().reshape(shape);
        let (times, plus) = (affine.times, affine.plus);
        return Some(Affine { value, times, plus });
    }
    let _ = input_of(tensor, Function::Exp)?;
    Some(Affine {
        value: tensor.clone(),
        times: 1.0,
        plus: 0.0,
    })
}

/// The number that `operand` is for each element of `beside`.
fn number<R: Ring>(operand: &Operand<R>, beside: &Operand<R>) -> Option<f64> {
    let Operand::Public(tensor) = operand else {
        return None;
    };
    let fits = tensor.shape.len() <= beside.shape().len() && tensor.values.len() == 1;
    tensor.as_scalar().filter(|v| fits && v.is_finite())
}

fn plus<R: Ring>(op: &'static str, a: &Operand<R>, b: &Operand<R>) -> Option<SecretTensor<R>> {
    let (found, by) = (parts(a)?, number(b, a)?);
    let plus = found.plus + by;
    Some(affine::defer(op, Affine { plus, ..found }))
}

fn minus<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> Option<SecretTensor<R>> {
    let op = "float_sub";
    if let (Some(found), Some(by)) = (parts(a), number(b, a)) {
        let plus = found.plus - by;
        return Some(affine::defer(op, Affine { plus, ..found }));
    }
    let (from, found) = (number(a, b)?, parts(b)?);
    let (times, plus) = (-found.times, from - found.plus);
    Some(affine::defer(
        op,
        Affine {
            times,
            plus,
            ..found
        },
    ))
}

fn times<R: Ring>(op: &'static str, a: &Operand<R>, b: &Operand<R>) -> Option<SecretTensor<R>> {
    let (found, by) = (parts(a)?, number(b, a)?);
    let (times, plus) = (found.times * by, found.plus * by);
    Some(affine::defer(
        op,
        Affine {
            times,
            plus,
            ..found
        },
    ))
}
