//! The all-secret policy: Burn programs of the backend's own tests, wholly on secrets.

use burn::backend::Flex;
use burn::tensor::backend::Backend;
use burn::tensor::module::attention_fallback;
use burn::tensor::{Bool, Int, Tensor, TensorData, Tolerance};

use crate::backend::{MpcTensor, programs};
use crate::fixed::{Fixed, Form};
use crate::ring::Ring as _;
use crate::session::SessionConfig;
use crate::session::local::three_parties;
use crate::tensor::State;
use crate::testkit::inside;
use crate::{Mpc, Z64};

type Private = Mpc<Flex, Z64>;

/// Inputs and constants of the programs are multiples of 1/8 below 4 and their halves, so that nothing is
/// lost when they are shared; thresholds lie between values or on them exactly. What remains are
/// truncations and public factors that are no binary fractions. The largest bound is that of the folded
/// products: no program multiplies more than three numbers below 4 after a truncation (`T = 16`), or sums
/// more than 24 products of such (`T = 24 * 4`), and the Newton iterations leave less than a unit.
const UNITS: f64 = 24.0 * 4.0;

/// What Burn's programs meet at the edges: infinities, numbers that no binary fraction of the session's scale holds,
/// powers of negative numbers, and results whose shape is known when they are read.
fn edges<B: Backend>(device: &B::Device) -> Vec<(&'static str, TensorData)> {
    let exact = Tensor::<B, 1>::from_data([1.1_f32, -0.3, 0.01, 9.9], device);
    let extreme = [f32::INFINITY, -1.0, f32::NEG_INFINITY, f32::MAX];
    let extreme = Tensor::<B, 1>::from_data(extreme, device);
    let base = Tensor::<B, 1>::from_data([-2.0_f32, -1.0, 0.0, 1.5], device);
    let powers = Tensor::<B, 1>::from_data([3.0_f32, 2.0, 0.0, -1.0], device);
    let bits = Tensor::<B, 2, Bool>::from_data([[true, false], [true, true]], device);
    let scores = Tensor::<B, 4>::from_data([[[[1.0_f32, 2.0], [-1.0, 0.5]]]], device);
    let hidden = Tensor::<B, 4, Bool>::from_data([[[[true, true], [false, true]]]], device);
    let attended = attention_fallback::<B>(
        scores.clone(),
        scores.clone(),
        scores,
        Some(hidden),
        None,
        Default::default(),
    );
    vec![
        ("exact", exact.clone().flip([0]).into_data()),
        (
            "padded",
            exact
                .clone()
                .reshape([2, 2])
                .pad((1, 0, 0, 1), 1.1)
                .into_data(),
        ),
        ("is infinite", extreme.clone().is_inf().into_data()),
        ("infinite", extreme.clone().into_data()),
        (
            "equal",
            extreme.clone().equal_elem(f32::INFINITY).into_data(),
        ),
        ("limited", extreme.clamp(-3.0, 3.0).into_data()),
        ("powers", base.clone().powf(powers).into_data()),
        ("fraction", base.abs().powf_scalar(0.71).into_data()),
        ("where", bits.argwhere().into_data()),
        ("rows that see nothing", attended.into_data()),
    ]
}

#[test]
fn edges_on_secrets_alone() {
    let expected = edges::<Flex>(&Default::default());
    let config = SessionConfig {
        all_secret: true,
        ..SessionConfig::z64()
    };
    let found = three_parties(&config, |device| edges::<Private>(&device))
        .unwrap_or_else(|error| panic!("{error}"));
    for ((name, found), (_, expected)) in found.iter().flatten().zip(expected.iter().cycle()) {
        let tolerance = match *name {
            "powers" | "fraction" | "rows that see nothing" => Tolerance::rel_abs(1e-4, 1e-4),
            _ => Tolerance::rel_abs(0.0, 0.0),
        };
        assert_eq!(found.shape, expected.shape, "{name}");
        if found.dtype.is_float() {
            assert!(found.iter::<f32>().all(|v| !v.is_nan()), "{name}: {found}");
            found.assert_approx_eq::<f32>(expected, tolerance);
        } else {
            let [found, expected] =
                [found, expected].map(|data| data.iter::<i64>().collect::<Vec<_>>());
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn what_all_parties_know_is_shared_at_random() {
    let config = SessionConfig {
        all_secret: true,
        ..SessionConfig::z64()
    };
    let shares = three_parties(&config, |device| {
        let ones: MpcTensor<_, Z64> = Tensor::<Private, 1>::ones([64], &device)
            .into_primitive()
            .tensor();
        let MpcTensor::Secret(ones) = ones else {
            panic!("a secret")
        };
        match inside::state(&ones) {
            State::Numbers(Fixed {
                share: Form::Rss(share),
                ..
            }) => share.first().to_vec(),
            _ => panic!("a replicated share"),
        }
    });
    for component in shares.unwrap_or_else(|error| panic!("{error}")) {
        let small = component
            .iter()
            .filter(|word| word.to_i64().unsigned_abs() < 1 << 48);
        // Of a random word, the chance is 2^-15.
        assert_eq!(small.count(), 0, "components are not random");
    }
}

#[test]
fn programs_on_secrets_alone() {
    let expected = programs::linear::<Flex>(&Default::default(), |at| {
        Tensor::from_data(
            TensorData::new(at.to_vec(), [at.len()]),
            &Default::default(),
        )
    });
    let config = SessionConfig {
        all_secret: true,
        ..SessionConfig::z64()
    };
    let found = three_parties(&config, |device| {
        programs::linear::<Private>(&device, |at| {
            // Indices stay public: a place that depends on a secret is itself a secret.
            let data = TensorData::new(at.to_vec(), [at.len()]);
            let plain = Tensor::<Flex, 1, Int>::from_data(data, &Default::default());
            let public = MpcTensor::public(plain.into_primitive(), device.clone());
            Tensor::from_primitive(public)
        })
    })
    .unwrap_or_else(|error| panic!("{error}"));
    let unit = 1.0 / 65536.0;
    let mut complaints = vec![];
    for party in &found {
        for ((name, found), (_, expected)) in party.iter().zip(&expected) {
            assert_eq!(found.shape, expected.shape, "{name}");
            let pairs = expected.iter::<f64>().zip(found.iter::<f64>());
            let within = |(expected, found): (f64, f64)| {
                let tolerance = if expected.fract() == 0.0 && found.fract() == 0.0 {
                    0.0
                } else {
                    UNITS * unit + expected.abs() / f64::from(1 << 21)
                };
                (expected - found).abs() <= tolerance
            };
            if !pairs.into_iter().all(within) {
                complaints.push(format!("{name}: {found} instead of {expected}"));
            }
        }
        assert_eq!(party.len(), expected.len());
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
