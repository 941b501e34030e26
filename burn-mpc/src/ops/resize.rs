//! Resizing along one axis: a product with a public matrix.

use std::sync::Arc;

use crate::ops::movement::Indices;
use crate::ops::{linear, movement};
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor, elements};

/// For each column the only row that is not zero, if that one is 1.
fn one_hot_columns(matrix: &PublicTensor) -> Option<Vec<i64>> {
    let columns = matrix.shape[1];
    let row_of = |column: usize| {
        let mut set = matrix
            .values
            .iter()
            .skip(column)
            .step_by(columns)
            .enumerate()
            .filter(|(_, value)| **value != 0.0);
        let (row, &value) = set.next()?;
        (value == 1.0 && set.next().is_none()).then_some(row as i64)
    };
    (0..columns).map(row_of).collect()
}

/// Multiplies axis `dim` by a public matrix `[input, output]`. Where each output is one input, elements are only moved.
pub fn resize<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    matrix: PublicTensor,
) -> SecretTensor<R> {
    if let Some(rows) = one_hot_columns(&matrix) {
        return movement::select(tensor, dim, &Arc::new(Indices::new(&rows)));
    }
    let (input, output) = (matrix.shape[0], matrix.shape[1]);
    let last = tensor.shape().len() - 1;
    let turned = if dim == last {
        tensor
    } else {
        movement::swap_dims(tensor, dim, last)
    };
    let mut shape = turned.shape().to_vec();
    let rows = elements(&shape[..last]);
    let flat = movement::reshape(turned, vec![rows, input]);
    let product = linear::matmul(Operand::Secret(flat), Operand::Public(matrix));
    shape[last] = output;
    let product = movement::reshape(product, shape);
    if dim == last {
        product
    } else {
        movement::swap_dims(product, dim, last)
    }
}
