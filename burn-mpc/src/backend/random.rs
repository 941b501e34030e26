//! Random values that all parties agree on.

use burn_backend::{DType, Distribution, Shape, TensorData};

use super::read::data;
use crate::session::MpcDevice;
use crate::tensor::{PublicTensor, elements};

/// Random values that all parties agree on, as `dtype`; `None` on a device without a session.
pub(super) fn random(
    shape: &Shape,
    distribution: Distribution,
    device: &MpcDevice,
    dtype: DType,
) -> Option<TensorData> {
    let count = elements(shape);
    let values = match distribution {
        Distribution::Default if dtype.is_float() => device.shared_random(count)?,
        // A range that every integer type holds.
        Distribution::Default => between(device.shared_random(count)?, 0.0, 127.0),
        Distribution::Uniform(low, high) => between(device.shared_random(count)?, low, high),
        Distribution::Bernoulli(chance) => {
            let hit = |draw| f64::from(u8::from(draw < chance));
            device.shared_random(count)?.into_iter().map(hit).collect()
        }
        Distribution::Normal(mean, deviation) => {
            normal(&device.shared_random(2 * count)?, mean, deviation)
        }
    };
    let values = if dtype.is_float() {
        values
    } else {
        values.into_iter().map(f64::floor).collect()
    };
    Some(data(
        &PublicTensor {
            shape: shape.to_vec(),
            values,
        },
        dtype,
    ))
}

fn between(draws: Vec<f64>, low: f64, high: f64) -> Vec<f64> {
    draws
        .into_iter()
        .map(|draw| low + draw * (high - low))
        .collect()
}

/// Box and Muller's transform of pairs of uniform draws from `[0, 1)`.
fn normal(draws: &[f64], mean: f64, deviation: f64) -> Vec<f64> {
    let one = |pair: &[f64]| {
        let radius = (-2.0 * (1.0 - pair[0]).ln()).sqrt();
        mean + deviation * radius * (std::f64::consts::TAU * pair[1]).cos()
    };
    draws.chunks_exact(2).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform draws from a counter.
    fn draws(count: u64) -> Vec<f64> {
        let mix = |i: u64| {
            let mut word = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count).map(mix).collect()
    }

    #[test]
    fn normal_draws_have_the_asked_moments() {
        let values = normal(&draws(20_000), 3.0, 2.0);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        // Five standard errors of 10,000 draws.
        assert!((mean - 3.0).abs() < 0.1, "mean {mean}");
        assert!((variance - 4.0).abs() < 0.3, "variance {variance}");
    }
}
