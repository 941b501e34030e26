//! Truth of numbers: an element is true where it is not zero.

use std::sync::Arc;

use crate::ops::any::{all, any};
use crate::ops::base::indices::Indices;
use crate::ops::base::operand;
use crate::ops::{compare, convert, movement, secret_index};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, SecretTensor};

/// Which elements are not zero.
fn nonzero<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let zero = Operand::scalar(0.0);
    compare::not_equal(tensor.into(), zero)
}

/// Whether any element, overall or along an axis, is not zero.
pub fn any_nonzero<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    any(nonzero(tensor), dim)
}

/// Whether all elements, overall or along an axis, are not zero.
pub fn all_nonzero<R: Ring>(tensor: SecretTensor<R>, dim: Option<usize>) -> SecretTensor<R> {
    all(nonzero(tensor), dim)
}

/// Sets truth values in the hyperplanes `indices` along `dim` to true where `value` is true.
pub fn select_or<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &Arc<Indices>,
    value: SecretTensor<R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    or_by(tensor, value, device, |tensor, value| {
        movement::select_add(tensor, dim, indices, value)
    })
}

/// Sets truth values at `indices` along `dim` to true where `value` is true.
pub fn scatter_or<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    (indices, shape): (&[i64], &[usize]),
    value: SecretTensor<R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    or_by(tensor, value, device, |tensor, value| {
        movement::scatter_add(tensor, dim, indices, shape, value)
    })
}

/// [`select_or`] by secret indices.
pub fn select_or_secretly<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &SecretTensor<R>,
    value: SecretTensor<R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    or_by(tensor, value, device, |tensor, value| {
        secret_index::select_add(tensor, dim, indices, value)
    })
}

/// [`scatter_or`] by secret indices.
pub fn scatter_or_secretly<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &SecretTensor<R>,
    value: SecretTensor<R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    or_by(tensor, value, device, |tensor, value| {
        secret_index::scatter_add(tensor, dim, indices, value, device)
    })
}

/// Where the truth values that meet in a place, which `add` counts, are not all false.
fn or_by<R: Ring>(
    tensor: Operand<R>,
    value: SecretTensor<R>,
    device: &MpcDevice,
    add: impl FnOnce(Operand<R>, SecretTensor<R>) -> SecretTensor<R>,
) -> SecretTensor<R> {
    let tensor = convert::bool_into_int(operand::secret(tensor, Kind::Bool, device));
    nonzero(add(tensor.into(), convert::bool_into_int(value)))
}
