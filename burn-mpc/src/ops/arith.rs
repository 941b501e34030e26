//! Element-wise arithmetic with broadcasting.

use crate::ops::base::call::device_of;
use crate::ops::base::{arith, operand};
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// The terms with the smallest number in place of minus infinity, which masks scores; `None` if there is none.
fn masked<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> Option<[Operand<R>; 2]> {
    let masks = |operand: &Operand<R>| match operand {
        Operand::Public(tensor) => {
            let mut infinite = tensor.values.iter().filter(|v| operand::is_infinite(**v));
            infinite.clone().next().is_some() && infinite.all(|v| *v < 0.0)
        }
        Operand::Secret(_) => false,
    };
    (masks(a) || masks(b)).then(|| {
        let device = device_of(&[a, b]);
        [a, b].map(|term| operand::finite(term.clone(), &device))
    })
}

/// `a + b`, where minus infinity is the smallest number. Local.
pub fn add<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    if let Some([a, b]) = masked(&a, &b) {
        return arith::add(&a, &b);
    }
    rules::fuse(&Request::Add(&a, &b)).unwrap_or_else(|| arith::add(&a, &b))
}

/// `a - b`. Local.
pub fn sub<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    rules::fuse(&Request::Sub(&a, &b)).unwrap_or_else(|| arith::sub(&a, &b))
}

/// `a b`. Secret times secret is local but leaves an additive share; its operands are truncated first
/// where the product would leave the headroom.
pub fn mul<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    rules::fuse(&Request::Mul(&a, &b)).unwrap_or_else(|| arith::mul(&a, &b))
}

/// `-a`. Local.
pub fn neg<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    arith::neg(&tensor)
}
