//! What the user asks for.

use std::path::PathBuf;
use std::time::Duration;

use burn_mpc::{MpcError, SessionConfig};
use clap::{Parser, ValueEnum};
use example_models::BertSpec;
use serde::{Deserialize, Serialize};

use crate::exit::EXIT_CODES;
use crate::network::{
    Network, ScheduleChoice, TransportChoice, deadline, network, number_within, schedule,
};

/// The most sentences of one inference.
const MOST_SENTENCES: u64 = 1024;

/// Three parties embed sentences without any of them seeing sentences or weights.
#[derive(Parser, Clone, Debug)]
#[command(name = "private_embedding", version, after_help = EXIT_CODES)]
pub struct Options {
    /// A sentence to embed; may be repeated. Default: the eight of the reference beside the weights.
    #[arg(long)]
    pub sentence: Vec<String>,
    /// Embeds one made-up sentence of so many tokens instead, for costs.
    #[arg(long, conflicts_with = "sentence", value_parser = tokens)]
    pub tokens: Option<u32>,
    /// The network. Default: `minilm`, or `small` where its weights are not found.
    #[arg(long, value_enum)]
    pub model: Option<Model>,
    /// The folder with the weights of `minilm` and its tokenizer, or `random`. Default: `weights/minilm` in the folder
    /// `BURN_MPC_DATA`. The other networks have random ones.
    #[arg(long)]
    pub weights: Option<PathBuf>,
    /// The owner of the weights publishes the table of token embeddings: the client looks up on its side, and shares
    /// vectors. Otherwise the table is secret, and the client shares a row as long as the vocabulary for each token.
    #[arg(long)]
    pub public_embeddings: bool,
    /// Sentences per inference, at most 1024; they are padded to the longest. Default: all at once.
    #[arg(long, value_parser = batch)]
    pub batch: Option<u32>,
    /// Fractional bits of activations and weights. Default: 20.
    #[arg(long)]
    pub frac_bits: Option<u32>,
    /// Checks before the embeddings are revealed that every value fits the ring.
    #[arg(long)]
    pub checked: bool,
    /// Order of the steps of comparisons: `bytes` sends fewest bytes, `rounds` and `fewest-rounds` wait for fewer
    /// messages, `classic` is the simplest. Default: `bytes`, or what is fastest on `--network`.
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
    /// Three threads in this process, or three processes on loopback.
    #[arg(long, value_enum, default_value = "memory")]
    pub transport: TransportChoice,
    /// Writes the result as one JSON object, in one piece: to this file, or with `-` to standard output; the text for
    /// people then goes to standard error. Its `schema` and `version` say what the keys mean.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Prints predicted bytes, rounds and modelled seconds of one inference without running any party.
    #[arg(long)]
    pub estimate: bool,
    /// Seconds to wait for a silent peer, at most a year.
    #[arg(long, default_value_t = 120, value_parser = deadline)]
    pub deadline: u64,
    /// Plays one of three processes; the job comes on standard input.
    #[arg(long, hide = true, value_parser = clap::value_parser!(u8).range(..3))]
    pub play_party: Option<u8>,
}

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// all-MiniLM-L6-v2: six layers, 384 wide.
    Minilm,
    /// The shape of BERT-base: twelve layers, 768 wide.
    BertBase,
    /// Two layers, 48 wide.
    Small,
}

impl Model {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minilm => "minilm",
            Self::BertBase => "bert-base",
            Self::Small => "small",
        }
    }

    /// Its sizes.
    pub fn spec(self) -> BertSpec {
        match self {
            Self::Minilm => BertSpec::MINILM,
            Self::BertBase => BertSpec::BASE,
            Self::Small => BertSpec::SMALL,
        }
    }
}

fn batch(text: &str) -> Result<u32, String> {
    number_within(text, 1, MOST_SENTENCES, "sentences per inference").map(|number| number as u32)
}

fn tokens(text: &str) -> Result<u32, String> {
    number_within(text, 1, u32::MAX.into(), "tokens").map(|number| number as u32)
}

impl Options {
    /// The session parameters for these options.
    pub fn config(&self, program: &str) -> Result<SessionConfig, MpcError> {
        let config = SessionConfig::z64()
            .with_program(program)
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
