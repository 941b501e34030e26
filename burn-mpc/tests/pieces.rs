//! Messages longer than a frame are sent in pieces. The frames of this process are made so short that every protocol
//! message is longer. One test, since the length of frames is a setting of the process.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::report::Report;
use burn_mpc::session::Schedule;
use burn_mpc::session::local::over;
use burn_mpc::{Mpc, MpcDevice, MpcError, Party, SessionConfig, Z64, reveal, share};
use burn_mpc_engine::net::loopback::{Ends, memory_ends, tcp_ends};
use burn_mpc_engine::net::shaped::LinkShape;
use burn_mpc_engine::net::{HEADER_BYTES, MAX_PAYLOAD_BYTES, set_piece_bytes};
use burn_mpc_engine::protocol::Truncation;

type Private = Mpc<Flex, Z64>;

const DEADLINE: Duration = Duration::from_secs(60);
/// Elements do not divide pieces, so that pieces end anywhere.
const SMALL: [usize; 4] = [2, 3, 7, 5];
/// Large enough for lanes.
const LARGE: [usize; 4] = [2, 3, 47, 45];

/// Multiples of 1/8 in `[-4, 4)`.
fn eighths(len: usize) -> Vec<f32> {
    (0..len as u64)
        .map(|i| ((i * 2_654_435_761) >> 7 & 63) as f32 / 8.0 - 4.0)
        .collect()
}

fn program(device: &MpcDevice, shape: [usize; 4]) -> Result<(Vec<f32>, Report), MpcError> {
    let secret = |owner, shape: [usize; 4]| {
        let held = device.party() == Some(owner);
        let values = held.then(|| TensorData::new(eighths(shape.iter().product()), shape));
        share::<Flex, Z64, 4>(device, owner, "x", shape, values)
    };
    let x = secret(Party::P1, shape)?;
    let weight = secret(Party::P2, [3, 3, 1, 1])?;
    let y: Tensor<Private, 4> = conv2d(
        x.clone(),
        weight,
        None,
        ConvOptions::new([1, 1], [0, 0], [1, 1], 1),
    );
    // Gates of the schedule, a tournament, comparisons, products of bits, opening.
    let gated = relu(y);
    let pooled = max_pool2d(
        gated.clone() + x.clone(),
        [2, 2],
        [2, 2],
        [0, 0],
        [1, 1],
        false,
    );
    let chosen = x.clone().mask_where(x.lower_elem(0.5), gated);
    let mut opened = reveal(pooled, "pooled")?
        .into_data()
        .to_vec::<f32>()
        .expect("floats");
    opened.extend(
        reveal(chosen, "chosen")?
            .into_data()
            .to_vec::<f32>()
            .expect("floats"),
    );
    Ok((opened, device.session().expect("online").report()))
}

fn run(ends: Ends, config: &SessionConfig, shape: [usize; 4]) -> [(Vec<f32>, Report); 3] {
    let results = over(ends, config, |device| program(&device, shape));
    results
        .expect("no panic")
        .map(|result| result.expect("opened"))
}

#[test]
fn messages_in_pieces_say_and_cost_the_same_but_for_the_headers() {
    let schedules = [
        Schedule::Classic,
        Schedule::Bytes,
        Schedule::Rounds,
        Schedule::Fastest(LinkShape::WAN),
    ];
    for (shape, pieces) in [(SMALL, 48), (LARGE, 1_000)] {
        for schedule in schedules {
            for truncation in [
                Truncation::Faithful,
                Truncation::Star,
                Truncation::Probabilistic,
            ] {
                // Every truncation at one size, the lanes at the other.
                if shape == LARGE && truncation != Truncation::Faithful {
                    continue;
                }
                let config = SessionConfig::z64()
                    .with_deadline(DEADLINE)
                    .with_schedule(schedule)
                    .with_truncation(truncation);
                set_piece_bytes(MAX_PAYLOAD_BYTES);
                let whole = run(memory_ends(DEADLINE), &config, shape);
                set_piece_bytes(pieces);
                for ends in [memory_ends(DEADLINE), tcp_ends(DEADLINE)] {
                    let cut = run(ends, &config, shape);
                    for (party, ((values, bill), (expected, once))) in
                        cut.iter().zip(&whole).enumerate()
                    {
                        let what = format!("{schedule:?} {truncation:?} {shape:?} P{party}");
                        assert_eq!(values.len(), expected.len());
                        let worst = values.iter().zip(expected).map(|(a, b)| (a - b).abs());
                        assert!(worst.fold(0.0, f32::max) < 0.001, "{what}");
                        // Rounds are those of whole messages, bytes those that were declared. Headers count when
                        // loads are balanced, so that a call may have other roles, and wait for one round more or less.
                        assert!(bill.rounds.abs_diff(once.rounds) <= 1, "{what}");
                        assert_eq!(bill.bytes_sent, bill.declared_bytes[party], "{what}");
                    }
                    // In all: what a party sends depends on its roles.
                    let frames = |runs: &[(Vec<f32>, Report); 3]| -> u64 {
                        runs.iter().map(|(_, bill)| bill.frames_sent).sum()
                    };
                    let bytes = |runs: &[(Vec<f32>, Report); 3]| -> u64 {
                        let sent: u64 = runs.iter().map(|(_, bill)| bill.bytes_sent).sum();
                        sent - HEADER_BYTES as u64 * frames(runs)
                    };
                    assert!(frames(&cut) > 4 * frames(&whole), "{schedule:?} {shape:?}");
                    assert_eq!(bytes(&cut), bytes(&whole), "{schedule:?} {shape:?}");
                }
            }
        }
    }
}
