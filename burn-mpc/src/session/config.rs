//! What all three parties must agree on before a session, and each party's own settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::MpcError;
use crate::protocol::Truncation;
use crate::session::{Scales, Schedule, WeightScales, Windows};
use burn_mpc_engine::net::shaped::LinkShape;
use burn_mpc_engine::step;

/// The most elements of a tensor unless a config says otherwise: 2^31. Both components of a 64-bit share of that size
/// take 32 GiB.
pub const DEFAULT_MAX_ELEMENTS: usize = 1 << 31;

/// The most elements that a config may allow. Bytes and bits of messages of that size fit 64-bit counters.
const MOST_ELEMENTS: usize = 1 << 48;

fn default_max_elements() -> usize {
    DEFAULT_MAX_ELEMENTS
}

/// Public parameters of a session. All parties must use equal ones: a digest is compared at set-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionConfig {
    /// Names the program (model, shapes, plan): any text, equal at all parties.
    pub program: String,
    /// `k`: 64 or 32.
    pub ring_bits: u32,
    /// Fractional bits of activations, and of weights without their own scale.
    pub frac_bits: u32,
    /// Fractional bits of the weights of layers that have their own scale.
    #[serde(default)]
    pub weight_scales: WeightScales,
    /// Truncation protocol.
    pub truncation: Truncation,
    /// Order of the steps of a (Block-)ReLU.
    #[serde(default)]
    pub schedule: Schedule,
    /// Bits that layers take their signs from.
    #[serde(default)]
    pub windows: Windows,
    /// How long to wait for a peer before the session fails.
    pub deadline: Duration,
    /// The most bytes of folded weights and other constants that a party remembers. The least recently used are
    /// forgotten first, and computed again when they are needed.
    #[serde(default = "default_constants_budget")]
    pub constants_budget: usize,
    /// The ring whose headroom the scales obey: `ring_bits`, or 32 for a calibration that plays a
    /// 32-bit session on the 64-bit ring, where nothing wraps.
    pub headroom_bits: u32,
    /// Whether the range of every value is checked: see [`Self::checked`].
    #[serde(default)]
    pub checked: bool,
    /// The most elements (words of the ring) of a tensor. A declared shape or the result of an op with more is
    /// [`MpcError::TooLarge`] at all parties, before anything of that size is allocated.
    #[serde(default = "default_max_elements")]
    pub max_elements: usize,
    /// Whether creation ops make secrets and reads reveal them: for running public test suites on secrets. Exists in
    /// test builds only.
    #[cfg(any(test, feature = "testkit"))]
    #[serde(default)]
    pub all_secret: bool,
}

/// 4 GiB.
fn default_constants_budget() -> usize {
    4 << 30
}

impl SessionConfig {
    /// Defaults for `Z_2^64`: 20 fractional bits, faithful truncation, 30 s deadline.
    #[must_use]
    pub fn z64() -> Self {
        Self {
            program: String::new(),
            ring_bits: 64,
            headroom_bits: 64,
            frac_bits: 20,
            weight_scales: WeightScales::default(),
            truncation: Truncation::Faithful,
            schedule: Schedule::default(),
            windows: Windows::full(),
            deadline: Duration::from_secs(30),
            constants_budget: default_constants_budget(),
            checked: false,
            max_elements: DEFAULT_MAX_ELEMENTS,
            #[cfg(any(test, feature = "testkit"))]
            all_secret: false,
        }
    }

    /// Defaults for `Z_2^32`: 10 fractional bits, and one scale for all weights. A session with them warns, once in a
    /// process: [`ScaleSearch`](crate::session::ScaleSearch) finds scales that fit a program.
    #[must_use]
    pub fn z32() -> Self {
        Self {
            ring_bits: 32,
            headroom_bits: 32,
            frac_bits: 10,
            ..Self::z64()
        }
    }

    /// Defaults for a ring of `bits` bits.
    ///
    /// # Errors
    /// [`MpcError::Config`] unless `bits` is 64 or 32.
    pub fn for_ring(bits: u32) -> Result<Self, MpcError> {
        match bits {
            64 => Ok(Self::z64()),
            32 => Ok(Self::z32()),
            _ => Err(MpcError::Config {
                reason: format!("ring of {bits} bits; choose 64 or 32"),
            }),
        }
    }

    /// Sets the number of fractional bits.
    #[must_use]
    pub fn with_frac_bits(mut self, frac_bits: u32) -> Self {
        self.frac_bits = frac_bits;
        self
    }

    /// Sets the scales of the weights of some layers.
    #[must_use]
    pub fn with_weight_scales(mut self, weight_scales: WeightScales) -> Self {
        self.weight_scales = weight_scales;
        self
    }

