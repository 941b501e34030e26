//! Choosing by a shared bit.

use crate::ops::base::call::{device_of, refused};
use crate::ops::base::operand::finite;
use crate::ops::base::shape::result_shape;
use crate::ops::base::source::expand_source;
use crate::ops::rules::{self, Request};
use crate::ops::{arith, boolean, convert};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

/// `value` where `mask` is true, `tensor` elsewhere: `tensor + mask (value - tensor)`. `kind` is the kind of both;
/// neither needs to be secret. Public infinities among the values are the largest and the smallest number.
pub fn mask_where<R: Ring>(
    tensor: Operand<R>,
    mask: Operand<R>,
    value: Operand<R>,
    kind: Kind,
) -> SecretTensor<R> {
    let device = device_of(&[&tensor, &mask, &value]);
    let [tensor, value] = [tensor, value].map(|operand| finite(operand, &device));
    let shape = result_shape(tensor.shape(), value.shape());
    if let Some(refused) = refused(&device, "mask_where", &[mask.shape()], (&shape, kind)) {
        return refused;
    }
    if kind == Kind::Bool {
        let change = boolean::bool_and(mask, bool_difference(&tensor, value));
        return boolean::bool_xor(tensor, change.into());
    }
    let mask = match mask {
        Operand::Secret(mask) => convert::bool_into_float(mask).into(),
        public @ Operand::Public(_) => public,
    };
    let value = used(value, &mask, true);
    let tensor = used(tensor, &mask, false);
    let step = match (&value, &tensor) {
        (Operand::Public(v), Operand::Public(t)) => Operand::Public(public_difference(v, t)),
        _ => arith::sub(value, tensor.clone()).into(),
    };
    // A truth value makes nothing larger.
    let reach = match &step {
        Operand::Secret(step) => step.reach(),
        Operand::Public(step) => Some(step.largest()),
    };
    let change = arith::mul(mask, step).with_reach(reach);
    arith::add(tensor, change.into()).with_kind(kind)
}

/// `operand`, of which only the elements matter where the mask, as numbers, is `where_true`.
fn used<R: Ring>(operand: Operand<R>, mask: &Operand<R>, where_true: bool) -> Operand<R> {
    let cheaper = match (&operand, mask) {
        (Operand::Secret(tensor), Operand::Secret(mask)) => {
            rules::fuse(&Request::Used(tensor, mask, where_true))
        }
        _ => None,
    };
    cheaper.map_or(operand, Operand::Secret)
}

fn bool_difference<R: Ring>(tensor: &Operand<R>, value: Operand<R>) -> Operand<R> {
    match (&value, tensor) {
        (Operand::Public(v), Operand::Public(t)) => {
            let mut difference = public_difference(v, t);
            difference.values.iter_mut().for_each(|d| *d = d.abs());
            Operand::Public(difference)
        }
        _ => boolean::bool_xor(tensor.clone(), value).into(),
    }
}

/// `a - b` with broadcasting.
fn public_difference(a: &PublicTensor, b: &PublicTensor) -> PublicTensor {
    let shape = result_shape(&a.shape, &b.shape);
    let expanded = |x: &PublicTensor| {
        let source = expand_source(&x.shape, &shape).places();
        source.take(&x.values, 0.0)
    };
    let values = expanded(a).into_iter().zip(expanded(b));
    PublicTensor {
        values: values.map(|(a, b)| a - b).collect(),
        shape,
    }
}

/// `value` where `mask` is true, `tensor` elsewhere.
pub fn mask_fill<R: Ring>(
    tensor: Operand<R>,
    mask: Operand<R>,
    value: f64,
    kind: Kind,
) -> SecretTensor<R> {
    let value = Operand::scalar(value);
    mask_where(tensor, mask, value, kind)
}
