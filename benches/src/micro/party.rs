//! One party: shares operands, repeats the operation, and compares the result with plaintext.

use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::{Audience, Mpc, MpcDevice, Party, Precision, Ring, reveal_with, share};

use super::job::Job;
use super::measured::PartyResult;
use super::op::Op;
use crate::error::BenchError;

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
pub(super) fn party<R: Ring>(job: &Job, device: &MpcDevice) -> Result<PartyResult, BenchError> {
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

    let own: u64 = report.offline_bytes.iter().sum();
    let (mut seconds, mut bytes, mut clock, mut result) = (Vec::new(), 0, [0; 2], None);
    let mut offline = 0;
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
        offline = report.offline_bytes.iter().sum::<u64>() - own;
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
        offline,
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

    use super::{Job, Op, party};
    use crate::micro::measured::Measured;

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
