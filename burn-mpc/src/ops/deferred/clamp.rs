//! A deferred clamp: a second limit joins the same sign call, and a maximum over windows goes before it, so that there
//! are fewer values to compare.

use core::ops::Range;
use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::unary_key;
use crate::ops::base::{bounds, force, operand};
use crate::protocol::{self, Patches, multiply};
use crate::ring::{self, Ring};
use crate::session::{Execution, Schedule, Session};
use crate::share::Rss;
use crate::tensor::{Deferred, Forced, Need, SecretTensor};

/// `min(max(input, min), max)`.
#[derive(Clone, Debug)]
pub struct Clamp<R: Ring> {
    /// Burn's name of the op, for the report.
    pub op: &'static str,
    /// Path of the activation, for the report: that of [`MpcDevice::scope`](crate::MpcDevice::scope) where it was
    /// called.
    pub path: Option<Arc<str>>,
    /// The values to be limited.
    pub input: SecretTensor<R>,
    /// Lower limit.
    pub min: Option<f64>,
    /// Upper limit.
    pub max: Option<f64>,
}

impl<R: Ring> Clamp<R> {
    /// Whether this is `max(input, 0)`.
    #[must_use]
    pub fn is_relu(&self) -> bool {
        self.min == Some(0.0) && self.max.is_none()
    }
}

impl<R: Ring> Deferred<R> for Clamp<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        vec![self.input.clone()]
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |clamp| vec![clamp.input])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        let work = || limited(session, self);
        let limited = session.layer(self.op, self.path.as_deref(), execution, work)?;
        Ok(Forced::Numbers(limited))
    }
}

/// Defers `clamp`; `node` makes its node.
pub fn defer<R: Ring, N: Deferred<R>>(
    clamp: Clamp<R>,
    node: impl FnOnce(Clamp<R>) -> N,
) -> SecretTensor<R> {
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
    let reach = clamp.input.reach();
    SecretTensor::deferred(&device, shape, kind, node(clamp))
        .with_key(key)
        .with_bound(bound)
        .with_reach(reach)
}

/// Compares and selects. A product is truncated first, by the same protocol that replicates it, so that the result is
/// replicated at a scale that the next layer can take; but step by step it is multiplied first.
pub fn limited<R: Ring>(session: &Session, clamp: &Clamp<R>) -> Result<Fixed<Form<R>>, MpcError> {
    let (x, cut) = if session.schedule() == Schedule::Classic {
        (force::replicated(session, &clamp.input)?, 0)
    } else {
        force::replicated_without_excess(session, &clamp.input)?
    };
    // Drops limits outside the range, but for the largest numbers of single precision, which are less than infinite. A
    // limit between two steps of a coarse scale refines the scale.
    let of_type = |limit: f64| {
        if limit.is_finite() && operand::is_infinite(limit) {
            operand::stand_in(session, limit)
        } else {
            limit
        }
    };
    let limits = [clamp.min, clamp.max].map(|limit| limit.map(of_type));
    let unit = f64::from(x.frac).exp2();
    let range = f64::from(session.scales().limit().saturating_sub(cut)).exp2();
    let steps = |limit: f64| (limit * unit).round();
    let min = limits[0].filter(|&min| min.is_nan() || steps(min) > -range);
    let max = limits[1].filter(|&max| max.is_nan() || steps(max) < range);
    let coarse = |limit: f64| (limit * unit).fract() != 0.0;
    let fine = x.frac.max(session.scales().value);
    let refines = fine > x.frac && min.into_iter().chain(max).any(coarse);
    let Fixed { share: x, frac } = if refines {
        bounds::check(session, clamp.op, clamp.input.bound(), fine)?;
        x.refined(fine)
    } else {
        x
    };
    let thresholds = min
        .into_iter()
        .chain(max)
        .map(|limit| {
            // Refused where values before the truncation could not reach it.
            constant::encode::<R>(session, &[limit], frac + cut)?;
            let code = constant::encode::<R>(session, &[limit], frac)?[0];
            // A limit above or below zero stays so, however close.
            Ok(if code == R::ZERO && limit != 0.0 {
                R::from_i64(limit.signum() as i64)
            } else {
                code
            })
        })
        .collect::<Result<Vec<_>, MpcError>>()?;
    if thresholds.is_empty() {
        return Ok(Fixed::new(Form::Rss(x), frac));
    }
    let mut parts = rectified(session, &x, &thresholds, cut)?.into_iter();
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
    let limited = match parts.next() {
        Some(excess) => raised.sub(&excess),
        None => raised,
    };
    Ok(Fixed::new(limited, frac))
}

/// Compares the parts `x - threshold` of a tensor with zero, one part per threshold, and multiplies: returns for each
/// threshold `[x > t] (x - t)`, all in one batch. The lowest `cut` bits of the parts have been cut off.
fn rectified<R: Ring>(
    session: &Session,
    x: &Rss<R>,
    thresholds: &[R],
    cut: u32,
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
    let ranges = (0..thresholds.len()).map(|i| i * len..(i + 1) * len);
    if session.schedule() != Schedule::Classic {
        let patches = Patches::single(parts.len());
        let kept =
            session.run(|ctx| protocol::relu_truncated(ctx, &parts, &patches, cut, window))?;
        let part = |range: Range<usize>| {
            let of = |x: &[R]| x[range.clone()].to_vec();
            Form::Rss(kept.values.map_to(len, of))
        };
        return Ok(ranges.map(part).collect());
    }
    // Step by step: one sign call, one B2A and one local product.
    let product = session.run(|ctx| {
        let positive = protocol::msb_in(ctx, &parts.map_each(ring::neg), window.range())?;
        let bit = protocol::b2a::<R>(ctx, &positive)?;
        Ok::<_, protocol::ProtocolError>(multiply(&bit, &parts))
    })?;
    if thresholds.len() == 1 {
        return Ok(vec![Form::Additive(product)]);
    }
    let part = |range| Form::Additive(product.range(range));
    Ok(ranges.map(part).collect())
}
