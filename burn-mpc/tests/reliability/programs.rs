//! R7: parties that run different programs stop with typed errors before anything is opened.

use std::thread;
use std::time::Duration;

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn_mpc::testkit;
use burn_mpc::{MpcDevice, MpcError, Party, Z64, reveal, reveal_to};
use burn_mpc_engine::step::Step;

use super::common::{DEADLINE, Links, Private, input, run, run_within, values};

/// How the odd party's program differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    /// An op that sends nothing.
    ExtraLocalOp,
    /// An op that sends.
    ExtraProtocol,
    MissingProtocol,
    /// `y * 0.75` instead of `y * 0.375`.
    OtherFactor,
    /// `y + 3` instead of `y + 2`.
    OtherTerm,
    /// An order of local ops that gives equal shapes.
    OtherOrder,
    /// As many elements in another shape.
    OtherInputShape,
    /// More elements.
    LargerInput,
    OtherInputName,
    OtherOwner,
    /// Another shape of as many elements before the reveal.
    OtherRevealShape,
    OtherLabel,
    OtherReader,
    /// Padding and dilation that give the same shape.
    OtherPadding,
    /// Reveals to all instead of one.
    OtherAudience,
    /// The second reveal first.
    OtherRevealOrder,
}

const CHANGES: [Change; 16] = [
    Change::ExtraLocalOp,
    Change::ExtraProtocol,
    Change::MissingProtocol,
    Change::OtherFactor,
    Change::OtherTerm,
    Change::OtherOrder,
    Change::OtherInputShape,
    Change::LargerInput,
    Change::OtherInputName,
    Change::OtherOwner,
    Change::OtherRevealShape,
    Change::OtherLabel,
    Change::OtherReader,
    Change::OtherPadding,
    Change::OtherAudience,
    Change::OtherRevealOrder,
];

fn program(device: &MpcDevice, change: Change) -> Result<Vec<f32>, MpcError> {
    let pick = |at: Change, usual: &'static str, other| if change == at { other } else { usual };
    let shape = match change {
        Change::OtherInputShape => [3, 2],
        Change::LargerInput => [4, 3],
        _ => [2, 3],
    };
    let owner = match change {
        Change::OtherOwner => Party::P1,
        _ => Party::P0,
    };
    let numbers = [
        1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, 8.0, 9.0, 1.0, 2.0, 3.0,
    ];
    let x: Tensor<Private, 2> = input(
        device,
        owner,
        pick(Change::OtherInputName, "x", "y"),
        shape,
        &numbers[..shape[0] * shape[1]],
    )?;
    let mut y = x.clone();
    if shape == [2, 3] {
        let tap = if change == Change::OtherPadding { 2 } else { 1 };
        let options = ConvOptions::new([1, 1], [tap, tap], [tap, tap], 1);
        let weight = Tensor::ones([1, 1, 3, 3], device);
        let image = y.reshape([1, 1, 2, 3]);
        y = conv2d(image, weight, None, options).reshape([2, 3]);
    }
    if change != Change::MissingProtocol {
        y = relu(y);
    }
    if change == Change::ExtraLocalOp {
        y = y + 1.0;
    }
    if change == Change::ExtraProtocol {
        y = relu(y);
    }
    y = y * if change == Change::OtherFactor {
        0.75
    } else {
        0.375
    };
    y = y + if change == Change::OtherTerm {
        3.0
    } else {
        2.0
    };
    y = if change == Change::OtherOrder {
        y.clone().flip([1]) - y
    } else {
        y.clone().flip([0]) - y
    };
    if change == Change::OtherRevealShape {
        y = y.reshape([3, 2]);
    }
    let reader = match change {
        Change::OtherReader => Party::P1,
        _ => Party::P2,
    };
    let label = pick(Change::OtherLabel, "first", "another");
    let first = |y| -> Result<Vec<f32>, MpcError> {
        if change == Change::OtherAudience {
            return Ok(values(reveal(y, label)?));
        }
        Ok(reveal_to(y, reader, label)?.map(values).unwrap_or_default())
    };
    let second = |x| Ok::<_, MpcError>(values(reveal(x, "second")?));
    if change == Change::OtherRevealOrder {
        return Ok([second(x)?, first(y)?].concat());
    }
    Ok([first(y)?, second(x)?].concat())
}

#[test]
fn parties_that_diverge_stop_before_anything_is_opened() {
    for outcome in run(Links::Memory.ends(), |device, _| {
        program(device, Change::Nothing)
    }) {
        assert!(outcome.result.expect("no panic").is_ok());
    }
    let check = |change: Change, odd: Party, links: Links| {
        let outcomes = run_within(DEADLINE, links.ends(), |device, party| {
            let mine = if party == odd {
                change
            } else {
                Change::Nothing
            };
            program(device, mine)
        });
        outcomes
            .iter()
            .filter_map(|outcome| match &outcome.result {
                Some(Err(_)) if outcome.failure.is_some() => (outcome.ended
                    > 2 * DEADLINE + Duration::from_secs(1))
                .then(|| format!("{change:?} at {odd}: late")),
                Some(Err(error)) => Some(format!("{change:?} at {odd}: not a failure: {error}")),
                Some(Ok(values)) => Some(format!("{change:?} at {odd}: opened {values:?}")),
                None => Some(format!("{change:?} at {odd}: a panic")),
            })
            .collect::<Vec<_>>()
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let cases = CHANGES.iter().flat_map(|&change| {
            Party::ALL.map(|odd| scope.spawn(move || check(change, odd, Links::Memory)))
        });
        let cases: Vec<_> = cases.collect();
        cases
            .into_iter()
            .flat_map(|case| case.join().expect("no panic"))
            .collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_skipped_draw_is_noticed_before_anything_is_opened() {
    for odd in Party::ALL {
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let x = input(device, Party::P0, "x", [1, 2], &[1.0, 2.0])?;
            // A protocol in which one party forgets to draw its mask.
            testkit::run(device.online("test")?, |ctx| {
                let op = ctx.begin("forgetful", &[4]);
                if party != odd {
                    let _ = ctx.zero_share::<Z64>(op, Step::made_up(1), 4)?;
                }
                Ok::<_, MpcError>(())
            })?;
            reveal(x, "x").map(|_| ())
        });
        for outcome in &outcomes {
            let text = outcome.error().to_string();
            assert!(text.contains("nothing was revealed"), "{text}");
        }
    }
}
