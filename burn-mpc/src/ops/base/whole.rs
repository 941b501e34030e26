//! The frame of ops on integers of two operands, and integers as words of the ring.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::{Call, constant_key, device_of, note_operands};
use crate::ops::base::force;
use crate::ops::base::shape::{broadcast_shape, expand_replicated, result_shape};
use crate::ops::base::source;
use crate::protocol;
use crate::ring::Ring;
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor};

/// Runs an op on two operands, given the shape to which they broadcast.
pub fn of_two<R: Ring>(
    op: &'static str,
    [a, b]: [&Operand<R>; 2],
    kind: Kind,
    bound: Bound,
    compute: impl FnOnce(&Session, &[usize]) -> Result<Fixed<Form<R>>, MpcError>,
) -> SecretTensor<R> {
    let device = device_of(&[a, b]);
    Call {
        op,
        device: &device,
        shape: result_shape(a.shape(), b.shape()),
        kind,
        key: constant_key(op, &[], &[a, b]),
        bound,
    }
    .run(|session| {
        note_operands(session, &[a, b]);
        let shape = broadcast_shape(session, op, a.shape(), b.shape())?;
        let numbers = compute(session, &shape)?;
        Ok(SecretTensor::of_numbers(&device, shape, kind, numbers))
    })
}

/// An integer operand as a replicated share, repeated to `shape`.
///
/// # Errors
/// [`MpcError::Range`] for a public value that is no exact integer; failure of a link.
pub fn words<R: Ring>(
    session: &Session,
    operand: &Operand<R>,
    shape: &[usize],
) -> Result<Rss<R>, MpcError> {
    let share = match operand {
        Operand::Secret(tensor) => force::replicated_at(session, tensor, 0)?,
        Operand::Public(tensor) => {
            let values = constant::integers(session, &tensor.values)?;
            let values: Vec<R> = values.into_iter().map(R::from_i64).collect();
            protocol::public(session.party(), &values)
        }
    };
    Ok(expand_replicated(share, operand.shape(), shape))
}

/// The values of a public operand of shape `from`, one for each element of `shape`.
pub fn repeated<T: Copy>(values: &[T], from: &[usize], shape: &[usize], zero: T) -> Vec<T> {
    source::expand_source(from, shape)
        .places()
        .take(values, zero)
}

/// The public integers of an operand: one if they are equal, else one for each element of `shape`.
///
/// # Errors
/// [`MpcError::Range`] for a value that is no exact integer.
pub fn few(
    session: &Session,
    tensor: &PublicTensor,
    shape: &[usize],
) -> Result<Vec<i64>, MpcError> {
    let values = constant::integers(session, &tensor.values)?;
    Ok(fewest(&values, &tensor.shape, shape))
}

/// One of equal values; else the values of shape `from` repeated to `shape`.
pub fn fewest(values: &[i64], from: &[usize], shape: &[usize]) -> Vec<i64> {
    match values.first() {
        Some(&first) if values.iter().all(|&value| value == first) => vec![first],
        _ => repeated(values, from, shape, 0),
    }
}
