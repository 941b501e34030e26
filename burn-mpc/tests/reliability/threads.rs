//! R20: one thread at a time issues ops; any thread may look at a session, cancel it and read what is public.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn_mpc::{MpcDevice, MpcError, Party, ShareOptions, prepare, reveal, reveal_to, share_model};

use super::common::{
    IMAGE, Links, Net, Private, all_ok, input, numbers, plain_logits, run, values, worst,
};

fn pair(device: &MpcDevice) -> Result<[Tensor<Private, 1>; 2], MpcError> {
    Ok([
        input(device, Party::P0, "a", [4], &[1.0, 2.0, 3.0, 4.0])?,
        input(device, Party::P1, "b", [4], &[0.5, -0.25, 0.125, 2.0])?,
    ])
}

/// `sum((x x)^2)`.
fn work(device: &MpcDevice, x: Tensor<Private, 1>) -> Tensor<Private, 1> {
    device.set_current();
    let y = relu(x.clone()) * x;
    (y.clone() * y).sum()
}

/// The reproduction of the report: two threads, whose order differs between the parties.
#[test]
fn two_threads_on_one_device_are_refused_at_all_parties() {
    for forced in [true, false] {
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let [a, b] = pair(device)?;
            device.hand_over()?;
            let turns = Barrier::new(2);
            let (left, right) = thread::scope(|scope| {
                // Each waits for the other to be done, but stays alive: neither has ended before the other goes on.
                let run = |x: Tensor<Private, 1>, first: bool| {
                    if forced && !first {
                        turns.wait();
                    }
                    let result = work(device, x);
                    if forced && first {
                        turns.wait();
                    }
                    turns.wait();
                    result
                };
                let b_first = party == Party::P1;
                let left = scope.spawn(move || run(a, !b_first));
                let right = scope.spawn(move || run(b, b_first));
                (left.join(), right.join())
            });
            let (left, right) = (left.expect("no panic"), right.expect("no panic"));
            Ok((
                reveal(left, "left").map(values),
                reveal(right, "right").map(values),
            ))
        });
        for outcome in outcomes {
            let failure = outcome.failure.expect("the session failed");
            let text = failure.to_string();
            assert!(text.contains("MPC-CONCURRENT"), "forced {forced}: {text}");
            match outcome.result {
                Some(Ok((Err(_), Err(_))) | Err(_)) => {}
                other => panic!("forced {forced}: {other:?}"),
            }
        }
    }
}

/// Without a common order the result may be right by luck, or the session fails, but no number is ever wrong.
#[test]
fn threads_that_race_give_a_typed_error_or_the_right_numbers() {
    for round in 0..20 {
        let outcomes = run(Links::Memory.ends(), |device, _| {
            let [a, b] = pair(device)?;
            device.hand_over()?;
            let (left, right) = thread::scope(|scope| {
                let left = scope.spawn(|| work(device, a.clone()));
                let right = scope.spawn(|| work(device, b.clone()));
                (left.join(), right.join())
            });
            let (left, right) = (left.expect("no panic"), right.expect("no panic"));
            Ok([
                values(reveal(left, "left")?)[0],
                values(reveal(right, "right")?)[0],
            ])
        });
        for outcome in outcomes {
            match outcome.result {
                Some(Ok([left, right])) => {
                    assert!((left - 354.0).abs() < 0.01, "round {round}: {left}");
                    assert!((right - 16.0627).abs() < 0.01, "round {round}: {right}");
                }
                Some(Err(_)) => assert!(outcome.failure.is_some()),
                None => panic!("round {round}: a panic"),
            }
        }
    }
}

/// Threads one after the other, in one order at two parties and in another at the third.
#[test]
fn threads_in_another_order_at_one_party_stop_all_before_anything_is_opened() {
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let [a, b] = pair(device)?;
        let both = if party == Party::P2 { [b, a] } else { [a, b] };
        let mut results = Vec::new();
        for x in both {
            device.hand_over()?;
            let result = thread::scope(|scope| scope.spawn(|| work(device, x)).join());
            results.push(result.expect("no panic"));
        }
        if party == Party::P2 {
            results.swap(0, 1);
        }
        let second = results.pop().expect("two");
        reveal(second, "second").map(values)
    });
    for outcome in &outcomes {
        let text = outcome.error().to_string();
        assert!(text.contains("nothing was revealed"), "{text}");
    }
}

#[test]
fn a_session_is_handed_over_and_goes_to_who_comes_after_a_thread_that_ended() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let [a, b] = pair(device)?;
        device.hand_over()?;
        // A session whose owner thread has ended has no owner.
        let results = [a, b].map(|x| {
            thread::scope(|scope| scope.spawn(|| work(device, x)).join()).expect("no panic")
        });
        let [left, right] = results;
        Ok([
            values(reveal(left, "left")?)[0],
            values(reveal(right, "right")?)[0],
        ])
    });
    for [left, right] in all_ok(outcomes) {
        assert!((left - 354.0).abs() < 0.01 && (right - 16.0627).abs() < 0.01);
    }
}

#[test]
fn who_does_not_own_the_session_cannot_hand_it_over() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let _ = pair(device)?;
        let error = thread::scope(|scope| scope.spawn(|| device.hand_over()).join());
        Ok(error.expect("no panic"))
    });
    for outcome in outcomes {
        // Peers may hear of the first one's end before their own slip.
        assert!(outcome.failure.is_some());
        assert!(
            !matches!(outcome.result, Some(Ok(Ok(())))),
            "{:?}",
            outcome.result
        );
    }
}

