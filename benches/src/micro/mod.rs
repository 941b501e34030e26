//! Single operations on secrets, three processes over TCP: a ReLU, a product with its truncation, a product of
//! matrices.

mod processes;

use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData, activation};
use burn_mpc::{
    Audience, Mpc, MpcDevice, Party, Precision, Ring, SessionConfig, reveal_with, share,
};
use serde::{Deserialize, Serialize};

use crate::error::BenchError;

pub use processes::{play, run};

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// `max(x, 0)` of 2^20 elements.
    Relu,
    /// Product of 2^20 pairs, truncated.
    Mul,
    /// Product of two 1024 x 1024 matrices, truncated.
    Matmul,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Relu, Self::Mul, Self::Matmul];
    /// Rows and columns of every operand and result.
    const SIDE: usize = 1024;

    /// Its name on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu-2^20",
            Self::Mul => "mul-2^20",
            Self::Matmul => "matmul-1024",
        }
    }

    /// The operation of that name.
    pub fn named(name: &str) -> Result<Self, BenchError> {
        let found = Self::ALL.into_iter().find(|op| op.name() == name);
        found.ok_or_else(|| BenchError::UnknownMicro(name.to_owned()))
    }

    /// Multiplications in the clear.
    pub fn macs(self) -> u64 {
        let side = Self::SIDE as u64;
        match self {
            Self::Relu => 0,
            Self::Mul => side.pow(2),
            Self::Matmul => side.pow(3),
        }
    }

    fn run<B: burn::tensor::backend::Backend>(self, [x, y]: [Tensor<B, 2>; 2]) -> Tensor<B, 2> {
        match self {
            Self::Relu => activation::relu(x),
            Self::Mul => x * y,
            Self::Matmul => x.matmul(y),
        }
    }
}

/// What the three parties are to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The operation.
    pub op: Op,
    /// Timed runs.
    pub runs: usize,
    /// Parameters of the session.
    pub config: SessionConfig,
}

/// What a party measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartyResult {
    /// Seconds of each run.
    pub seconds: Vec<f64>,
    /// Bytes sent in the last run.
    pub bytes: u64,
    /// This party's round clock before and after the last run.
    pub clock: [u32; 2],
    /// Bytes and clock of the operation that consumes the result, alone.
    pub consumer: (u64, [u32; 2]),
    /// Largest difference of an element from plaintext; at the owner of the result.
    pub max_abs_err: f64,
    /// Largest resident set.
    pub peak_rss_bytes: u64,
}

/// What all parties measured.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Median of the runs, each by its slowest party.
    pub seconds: f64,
    /// The quickest run.
    pub best: f64,
    /// Bytes sent by each party.
    pub bytes_sent: [u64; 3],
    /// Bytes sent by all parties.
    pub bytes_total: u64,
    /// Links of the longest chain of dependent messages.
    pub rounds: u32,
    /// Largest difference of an element from plaintext.
    pub max_abs_err: f64,
    /// Largest resident set of each process.
    pub peak_rss_bytes: Vec<u64>,
}

impl Measured {
    fn of(parties: &[PartyResult; 3]) -> Self {
        let runs = parties[0].seconds.len();
        let slowest = |run: usize| {
            let seconds = parties.iter().map(|party| party.seconds[run]);
            seconds.fold(0.0, f64::max)
        };
        let mut seconds: Vec<f64> = (0..runs).map(slowest).collect();
        let rounds = |clock: fn(&PartyResult) -> [u32; 2]| {
            let last = |i: usize| parties.iter().map(|party| clock(party)[i]).max();
            last(1).unwrap_or(0) - last(0).unwrap_or(0)
        };
        let bytes_sent = [0, 1, 2].map(|i: usize| parties[i].bytes - parties[i].consumer.0);
        Self {
            seconds: crate::median(&mut seconds),
            best: seconds.first().copied().unwrap_or(0.0),
            bytes_sent,
            bytes_total: bytes_sent.iter().sum(),
            rounds: rounds(|party| party.clock) - rounds(|party| party.consumer.1),
            max_abs_err: parties.iter().map(|p| p.max_abs_err).fold(0.0, f64::max),
            peak_rss_bytes: parties.iter().map(|p| p.peak_rss_bytes).collect(),
        }
    }
}

