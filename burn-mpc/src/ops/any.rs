//! Whether any or all elements are true.

use crate::ops::boolean::bool_not;
use crate::ops::convert::bool_into_int;
use crate::ops::{compare, reduce};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

fn count<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    let ones = bool_into_int(tensor);
    match dim {
        Some(dim) => reduce::sum_dim(ones, dim),
        None => reduce::sum(ones),
    }
}

/// Whether any element (along `dim`) is true: the count is positive.
pub fn any<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    compare::greater(count(tensor, dim).into(), Operand::scalar(0.0))
}

/// Whether all elements (along `dim`) are true: none is false.
pub fn all<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    bool_not(any(bool_not(tensor), dim))
}
