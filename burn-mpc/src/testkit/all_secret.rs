//! The all-secret policy: Burn programs of the backend's own tests, wholly on secrets.

use burn::backend::Flex;
use burn::tensor::{Int, Tensor, TensorData};

use crate::backend::{MpcTensor, programs};
use crate::session::SessionConfig;
use crate::session::local::three_parties;
use crate::{Mpc, Z64};

type Private = Mpc<Flex, Z64>;

/// Inputs and constants of the programs are multiples of 1/8 below 4 and their halves, so that nothing is
/// lost when they are shared; thresholds lie between values or on them exactly. What remains are
/// truncations and public factors that are no binary fractions. The largest bound is that of the folded
/// products: no program multiplies more than three numbers below 4 after a truncation (`T = 16`), or sums
/// more than 24 products of such (`T = 24 * 4`), and the Newton iterations leave less than a unit.
const UNITS: f64 = 24.0 * 4.0;

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