const SHAPE: [usize; 2] = [Op::SIDE, Op::SIDE];
const OPERAND_OWNERS: [Party; 2] = [Party::P0, Party::P1];
const RESULT_OWNER: Party = Party::P1;

/// Values between -1/8 and 1/8, so that a product of matrices stays small; public, since they are known.
fn values(seed: u64) -> TensorData {
    let mut state = seed;
    let value = || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        ((state >> 40) as f32 / f32::from(1_u16 << 12) - 2048.0) / 16384.0
    };
    let mut value = value;
    let numbers: Vec<f32> = (0..SHAPE[0] * SHAPE[1]).map(|_| value()).collect();
    TensorData::new(numbers, SHAPE)
}

/// Plays one party.
fn party<R: Ring>(job: &Job, device: &MpcDevice) -> Result<PartyResult, BenchError> {
    type Private<R> = Mpc<Flex, R>;
    let session = device.online("micro")?;
    let me = session.party();
    let operand = |i: usize| -> Result<Tensor<Private<R>, 2>, BenchError> {
        let owner = OPERAND_OWNERS[i];
        let data = (me == owner).then(|| values(i as u64));
        Ok(share::<Flex, R, 2>(device, owner, "operand", SHAPE, data)?)
    };
    let operands = [operand(0)?, operand(1)?];
    // A result counts only once a next operation can use it. Here that is an inner product with zeros: it needs all
    // that a product needs and costs next to nothing. Its own bytes and rounds are subtracted.
    let zeros = |()| TensorData::zeros::<f32, _>([SHAPE[0] * SHAPE[1], 1]);
    let data = Some(()).filter(|()| me == Party::P0).map(zeros);
    let length = SHAPE[0] * SHAPE[1];
    let zeros = share::<Flex, R, 2>(device, Party::P0, "zeros", [length, 1], data)?;

    let consume = |value: Tensor<Private<R>, 2>| {
        let product = value.reshape([1, length]).matmul(zeros.clone());
        let reader = Audience::One(RESULT_OWNER);
        reveal_with(product, reader, "the inner product", Precision::Exact)
    };
    session.synchronise()?;
    session.start_measuring();
    consume(operands[0].clone())?;
    let report = session.report();
    let consumer = (report.bytes_sent, report.clock);

    let (mut seconds, mut bytes, mut clock, mut result) = (Vec::new(), 0, [0; 2], None);
    // The first run warms up.
    for run in 0..=job.runs {
        session.synchronise()?;
        session.start_measuring();
        let begin = Instant::now();
        let output = job.op.run(operands.clone());
        consume(output.clone())?;
        let elapsed = begin.elapsed().as_secs_f64();
        let report = session.report();
        if run > 0 {
            seconds.push(elapsed);
        }
        (bytes, clock) = (report.bytes_sent, report.clock);
        result = Some(output);
    }
    let revealed = match result {
        Some(output) => {
            let reader = Audience::One(RESULT_OWNER);
            reveal_with(output, reader, "the result", Precision::Exact)?
        }
        None => None,
    };
    session.close()?;
    let max_abs_err = revealed.map_or(0.0, |revealed| {
        let plain = [0, 1].map(|i| Tensor::from_data(values(i), &Default::default()));
        let (plain, revealed) = (job.op.run::<Flex>(plain).into_data(), revealed.into_data());
        let pairs = plain.iter::<f64>().zip(revealed.iter::<f64>());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    });
    Ok(PartyResult {
        seconds,
        bytes,
        clock,
        consumer,
        max_abs_err,
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// Largest resident set of this process so far; 0 where the kernel does not say.
fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use burn_mpc::session::local::three_parties;
    use burn_mpc::{SessionConfig, Z64};

    use super::{Job, Measured, Op, party};

    #[test]
    fn operations_are_right_and_counted() {
        for op in Op::ALL {
            let job = Job {
                op,
                runs: 1,
                config: SessionConfig::z64(),
            };
            let parties = three_parties(&job.config, |device| party::<Z64>(&job, &device));
            let parties = parties.unwrap().map(Result::unwrap);
            let found = Measured::of(&parties);
            assert!(found.max_abs_err < 1e-3, "{}: {found:?}", op.name());
            assert!(found.bytes_total > 20 << 20, "{}: {found:?}", op.name());
            assert!(found.rounds > 0 && found.seconds > 0.0);
        }
    }
}
