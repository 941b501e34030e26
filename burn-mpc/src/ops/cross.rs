//! The vector product.

use std::sync::Arc;

use crate::ops::movement::Indices;
use crate::ops::{arith, movement};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// Vector product along `dim`, whose length is three.
pub fn cross<R: Ring>(lhs: &Operand<R>, rhs: &Operand<R>, dim: usize) -> SecretTensor<R> {
    let device = lhs.device().or(rhs.device()).cloned().unwrap_or_default();
    let turned = |operand: &Operand<R>, order: [i64; 3]| {
        let order = Arc::new(Indices::new(&order));
        match movement::select_source(operand.shape(), dim, &order) {
            Some(source) => movement::remap_operand("cross", operand, source, &device),
            // The axis is shorter than three: keeps the operand as it is.
            None => operand.clone(),
        }
    };
    let forward = arith::mul(turned(lhs, [1, 2, 0]), turned(rhs, [2, 0, 1]));
    let backward = arith::mul(turned(lhs, [2, 0, 1]), turned(rhs, [1, 2, 0]));
    arith::sub(Operand::Secret(forward), Operand::Secret(backward))
}
