//! Element-wise arithmetic with broadcasting.

use crate::error::MpcError;
use crate::ops::constant::{encode_factors, form_of_operand};
use crate::ops::fold::{Affine, fold};
use crate::ops::guard::{Call, constant_key, device_of, note_operands, shape_error, unary_key};
use crate::ops::resolve::{form, form_at_most, rss_at_most};
use crate::ops::{activation, bounds, gate, movement, roots};
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::tensor::{Bound, Form, Kind, Operand, PublicTensor, SecretTensor, elements};

/// The shape to which two shapes broadcast, aligned at the last dimension.
///
/// # Errors
/// If a dimension differs and neither is 1.
pub(super) fn broadcast_shape(
    session: &Session,
    op: &'static str,
    a: &[usize],
    b: &[usize],
) -> Result<Vec<usize>, MpcError> {
    try_broadcast(a, b).ok_or_else(|| shape_error(session, op, &[a, b], "they do not broadcast"))
}

fn try_broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dimension =
        |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|i| match (dimension(a, i), dimension(b, i)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// The shape of the result, or the left one if they do not fit (the error comes from the op).
pub(super) fn result_shape(a: &[usize], b: &[usize]) -> Vec<usize> {
    try_broadcast(a, b).unwrap_or_else(|| a.to_vec())
}

/// Repeats a form of shape `from` to shape `to`; local.
pub(super) fn expand_form<R: Ring>(form: &Form<R>, from: &[usize], to: &[usize]) -> Form<R> {
    if from == to || form.len() == elements(to) {
        return form.clone();
    }
    moved(form, movement::expand_source(from, to))
}

/// The elements of a form at their sources, none of which is a zero; local.
pub(super) fn moved<R: Ring>(form: &Form<R>, source: movement::Source) -> Form<R> {
    let len = elements(source.shape());
    // An estimate has no use for a list of its elements.
    let source = if form.is_counted() {
        Vec::new()
    } else {
        source.list()
    };
    form.map_to(len, |x| source.iter().map(|&i| x[i]).collect())
}

/// The kind of a result: a float operand makes it float.
pub(super) fn kind_of<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> Kind {
    let kind = |operand: &Operand<R>| match operand {
        Operand::Secret(tensor) => Some(tensor.kind()),
        Operand::Public(_) => None,
    };
    match (kind(a), kind(b)) {
        (Some(a), Some(b)) if a == b => a,
        (Some(a), None) | (None, Some(a)) => a,
        _ => Kind::Float,
    }
}

fn binary<R: Ring>(
    op: &'static str,
    a: &Operand<R>,
    b: &Operand<R>,
    limit: fn(f64, f64) -> f64,
    compute: impl FnOnce(&Session, Vec<usize>) -> Result<(Form<R>, u32), MpcError>,
) -> SecretTensor<R> {
    let device = device_of(&[a, b]);
    let kind = kind_of(a, b);
    let shape = result_shape(a.shape(), b.shape());
    let key = constant_key(op, &[], &[a, b]);
    Call {
        op,
        device: &device,
        shape,
        kind,
        key,
        bound: bounds::of_two(a, b, limit),
    }
    .run(|session| {
        note_operands(session, &[a, b]);
        let shape = broadcast_shape(session, op, a.shape(), b.shape())?;
        let (form, frac) = compute(session, shape.clone())?;
        Ok(SecretTensor::of_form(&device, shape, kind, form, frac))
    })
}

/// The limit of a sum.
pub(super) fn add_limits(a: f64, b: f64) -> f64 {
    a + b
}

/// The limit of a product.
pub(super) fn multiply_limits(a: f64, b: f64) -> f64 {
    a * b
}

/// `a + b`. Local.
pub fn add<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let folded = fold(&a, &b, Affine::Add).or_else(|| fold(&b, &a, Affine::Add));
    folded.unwrap_or_else(|| {
        binary("add", &a, &b, add_limits, |session, shape| {
            sum(session, &a, &b, &shape, Form::add)
        })
    })
}

