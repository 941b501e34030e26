//! Element-wise arithmetic without fusion: sums, products and linear maps.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant, scale};
use crate::ops::base::call::{Call, constant_key, device_of, note_operands, unary_key};
use crate::ops::base::shape::{
    broadcast_shape, expand_form, expand_replicated, kind_of, result_shape,
};
use crate::ops::base::{bounds, force, operand, owned, source};
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::tensor::{Bound, Operand, PublicTensor, SecretTensor};

/// An op on two operands that computes numbers of the broadcast shape. `limit` and `function` say how large its results
/// are, and what they are in the clear.
pub(super) fn binary<R: Ring>(
    op: &'static str,
    a: &Operand<R>,
    b: &Operand<R>,
    limit: fn(f64, f64) -> f64,
    function: fn(f64, f64) -> f64,
    compute: impl FnOnce(&Session, Vec<usize>) -> Result<Fixed<Form<R>>, MpcError>,
) -> SecretTensor<R> {
    let device = device_of(&[a, b]);
    let kind = kind_of(a, b);
    let shape = result_shape(a.shape(), b.shape());
    let key = constant_key(op, &[], &[a, b]);
    let reach = bounds::reach(&[a, b], |limits| limit(limits[0], limits[1]));
    let call = Call {
        op,
        device: &device,
        shape,
        kind,
        key,
        bound: bounds::of_two(a, b, limit),
    };
    let result = call.run(|session| {
        note_operands(session, &[a, b]);
        let shape = broadcast_shape(session, op, a.shape(), b.shape())?;
        // A result without a key would be shared anew in every inference.
        if key.is_some()
            && let Some(owned) = owned::of_two(session, [a, b], &shape, function, limit)
        {
            return Ok(SecretTensor::deferred(&device, shape, kind, owned));
        }
        let numbers = compute(session, shape.clone())?;
        Ok(SecretTensor::of_numbers(&device, shape, kind, numbers))
    });
    result.with_reach(reach)
}

/// The limit of a sum.
pub fn add_limits(a: f64, b: f64) -> f64 {
    a + b
}

/// The limit of a product.
pub fn multiply_limits(a: f64, b: f64) -> f64 {
    a * b
}

/// `a + b`. Local.
pub fn add<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> SecretTensor<R> {
    binary(
        "add",
        a,
        b,
        add_limits,
        |x, y| x + y,
        |session, shape| sum(session, a, b, &shape, Form::add),
    )
}

/// `a - b`. Local.
pub fn sub<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> SecretTensor<R> {
    binary(
        "sub",
        a,
        b,
        add_limits,
        |x, y| x - y,
        |session, shape| sum(session, a, b, &shape, Form::sub),
    )
}

/// `a b`. Secret times secret is local but leaves an additive share; its operands are truncated first
/// where the product would leave the headroom.
pub fn mul<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> SecretTensor<R> {
    binary(
        "mul",
        a,
        b,
        multiply_limits,
        |x, y| x * y,
        |session, shape| match (a, b) {
            (Operand::Secret(x), Operand::Secret(y)) => product(session, x, y, &shape),
            (Operand::Secret(x), Operand::Public(y)) | (Operand::Public(y), Operand::Secret(x)) => {
                public_product(session, x, y, &shape)
            }
            (Operand::Public(_), Operand::Public(_)) => Err(MpcError::Internal {
                what: "a product of public operands came to secret ones",
            }),
        },
    )
}

fn sum<R: Ring>(
    session: &Session,
    a: &Operand<R>,
    b: &Operand<R>,
    shape: &[usize],
    combine: impl Fn(&Form<R>, &Form<R>) -> Form<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    let frac = common_frac(session, a, b)?;
    let left = expand_form(&operand::term(session, a, frac)?, a.shape(), shape);
    let right = expand_form(&operand::term(session, b, frac)?, b.shape(), shape);
    Ok(Fixed::new(combine(&left, &right), frac))
}

/// The scale at which two operands are added or compared.
pub fn common_frac<R: Ring>(
    session: &Session,
    a: &Operand<R>,
    b: &Operand<R>,
) -> Result<u32, MpcError> {
    let mut secrets = vec![];
    // At most one operand is public.
    let mut public: &[f64] = &[];
    for operand in [a, b] {
        match operand {
            Operand::Secret(tensor) => secrets.push(tensor),
            Operand::Public(tensor) => public = &tensor.values,
        }
    }
    let secret = meeting_frac(session, &secrets)?;
    Ok(scale::of_sum(session, secret, public))
}

/// The scale at which secrets meet in a sum, a comparison or a joined tensor.
pub fn meeting_frac<R: Ring>(
    session: &Session,
    secrets: &[&SecretTensor<R>],
) -> Result<u32, MpcError> {
    // Computing the second operand may truncate the first, if it is computed from it.
    for tensor in secrets {
        force::numbers(session, tensor)?;
    }
    let mut scales = vec![];
    let mut reached = vec![];
    let mut least = 0;
    for tensor in secrets {
        let frac = scale::of_term(session, force::numbers(session, tensor)?.frac);
        match tensor.reach() {
            Some(reach) => {
                reached.push(reach.ceil());
                least = least.max(frac);
            }
            None => scales.push(frac),
        }
    }
    let frac = scale::of_terms(session, &scales).max(least);
    Ok(scale::of_sum(session, frac, &reached))
}

