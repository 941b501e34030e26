//! Activations built from comparisons.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::constant::encode;
use crate::ops::guard::{Call, unary_key};
use crate::ops::resolve::{form_at, rss};
use crate::ops::{arith, gate};
use crate::protocol::{self, multiply};
use crate::ring::{self, Ring};
use crate::session::{Execution, Session};
use crate::share::Rss;
use crate::tensor::{Form, Kind, Operand, PendingClamp, PublicTensor, SecretTensor, State};

/// One sign call, one B2A and one local product on the parts `x - threshold` of a tensor, one part per
/// threshold: returns for each threshold `[x > t] (x - t)`, all in one batch.
fn rectified<R: Ring>(
    session: &Session,
    x: &Rss<R>,
    thresholds: &[R],
) -> Result<Vec<Form<R>>, MpcError> {
    let len = x.len();
    let parts = match *thresholds {
        [zero] if zero == R::ZERO => x.clone(),
        _ => {
            let join = |component: &[R], carries: bool| -> Vec<R> {
                let part = |&t: &R| ring::add_scalar(component, if carries { -t } else { R::ZERO });
                thresholds.iter().flat_map(part).collect()
            };
            let [first, second] = protocol::carries_public(session.party());
            if x.is_counted() {
                Rss::counted(thresholds.len() * len)
            } else {
                Rss::new(join(x.first(), first), join(x.second(), second))
            }
        }
    };
    let window = session.window::<R>();
    let product = session.run(|ctx| {
        let positive = protocol::msb_in(ctx, &parts.map_each(ring::neg), window.range())?;
        let bit = protocol::b2a::<R>(ctx, &positive)?;
        Ok::<_, protocol::ProtocolError>(multiply(&bit, &parts))
    })?;
    if thresholds.len() == 1 {
        return Ok(vec![Form::Additive(product)]);
    }
    let part = |i: usize| Form::Additive(product.range(i * len..(i + 1) * len));
    Ok((0..thresholds.len()).map(part).collect())
}

/// `max(x, 0)`, by a gate of the session's schedule where it follows a product, else by reshare, sign, B2A, and a
/// product whose truncation waits for its consumer.
/// Computed when it is needed, so that an upper limit or a maximum over windows can join it.
pub fn relu<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    pending_in_scope("relu", tensor, Some(0.0), None)
}

/// Values limited to `[min, max]`; both limits in one sign call. An upper limit joins a lower one that
/// is still pending, so that ReLU6 written as two calls costs one.
pub fn clamp<R: Ring>(
    tensor: SecretTensor<R>,
    min: Option<f64>,
    max: Option<f64>,
) -> SecretTensor<R> {
    // Limits the wrong way round: the lower one wins, as in Burn.
    let max = match (min, max) {
        (Some(min), Some(max)) => Some(max.max(min)),
        _ => max,
    };
    if let (State::Clamped(inner), None, Some(limit)) = (tensor.state(), min, max)
        && inner.max.is_none()
        && inner.min.is_none_or(|low| low <= limit)
        && inner.input.shape() == tensor.shape()
    {
        return pending(PendingClamp {
            max,
            ..PendingClamp::clone(&inner)
        });
    }
    pending_in_scope("clamp", tensor, min, max)
}

fn pending_in_scope<R: Ring>(
    op: &'static str,
    input: SecretTensor<R>,
    min: Option<f64>,
    max: Option<f64>,
) -> SecretTensor<R> {
    let path = input
        .device()
        .session()
        .and_then(|session| session.current_scope());
    pending(PendingClamp {
        op,
        path,
        input,
        min,
        max,
    })
}

fn pending<R: Ring>(clamp: PendingClamp<R>) -> SecretTensor<R> {
    let limits = [clamp.min, clamp.max].map(|limit| limit.unwrap_or(f64::NAN));
    let key = unary_key(clamp.op, &limits, &clamp.input);
    let (device, shape, kind) = (
        clamp.input.device().clone(),
        clamp.input.shape().to_vec(),
        clamp.input.kind(),
    );
    if let Some(session) = device.session()
        && session.claim(clamp.op).is_ok()
    {
        session.note(clamp.op, &shape);
        session.note_numbers("limits", &limits);
    }
    let bound = clamp.input.bound().map(|limit| {
        let [min, max] = [clamp.min, clamp.max].map(|limit| limit.map(f64::abs));
        match (min, max) {
            (Some(min), Some(max)) => min.max(max),
            (one, other) => limit.max(one.or(other).unwrap_or(0.0)),
        }
    });
    SecretTensor::new(&device, shape, kind, State::Clamped(Arc::new(clamp)))
        .with_key(key)
        .with_bound(bound)
}

/// The input and limits of a clamp that is still pending, for monotone maps that may go first.
pub(super) fn pending_clamp<R: Ring>(tensor: &SecretTensor<R>) -> Option<Arc<PendingClamp<R>>> {
    match tensor.state() {
        State::Clamped(clamp) if clamp.input.shape() == tensor.shape() => Some(clamp),
        _ => None,
    }
}

/// The same limits on another input.
pub(super) fn clamp_like<R: Ring>(
    clamp: &PendingClamp<R>,
    input: SecretTensor<R>,
) -> SecretTensor<R> {
    pending(PendingClamp {
        input,
        ..clamp.clone()
    })
}