/// `a - b`. Local.
pub fn sub<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    fold(&a, &b, Affine::Sub).unwrap_or_else(|| {
        binary("sub", &a, &b, add_limits, |session, shape| {
            sum(session, &a, &b, &shape, Form::sub)
        })
    })
}

fn sum<R: Ring>(
    session: &Session,
    a: &Operand<R>,
    b: &Operand<R>,
    shape: &[usize],
    combine: impl Fn(&Form<R>, &Form<R>) -> Form<R>,
) -> Result<(Form<R>, u32), MpcError> {
    let frac = common_frac(session, a, b)?;
    let left = expand_form(&form_of_operand(session, a, frac)?, a.shape(), shape);
    let right = expand_form(&form_of_operand(session, b, frac)?, b.shape(), shape);
    Ok((combine(&left, &right), frac))
}

/// The scale at which two operands are added or compared: the finer one, unless that leaves no headroom.
pub(super) fn common_frac<R: Ring>(
    session: &Session,
    a: &Operand<R>,
    b: &Operand<R>,
) -> Result<u32, MpcError> {
    let limit = session.scales().sum();
    // Computing the second may truncate the first, if it comes out of it.
    for operand in [a, b] {
        if let Operand::Secret(tensor) = operand {
            form(session, tensor)?;
        }
    }
    let frac = |operand: &Operand<R>| -> Result<Option<u32>, MpcError> {
        match operand {
            Operand::Public(_) => Ok(None),
            Operand::Secret(tensor) => {
                let (_, frac) = form(session, tensor)?;
                let frac = if frac > limit {
                    session.scales().value
                } else {
                    frac
                };
                Ok(Some(frac))
            }
        }
    };
    let (a_frac, b_frac) = (frac(a)?, frac(b)?);
    let secret = a_frac.max(b_frac).unwrap_or(0);
    let public = [a, b].into_iter().find_map(|operand| match operand {
        Operand::Public(tensor) => Some(tensor),
        Operand::Secret(_) => None,
    });
    // An integer tensor (scale 0) meets a public fraction: take the session's scale.
    let fractional = public.is_some_and(|tensor| tensor.values.iter().any(|v| v.fract() != 0.0));
    let frac = if fractional {
        secret.max(session.scales().value)
    } else {
        secret
    };
    // A public value too large for a fine scale takes the session's.
    let fits = |frac: u32| {
        let bound = f64::from(session.scales().limit() - frac).exp2();
        public.is_none_or(|tensor| tensor.values.iter().all(|v| v.abs() < bound))
    };
    Ok(if frac > session.scales().value && !fits(frac) {
        session.scales().value
    } else {
        frac
    })
}

/// `a b`. Secret times secret is local but leaves an additive share; its operands are truncated first
/// where the product would leave the headroom.
pub fn mul<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    if let (Operand::Secret(x), Operand::Secret(y)) = (&a, &b)
        && let Some(waiting) = gate::gate_later(x, y).or_else(|| gate::gate_later(y, x))
    {
        return waiting;
    }
    let folded = fold(&a, &b, Affine::Mul).or_else(|| fold(&b, &a, Affine::Mul));
    folded.unwrap_or_else(|| {
        binary("mul", &a, &b, multiply_limits, |session, shape| {
            match (&a, &b) {
                (Operand::Secret(x), Operand::Secret(y)) => product(session, x, y, &shape),
                (Operand::Secret(x), Operand::Public(y))
                | (Operand::Public(y), Operand::Secret(x)) => {
                    public_product(session, x, y, &shape, 0)
                }
                (Operand::Public(_), Operand::Public(_)) => Err(MpcError::Internal {
                    what: "a product of public operands came to secret ones",
                }),
            }
        })
    })
}