#[test]
fn public_tensors_and_opened_values_are_read_from_any_thread() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let [a, _] = pair(device)?;
        let opened = reveal(a.clone() * 2.0, "opened")?;
        let public = Tensor::<Private, 1>::from_data([1.0, 2.0, 3.0, 4.0], device);
        let read = thread::scope(|scope| {
            let read = scope.spawn(|| {
                let sum = (public.clone() + 1.0)
                    .into_data()
                    .iter::<f32>()
                    .sum::<f32>();
                (sum, values(opened.clone()))
            });
            // The owner goes on meanwhile.
            let own = reveal(a.clone() + public.clone(), "own").map(values);
            (read.join().expect("no panic"), own)
        });
        Ok((read.0, read.1?))
    });
    for ((sum, opened), own) in all_ok(outcomes) {
        assert_eq!((sum, opened), (14.0, vec![2.0, 4.0, 6.0, 8.0]));
        assert_eq!(own, [2.0, 4.0, 6.0, 8.0]);
    }
}

/// The reproduction of the report: an inference beside `prepare` returned zeros at all parties.
#[test]
fn an_inference_beside_prepare_never_returns_zeros() {
    let image = numbers(72, 5);
    let expected = plain_logits(&image, true);
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let inside = Barrier::new(2);
        thread::scope(|scope| {
            let inference = scope.spawn(|| {
                inside.wait();
                device.set_current();
                let result = input(device, Party::P1, "image", IMAGE, &image)
                    .and_then(|x| reveal(net.forward(x), "logits"));
                inside.wait();
                result.map(values)
            });
            let prepared = prepare(device, || {
                inside.wait();
                inside.wait();
                net.forward(Tensor::zeros(IMAGE, device))
            });
            let result = inference.join().expect("no panic");
            prepared.and(result)
        })
    });
    for outcome in outcomes {
        match outcome.result {
            Some(Ok(logits)) => assert!(worst(&logits, &expected) < 0.004, "{logits:?}"),
            Some(Err(_)) => assert!(outcome.failure.is_some()),
            None => panic!("a panic"),
        }
    }
}

/// Another thread, to which the session is handed while it prepares, infers as ever; work is skipped for the thread that
/// prepares alone.
#[test]
fn preparing_is_of_the_thread_that_prepares() {
    let image = numbers(72, 5);
    let expected = plain_logits(&image, true);
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let infer = || {
            device.set_current();
            let x = input(device, Party::P1, "image", IMAGE, &image)?;
            let logits = reveal(net.forward(x), "logits").map(values)?;
            device.hand_over()?;
            Ok::<_, MpcError>(logits)
        };
        let mut logits = None;
        prepare(device, || {
            device.hand_over().expect("this thread has it");
            let other = thread::scope(|scope| scope.spawn(infer).join());
            logits = Some(other.expect("no panic"));
            net.forward(Tensor::zeros(IMAGE, device))
        })?;
        let again = infer()?;
        Ok([logits.expect("inferred")?, again])
    });
    for logits in all_ok(outcomes).iter().flatten() {
        assert!(worst(logits, &expected) < 0.004, "{logits:?}");
    }
}

/// Every look takes less than this while an op waits.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How long the absent party stays away.
const AWAY: Duration = Duration::from_secs(4);

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[test]
fn a_session_that_waits_is_looked_at_and_cancelled_at_once() {
    for links in Links::ALL {
        let outcomes = run(links.ends(), |device, party| {
            let [a, _] = pair(device)?;
            let handle = device.cancel_handle()?;
            if party == Party::P2 {
                // Busy with something else: the others wait for it in a receive.
                thread::sleep(AWAY);
                return Err(reveal_to(relu(a), Party::P1, "late").expect_err("cancelled"));
            }
            let (late, result) = thread::scope(|scope| {
                let watcher = scope.spawn(|| {
                    thread::sleep(Duration::from_millis(500));
                    let session = device.online("test").expect("online");
                    let looks = [
                        timed(|| session.report()).1,
                        timed(|| session.spent()).1,
                        timed(|| session.failure()).1,
                        timed(|| session.constants_bytes()).1,
                        timed(|| {
                            if party == Party::P0 {
                                handle.cancel("the user went away");
                            }
                        })
                        .1,
                    ];
                    let late: Vec<_> = looks.into_iter().filter(|look| *look > AT_ONCE).collect();
                    late
                });
                let (result, took) = timed(|| reveal_to(relu(a), Party::P1, "never"));
                // Roles say for whom P1 waits. If that is P2, it hears of the end once P2 is back.
                let most = if party == Party::P0 {
                    2 * AT_ONCE
                } else {
                    AWAY + AT_ONCE
                };
                assert!(took < most, "{party} waited {took:?} over {links:?}");
                (watcher.join().expect("no panic"), result)
            });
            assert!(late.is_empty(), "{late:?}");
            Err::<(), _>(result.expect_err("cancelled"))
        });
        let texts = outcomes
            .each_ref()
            .map(|outcome| outcome.error().to_string());
        assert!(texts[0].contains("MPC-CANCELLED"), "{texts:?}");
        assert!(texts[0].contains("the user went away"), "{texts:?}");
        assert!(
            texts[1].contains("MPC-CANCELLED") && texts[2].contains("MPC-CANCELLED"),
            "{texts:?}"
        );
    }
}

#[test]
fn reports_stay_bounded_over_many_requests() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let [a, _] = pair(device)?;
        let session = device.online("test")?;
        session.start_measuring();
        let mut lines = Vec::new();
        for _ in 0..20 {
            let _ = reveal(relu(a.clone() * a.clone()), "logits")?;
            let report = session.take_report();
            lines.push((
                report.layers.len(),
                report.reveals,
                report.reveal_labels.len(),
            ));
        }
        Ok(lines)
    });
    for lines in all_ok(outcomes) {
        assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
        assert_eq!((lines[0].1, lines[0].2), (1, 1));
    }
}
