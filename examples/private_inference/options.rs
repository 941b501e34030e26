//! What the user asks for.

use std::path::PathBuf;
use std::time::Duration;

use burn_blockrelu_core::plan::PlanSpec;
use burn_mpc::SessionConfig;
use burn_mpc::Truncation;
use burn_mpc::session::ScaleSearch;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, ValueEnum};
use example_models::ModelKind;

use crate::exit::EXIT_CODES;
use crate::network::{
    Network, ScheduleChoice, TransportChoice, deadline, network, number_within, schedule,
};

/// The most images of one inference.
const MOST_IMAGES: u32 = 1024;

/// Three parties classify photographs without any of them seeing photograph or weights.
#[derive(Parser, Clone, Debug)]
#[command(name = "private_inference", version, after_help = EXIT_CODES)]
pub struct Options {
    /// The network.
    #[arg(long, default_value = "resnet20", value_parser = models())]
    pub model: ModelKind,
    /// Pooling in the stem of an ImageNet ResNet.
    #[arg(long, value_enum, default_value = "max")]
    pub stem: StemChoice,
    /// Keep MobileNetV2's ReLU6 or replace it by ReLU.
    #[arg(long, value_enum, default_value = "keep")]
    pub relu6: Relu6Choice,
    /// Which ReLUs share signs: a plan file, `uniform:HxW` (one sign per patch of H by W pixels) or
    /// `random:RATIO` (random patches that evaluate this share of the signs).
    #[arg(long)]
    pub plan: Option<PlanSpec>,
    /// Seed of a random plan.
    #[arg(long, default_value_t = 0)]
    pub plan_seed: u64,
    /// A .safetensors, .pt or .pth file, or `random`. Default: the embedded CIFAR-100 weights of
    /// resnet20; random ones, for costs only, of any other model.
    #[arg(long)]
    pub weights: Option<PathBuf>,
    /// Images to classify. Default: three photographs that come with the example.
    #[arg(long, num_args = 1..)]
    pub image: Vec<PathBuf>,
    /// Images per inference, at most 1024; fewer images are repeated, more are split into several inferences. Default:
    /// all at once.
    #[arg(long, value_parser = batch)]
    pub batch: Option<u32>,
    /// Bits of the ring: 64, 32, or `auto`: 32, for half the bytes, if a calibration on these images shows that the
    /// network fits there and that their classes stay, else 64.
    #[arg(long, default_value = "64", value_parser = ring)]
    pub ring: RingOption,
    /// Fractional bits of activations and weights. Default: 20 on the 64-bit ring; on the 32-bit one as many
    /// as calibration finds room for, up to 11, or 10 with `--scales one`.
    #[arg(long)]
    pub frac_bits: Option<u32>,
    /// Fractional bits of weights: as many per layer as a calibration on these images finds room for, or `--frac-bits`
    /// for all. Default: `calibrated` on the 32-bit ring, `one` on the 64-bit one.
    #[arg(long, value_enum)]
    pub scales: Option<ScalesChoice>,
    /// Order of the steps of a ReLU: `bytes` sends fewest bytes, `rounds` and `fewest-rounds` wait for fewer messages,
    /// `classic` is the simplest. Default: `bytes`, or what is fastest on `--network`.
    #[arg(long, value_enum)]
    pub schedule: Option<ScheduleChoice>,
    /// Links between the parties: `lan` (1 Gbit/s, 0.5 ms round trip), `wan` (100 Mbit/s, 40 ms), a round trip and
    /// bandwidth such as `12ms,300Mbit`, or `measure`: the parties measure at set-up. Every layer uses the schedule
    /// that is fastest there.
    #[arg(long, value_parser = network)]
    pub network: Option<Network>,
    /// Slows the links down to `--network` (memory and tcp), which must not be `measure`.
    #[arg(long, requires = "network")]
    pub shaped: bool,
    /// Takes signs from the bits that a calibration on these images finds in use, and two more: fewer bytes.
    #[arg(long)]
    pub windows: bool,
    /// With `--windows`: ignores this many of the lowest bits too, so that signs of tiny values may be wrong.
    #[arg(long, default_value_t = 0, requires = "windows")]
    pub ignore_bits: u32,
    /// Checks before anything is revealed that every value fits the ring, for about 80 % more bytes in a dense network.
    #[arg(long, conflicts_with = "windows")]
    pub checked: bool,
    /// Truncation: faithful, or fewer bits and a small probability of destroyed values, which is printed.
    #[arg(long, value_enum, default_value = "faithful")]
    pub truncation: TruncationChoice,
    /// Three threads in this process, or three processes on loopback.
    #[arg(long, value_enum, default_value = "memory")]
    pub transport: TransportChoice,
    /// Writes the result as one JSON object, in one piece: to this file, or with `-` to standard output; the text for
    /// people then goes to standard error. Its `schema` and `version` say what the keys mean.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Prints predicted bytes, rounds and modelled seconds without running any party. On 32 bits, and with
    /// `--ring auto`, scales are calibrated first, which computes the network in this process; `--ring 32 --scales one`
    /// predicts without that.
    #[arg(long)]
    pub estimate: bool,
    /// Prints the README's cost table: every model, predicted from declared costs.
    #[arg(long)]
    pub costs: bool,
    /// Prints how many integer bits every layer needs (always checked on the 32-bit ring).
    #[arg(long)]
    pub ranges: bool,
    /// Runs the network in this process beside the same network in the clear, prints how far every layer is from it, and
    /// names the layers that lose most.
    #[arg(long, conflicts_with_all = ["estimate", "costs"])]
    pub explain_error: bool,
    /// Seconds to wait for a silent peer, at most a year.
    #[arg(long, default_value_t = 120, value_parser = deadline)]
    pub deadline: u64,
    /// Plays one of three processes; the job comes on standard input.
    #[arg(long, hide = true, value_parser = clap::value_parser!(u8).range(..3))]
    pub play_party: Option<u8>,
}