fn product<R: Ring>(
    session: &Session,
    x: &SecretTensor<R>,
    y: &SecretTensor<R>,
    shape: &[usize],
) -> Result<Fixed<Form<R>>, MpcError> {
    let (fx, fy) = (force::frac(session, x)?, force::frac(session, y)?);
    let (fx, fy) = scale::of_factors(session, (fx, x.key().is_some()), (fy, y.key().is_some()));
    let left = force::replicated_at_most(session, x, fx)?;
    let right = force::replicated_at_most(session, y, fy)?;
    let left_share = expand_replicated(left.share, x.shape(), shape);
    let right_share = expand_replicated(right.share, y.shape(), shape);
    let z = protocol::multiply(&left_share, &right_share);
    Ok(Fixed::new(Form::Additive(z), left.frac + right.frac))
}

/// Product with a public tensor.
pub fn public_product<R: Ring>(
    session: &Session,
    x: &SecretTensor<R>,
    y: &PublicTensor,
    shape: &[usize],
) -> Result<Fixed<Form<R>>, MpcError> {
    if let Some(result) = y
        .as_scalar()
        .and_then(|value| power_of_two(session, x, value, shape))
    {
        return result;
    }
    let scales = session.scales();
    let have = force::numbers(session, x)?.frac;
    let room = scales.headroom.saturating_sub(scales.value);
    let kept = if have > room {
        room.min(scales.value)
    } else {
        have
    };
    // The scale must fit the ring, however small the factor.
    let most = scales.limit().saturating_sub(kept);
    let factors = constant::encode_factors::<R>(session, &y.values, scales.value, most)?;
    let largest = y.largest();
    if x.bound() == Bound::NONE && largest >= scales.once() {
        // The factor is larger than a value that may be multiplied once: then its product with the largest value must
        // fit.
        let bound = Bound::declared(scales.once() * largest);
        bounds::check(session, "mul", bound, have.min(scales.value) + factors.frac)?;
    }
    // A small factor has more than the significant fractional bits, but its product is small as well.
    let limit = scales
        .headroom
        .saturating_sub(factors.frac.min(scales.value));
    let limit = if have > limit {
        limit.min(scales.value)
    } else {
        limit
    };
    let found = force::numbers_at_most(session, x, limit)?;
    Ok(times(&found, &factors, (x.shape(), &y.shape), shape))
}

/// Numbers times public factors, both of these shapes, broadcast to `shape`; local.
pub(super) fn times<R: Ring>(
    numbers: &Fixed<Form<R>>,
    factors: &Fixed<Vec<R>>,
    (from, of_factors): (&[usize], &[usize]),
    shape: &[usize],
) -> Fixed<Form<R>> {
    let frac = numbers.frac + factors.frac;
    let z = expand_form(&numbers.share, from, shape);
    if z.is_counted() {
        return Fixed::new(z, frac);
    }
    let source = source::expand_source(of_factors, shape).places();
    let factors = source.take(&factors.share, R::ZERO);
    let z = z.map_each(|component| protocol::multiply_public(component, &factors));
    Fixed::new(z, frac)
}

/// Multiplication by `+-2^n` relabels the scale.
fn power_of_two<R: Ring>(
    session: &Session,
    x: &SecretTensor<R>,
    value: f64,
    shape: &[usize],
) -> Option<Result<Fixed<Form<R>>, MpcError>> {
    let exponent = value.abs().log2();
    if value == 0.0 || exponent.fract() != 0.0 || exponent.abs() > 30.0 {
        return None;
    }
    session.note_numbers("power of two", &[value]);
    #[expect(clippy::cast_possible_truncation, reason = "at most 30 in magnitude")]
    let exponent = exponent as i32;
    let limit = session.scales().limit();
    let input = force::numbers(session, x).and_then(|found| {
        let room = limit.saturating_sub(exponent.min(0).unsigned_abs());
        if found.frac <= room {
            return Ok(found);
        }
        // The scale must fit the ring, however often a value is halved.
        force::numbers_at_most(session, x, room.min(session.scales().value))
    });
    Some(input.map(|found| {
        let frac = found.frac;
        let form = expand_form(&found.share, x.shape(), shape);
        let form = if value < 0.0 {
            form.map_each(ring::neg)
        } else {
            form
        };
        if exponent <= 0 {
            return Fixed::new(form, frac + exponent.unsigned_abs());
        }
        let relabel = frac.min(exponent.unsigned_abs());
        let shift = exponent.unsigned_abs() - relabel;
        let form = match shift {
            0 => form,
            _ => form.map_each(|x| ring::shl(x, shift)),
        };
        Fixed::new(form, frac - relabel)
    }))
}

/// Applies a linear map of single elements to a tensor in whatever form it is.
fn local<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    map: impl Fn(&[R]) -> Vec<R>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: unary_key(op, &[], tensor),
        bound: tensor.bound(),
    };
    let result = call.run(|session| {
        let numbers = force::numbers(session, tensor)?;
        let numbers = numbers.map(|form| form.map_each(map));
        let (device, kind) = (tensor.device(), tensor.kind());
        Ok(SecretTensor::of_numbers(device, shape, kind, numbers))
    });
    result.with_reach(tensor.reach())
}

/// `-a`. Local.
pub fn neg<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    owned::of_one("neg", tensor, |x| -x).unwrap_or_else(|| local("neg", tensor, ring::neg))
}
