//! Choosing the ring: the narrow one, for half the bytes, where a program fits it.

use crate::error::MpcError;
use crate::protocol::Truncation;
use crate::session::search::{Misfit, measured};
use crate::session::{MpcDevice, RangeReport, ScaleSearch, SessionConfig, WeightScales, Windows};

/// The ring that a program takes, see [`ScaleSearch::choose_ring`].
#[derive(Clone, Debug)]
pub struct RingChoice {
    /// The config to run with: on `Z_2^32` with the scales that the search found, else the one that was given.
    pub config: SessionConfig,
    /// The calibration that the program passed under it.
    pub ranges: RangeReport,
    /// Why the program does not take `Z_2^32`; none if it does.
    pub why_wide: Option<String>,
}

impl ScaleSearch {
    /// Chooses the ring of a program by sample data: `Z_2^32` if the search finds scales that fit with the margin and
    /// the results agree with those on `Z_2^64`, else `Z_2^64`. A run on `Z_2^32` sends about half the bytes. Under the
    /// probabilistic truncation it is always `Z_2^64`: scales that fill the narrow ring leave it no room.
    ///
    /// `wide` is the config on `Z_2^64`; its deadline, program, truncation, schedule and limits hold for both. `program`
    /// must use `Mpc<_, Z64>`, as for [`calibrate`](crate::session::calibrate), and learns under which config it is
    /// tried. `agree` compares the results of the parties on `Z_2^64` with those on `Z_2^32`: for logits, that the class
    /// of every sample is the same.
    ///
    /// # Errors
    /// [`MpcError::Config`] unless `wide` is of `Z_2^64`; those of the program; [`MpcError::Overflow`] if it does not fit
    /// `Z_2^64` either.
    pub fn choose_ring<T: Send, E: From<MpcError> + Send>(
        &self,
        wide: &SessionConfig,
        program: impl Fn(&SessionConfig, MpcDevice) -> Result<T, E> + Sync,
        agree: impl Fn(&[T; 3], &[T; 3]) -> bool,
    ) -> Result<RingChoice, E> {
        if (wide.ring_bits, wide.headroom_bits) != (64, 64) {
            let reason = "the ring is chosen from a config on 64 bits".into();
            return Err(MpcError::Config { reason }.into());
        }
        let (exact, ranges) = measured(wide, &|device| program(wide, device))?;
        ranges.check().map_err(E::from)?;
        let on_wide = |why: String| RingChoice {
            config: wide.clone(),
            ranges: ranges.clone(),
            why_wide: Some(why),
        };
        if wide.truncation == Truncation::Probabilistic {
            let why = "probabilistic truncation would destroy values there";
            return Ok(on_wide(why.to_owned()));
        }
        let narrow = SessionConfig {
            ring_bits: 32,
            headroom_bits: 32,
            frac_bits: *self.frac_bits.end(),
            windows: Windows::full(),
            weight_scales: WeightScales::default(),
            ..wide.clone()
        };
        match self.search(&narrow, |config, device| program(config, device)) {
            Ok(found) if agree(&exact, &found.results) => Ok(RingChoice {
                config: found.config,
                ranges: found.ranges,
                why_wide: None,
            }),
            Ok(_) => Ok(on_wide("the results of the sample differ".to_owned())),
            Err(Misfit::Scales(error)) => Ok(on_wide(error.to_string())),
            Err(Misfit::Program(error)) => Err(error),
        }
    }
}
