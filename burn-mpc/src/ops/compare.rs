//! Comparisons with broadcasting: one sign call each.

use crate::error::MpcError;
use crate::fixed::{constant, reshare};
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

/// A public operand with `replace(v)` for every `v` of magnitude `reached` or more.
fn with_unreached<R: Ring>(
    operand: &Operand<R>,
    reached: f64,
    replace: impl Fn(f64) -> f64,
) -> Operand<R> {
    let mut operand = operand.clone();
    if let Operand::Public(tensor) = &mut operand {
        let unreached = tensor.values.iter_mut().filter(|v| v.abs() >= reached);
        unreached.for_each(|v| *v = replace(*v));
    }
    operand
}

/// No secret among the operands is as large as this.
fn reached<R: Ring>(session: &Session, operands: [&Operand<R>; 2]) -> Result<f64, MpcError> {
    let mut secrets = operands.into_iter().filter_map(Operand::secret);
    let scales = session.scales();
    let Some(secret) = secrets.find(|secret| secret.kind() == Kind::Float) else {
        return Ok(f64::INFINITY);
    };
    let frac = force::frac(session, secret)?.min(scales.value);
    Ok(f64::from(scales.limit().saturating_sub(frac)).exp2())
}

/// The largest number at `frac` fractional bits, with the sign of `v`.
fn outermost(session: &Session, v: f64, frac: u32) -> f64 {
    let most = f64::from(session.scales().limit().saturating_sub(frac)).exp2();
    let most = most.min(constant::EXACT);
    // A unit below, or as little as a double can be.
    let unit = (-f64::from(frac)).exp2();
    (most - unit).min(most * (1.0 - f64::EPSILON)).copysign(v)
}

/// `a - b` as a replicated share of the broadcast shape, whatever the forms of the operands. Public numbers that no
/// secret reaches may be infinite, or so large that they do not fit. Where secrets may be infinite, infinities are equal.
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
    let reached = reached(session, [a, b])?;
    let [x, y] = [a, b].map(|operand| with_unreached(operand, reached, |_| 0.0));
    let frac = common_frac(session, &x, &y)?;
    bounds::check(session, op, bounds::of_two(&x, &y, add_limits), frac)?;
    let infinite = [a, b]
        .into_iter()
        .filter_map(Operand::secret)
        .any(operand::may_be_infinite);
    let replace = |v: f64| {
        if infinite && operand::is_infinite(v) {
            operand::stand_in(session, v)
        } else {
            outermost(session, v, frac)
        }
    };
    let term = |operand: &Operand<R>| {
        let saturated = with_unreached(operand, reached, replace);
        operand::term(session, &saturated, frac)
    };
    let left = expand_form(&term(a)?, a.shape(), shape);
    let right = expand_form(&term(b)?, b.shape(), shape);
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
