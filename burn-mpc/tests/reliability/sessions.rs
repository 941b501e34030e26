//! R15: sessions side by side do not cross.

use std::collections::BTreeSet;
use std::thread;

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn_mpc::{MpcDevice, MpcError, Party, SessionConfig, Z64, reveal};
use burn_mpc_engine::net::tap::{Records, Tap};
use burn_mpc_engine::net::{Header, Transport};
use proptest::prelude::*;

use super::common::{Ends, Links, PATIENCE, Private, input, values, worst};

/// What may happen to the tensor of a session.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The session's second secret is added.
    Add,
    Half,
    Negate,
    Relu,
}

/// Secrets of session `number`.
fn secrets(number: usize) -> [[f32; 4]; 2] {
    let first = [1.5, -2.25, 3.0, -0.5].map(|x| x + number as f32);
    [
        first,
        [-1.0, 4.5, -7.0, 0.25].map(|x| x * (number + 1) as f32),
    ]
}

/// What the session's tensor is afterwards.
fn expected(number: usize, steps: &[(usize, Step)]) -> Vec<f32> {
    let [mut x, y] = secrets(number);
    for (_, step) in steps.iter().filter(|(session, _)| *session == number) {
        for (x, y) in x.iter_mut().zip(y) {
            *x = match step {
                Step::Add => *x + y,
                Step::Half => *x * 0.5,
                Step::Negate => -*x,
                Step::Relu => x.max(0.0),
            };
        }
    }
    x.to_vec()
}

/// Plays one party in three sessions: takes their steps in the given order, in one thread.
fn play(ends: [Box<dyn Transport>; 3], steps: &[(usize, Step)]) -> Result<[Vec<f32>; 3], MpcError> {
    let mut devices = Vec::new();
    for end in ends {
        devices.push(MpcDevice::open(
            end,
            SessionConfig::z64().with_deadline(PATIENCE),
        )?);
    }
    let mut tensors: Vec<[Tensor<Private, 1>; 2]> = Vec::new();
    for (number, device) in devices.iter().enumerate() {
        let [x, y] = secrets(number);
        let owner = Party::ALL[number];
        tensors.push([
            input(device, owner, "x", [4], &x)?,
            input(device, owner, "y", [4], &y)?,
        ]);
    }
    for &(session, step) in steps {
        let [x, y] = tensors[session].clone();
        tensors[session][0] = match step {
            Step::Add => x + y,
            Step::Half => x * 0.5,
            Step::Negate => -x,
            Step::Relu => relu(x),
        };
    }
    let mut results: [Vec<f32>; 3] = Default::default();
    // In another order than they began.
    for session in [1, 2, 0] {
        let [x, _] = tensors[session].clone();
        results[session] = values::<1>(reveal::<Flex, Z64, 1, _>(x, "x")?);
    }
    Ok(results)
}

/// Three sessions among three parties: results of each party, and what each end received.
fn three_sessions(steps: &[(usize, Step)]) -> ([[Vec<f32>; 3]; 3], [[Records; 3]; 3]) {
    let sessions: [Ends; 3] = [(); 3].map(|()| Links::Memory.ends());
    let taps = sessions.map(|ends| ends.map(Tap::new));
    let records = [0, 1, 2].map(|party: usize| [0, 1, 2].map(|s: usize| taps[s][party].records()));
    let mut by_party: [Vec<Box<dyn Transport>>; 3] = Default::default();
    for session in taps {
        for (party, tap) in session.into_iter().enumerate() {
            by_party[party].push(Box::new(tap));
        }
    }
    let results = thread::scope(|scope| {
        let threads = by_party.map(|ends| {
            let ends = ends.try_into().ok().expect("three");
            scope.spawn(move || play(ends, steps).unwrap_or_else(|error| panic!("{error}")))
        });
        threads.map(|thread| thread.join().expect("no panic"))
    });
    (results, records)
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        Just(Step::Add),
        Just(Step::Half),
        Just(Step::Negate),
        Just(Step::Relu)
    ];
    proptest::collection::vec((0..3_usize, step), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn three_sessions_in_any_interleaving_compute_what_each_would_alone(steps in steps()) {
        let (results, records) = three_sessions(&steps);
        let mut tags = BTreeSet::new();
        for (party, sessions) in records.iter().enumerate() {
            for (number, session) in sessions.iter().enumerate() {
                let found = &results[party][number];
                // A unit for each truncation, and the precision at which results are opened.
                let far = worst(found, &expected(number, &steps));
                prop_assert!(far < 0.002, "session {number} at P{party}: {far}");
                let headers = session.snapshot();
                let headers = headers.iter().map(|r| Header::decode(&r.header).expect("a frame"));
                let own: BTreeSet<u64> = headers.map(|header| header.session).filter(|&tag| tag != 0).collect();
                prop_assert_eq!(own.len(), 1, "frames of one session only");
                tags.extend(own);
            }
        }
        prop_assert_eq!(tags.len(), 3);
    }
}
