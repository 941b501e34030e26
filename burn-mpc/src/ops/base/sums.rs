//! Sums of many elements, and their division by public counts.
//!
//! A sum of `2^g` numbers needs `g` integer bits more than a number. How many are summed is public, so what is summed
//! is truncated first where those bits could be missing: partial sums, so that few elements are truncated.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::arith::{self, binary, multiply_limits, times};
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::force;
use crate::ring::{self, Ring};
use crate::session::{Scales, Session};
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, elements};

/// How large the summands of a sum may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summands {
    /// On average as large as [`Scales::summand`] says: squares, for instance.
    Any,
    /// On average as large as values that may be multiplied.
    Values,
    /// So small that their sum is no larger than a number may be.
    Shares,
}

/// The exponent of the smallest power of two that is at least `count`.
fn growth(count: usize) -> u32 {
    count.max(1).next_power_of_two().ilog2()
}

/// The most fractional bits of a sum of `count` summands.
fn room(scales: &Scales, count: usize, summands: Summands) -> u32 {
    let bits = match summands {
        Summands::Any => growth(count) + scales.summand(),
        Summands::Values => growth(count) + scales.limit().saturating_sub(scales.product) / 2,
        Summands::Shares => 0,
    };
    scales.limit().saturating_sub(bits)
}

/// What a scale counts as: products with scales of their own are as large as others.
fn counted(scales: &Scales, frac: u32) -> u32 {
    frac.min(scales.product)
}

/// Numbers of which `count` may be added.
fn summable<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    count: usize,
) -> Result<Fixed<Form<R>>, MpcError> {
    let scales = session.scales();
    let found = force::numbers(session, tensor)?;
    let room = room(&scales, count, Summands::Any);
    if count <= 1 || tensor.kind() != Kind::Float || counted(&scales, found.frac) <= room {
        return Ok(found);
    }
    if room >= scales.value {
        return force::numbers_at_most(session, tensor, scales.value);
    }
    let share = force::replicated_beside(session, tensor, room)?;
    Ok(Fixed::new(Form::Rss(share), room))
}

/// A linear map of a tensor, each of whose results is a sum of at most `terms` elements.
fn summed<R: Ring>(
    op: &'static str,
    facts: &[f64],
    tensor: &SecretTensor<R>,
    shape: Vec<usize>,
    terms: usize,
    compute: impl FnOnce(&Session) -> Result<Fixed<Form<R>>, MpcError>,
) -> SecretTensor<R> {
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: unary_key(op, facts, tensor),
        bound: tensor.bound().map(|limit| limit * terms as f64),
    };
    let result = call.run(|session| {
        session.note_numbers(op, facts);
        let numbers = compute(session)?;
        let (device, kind) = (tensor.device(), tensor.kind());
        Ok(SecretTensor::of_numbers(device, shape, kind, numbers))
    });
    result.with_reach(tensor.reach().map(|reach| reach * terms as f64))
}

/// Applies a linear map to a tensor in whatever form it is; each result is a sum of at most `terms` elements. Local,
/// unless there are so many terms that they are truncated first.
pub fn linear<R: Ring>(
    op: &'static str,
    facts: &[f64],
    tensor: &SecretTensor<R>,
    shape: Vec<usize>,
    terms: usize,
    map: impl Fn(&[R]) -> Vec<R>,
) -> SecretTensor<R> {
    let len = elements(&shape);
    summed(op, facts, tensor, shape, terms, |session| {
        let numbers = summable(session, tensor, terms)?;
        Ok(numbers.map(|form| form.map_to(len, map)))
    })
}

