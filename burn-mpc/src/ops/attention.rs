//! Attention: `softmax(Q K^T scale + bias) V`, masked.

use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, device_of};
use crate::ops::base::operand::secret;
use crate::ops::base::source::permute_source;
use crate::ops::base::{bounds, force};
use crate::ops::movement::remap_operand;
use crate::ops::softmax::softmax;
use crate::ops::{arith, linear, select, smooth};
use crate::protocol;
use crate::ring::Ring;
use crate::session::{MpcDevice, Session};
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor};

/// How scores are made.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSettings {
    /// What products of queries and keys are multiplied by.
    pub scale: f64,
    /// Limits scores by `softcap tanh(score / softcap)`. It multiplies the error of the hyperbolic tangent.
    pub softcap: Option<f64>,
    /// Whether a query sees no later key. The last query sees all keys.
    pub causal: bool,
}

/// The fractional bits of scores that are masked: those of a value, or what a softmax takes.
fn frac_of_scores(session: &Session) -> u32 {
    let scales = session.scales();
    let most = protocol::softmax_most_frac(scales.headroom_bits);
    scales.value.min(most)
}

/// A number far below every score: an eighth of the smallest that there is.
fn lowest(device: &MpcDevice) -> f64 {
    let room = device.session().map_or(8, |session| {
        session.scales().limit() - 3 - frac_of_scores(session)
    });
    -f64::from(room).exp2()
}

/// Scores at the scale that leaves most room below them.
fn coarse<R: Ring>(scores: &SecretTensor<R>) -> SecretTensor<R> {
    let (device, shape) = (scores.device(), scores.shape().to_vec());
    let call = Call {
        op: "attention",
        device,
        shape: shape.clone(),
        kind: Kind::Float,
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| {
        let frac = frac_of_scores(session);
        bounds::check(session, "attention", scores.bound(), frac)?;
        let share = force::replicated_beside(session, scores, frac)?;
        let numbers = Fixed::new(Form::Rss(share), frac);
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            Kind::Float,
            numbers,
        ))
    })
}

/// True above the diagonal that ends in the lower right corner, `[1, 1, queries, keys]`.
fn later_keys(queries: usize, keys: usize) -> PublicTensor {
    let later = |query: usize, key: usize| f64::from(u8::from(key + queries > query + keys));
    let rows = (0..queries).flat_map(|query| (0..keys).map(move |key| later(query, key)));
    PublicTensor {
        shape: vec![1, 1, queries, keys],
        values: rows.collect(),
    }
}

/// A public bias without what lies below `least`, and where that is.
fn finite(bias: PublicTensor, least: f64) -> (PublicTensor, Option<PublicTensor>) {
    let is_masked = |v: f64| v <= least;
    if !bias.values.iter().any(|&v| is_masked(v)) {
        return (bias, None);
    }
    let of = |value: fn(f64, bool) -> f64| PublicTensor {
        shape: bias.shape.clone(),
        values: bias
            .values
            .iter()
            .map(|&v| value(v, is_masked(v)))
            .collect(),
    };
    let kept = of(|v, masked| if masked { 0.0 } else { v });
    let mask = of(|_, masked| f64::from(u8::from(masked)));
    (kept, Some(mask))
}

/// Attention over `[batch, heads, queries, features]`. `mask` is true where a key is not seen, and so is a public
/// `bias` of minus infinity. A query that sees no key gets zeros.
pub fn attention<R: Ring>(
    query: Operand<R>,
    key: &Operand<R>,
    value: Operand<R>,
    mask: Option<Operand<R>>,
    bias: Option<Operand<R>>,
    settings: AttentionSettings,
) -> SecretTensor<R> {
    let operands = [
        Some(&query),
        Some(key),
        Some(&value),
        mask.as_ref(),
        bias.as_ref(),
    ];
    let operands: Vec<&Operand<R>> = operands.into_iter().flatten().collect();
    let device = device_of(&operands);
    let times = |x: SecretTensor<R>, factor: f64| arith::mul(x.into(), Operand::scalar(factor));
    let query = times(secret(query, Kind::Float, &device), settings.scale);
    let transposed = permute_source(key.shape(), &[0, 1, 3, 2]);
    let key = remap_operand("attention", key, transposed, &device);
    let mut scores = linear::matmul(query.into(), key);
    if device.failure().is_some() {
        // No mask is made for scores that were refused.
        return linear::matmul(scores.into(), value);
    }
    if let Some(cap) = settings.softcap {
        scores = times(smooth::tanh(times(scores, cap.recip())), cap);
    }
    let lowest = lowest(&device);
    let mut masks: Vec<Operand<R>> = mask.into_iter().collect();
    if settings.causal {
        let later = later_keys(scores.shape()[2], scores.shape()[3]);
        masks.push(Operand::Public(later));
    }
    match bias {
        Some(Operand::Public(bias)) => {
            let (bias, masked) = finite(bias, lowest / 4.0);
            masks.extend(masked.map(Operand::Public));
            scores = arith::add(scores.into(), Operand::Public(bias));
        }
        Some(bias) => scores = arith::add(scores.into(), bias),
        None => {}
    }
    let limit = scores.bound();
    if !masks.is_empty() {
        scores = coarse(&scores);
    }
    for mask in &masks {
        scores = select::mask_fill(scores.into(), mask.clone(), lowest, Kind::Float);
    }
    let mut weights = softmax(scores, 3);
    // Where all keys are masked, the softmax is uniform.
    for mask in masks {
        weights = select::mask_fill(weights.into(), mask, 0.0, Kind::Float);
    }
    let weights = weights.with_bound(limit.map(|_| 1.0));
    linear::matmul(weights.into(), value)
}
