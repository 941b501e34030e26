//! Lanes: the same results, exact costs, equal load, and no party that waits when one fails.

use std::time::{Duration, Instant};

use crate::Party;
use crate::net::NetError;
use crate::protocol::testing::{Setup, SplitMix, attempt, join, join_bits, mine, run, seed};
use crate::protocol::{
    Comparison, LANES, Patches, ProtocolError, Window, agree, gate_in_lanes, gate_masked_in_lanes,
    gate_rounds_in_lanes, reshare, reshare_lanes, truncate_lanes,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::Additive;

const N: usize = 3 * 32 * 32 * 4;

/// Planes of 32 x 32 in blocks of 4 x 4. The last plane passes. Patches are numbered from the last plane down.
fn blocks() -> Patches {
    let planes = u32::try_from(N / 1024).unwrap();
    let map: Vec<u32> = (0..planes * 1024)
        .map(|i| {
            let (plane, row, column) = (i / 1024, i % 1024 / 32, i % 32);
            match planes - 1 - plane {
                0 => Patches::PASS,
                from_end => (from_end - 1) * 64 + row / 4 * 8 + column / 4,
            }
        })
        .collect();
    Patches::new(&map, 64 * (N / 1024 - 1)).unwrap()
}

/// The gate in lanes that is under test.
#[derive(Clone, Copy)]
enum How {
    Bytes,
    Masked,
    Rounds(Comparison),
}

/// Checks the values and signs of a gate in lanes.
fn same_gate<R: Ring>(how: How, patches: &Patches) {
    let setup = Setup::of(seed(901));
    let z = SplitMix(setup.seed).signed::<R>(18, N);
    let parts = SplitMix(setup.seed).deal_additive(&z);
    let window = Window::full::<R>();
    // `run` checks bytes, frames and rounds against the declaration, and the estimate against both.
    let run = run(setup, |ctx| {
        let part = mine(ctx, &parts).clone();
        let (values, signs) = match how {
            How::Rounds(comparison) => {
                let gated = gate_rounds_in_lanes(ctx, &part, patches, 0, window, comparison)?;
                (gated.values, gated.signs)
            }
            How::Masked => {
                let gated = gate_masked_in_lanes(ctx, &part, patches, 0, window)?;
                (gated.values, gated.signs)
            }
            How::Bytes => {
                let gated = gate_in_lanes(ctx, &part, patches, 0, window)?;
                assert_eq!(gated.values.len(), LANES);
                (reshare_lanes(ctx, &gated.values)?, gated.signs)
            }
        };
        agree(ctx)?;
        Ok((values, signs))
    });
    let values = join(&[0, 1, 2].map(|i| run.parties[i].0.clone()));
    let signs = join_bits(&[0, 1, 2].map(|i| run.parties[i].1.clone()));
    let sums = patches.sums(&z);
    for (sign, sum) in signs.iter().zip(&sums) {
        assert_eq!(*sign, sum.to_i64() > 0, "MPC_SEED={}", setup.seed);
    }
    for ((&patch, &value), &z) in patches.patch_of().iter().zip(&values).zip(&z) {
        let keeps = patch == Patches::PASS || signs[patch as usize];
        assert_eq!(value, if keeps { z } else { R::ZERO });
    }
}

#[test]
fn a_gate_in_lanes_is_the_same_gate() {
    for how in [
        How::Bytes,
        How::Masked,
        How::Rounds(Comparison::Tree),
        How::Rounds(Comparison::Split),
    ] {
        for patches in [Patches::single(N), blocks()] {
            same_gate::<Z64>(how, &patches);
            same_gate::<Z32>(how, &patches);
        }
    }
}

#[test]
fn lanes_take_no_more_rounds_and_the_parties_send_alike() {
    let setup = Setup::of(seed(902));
    let z = SplitMix(setup.seed).signed::<Z64>(40, N);
    let parts = SplitMix(setup.seed).deal_additive(&z);
    let window = Window::full::<Z64>();
    let ways = [
        (How::Bytes, 11),
        (How::Masked, 9),
        (How::Rounds(Comparison::Tree), 8),
        (How::Rounds(Comparison::Split), 4),
    ];
    for (how, rounds) in ways {
        let outcomes = attempt(setup, &|ctx| {
            let part = mine(ctx, &parts).clone();
            let patches = Patches::single(N);
            match how {
                How::Rounds(comparison) => {
                    gate_rounds_in_lanes(ctx, &part, &patches, 20, window, comparison).map(drop)
                }
                How::Masked => gate_masked_in_lanes(ctx, &part, &patches, 20, window).map(drop),
                How::Bytes => {
                    let gated = gate_in_lanes(ctx, &part, &patches, 20, window)?;
                    truncate_lanes(ctx, &gated.values, 1).map(drop)
                }
            }
        });
        let facts = outcomes.each_ref().map(|(_, facts)| facts.counters);
        assert_eq!(
            facts.iter().map(|counters| counters.round).max(),
            Some(rounds)
        );
        let sent = facts.map(|counters| counters.bytes_sent);
        let (least, most) = (sent.iter().min().unwrap(), sent.iter().max().unwrap());
        assert!(*most as f64 <= 1.01 * *least as f64, "{sent:?}");
    }
}

#[test]
fn a_lane_that_fails_ends_all_lanes_of_all_parties_at_once() {
    let started = Instant::now();
    let outcomes = attempt(Setup::of(seed(903)), &|ctx| {
        let parts: Vec<usize> = (0..LANES).collect();
        ctx.in_lanes(parts, |ctx, lane| {
            if lane == 1 && ctx.party() == Party::P2 {
                return Err(ProtocolError::Shift {
                    party: ctx.party(),
                    shift: 99,
                    bits: 64,
                });
            }
            for _ in 0..20 {
                let _: crate::share::Rss<_> = reshare(ctx, &Additive::new(vec![Z64::ONE; 1000]))?;
            }
            Ok(())
        })
    });
    assert!(started.elapsed() < Duration::from_secs(10));
    for (party, (result, _)) in Party::ALL.into_iter().zip(outcomes) {
        match (party, result) {
            (Party::P2, Err(ProtocolError::Shift { shift: 99, .. }))
            | (
                _,
                Err(ProtocolError::Net(NetError::PeerAborted {
                    origin: Party::P2, ..
                })),
            ) => {}
            (party, other) => panic!("{party}: {other:?}"),
        }
    }
}

#[test]
fn a_lane_that_panics_does_not_leave_the_others_waiting() {
    let started = Instant::now();
    let caught = std::panic::catch_unwind(|| {
        attempt(Setup::of(seed(904)), &|ctx| {
            ctx.in_lanes(vec![0, 1, 2], |ctx, lane| {
                assert!(
                    lane != 0 || ctx.party() != Party::P1,
                    "the panic of this test"
                );
                reshare(ctx, &Additive::new(vec![Z64::ONE; 1000]))
            })
        })
    });
    assert!(caught.is_err());
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn parties_that_cut_differently_do_not_agree() {
    let outcomes = attempt(Setup::of(seed(905)), &|ctx| {
        let lanes = if ctx.party() == Party::P0 { 2 } else { 3 };
        ctx.in_lanes(vec![(); lanes], |_, ()| Ok(()))?;
        agree(ctx)
    });
    assert!(outcomes.iter().any(|(result, _)| result.is_err()));
}
