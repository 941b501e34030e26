//! Quotients of secrets: they keep their relative precision, whatever the size of the divisor.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, constant_key, device_of, note_operands};
use crate::ops::base::elementary::size_of;
use crate::ops::base::operand::secret;
use crate::ops::base::shape::{broadcast_shape, expand_replicated, result_shape};
use crate::ops::base::{bounds, force};
use crate::protocol::{self, Divisor, Evaluated};
use crate::ring::Ring;
use crate::session::Session;
use crate::tensor::{Bound, Kind, Operand, SecretTensor};

/// What `tensor` is divided by, at `frac` fractional bits.
fn divisor<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    frac: u32,
) -> Result<Divisor<R>, MpcError> {
    let x = force::replicated_at(session, tensor, frac)?;
    session.run(|ctx| protocol::divisor(ctx, &x, size_of(session)))
}

/// `a / b`, with the divisor prepared before it is repeated to the shape of the result. Zero in `b` sets a flag, and so
/// does a quotient of `2^21` in magnitude, or `2^11` on 32 bits. Divisors must be below `2^22`, or `2^10`.
pub fn quotient<R: Ring>(a: Operand<R>, b: SecretTensor<R>) -> SecretTensor<R> {
    let divisors = Operand::Secret(b.clone());
    let device = device_of(&[&a, &divisors]);
    let key = constant_key("div", &[], &[&a, &divisors]);
    let op = "div";
    Call {
        op,
        device: &device,
        shape: result_shape(a.shape(), b.shape()),
        kind: Kind::Float,
        key,
        // A small divisor may make a large quotient.
        bound: Bound::NONE,
    }
    .run(|session| {
        note_operands(session, &[&a, &divisors]);
        let shape = broadcast_shape(session, op, a.shape(), b.shape())?;
        let a = secret(a, Kind::Float, &device);
        let size = size_of(session);
        // Of a finer operand the other's bits would be missing.
        let frac = session.scales().value.min(size.third());
        for operand in [&a, &b] {
            bounds::check(session, op, operand.bound(), frac)?;
        }
        let found = divisor(session, &b, frac)?;
        let expanded = |share| expand_replicated(share, b.shape(), &shape);
        let found = Divisor {
            factor: expanded(found.factor),
            inverse: expanded(found.inverse),
            limit: expanded(found.limit),
        };
        let x = force::replicated_at(session, &a, frac)?;
        let x = expand_replicated(x, a.shape(), &shape);
        let Evaluated { values, frac } =
            session.run(|ctx| protocol::quotient(ctx, &x, &found, size))?;
        let numbers = Fixed::new(Form::Additive(values), frac);
        Ok(SecretTensor::of_numbers(
            &device,
            shape,
            Kind::Float,
            numbers,
        ))
    })
}
