//! Refusing secrets: the session fails with an error that says what to do instead.

use crate::ops;
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, SecretTensor};

/// Refuses an operation on secrets: the session fails with an error naming the operation, the shapes
/// and what would do instead.
pub(super) fn refuse<R: Ring>(
    op: &'static str,
    device: &MpcDevice,
    shapes: &[&[usize]],
    hint: &'static str,
    (shape, kind): (Vec<usize>, Kind),
) -> SecretTensor<R> {
    ops::unsupported(device, op, shapes, hint, shape, kind)
}

/// Refuses an operation whose result has the shape of its operand.
pub(super) fn refuse_like<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    hint: &'static str,
) -> SecretTensor<R> {
    refuse(
        op,
        tensor.device(),
        &[tensor.shape()],
        hint,
        (tensor.shape().to_vec(), tensor.kind()),
    )
}