/// The ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingOption {
    /// A ring of so many bits.
    Bits(u32),
    /// The narrow one where the network fits.
    Auto,
}

/// Pooling in the stem of an ImageNet ResNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StemChoice {
    /// As trained.
    Max,
    /// Cheaper: no comparisons.
    Avg,
}

/// Whether MobileNetV2 keeps its ReLU6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Relu6Choice {
    /// Two limits in one sign call.
    Keep,
    /// One limit.
    Relu,
}

/// Fractional bits of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScalesChoice {
    /// A layer's own.
    Calibrated,
    /// The same everywhere.
    One,
}

/// How products are truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TruncationChoice {
    /// Never destroys a value in range.
    Faithful,
    /// Destroys a value with a small probability.
    Probabilistic,
    /// Rounds by the value alone: repeated runs tell nothing about the weights. Sends more, in more rounds.
    Exact,
}

/// Parses the name of a network; `--help` lists all names.
fn models() -> impl TypedValueParser<Value = ModelKind> {
    let parse = |name: String| name.parse::<ModelKind>();
    PossibleValuesParser::new(ModelKind::ALL.map(ModelKind::name)).try_map(parse)
}

fn ring(text: &str) -> Result<RingOption, String> {
    if text == "auto" {
        return Ok(RingOption::Auto);
    }
    let bits = text.parse().map_err(|_| "expected 64, 32 or auto")?;
    Ok(RingOption::Bits(bits))
}

fn batch(text: &str) -> Result<u32, String> {
    let number = number_within(
        text,
        1,
        MOST_IMAGES.into(),
        "images per inference; more --image than that are taken in turns",
    );
    Ok(number? as u32)
}

impl Options {
    /// Bits of the ring; as long as it is not chosen, those of the wide one.
    pub fn ring_bits(&self) -> u32 {
        match self.ring {
            RingOption::Bits(bits) => bits,
            RingOption::Auto => 64,
        }
    }

    /// The same on a ring of `bits` bits.
    pub fn on_ring(&self, bits: u32) -> Self {
        Self {
            ring: RingOption::Bits(bits),
            ..self.clone()
        }
    }

    /// The search for scales, if they are calibrated.
    pub fn scale_search(&self) -> Option<ScaleSearch> {
        let narrow = self.ring_bits() == 32;
        let default = if narrow {
            ScalesChoice::Calibrated
        } else {
            ScalesChoice::One
        };
        match (self.scales.unwrap_or(default), self.frac_bits) {
            (ScalesChoice::One, _) => None,
            (ScalesChoice::Calibrated, Some(bits)) => Some(ScaleSearch::with_frac_bits(bits)),
            (ScalesChoice::Calibrated, None) if narrow => Some(ScaleSearch::default()),
            (ScalesChoice::Calibrated, None) => {
                Some(ScaleSearch::with_frac_bits(SessionConfig::z64().frac_bits))
            }
        }
    }

    /// The session parameters for these options.
    pub fn config(&self, program: &str) -> Result<SessionConfig, burn_mpc::MpcError> {
        let config = SessionConfig::for_ring(self.ring_bits())?
            .with_program(program)
            .with_truncation(match self.truncation {
                TruncationChoice::Faithful => Truncation::Faithful,
                TruncationChoice::Probabilistic => Truncation::Probabilistic,
                TruncationChoice::Exact => Truncation::Exact,
            })
            .with_schedule(schedule(self.schedule, self.network))
            .with_deadline(Duration::from_secs(self.deadline));
        let config = match self.frac_bits {
            Some(bits) => config.with_frac_bits(bits),
            None => config,
        };
        let config = if self.checked {
            config.checked()
        } else {
            config
        };
        config.scales()?;
        Ok(config)
    }
}
