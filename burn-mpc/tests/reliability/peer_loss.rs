//! R6, R14 to R18: lost, silent and garbling peers end in typed errors within the deadline, and never in wrong numbers.

use std::thread;
use std::time::{Duration, Instant};

use burn::tensor::activation::relu;
use burn_mpc::session::local;
use burn_mpc::{
    Audience, MpcDevice, MpcError, Party, Precision, SessionConfig, reveal, reveal_with,
};
use burn_mpc_engine::net::tap::{Fault, Tap};
use burn_mpc_engine::net::{AbortCode, HEADER_BYTES, NetError, Transport};
use burn_mpc_engine::protocol::ProtocolError;

use super::common::{DEADLINE, Ends, Links, Outcome, PATIENCE, input, run, run_within, values};

const LATE: Duration = Duration::from_secs(1);
const X: [f32; 6] = [1.0, -2.0, 3.0, -4.0, 5.0, -6.0];
/// `relu(x) relu(x)^T`.
const SQUARE: [f32; 4] = [10.0, 0.0, 0.0, 25.0];

/// Two layers with something to happen between them; opens the result to all.
fn program(device: &MpcDevice, between: impl FnOnce()) -> Result<Vec<f32>, MpcError> {
    let x = input(device, Party::P0, "x", [2, 3], &X)?;
    let x = relu(x);
    let y = x.clone().transpose();
    between();
    let opened = reveal_with(relu(x.matmul(y)), Audience::All, "square", Precision::Exact)?;
    Ok(values(opened.ok_or(MpcError::NotRevealed)?))
}

fn near(values: &[f32]) -> bool {
    let near = |(value, expected): (&f32, &f32)| (value - expected).abs() < 0.001;
    values.len() == SQUARE.len() && values.iter().zip(&SQUARE).all(near)
}

/// The link error underneath.
fn net(error: &MpcError) -> Option<&NetError> {
    match error {
        MpcError::Net(error) | MpcError::Protocol(ProtocolError::Net(error)) => Some(error),
        _ => None,
    }
}

/// Checks that both peers of `odd` failed in time; returns their errors.
#[track_caller]
fn survivors<T: std::fmt::Debug>(
    outcomes: &[Outcome<T>; 3],
    odd: Party,
    within: Duration,
) -> [&MpcError; 2] {
    [odd.next(), odd.prev()].map(|party| {
        let outcome = &outcomes[party.index()];
        assert!(
            outcome.ended < within,
            "{party} ended at {:?}",
            outcome.ended
        );
        assert!(outcome.failure.is_some());
        outcome.error()
    })
}

#[test]
fn a_party_that_panics_or_leaves_is_noticed_at_once() {
    for links in Links::ALL {
        for odd in Party::ALL {
            for panics in [true, false] {
                let outcomes = run(links.ends(), |device, party| {
                    if party != odd {
                        return program(device, || ());
                    }
                    if panics {
                        return program(device, || panic!("on purpose"));
                    }
                    let x = input(device, Party::P0, "x", [2, 3], &X)?;
                    drop(relu(x));
                    Ok(vec![])
                });
                for error in survivors(&outcomes, odd, PATIENCE / 2) {
                    let error = net(error).expect("a link error");
                    let told = matches!(
                        error,
                        NetError::PeerLost { .. }
                            | NetError::PeerAborted {
                                code: AbortCode::PeerLost,
                                ..
                            }
                    );
                    assert!(told, "{error}");
                }
            }
        }
    }
}

#[test]
fn a_party_that_only_sleeps_runs_into_the_deadline_of_its_peers() {
    for links in Links::ALL {
        for odd in Party::ALL {
            let outcomes = run_within(DEADLINE, links.ends(), |device, party| {
                program(device, || {
                    if party == odd {
                        thread::sleep(2 * DEADLINE);
                    }
                })
            });
            for error in survivors(&outcomes, odd, DEADLINE + LATE) {
                let error = net(error).expect("a link error");
                let told = matches!(
                    error,
                    NetError::Timeout { .. }
                        | NetError::PeerAborted {
                            code: AbortCode::Timeout,
                            ..
                        }
                );
                assert!(told, "{error}");
                assert!(error.at().is_some_and(|at| at.step.is_some()), "{error}");
            }
            // The party that slept learns of it when it wakes.
            let _ = outcomes[odd.index()].error();
        }
    }
}

