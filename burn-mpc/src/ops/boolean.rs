//! Logic on shared bits.

use crate::error::MpcError;
use crate::ops::base::call::{Call, constant_key, device_of, note_operands, unary_key};
use crate::ops::base::force::bits;
use crate::ops::base::shape::{broadcast_shape, result_shape};
use crate::ops::base::source::expand_source;
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::share::BitShare;
use crate::tensor::{Bound, Kind, Operand, SecretTensor};

/// Bits of an operand, repeated to `shape`. Public bits become a share with one component.
fn bits_of<R: Ring>(
    session: &Session,
    operand: &Operand<R>,
    shape: &[usize],
) -> Result<BitShare, MpcError> {
    let share = match operand {
        Operand::Secret(tensor) => bits(session, tensor)?,
        Operand::Public(tensor) => {
            session.note_numbers("public", &tensor.values);
            let flags: Vec<bool> = tensor.values.iter().map(|v| *v != 0.0).collect();
            BitShare::zeros(flags.len())
                .xor_public(&ring::pack_bools(&flags), session.party().index())
        }
    };
    Ok(if operand.shape() == shape {
        share
    } else {
        share.pick(&expand_source(operand.shape(), shape).places().list())
    })
}

fn binary<R: Ring>(
    op: &'static str,
    a: &Operand<R>,
    b: &Operand<R>,
    combine: impl FnOnce(&Session, &BitShare, &BitShare) -> Result<BitShare, MpcError>,
) -> SecretTensor<R> {
    let device = device_of(&[a, b]);
    let key = constant_key(op, &[], &[a, b]);
    Call {
        op,
        device: &device,
        shape: result_shape(a.shape(), b.shape()),
        kind: Kind::Bool,
        key,
        bound: Bound::NONE,
    }
    .run(|session| {
        note_operands(session, &[a, b]);
        let shape = broadcast_shape(session, op, a.shape(), b.shape())?;
        let (x, y) = (bits_of(session, a, &shape)?, bits_of(session, b, &shape)?);
        Ok(SecretTensor::of_bits(
            &device,
            shape,
            combine(session, &x, &y)?,
        ))
    })
}

/// `a AND b`: 3 bits per element, 1 round.
pub fn bool_and<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    binary("bool_and", &a, &b, |session, x, y| {
        session.run(|ctx| protocol::bit_and(ctx, x, y))
    })
}

/// `a OR b = a + b + (a AND b)` over GF(2).
pub fn bool_or<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    binary("bool_or", &a, &b, |session, x, y| {
        let both = session.run(|ctx| protocol::bit_and(ctx, x, y))?;
        Ok(both.xor(x).xor(y))
    })
}

/// `a XOR b`: local.
pub fn bool_xor<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    binary("bool_xor", &a, &b, |_, x, y| Ok(x.xor(y)))
}

/// `NOT a`: local.
pub fn bool_not<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let key = unary_key("bool_not", &[], &tensor);
    let shape = tensor.shape().to_vec();
    Call {
        op: "bool_not",
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Bool,
        key,
        bound: Bound::NONE,
    }
    .run(|session| {
        let flipped = bits(session, &tensor)?.not(session.party().index());
        Ok(SecretTensor::of_bits(tensor.device(), shape, flipped))
    })
}
