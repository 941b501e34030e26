//! Maxima and minima along a dimension, with or without their index.

use crate::fixed::{Fixed, Form};
use crate::ops::arith;
use crate::ops::base::call::{Call, mark_if_skipped, shape_error};
use crate::ops::base::force;
use crate::ops::base::planes::Planes;
use crate::ops::movement;
use crate::protocol;
use crate::ring::Ring;
use crate::tensor::{Kind, SecretTensor};

/// Maximum along `dim` and, if asked for, the index of its first occurrence: `ceil(log2 n)` levels.
fn tournament<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    dim: usize,
    number: bool,
) -> (SecretTensor<R>, Option<SecretTensor<R>>) {
    let planes = Planes::of(tensor.shape(), dim);
    let size = planes.size;
    let mut shape = tensor.shape().to_vec();
    shape[dim] = 1;
    let device = tensor.device();
    let mut index = None;
    let call = Call {
        op,
        device,
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: tensor.bound(),
    };
    let values = call.run(|session| {
        session.note("along", &[dim]);
        if size == 0 {
            let reason = format!("no extremum along dimension {dim}, which is empty");
            return Err(shape_error(session, op, &[tensor.shape()], reason));
        }
        let Fixed { share: x, frac } = force::replicated(session, tensor)?;
        let planes = planes.split(&x);
        let len = planes.len() / size;
        let present = protocol::Present::all(size, len);
        let maxima = if number {
            let winner =
                session.run(|ctx| protocol::tournament(ctx, size, len, planes, present))?;
            let numbers = Fixed::new(Form::Additive(winner.planes), 0);
            let planes = SecretTensor::of_numbers(device, shape.clone(), Kind::Int, numbers);
            // The call marks its own result alone.
            mark_if_skipped(session, &planes);
            index = Some(planes);
            Form::Additive(winner.values)
        } else {
            let window = protocol::Window::full::<R>();
            Form::Rss(
                session.run(|ctx| protocol::maximum(ctx, size, len, planes, present, window))?,
            )
        };
        Ok(SecretTensor::of_numbers(
            device,
            shape.clone(),
            tensor.kind(),
            Fixed::new(maxima, frac),
        ))
    });
    let index =
        number.then(|| index.unwrap_or_else(|| SecretTensor::poisoned(device, shape, Kind::Int)));
    (values, index)
}

/// Maximum along `dim`, which stays with size 1.
pub fn max_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    tournament("max_dim", &tensor, dim, false).0
}

/// Minimum along `dim`: `-max(-x)`.
pub fn min_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    arith::neg(max_dim(arith::neg(tensor), dim))
}

/// Maximum of all elements, shape `[1]`.
pub fn max<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let len = tensor.len();
    max_dim(movement::reshape(tensor, vec![len]), 0)
}

/// Minimum of all elements, shape `[1]`.
pub fn min<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let len = tensor.len();
    min_dim(movement::reshape(tensor, vec![len]), 0)
}

/// Maximum along `dim` and the index of its first occurrence.
pub fn max_dim_with_indices<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
) -> (SecretTensor<R>, SecretTensor<R>) {
    let (values, index) = tournament("max_dim_with_indices", &tensor, dim, true);
    let poisoned = || SecretTensor::poisoned(values.device(), values.shape().to_vec(), Kind::Int);
    let index = index.unwrap_or_else(poisoned);
    (values, index)
}

/// Minimum along `dim` and the index of its first occurrence.
pub fn min_dim_with_indices<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
) -> (SecretTensor<R>, SecretTensor<R>) {
    let (values, index) = max_dim_with_indices(arith::neg(tensor), dim);
    (arith::neg(values), index)
}

/// Index of the first maximum along `dim`.
pub fn argmax<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    max_dim_with_indices(tensor, dim).1
}

/// Index of the first minimum along `dim`.
pub fn argmin<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    min_dim_with_indices(tensor, dim).1
}
