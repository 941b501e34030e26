//! Searching the finest scales with which a program fits a narrow ring.

use std::ops::RangeInclusive;
use std::sync::Mutex;

use crate::error::MpcError;
use crate::session::advice::ADVICE;
use crate::session::room::Room;
use crate::session::{MpcDevice, RangeReport, SessionConfig, WeightScales, Windows, calibrate};
use crate::sync::lock;

/// How often a search changes scales before it gives up. The first change is nearly always the last, since one bit of
/// scale is one bit of the values.
const PASSES: usize = 6;

/// Why a search found nothing.
pub(super) enum Misfit<E> {
    /// No scales fit.
    Scales(MpcError),
    /// The program failed for a reason of its own.
    Program(E),
}

impl<E: From<MpcError>> Misfit<E> {
    fn into_error(self) -> E {
        match self {
            Self::Scales(error) => error.into(),
            Self::Program(error) => error,
        }
    }
}

/// What a search found.
pub(super) struct Found<T> {
    pub(super) config: SessionConfig,
    /// The calibration that the program passed under it.
    pub(super) ranges: RangeReport,
    /// The parties' results in that calibration.
    pub(super) results: [T; 3],
}

/// The parties' results in a calibration, and what it measured; the first error if one of them failed.
pub(super) fn measured<T: Send, E: From<MpcError> + Send>(
    config: &SessionConfig,
    program: &(impl Fn(MpcDevice) -> Result<T, E> + Sync),
) -> Result<([T; 3], RangeReport), E> {
    let ([a, b, c], ranges) = calibrate(config, program)?;
    Ok(([a?, b?, c?], ranges))
}

/// Finds, by calibration, fractional bits of activations and of each layer's weight with which a program fits its ring.
///
/// Every layer's weight takes the scale for which its values leave room ([`WeightScales::calibrated`]). Where that
/// leaves a weight too few bits, activations give up a bit, so that every weight gains one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleSearch {
    /// Bits that stay free beyond what the calibration saw: with two, values four times as large fit.
    pub margin: u32,
    /// Fractional bits that activations may have. The search takes the most that fit.
    pub frac_bits: RangeInclusive<u32>,
}

impl Default for ScaleSearch {
    /// For the 32-bit ring: two bits of margin, 6 to 11 fractional bits of activations. With more, weights have fewer
    /// bits, and the networks tried were less exact.
    fn default() -> Self {
        Self {
            margin: 2,
            frac_bits: 6..=11,
        }
    }
}

impl ScaleSearch {
    /// Two bits of margin, and `frac_bits` fractional bits of activations.
    #[must_use]
    pub fn with_frac_bits(frac_bits: u32) -> Self {
        Self {
            frac_bits: frac_bits..=frac_bits,
            ..Self::default()
        }
    }

    /// Runs `program` as [`calibrate`] does, and again under the scales that follow, until they fit. Returns the config
    /// with the scales found, and the calibration that they passed. The returned config has no windows of signs, since
    /// those of `config` belong to other scales. Data that are too large to be shared make activations give up a bit.
    ///
    /// # Errors
    /// That of the program, of [`calibrate`], and [`MpcError::Overflow`] if no scales fit.
    pub fn run<T: Send, E: From<MpcError> + Send>(
        &self,
        config: &SessionConfig,
        program: impl Fn(MpcDevice) -> Result<T, E> + Sync,
    ) -> Result<(SessionConfig, RangeReport), E> {
        let found = self.search(config, |_, device| program(device));
        let found = found.map_err(Misfit::into_error)?;
        Ok((found.config, found.ranges))
    }

    /// [`Self::run`], with the results under the config that was found.
    pub(super) fn search<T: Send, E: From<MpcError> + Send>(
        &self,
        config: &SessionConfig,
        program: impl Fn(&SessionConfig, MpcDevice) -> Result<T, E> + Sync,
    ) -> Result<Found<T>, Misfit<E>> {
        ADVICE.is_known();
        let mut config = config
            .clone()
            .with_windows(Windows::full())
            .with_frac_bits(*self.frac_bits.end());
        let refused = Mutex::new(None);
        let measure = |config: &SessionConfig| {
            measured(config, &|device: MpcDevice| {
                let result = program(config, device.clone());
                if let Some(error @ MpcError::Range { .. }) = device.failure() {
                    *lock(&refused) = Some(error);
                }
                result
            })
        };
        let mut ranges = loop {
            match measure(&config) {
                Ok((_, ranges)) => break ranges,
                Err(error) => {
                    let Some(refused) = lock(&refused).take() else {
                        return Err(Misfit::Program(error));
                    };
                    if config.frac_bits <= *self.frac_bits.start() {
                        return Err(Misfit::Scales(refused));
                    }
                    let frac_bits = config.frac_bits - 1;
                    config = config.with_frac_bits(frac_bits);
                }
            }
        };
        for _ in 0..PASSES {
            let lower = self.bits_to_give_up(&ranges);
            let frac_bits = config.frac_bits.saturating_sub(lower);
            if frac_bits < *self.frac_bits.start() {
                break;
            }
            config = config.with_frac_bits(frac_bits);
            let scales = WeightScales::calibrated(&ranges, &config, self.margin);
            config = config.with_weight_scales(scales);
            let results;
            (results, ranges) = measure(&config).map_err(Misfit::Program)?;
            if self.fits(&ranges) {
                return Ok(Found {
                    config,
                    ranges,
                    results,
                });
            }
        }
        Err(Misfit::Scales(self.misfit(&ranges)))
    }

    /// Whether all values fit, those of linear layers with the margin.
    fn fits(&self, ranges: &RangeReport) -> bool {
        let most = ranges.available.saturating_sub(self.margin);
        ranges.check().is_ok() && ranges.products.iter().all(|product| product.bits <= most)
    }

    /// How many bits activations must give up so that the tightest layer keeps the fewest bits of a weight.
    fn bits_to_give_up(&self, ranges: &RangeReport) -> u32 {
        let missing = ranges.products.iter().map(|product| {
            let room = Room::of(product, ranges, self.margin);
            room.least + i64::from(ranges.frac_bits) - room.most
        });
        let missing = missing.max().unwrap_or(0).max(0);
        // A value beyond the ring that comes from no product: no weight's scale can make it fit.
        let most = ranges.available;
        let moved = ranges.products.iter().any(|product| product.bits > most);
        let stuck = ranges.check().is_err() && !moved;
        u32::try_from(missing).unwrap_or(0).max(u32::from(stuck))
    }

    /// The error of a program for which no scales were found.
    fn misfit(&self, ranges: &RangeReport) -> MpcError {
        let widest = ranges.products.iter().max_by_key(|product| product.bits);
        match (ranges.check(), widest) {
            (Err(error), _) => error,
            (Ok(()), widest) => MpcError::Overflow {
                layer: widest.map_or_else(String::new, |product| product.layer.clone()),
                needed: widest.map_or(0, |product| product.bits) + self.margin,
                available: ranges.available,
            },
        }
    }
}