/// Sums along the middle axis of a tensor seen as `[outer, size, inner]`, under the dimensions `shape`. Local, unless the
/// sums could outgrow the ring: then sums of as many elements as fit are truncated, and added at a coarser scale.
pub fn along<R: Ring>(
    op: &'static str,
    facts: &[f64],
    tensor: &SecretTensor<R>,
    axes @ (outer, size, inner): (usize, usize, usize),
    shape: Vec<usize>,
    summands: Summands,
) -> SecretTensor<R> {
    summed(op, facts, tensor, shape, size, |session| {
        let numbers = force::numbers(session, tensor)?;
        let scales = session.scales();
        let (have, room) = (
            counted(&scales, numbers.frac),
            room(&scales, size, summands),
        );
        let numbers = if have <= room || tensor.kind() != Kind::Float {
            numbers
        } else {
            // So many summands fit at the scale that they have.
            let group = 1 << growth(size).saturating_sub(have - room);
            let groups = size.div_ceil(group);
            let partial = numbers.map(|form| {
                let len = outer * groups * inner;
                form.map_to(len, |x| in_groups(x, axes, group))
            });
            let (device, kind) = (tensor.device(), tensor.kind());
            let partial =
                SecretTensor::of_numbers(device, vec![outer, groups, inner], kind, partial)
                    .with_key(unary_key("partial sums", facts, tensor));
            force::replicated_at_most(session, &partial, room.min(scales.value))?.into()
        };
        let axes = (outer, numbers.share.len() / (outer * inner).max(1), inner);
        Ok(numbers.map(|form| form.map_to(outer * inner, |x| in_groups(x, axes, axes.1))))
    })
}

/// Sums of `group` neighbours along the middle axis each; the last group may be smaller.
fn in_groups<R: Ring>(
    x: &[R],
    (outer, size, inner): (usize, usize, usize),
    group: usize,
) -> Vec<R> {
    let group = group.max(1);
    let groups = size.div_ceil(group).max(usize::from(size == 0));
    let mut out = vec![R::ZERO; outer * groups * inner];
    if x.is_empty() {
        return out;
    }
    for (block, sums) in x
        .chunks_exact(size * inner)
        .zip(out.chunks_exact_mut(groups * inner))
    {
        for (at, row) in block.chunks_exact(inner).enumerate() {
            ring::add_assign(&mut sums[at / group * inner..][..inner], row);
        }
    }
    out
}

/// Multiplies sums of at most `count` values by public factors of about `1 / count`. The sums are relabelled to be
/// smaller than a value; local unless that leaves the factors no headroom.
pub fn share_out<R: Ring>(
    sums: SecretTensor<R>,
    factors: PublicTensor,
    count: usize,
) -> SecretTensor<R> {
    let power = f64::from(growth(count)).exp2();
    let scalar = Operand::scalar(power.recip());
    let smaller = arith::mul(&sums.into(), &scalar);
    let factors = PublicTensor {
        values: factors.values.iter().map(|factor| factor * power).collect(),
        ..factors
    };
    if factors.as_scalar() == Some(1.0) {
        return smaller;
    }
    let b = Operand::Public(factors.clone());
    binary(
        "share_out",
        &Operand::Secret(smaller.clone()),
        &b,
        multiply_limits,
        |x, y| x * y,
        |session, shape| {
            let scales = session.scales();
            let most = scales.headroom.saturating_sub(scales.value);
            let encoded = constant::encode_factors::<R>(
                session,
                &factors.values,
                scales.value,
                scales.limit().saturating_sub(most),
            )?;
            let limit = scales.headroom.saturating_sub(encoded.frac);
            let found = force::numbers_at_most(session, &smaller, limit)?;
            let shapes = (smaller.shape(), &factors.shape[..]);
            Ok(times(&found, &encoded, shapes, &shape))
        },
    )
}

/// Whether a quotient of secrets by public divisors is the mean of many numbers: the factors, the largest of which is
/// `largest`, would take more bits than a mean can spare.
pub fn is_share(scales: &Scales, largest: f64) -> bool {
    let fraction = scales.limit() * 4 / 5;
    largest > 0.0 && -largest.log2() > f64::from(fraction.saturating_sub(2 * scales.value))
}
