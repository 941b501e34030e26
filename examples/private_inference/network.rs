//! Options that concern the links between parties.

use std::time::Duration;

use burn_mpc::net::shaped::LinkShape;
use burn_mpc::net::shown;
use burn_mpc::session::Schedule;
use clap::ValueEnum;

/// The longest deadline, in seconds: a year.
const LONGEST_DEADLINE: u64 = 365 * 24 * 3600;
/// The longest round trip, in milliseconds: an hour.
const LONGEST_TRIP: f64 = 3.6e6;
/// The slowest and the fastest link, in Mbit/s.
const RATES: [f64; 2] = [1e-3, 1e9];

/// Links between the parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// As given by the user.
    Given(LinkShape),
    /// As measured by the parties.
    Measured,
}

impl From<Network> for Schedule {
    fn from(network: Network) -> Self {
        match network {
            Network::Given(shape) => Self::Fastest(shape),
            Network::Measured => Self::Measured,
        }
    }
}

/// The schedule as given, or what is fastest on the network, or the default.
pub fn schedule(choice: Option<ScheduleChoice>, network: Option<Network>) -> Schedule {
    match (choice, network) {
        (Some(choice), _) => choice.into(),
        (None, Some(network)) => network.into(),
        (None, None) => Schedule::default(),
    }
}

/// The latency and bandwidth to which links are slowed down.
pub fn slowed(
    network: Option<Network>,
    shaped: bool,
) -> Result<Option<LinkShape>, burn_mpc::MpcError> {
    match (shaped, network) {
        (true, Some(Network::Given(shape))) => Ok(Some(shape)),
        (true, _) => Err(burn_mpc::MpcError::Config {
            reason: "--shaped needs figures to slow links down to; give --network lan, wan or such as 12ms,300Mbit"
                .into(),
        }),
        (false, _) => Ok(None),
    }
}

/// Parses a number from `least` to `most`; `what` is its unit in the error.
pub fn number_within(text: &str, least: u64, most: u64, what: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("expected {least} to {most} {what}")),
    }
}

/// `measure`, a named network, or `RTTms,RATEMbit`.
pub fn network(text: &str) -> Result<Network, String> {
    let expected = || {
        format!(
            "`{}` is no network: expected lan, wan, measure, or a round trip and a rate such as 12ms,300Mbit",
            shown(text)
        )
    };
    if text == "measure" {
        return Ok(Network::Measured);
    }
    if let Some(shape) = LinkShape::named(text) {
        return Ok(Network::Given(shape));
    }
    let (rtt, rate) = text.split_once(',').ok_or_else(expected)?;
    let number = |text: &str, unit| -> Option<f64> {
        let value: f64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
        (value.is_finite() && value > 0.0).then_some(value)
    };
    let rtt = number(rtt, "ms").ok_or_else(expected)?;
    let rate = number(rate, "Mbit").ok_or_else(expected)?;
    let [slowest, fastest] = RATES;
    if rtt > LONGEST_TRIP || !(slowest..=fastest).contains(&rate) {
        return Err(format!(
            "there is no such network: a round trip takes at most {LONGEST_TRIP} ms (an hour), a link carries {slowest} to \
             {fastest} Mbit/s"
        ));
    }
    Ok(Network::Given(LinkShape {
        latency: Duration::from_secs_f64(rtt / 2000.0),
        bits_per_second: (rate * 1e6) as u64,
    }))
}

/// Seconds to wait for a silent peer.
pub fn deadline(text: &str) -> Result<u64, String> {
    number_within(
        text,
        1,
        LONGEST_DEADLINE,
        "seconds: nothing arrives in no time, and the longest deadline is a year",
    )
}

impl From<ScheduleChoice> for Schedule {
    fn from(choice: ScheduleChoice) -> Self {
        match choice {
            ScheduleChoice::Classic => Self::Classic,
            ScheduleChoice::Bytes => Self::Bytes,
            ScheduleChoice::Rounds => Self::Rounds,
            ScheduleChoice::FewestRounds => Self::FewestRounds,
        }
    }
}

/// Order of the steps of a ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleChoice {
    /// Reshare, compare, convert, multiply.
    Classic,
    /// Fewest bytes.
    Bytes,
    /// Fewer rounds.
    Rounds,
    /// Fewest rounds.
    FewestRounds,
}

/// How the parties are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TransportChoice {
    /// Three threads.
    Memory,
    /// Three processes.
    Tcp,
}

impl TransportChoice {
    /// As written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Tcp => "tcp",
        }
    }
}
