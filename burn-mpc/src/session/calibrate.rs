//! Calibration: running a model on sample data to see how wide its integers get, so that no value wraps on a given ring
//! with given scales.

use std::sync::Arc;

use crate::error::MpcError;
use crate::protocol::{LayerRange, RangeBoard};
use crate::session::explain::observed;
use crate::session::shadow::ShadowBoard;
use crate::session::{MpcDevice, RangeReport, SessionConfig, WeightScales, Windows};

/// Runs `program` under `config`'s scales on the 64-bit ring, in one process that sees all values, and reports how many
/// bits every layer needs. `program` must use `Mpc<_, Z64>`, also for a 32-bit config: nothing wraps on the wider ring.
///
/// A 64-bit config runs twice, because a value that wrapped may look small. The second run has half the fractional
/// bits, so that a product of two gains as many bits of room as activations have fractional bits. If the second run
/// contradicts the first, the report has the bits that the value really needs, and [`RangeReport::check`] refuses it.
///
/// Beside the first run goes the same program on the plaintext backend, whose floating point does not wrap. Where a
/// value of that program needs more bits than there are, the report has a line of its own for the layer and the op,
/// whatever the value on the ring looks like. That holds for integers, too, which have no fractional bits to halve: a
/// product of integers that wraps in both runs is found here. Of integers it covers sums, products and powers; shifts
/// and what bit operations do is wrapping by intent.
///
/// Results, windows and scales are those of the first run. `program` must not panic on the coarser numbers.
///
/// # Errors
/// Those of [`three_parties`](crate::session::local::three_parties).
pub fn calibrate<T: Send>(
    config: &SessionConfig,
    program: impl Fn(MpcDevice) -> T + Sync,
) -> Result<([T; 3], RangeReport), MpcError> {
    let mut twin = config.clone();
    twin.ring_bits = 64;
    let available = twin.scales()?.limit();
    let (board, shadows) = (
        Arc::new(RangeBoard::default()),
        Arc::new(ShadowBoard::default()),
    );
    let results = observed(&twin, &program, Some(&board), Some(&shadows))?;
    let mut layers = board.layers();
    if let Some((coarse, given_up)) = coarser(&twin) {
        let wide = Arc::new(RangeBoard::default());
        observed(&coarse, &program, Some(&wide), None)?;
        for layer in &mut layers {
            let runs = [&board, &wide].map(|board| board.bits_of(&layer.name));
            let needed = bits_beyond(&runs[0], &runs[1], given_up, available);
            layer.bits = layer.bits.max(needed);
        }
    }
    let beyond = shadows.beyond(available).into_iter();
    layers.extend(beyond.map(|(name, bits)| LayerRange {
        name,
        bits,
        ..LayerRange::default()
    }));
    Ok((
        results,
        RangeReport {
            available,
            frac_bits: config.frac_bits,
            layers,
            products: board.products(),
        },
    ))
}

/// The config of the second run, and how many fractional bits it gives up. None for a 32-bit session, whose values have
/// 32 bits to spare on the 64-bit ring.
fn coarser(config: &SessionConfig) -> Option<(SessionConfig, u32)> {
    let frac_bits = (config.frac_bits / 2).max(LEAST_FRAC_BITS);
    let given_up = config.frac_bits.saturating_sub(frac_bits);
    if config.headroom_bits < 64 || given_up == 0 {
        return None;
    }
    let scales = config.weight_scales.iter();
    let scales =
        scales.map(|(layer, bits)| (layer.to_owned(), bits.saturating_sub(given_up).max(1)));
    let coarse = config
        .clone()
        .with_frac_bits(frac_bits)
        .with_weight_scales(WeightScales::new(scales.collect()))
        .with_windows(Windows::full());
    Some((coarse, given_up))
}

/// The fewest fractional bits of a session.
const LEAST_FRAC_BITS: u32 = 4;
/// No value has more fractional bits than this many times those of an activation.
const MOST_SCALES: u32 = 3;

/// The bits that a layer's values need if they exceed `available`, 0 if the `measured` figure is right.
///
/// A value of `m` factors with `c` bits in the coarse run, where each factor gives up `given_up` fractional bits, has
/// `c + m given_up` bits in the other, give or take one. Nothing wrapped if that cannot exceed `available`, or if it
/// was measured.
fn bits_beyond(measured: &[u32], coarse: &[u32], given_up: u32, available: u32) -> u32 {
    let beyond = |(&measured, &coarse): (&u32, &u32)| {
        let with = |factors: u32| coarse + factors * given_up;
        let explained = |factors: u32| with(factors).abs_diff(measured) <= 1;
        let wraps = with(MOST_SCALES) > available
            && (coarse > available || !(0..=MOST_SCALES).any(explained));
        let needed = (0..=MOST_SCALES).map(with).find(|&bits| bits > available);
        if wraps { needed.unwrap_or(0) } else { 0 }
    };
    if measured.len() == coarse.len() {
        return measured.iter().zip(coarse).map(beyond).max().unwrap_or(0);
    }
    // The runs truncate at different places, so that only the widest values can be compared.
    match (measured.iter().max(), coarse.iter().max()) {
        (Some(measured), Some(coarse)) => beyond((measured, coarse)),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::bits_beyond;

    #[test]
    fn what_a_coarser_run_explains_is_taken_as_measured() {
        // Too small to wrap, whatever was measured.
        assert_eq!(bits_beyond(&[0, 50], &[32, 30], 10, 62), 0);
        // Wide, and as it should be with two factors, or with one.
        assert_eq!(bits_beyond(&[62, 55, 61], &[42, 44, 40], 10, 62), 0);
        // A product that has wrapped to nothing, to a little, and in both runs.
        assert_eq!(bits_beyond(&[0], &[46], 10, 62), 66);
        assert_eq!(bits_beyond(&[30], &[46], 10, 62), 66);
        assert_eq!(bits_beyond(&[63], &[63], 10, 62), 63);
        // Other truncations: the widest are compared.
        assert_eq!(bits_beyond(&[20, 0], &[46], 10, 62), 66);
        assert_eq!(bits_beyond(&[20, 62], &[42], 10, 62), 0);
    }
}