    /// Names the program, which must be the same at all parties.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<String>) -> Self {
        self.program = program.into();
        self
    }

    /// Sets how long a party waits for a peer.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets how many bytes of constants the session may remember.
    #[must_use]
    pub fn with_constants_budget(mut self, bytes: usize) -> Self {
        self.constants_budget = bytes;
        self
    }

    /// Sets the largest number of elements that a tensor may have.
    #[must_use]
    pub fn with_max_elements(mut self, max_elements: usize) -> Self {
        self.max_elements = max_elements;
        self
    }

    /// Sets the truncation protocol.
    #[must_use]
    pub fn with_truncation(mut self, truncation: Truncation) -> Self {
        self.truncation = truncation;
        self
    }

    /// Sets the schedule of (Block-)ReLUs.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Chooses for every (Block-)ReLU the schedule that is fastest on links of this shape.
    #[must_use]
    pub fn with_network(self, shape: LinkShape) -> Self {
        self.with_schedule(Schedule::Fastest(shape))
    }

    /// Sets the windows that signs are taken from.
    #[must_use]
    pub fn with_windows(mut self, windows: Windows) -> Self {
        self.windows = windows;
        self
    }

    /// Checks that every value that is truncated, compared or revealed is below `2^(k-2)`, as ops need it: at the next
    /// reveal, in one batch, with about 60 bytes for each value on 64 bits. Beyond that nothing is revealed, and the
    /// session ends with [`MpcError::Domain`], which names layers.
    ///
    /// A value that left the ring as a whole comes back as a random word, which the check finds in one of two cases: ten
    /// such values all pass in one case of a thousand. Calibrate first: that shows how much room there is.
    #[must_use]
    pub fn checked(mut self) -> Self {
        self.checked = true;
        self
    }

    /// Whether creation ops make secrets and reads reveal them; never in a build without `testkit`.
    pub(crate) fn all_secret(&self) -> bool {
        #[cfg(any(test, feature = "testkit"))]
        {
            self.all_secret
        }
        #[cfg(not(any(test, feature = "testkit")))]
        {
            false
        }
    }

    /// The scales that follow from ring and fractional bits.
    ///
    /// # Errors
    /// [`MpcError::Config`] if they leave no headroom.
    pub fn scales(&self) -> Result<Scales, MpcError> {
        if ![32, 64].contains(&self.headroom_bits) || self.headroom_bits > self.ring_bits {
            return Err(MpcError::Config {
                reason: format!(
                    "headroom of {} bits on a ring of {}",
                    self.headroom_bits, self.ring_bits
                ),
            });
        }
        if !(1..=MOST_ELEMENTS).contains(&self.max_elements) {
            return Err(MpcError::Config {
                reason: format!(
                    "at most {} elements of a tensor; choose 1 to {MOST_ELEMENTS}",
                    self.max_elements
                ),
            });
        }
        let (low, high) = if self.headroom_bits == 64 {
            (4, 20)
        } else {
            (4, 12)
        };
        if !(low..=high).contains(&self.frac_bits) {
            return Err(MpcError::Config {
                reason: format!(
                    "{} fractional bits on a ring of {} bits; choose {low} to {high}",
                    self.frac_bits, self.ring_bits
                ),
            });
        }
        if self.truncation == Truncation::Exact
            && let Some((layer, _)) = self.windows.iter().find(|(_, window)| window.low > 0)
        {
            return Err(MpcError::Config {
                reason: format!(
                    "the window of '{layer}' ignores low bits, whose carry rounds signs by what the parties hold, \
                     beside the exact truncation, which is to depend on values alone; calibrate windows with no \
                     ignored bits"
                ),
            });
        }
        if self.checked && !self.windows.is_full() {
            return Err(MpcError::Config {
                reason: "a checked session takes signs from all bits; leave the windows full"
                    .to_owned(),
            });
        }
        let product = 2 * self.frac_bits;
        let headroom = if self.headroom_bits == 64 {
            3 * self.frac_bits
        } else {
            product
        };
        let headroom = headroom.min(48);
        let finest = self.weight_scales.range().map_or(0, |(_, most)| most);
        let scales = Scales {
            ring_bits: self.ring_bits,
            headroom_bits: self.headroom_bits,
            value: self.frac_bits,
            product,
            headroom,
            finest: product.max(self.frac_bits.saturating_add(finest)),
        };
        if scales.finest >= scales.limit() {
            return Err(MpcError::Config {
                reason: format!(
                    "a weight of {finest} fractional bits beside {} leaves no integer bits of {}",
                    self.frac_bits,
                    scales.limit()
                ),
            });
        }
        Ok(scales)
    }

    /// Everything that must be equal at all parties, one line `field = value` for each field. Public: peers whose
    /// digests differ send it to each other and name the first line that differs.
    #[must_use]
    pub fn canonical(&self) -> String {
        let Self {
            program,
            ring_bits,
            frac_bits,
            weight_scales,
            truncation,
            schedule,
            windows,
            // Each party's own.
            deadline: _,
            headroom_bits,
            max_elements,
            constants_budget,
            checked,
            #[cfg(any(test, feature = "testkit"))]
                all_secret: _,
        } = self;
        let steps = u64::from_le_bytes(core::array::from_fn(|i| step::digest()[i]));
        let lines: [(&str, &dyn core::fmt::Debug); 14] = [
            ("version", &env!("CARGO_PKG_VERSION")),
            ("steps", &steps),
            ("ring_bits", ring_bits),
            ("headroom_bits", headroom_bits),
            ("frac_bits", frac_bits),
            ("truncation", truncation),
            ("schedule", schedule),
            ("max_elements", max_elements),
            ("constants_budget", constants_budget),
            ("checked", checked),
            ("all_secret", &self.all_secret()),
            ("program", program),
            ("weight_scales", weight_scales),
            ("windows", windows),
        ];
        let line = |(field, value): (&str, &dyn core::fmt::Debug)| format!("{field} = {value:?}\n");
        lines.into_iter().map(line).collect()
    }

    /// Digest of [`Self::canonical`].
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(self.canonical().as_bytes()).as_bytes()
    }
}
