//! Choosing the ring: the narrow one, for half the bytes, where a program fits it.

use std::fmt::Display;

use crate::error::MpcError;
use crate::session::search::{Found, measured};
use crate::session::{MpcDevice, RangeReport, ScaleSearch, SessionConfig, Windows};

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
    /// the results agree with those on `Z_2^64`, else `Z_2^64`. A run on `Z_2^32` sends about half the bytes.
    ///
    /// `wide` is the config on `Z_2^64`; what it says of other than rings and scales holds for both. `program` must use
    /// `Mpc<_, Z64>`, as for [`calibrate`](crate::session::calibrate), and learns under which config it is tried.
    /// `agree` compares the results of the parties on `Z_2^64` with those on `Z_2^32`: for logits, that the class of
    /// every sample is the same.
    ///
    /// # Errors
    /// Those of the program on `Z_2^64`; [`MpcError::Overflow`] if it does not fit there either.
    pub fn choose_ring<T: Send, E: From<MpcError> + Display + Send>(
        &self,
        wide: &SessionConfig,
        program: impl Fn(&SessionConfig, MpcDevice) -> Result<T, E> + Sync,
        agree: impl Fn(&[T; 3], &[T; 3]) -> bool,
    ) -> Result<RingChoice, E> {
        let (exact, ranges) = measured(wide, &|device| program(wide, device))?;
        ranges.check().map_err(E::from)?;
        let narrow = SessionConfig {
            ring_bits: 32,
            headroom_bits: 32,
            frac_bits: *self.frac_bits.end(),
            windows: Windows::full(),
            ..wide.clone()
        };
        let why_wide = match self.search(&narrow, |config, device| program(config, device)) {
            Ok(Found {
                config,
                ranges,
                results,
            }) => {
                if agree(&exact, &results) {
                    return Ok(RingChoice {
                        config,
                        ranges,
                        why_wide: None,
                    });
                }
                "the results of the sample differ".to_owned()
            }
            Err(error) => error.to_string(),
        };
        Ok(RingChoice {
            config: wide.clone(),
            ranges,
            why_wide: Some(why_wide),
        })
    }
}