#[test]
fn a_panic_of_one_party_is_what_the_caller_hears() {
    for links in Links::ALL {
        let config = SessionConfig::z64().with_deadline(PATIENCE);
        let started = Instant::now();
        let result = local::over(links.ends(), &config, |device| {
            program(&device, || {
                assert!(device.party() != Some(Party::P1), "on purpose");
            })
        });
        let Err(MpcError::Panicked { party, message }) = result else {
            panic!("{result:?}");
        };
        assert_eq!((party, message.as_str()), (Party::P1, "on purpose"));
        assert!(started.elapsed() < PATIENCE / 2, "waited for the deadline");
    }
}

#[test]
fn a_panic_reaches_the_peers_without_its_text() {
    let config = SessionConfig::z64().with_deadline(PATIENCE);
    let failures = std::sync::Mutex::new(Vec::new());
    let _ = local::three_parties(&config, |device| {
        let panics = device.party() == Some(Party::P1);
        let result = program(&device, || assert!(!panics, "on purpose"));
        failures
            .lock()
            .expect("whole")
            .push(result.expect_err("lost").to_string());
    });
    let failures = failures.into_inner().expect("whole");
    assert_eq!(failures.len(), 2);
    assert!(
        failures
            .iter()
            .all(|text| text.contains("MPC-PANIC: the program of P1")
                && !text.contains("on purpose")),
        "{failures:?}"
    );
}

/// Ends, of which that of `odd` misbehaves.
fn tapped(links: Links, odd: Party, frame: u64, fault: Fault) -> Ends {
    links.ends().map(|end| -> Box<dyn Transport> {
        if end.party() == odd {
            Box::new(Tap::new(end).with_fault(frame, fault))
        } else {
            end
        }
    })
}

/// How many frames each party sends after set-up in [`program`].
fn frames_sent() -> [u64; 3] {
    super::common::all_ok(run(Links::Memory.ends(), |device, _| {
        program(device, || ())?;
        Ok(device.online("test")?.report().frames_sent)
    }))
}

/// Frames that a party sends before the session's own.
const SETUP: u64 = 4;
/// Frames of the last opening, after which a party waits for nobody.
const OPENING: u64 = 2;

/// Runs all cases at once, since they mostly wait, and returns what is wrong with them.
fn garble(links: Links, cases: &[(Party, u64, Fault)], total: [u64; 3]) -> Vec<String> {
    let check = |&(odd, frame, fault): &(Party, u64, Fault)| {
        let started = Instant::now();
        let outcomes = run_within(DEADLINE, tapped(links, odd, frame, fault), |device, _| {
            program(device, || ())
        });
        let mut wrong = vec![];
        let mut say = |what: String| {
            wrong.push(format!("{links:?} {odd} frame {frame} {fault:?}: {what}"));
        };
        for outcome in &outcomes {
            match &outcome.result {
                None => say("a panic".into()),
                Some(Ok(values)) if !near(values) => say(format!("wrong numbers {values:?}")),
                Some(_) => {}
            }
        }
        let failed = outcomes
            .iter()
            .filter(|outcome| matches!(outcome.result, Some(Err(_))))
            .count();
        // A copy is noticed when the next frame of its link is due.
        let last = match fault {
            Fault::Duplicate => 2 * OPENING,
            _ => OPENING,
        };
        let early = frame + last < SETUP + total[odd.index()];
        if failed == 0 || (early && failed < 3) {
            say(format!("{failed} parties failed"));
        }
        // One party may wait for another that waits as well.
        if started.elapsed() > 2 * DEADLINE + LATE {
            say(format!("took {:?}", started.elapsed()));
        }
        wrong
    };
    cases
        .chunks(12)
        .flat_map(|cases| {
            thread::scope(|scope| {
                let threads: Vec<_> = cases
                    .iter()
                    .map(|case| scope.spawn(move || check(case)))
                    .collect();
                threads
                    .into_iter()
                    .flat_map(|thread| thread.join().expect("no panic"))
                    .collect::<Vec<_>>()
            })
        })
        .collect()
}

