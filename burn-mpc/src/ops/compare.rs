//! Comparisons with broadcasting: one sign call each.

use crate::error::MpcError;
use crate::fixed::reshare;
use crate::ops::base::arith::{add_limits, common_frac};
use crate::ops::base::call::{Call, constant_key, device_of, note_operands};
use crate::ops::base::shape::{broadcast_shape, expand_form, result_shape};
use crate::ops::base::{bounds, force, operand};
use crate::ops::boolean;
use crate::ops::rules::{self, Request};
use crate::protocol;
use crate::ring::Ring;
use crate::session::Session;
use crate::share::{BitShare, Rss};
use crate::tensor::{Bound, Kind, Operand, SecretTensor};

/// `a - b` as a replicated share of the broadcast shape, whatever the forms of the operands.
fn difference<R: Ring>(
    session: &Session,
    op: &str,
    a: &Operand<R>,
    b: &Operand<R>,
    shape: &[usize],
) -> Result<Rss<R>, MpcError> {
    if let (Operand::Secret(tensor), Operand::Public(_))
    | (Operand::Public(_), Operand::Secret(tensor)) = (a, b)
    {
        // Reshares in the tensor's cell, so that the next op finds it replicated.
        force::replicated_to_compare(session, tensor)?;
    }
    let frac = common_frac(session, a, b)?;
    bounds::check(session, op, bounds::of_two(a, b, add_limits), frac)?;
    let left = expand_form(&operand::term(session, a, frac)?, a.shape(), shape);
    let right = expand_form(&operand::term(session, b, frac)?, b.shape(), shape);
    reshare::replicated(session, &left.sub(&right))
}

fn compare<R: Ring>(
    op: &'static str,
    a: &Operand<R>,
    b: &Operand<R>,
    test: impl FnOnce(&mut protocol::Context, &Rss<R>) -> Result<BitShare, protocol::ProtocolError>,
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
        let share = difference(session, op, a, b, &shape)?;
        let bits = session.run(|ctx| test(ctx, &share))?;
        Ok(SecretTensor::of_bits(&device, shape, bits))
    })
}

/// `a < b`: the sign of `a - b`.
pub fn lower<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    rules::fuse(&Request::Lower(&a, &b)).unwrap_or_else(|| {
        compare("lower", &a, &b, |ctx, difference| {
            protocol::msb(ctx, difference)
        })
    })
}

/// `a > b`.
pub fn greater<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    lower(b, a)
}

/// `a <= b`.
pub fn lower_equal<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    boolean::bool_not(greater(a, b))
}

/// `a >= b`.
pub fn greater_equal<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    boolean::bool_not(lower(a, b))
}

/// `a = b`: the zero test of the difference; for truth values, local.
pub fn equal<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let is_bool = [&a, &b]
        .iter()
        .any(|o| matches!(o, Operand::Secret(t) if t.kind() == Kind::Bool));
    if is_bool {
        return boolean::bool_not(boolean::bool_xor(a, b));
    }
    compare("equal", &a, &b, |ctx, difference| {
        protocol::is_zero(ctx, difference)
    })
}

/// `a != b`.
pub fn not_equal<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    boolean::bool_not(equal(a, b))
}