/// Compares and selects.
pub(super) fn evaluate<R: Ring>(
    session: &Session,
    clamp: &PendingClamp<R>,
    execution: Execution,
) -> Result<(Form<R>, u32), MpcError> {
    session.layer(clamp.op, clamp.path.as_deref(), execution, || {
        if clamp.min == Some(0.0)
            && clamp.max.is_none()
            && let Some(gated) = gate::relu(session, &clamp.input)?
        {
            return Ok(gated);
        }
        let (x, frac) = rss(session, &clamp.input)?;
        // A limit outside the range binds nothing; one between the steps of a coarse scale refines it.
        let range = f64::from(session.scales().limit().saturating_sub(frac)).exp2();
        let min = clamp.min.filter(|&min| min.is_nan() || min > -range);
        let max = clamp.max.filter(|&max| max.is_nan() || max < range);
        let coarse = |limit: f64| (limit * f64::from(frac).exp2()).fract() != 0.0;
        let fine = frac.max(session.scales().value);
        let (x, frac) = if min.into_iter().chain(max).any(coarse) && fine > frac {
            (x.map_each(|x| ring::shl(x, fine - frac)), fine)
        } else {
            (x, frac)
        };
        let thresholds = min
            .into_iter()
            .chain(max)
            .map(|limit| Ok(encode::<R>(session, &[limit], frac)?[0]))
            .collect::<Result<Vec<_>, MpcError>>()?;
        if thresholds.is_empty() {
            return Ok((Form::Rss(x), frac));
        }
        let mut parts = rectified(session, &x, &thresholds)?.into_iter();
        // min + [x > min](x - min) - [x > max](x - max), with x itself where there is no minimum
        let raised = min.and_then(|_| parts.next()).map(|part| {
            if thresholds[0] == R::ZERO {
                return part;
            }
            if part.is_counted() {
                return part;
            }
            let min = protocol::public(session.party(), &vec![thresholds[0]; x.len()]);
            part.add(&Form::Rss(min))
        });
        let raised = raised.unwrap_or(Form::Rss(x));
        Ok((
            match parts.next() {
                Some(excess) => raised.sub(&excess),
                None => raised,
            },
            frac,
        ))
    })
}

/// `x` where positive, `slope x` elsewhere: `slope x + (1 - slope) relu(x)`.
pub fn leaky_relu<R: Ring>(tensor: SecretTensor<R>, slope: f64) -> SecretTensor<R> {
    prelu(tensor, Operand::Public(PublicTensor::scalar(slope)))
}

/// As [`leaky_relu`] with a slope that broadcasts: `relu(x) - slope relu(-x)`, where
/// `relu(-x) = relu(x) - x`.
pub fn prelu<R: Ring>(tensor: SecretTensor<R>, slope: Operand<R>) -> SecretTensor<R> {
    let positive = relu(tensor.clone());
    let negative = arith::sub(positive.clone().into(), tensor.into());
    let scaled = arith::mul(negative.into(), slope);
    arith::sub(positive.into(), scaled.into())
}

/// `clamp(alpha x + beta, 0, 1)`.
pub fn hard_sigmoid<R: Ring>(tensor: SecretTensor<R>, alpha: f64, beta: f64) -> SecretTensor<R> {
    let scaled = arith::mul(tensor.into(), Operand::Public(PublicTensor::scalar(alpha)));
    let shifted = arith::add(scaled.into(), Operand::Public(PublicTensor::scalar(beta)));
    clamp(shifted, Some(0.0), Some(1.0))
}

/// -1, 0 or 1: `[x > 0] - [x < 0]` in one sign call.
pub fn sign<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let key = unary_key("sign", &[], &tensor);
    let shape = tensor.shape().to_vec();
    Call {
        op: "sign",
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key,
        bound: tensor.bound().map(|_| 1.0),
    }
    .run(|session| {
        let (x, _) = rss(session, &tensor)?;
        let both = x.map_to(2 * x.len(), |x| [ring::neg(x), x.to_vec()].concat());
        let len = x.len();
        let bits = session.run(|ctx| {
            let signs = protocol::msb(ctx, &both)?;
            protocol::b2a::<R>(ctx, &signs)
        })?;
        let sign = bits.map_to(len, |b| ring::sub(&b[..len], &b[len..]));
        Ok(SecretTensor::of_form(
            tensor.device(),
            shape,
            tensor.kind(),
            Form::Rss(sign),
            0,
        ))
    })
}

/// A float tensor of the same values as an integer or truth-valued tensor. Local, or one B2A.
pub(super) fn as_float<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    kind: Kind,
) -> SecretTensor<R> {
    if let State::Signed(_) = tensor.state() {
        // Still bits: whoever multiplies by them may not need them as numbers.
        return tensor.clone().with_kind(kind);
    }
    let key = unary_key(op, &[], tensor);
    let shape = tensor.shape().to_vec();
    Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind,
        key,
        bound: tensor.bound(),
    }
    .run(|session| {
        let form = form_at(session, tensor, 0)?;
        Ok(SecretTensor::of_form(tensor.device(), shape, kind, form, 0))
    })
}