/// Every `step`th frame of every party, the last ones included.
fn places(total: [u64; 3], step: usize) -> Vec<(Party, u64)> {
    let of = |party: Party| (0..SETUP + total[party.index()]).rev().step_by(step);
    Party::ALL
        .into_iter()
        .flat_map(|party| of(party).map(move |frame| (party, frame)))
        .collect()
}

#[test]
fn lost_doubled_and_cut_frames_never_give_wrong_numbers() {
    let total = frames_sent();
    for (links, step) in [(Links::Memory, 3), (Links::Tcp, 7)] {
        let mut cases = vec![];
        for (party, frame) in places(total, step) {
            for fault in [Fault::Drop, Fault::Close] {
                cases.push((party, frame, fault));
            }
            // The copy of a link's last frame is never read.
            if frame + OPENING < SETUP + total[party.index()] {
                cases.push((party, frame, Fault::Duplicate));
            }
        }
        let wrong = garble(links, &cases, total);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// Bytes of the header that count rounds: they only serve the report.
const ROUND: std::ops::Range<usize> = 28..32;

#[test]
fn a_flipped_bit_of_a_header_never_gives_wrong_numbers() {
    let total = frames_sent();
    let bits = (0..8 * HEADER_BYTES).filter(|bit| !ROUND.contains(&(bit / 8)));
    let mut cases = vec![];
    for (i, bit) in bits.enumerate() {
        let party = Party::of(i);
        let frame = i as u64 * 5 % (SETUP + total[party.index()] - OPENING);
        cases.push((party, frame, Fault::FlipBit(bit)));
    }
    let wrong = garble(Links::Memory, &cases, total);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut some: Vec<_> = cases.into_iter().step_by(9).collect();
    // On sockets rounds are tagged like the rest, once there are keys.
    some.extend(ROUND.map(|byte| (Party::of(byte), SETUP + 1, Fault::FlipBit(8 * byte + 1))));
    let wrong = garble(Links::Tcp, &some, total);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_flipped_bit_in_opened_shares_is_noticed() {
    // Replicated: the value travels once, and a hash of it once more.
    for odd in Party::ALL {
        let open = |device: &MpcDevice| -> Result<_, MpcError> {
            let x = input(device, Party::P0, "x", [2, 3], &X)?;
            let reader = Audience::One(Party::P1);
            Ok(reveal_with(x, reader, "x", Precision::Exact)?.map(values))
        };
        let total = super::common::all_ok(run(Links::Memory.ends(), |device, _| {
            open(device)?;
            Ok(device.online("test")?.report().frames_sent)
        }));
        if odd == Party::P1 {
            continue;
        }
        let last = SETUP + total[odd.index()] - 1;
        let fault = Fault::FlipBit(8 * HEADER_BYTES + 5);
        let outcomes = run(tapped(Links::Memory, odd, last, fault), |device, _| {
            open(device)
        });
        assert!(
            matches!(
                outcomes[1].error(),
                MpcError::Protocol(ProtocolError::Replication { .. })
            ),
            "{}",
            outcomes[1].error()
        );
    }
}

#[test]
fn a_flipped_bit_of_a_payload_on_sockets_never_gives_wrong_numbers() {
    // Every frame after set-up of every party, at bits that a seed spreads; the last openings included.
    const SEED: usize = 0x00F1_1B17;
    println!("seed {SEED}");
    let total = frames_sent();
    let mut cases = vec![];
    for (i, (party, frame)) in places(total, 2).into_iter().enumerate() {
        if frame >= SETUP {
            cases.push((party, frame, Fault::FlipPayload((i + 1) * SEED)));
        }
    }
    let wrong = garble(Links::Tcp, &cases, total);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_session_ends_with_its_last_handle() {
    use super::common::{IMAGE, Net, Private, numbers};
    use burn_mpc::{ShareOptions, prepare, share_model};
    // Constants are remembered by the session; they must not keep it, and its keys, alive.
    let sessions = super::common::all_ok(run(Links::Memory.ends(), |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "image", IMAGE, &numbers(72, 9))?;
        prepare(device, || net.forward(x.clone()))?;
        reveal(net.forward(x), "logits")?;
        Ok(std::sync::Arc::downgrade(device.online("test")?))
    }));
    for session in sessions {
        assert!(
            session.upgrade().is_none(),
            "the session outlives its device"
        );
    }
}