/// The scales to which two factors are truncated before their product.
pub(super) fn factor_scales(
    session: &Session,
    (a, a_constant): (u32, bool),
    (b, b_constant): (u32, bool),
) -> (u32, u32) {
    let scales = session.scales();
    let limit = if a_constant && b_constant {
        scales.headroom
    } else if a == 0 || b == 0 {
        // An integer or a bit: the product is no finer than the other factor.
        scales.finest
    } else {
        scales.product
    };
    if a + b <= limit {
        return (a, b);
    }
    let half = limit / 2;
    if a <= half {
        (a, limit - a)
    } else if b <= half {
        (limit - b, b)
    } else {
        (half, half)
    }
}

fn product<R: Ring>(
    session: &Session,
    x: &SecretTensor<R>,
    y: &SecretTensor<R>,
    shape: &[usize],
) -> Result<(Form<R>, u32), MpcError> {
    let (fx, fy) = (form(session, x)?.1, form(session, y)?.1);
    let (fx, fy) = factor_scales(session, (fx, x.key().is_some()), (fy, y.key().is_some()));
    let (x_share, fx) = rss_at_most(session, x, fx)?;
    let (y_share, fy) = rss_at_most(session, y, fy)?;
    let expand = |share, from: &[usize]| match expand_form(&Form::Rss(share), from, shape) {
        Form::Rss(share) => Ok(share),
        _ => Err(MpcError::Internal {
            what: "a replicated share changed form",
        }),
    };
    let z = protocol::multiply(&expand(x_share, x.shape())?, &expand(y_share, y.shape())?);
    Ok((Form::Additive(z), fx + fy))
}

pub(super) fn public_product<R: Ring>(
    session: &Session,
    x: &SecretTensor<R>,
    y: &PublicTensor,
    shape: &[usize],
    growth: u32,
) -> Result<(Form<R>, u32), MpcError> {
    if let Some(result) = y
        .as_scalar()
        .and_then(|value| power_of_two(session, x, value, shape))
    {
        return result;
    }
    let scales = session.scales();
    let have = form(session, x)?.1;
    let room = scales.headroom.saturating_sub(scales.value + growth);
    let kept = if have > room {
        room.min(scales.value)
    } else {
        have
    };
    // No scale leaves the ring, however small the factor.
    let most = scales.limit().saturating_sub(kept);
    let (factors, frac) = encode_factors::<R>(session, &y.values, scales.value, most)?;
    let largest = y.values.iter().fold(0.0_f64, |most, v| v.abs().max(most));
    if x.bound() == Bound::NONE && largest >= scales.once() {
        // Larger than what may be multiplied once: then the whole range of a value must bear it.
        let bound = Bound::declared(scales.once() * largest);
        bounds::check(session, "mul", bound, have.min(scales.value) + frac)?;
    }
    // `frac` beyond the significant bits is made up for by the smallness of the factor, unless the
    // other operand is large for the same reason.
    let limit = scales
        .headroom
        .saturating_sub(frac.min(scales.value) + growth);
    let limit = if have > limit {
        limit.min(scales.value)
    } else {
        limit
    };
    let (x_form, fx) = form_at_most(session, x, limit)?;
    let z = expand_form(&x_form, x.shape(), shape);
    if z.is_counted() {
        return Ok((z, fx + frac));
    }
    let source = movement::expand_source(&y.shape, shape).list();
    let factors: Vec<R> = source.iter().map(|&i| factors[i]).collect();
    let z = z.map_each(|component| protocol::multiply_public(component, &factors));
    Ok((z, fx + frac))
}

/// Multiplication by `+-2^n` relabels the scale.
fn power_of_two<R: Ring>(
    session: &Session,
    x: &SecretTensor<R>,
    value: f64,
    shape: &[usize],
) -> Option<Result<(Form<R>, u32), MpcError>> {
    let exponent = value.abs().log2();
    if value == 0.0 || exponent.fract() != 0.0 || exponent.abs() > 30.0 {
        return None;
    }
    session.note_numbers("power of two", &[value]);
    #[expect(clippy::cast_possible_truncation, reason = "at most 30 in magnitude")]
    let exponent = exponent as i32;
    let limit = session.scales().limit();
    let input = form(session, x).and_then(|(form, frac)| {
        let room = limit.saturating_sub(exponent.min(0).unsigned_abs());
        if frac <= room {
            return Ok((form, frac));
        }
        // No scale leaves the ring, however often a value is halved.
        form_at_most(session, x, room.min(session.scales().value))
    });
    Some(input.map(|(form, frac)| {
        let form = expand_form(&form, x.shape(), shape);
        let form = if value < 0.0 {
            form.map_each(ring::neg)
        } else {
            form
        };
        if exponent <= 0 {
            (form, frac + exponent.unsigned_abs())
        } else {
            let relabel = frac.min(exponent.unsigned_abs());
            let shift = exponent.unsigned_abs() - relabel;
            (super::resolve::shift_left(&form, shift), frac - relabel)
        }
    }))
}

/// Sums of at most `count` values by public factors of about `1 / count`. Local unless the sums, which
/// need more integer bits than a value, leave the factors no headroom.
pub(super) fn share_out<R: Ring>(
    sums: SecretTensor<R>,
    factors: PublicTensor,
    count: usize,
) -> SecretTensor<R> {
    let growth = count.max(1).next_power_of_two().ilog2();
    let (a, b) = (Operand::Secret(sums.clone()), Operand::Public(factors));
    binary(
        "share_out",
        &a,
        &b,
        multiply_limits,
        |session, shape| match &b {
            Operand::Public(factors) => public_product(session, &sums, factors, &shape, growth),
            Operand::Secret(_) => Err(MpcError::Internal {
                what: "a mean was divided by a secret",
            }),
        },
    )
}

/// `a / b`: by the reciprocal of `b`, taken before broadcasting.
pub fn div<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let inverse = match b {
        Operand::Public(tensor) => {
            let values = tensor.values.iter().map(|v| v.recip()).collect();
            Operand::Public(PublicTensor {
                shape: tensor.shape,
                values,
            })
        }
        Operand::Secret(tensor) => roots::recip(tensor).into(),
    };
    mul(a, inverse)
}

/// A linear map of one tensor in whatever form it is, whose results are sums of at most `terms` elements.
pub(super) fn local<R: Ring>(
    op: &'static str,
    facts: &[f64],
    tensor: &SecretTensor<R>,
    shape: Vec<usize>,
    terms: usize,
    map: impl Fn(&[R]) -> Vec<R>,
) -> SecretTensor<R> {
    let key = unary_key(op, facts, tensor);
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key,
        bound: tensor.bound().map(|limit| limit * terms as f64),
    };
    call.run(|session| {
        session.note_numbers(op, facts);
        let (form, frac) = form(session, tensor)?;
        let form = form.map_to(elements(&shape), map);
        Ok(SecretTensor::of_form(
            tensor.device(),
            shape,
            tensor.kind(),
            form,
            frac,
        ))
    })
}

/// `-a`. Local.
pub fn neg<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    local("neg", &[], &tensor, shape, 1, ring::neg)
}

/// `|a|`: one sign call and one product.
pub fn abs<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let sign = activation::sign(tensor.clone());
    mul(tensor.into(), sign.into())
}

/// `a^n` by repeated squaring; negative powers through the reciprocal.
pub fn powi<R: Ring>(tensor: SecretTensor<R>, exponent: i64) -> SecretTensor<R> {
    if exponent < 0 {
        return powi(roots::recip(tensor), -exponent);
    }
    if exponent == 0 {
        let zero = sub(tensor.clone().into(), tensor.into());
        return add(zero.into(), Operand::Public(PublicTensor::scalar(1.0)));
    }
    let mut result: Option<SecretTensor<R>> = None;
    let mut square = tensor;
    let mut rest = exponent;
    loop {
        if rest & 1 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some(product) => mul(product.into(), square.clone().into()),
            });
        }
        rest >>= 1;
        match result {
            Some(result) if rest == 0 => return result,
            _ => square = mul(square.clone().into(), square.clone().into()),
        }
    }
}
