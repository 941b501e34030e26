//! Methods of tensors for secrets.

use burn::backend::Flex;
use burn::tensor::{Bool, Int, Tensor};
use burn_mpc::{Mpc, MpcError, MpcTensorExt, Party, Ring, SessionConfig, Z32, Z64, share_int};

use super::common::{Links, PATIENCE, all_ok, run, run_each, values};

/// What one party reads of each kind, and how openings are listed.
type Seen = (Option<Vec<f32>>, Vec<i64>, Option<Vec<bool>>, Vec<String>);

fn whole<const D: usize>(tensor: Tensor<Flex, D, Int>) -> Vec<i64> {
    tensor.into_data().iter::<i64>().collect()
}

fn every_kind<R: Ring>(config: &SessionConfig, largest: i64) -> [Seen; 3] {
    let configs = [(); 3].map(|()| config.clone().with_deadline(PATIENCE));
    let plain = Default::default();
    all_ok(run_each(Links::Memory.ends(), configs, |device, party| {
        let held =
            (party == Party::P0).then(|| Tensor::<Flex, 2>::from_data([[0.5, -1.25, 3.0]], &plain));
        let x = Tensor::<Mpc<Flex, R>, 2>::share_from(device, Party::P0, "x", [1, 3], held)?;
        let held = (party == Party::P1)
            .then(|| Tensor::<Flex, 1, Int>::from_data([largest, -largest, 0, 7], &plain));
        let i = Tensor::<Mpc<Flex, R>, 1, Int>::share_from(device, Party::P1, "i", [4], held)?;
        let held = (party == Party::P2)
            .then(|| Tensor::<Flex, 1, Bool>::from_data([true, false, true], &plain));
        let b = Tensor::<Mpc<Flex, R>, 1, Bool>::share_from(device, Party::P2, "b", [3], held)?;
        assert!(x.is_secret() && i.is_secret() && b.is_secret());
        assert_eq!(x.scale(), Some(config.frac_bits));
        assert_eq!((i.scale(), b.scale()), (Some(0), Some(0)));

        let public = Tensor::<Mpc<Flex, R>, 1>::from_data([2.0], device);
        assert!(!public.is_secret());
        assert_eq!(public.scale(), None);
        // What is public is neither opened nor listed.
        assert_eq!(values(public.reveal("public")?), [2.0]);

        // Scales are those of the value, and none while it is not known for what the value is needed.
        let product = x.clone() * x.clone();
        assert_eq!(product.scale(), Some(2 * config.frac_bits));
        assert_eq!(x.clone().matmul(x.clone().transpose()).scale(), None);

        let x = x.reveal_to(Party::P1, "x")?.map(values);
        let i = whole(i.reveal("i")?);
        let b = b.reveal_to(Party::P0, "b")?;
        let b = b.map(|b| b.into_data().iter::<bool>().collect());
        let labels = device.online("test")?.report().reveal_labels;
        Ok((x, i, b, labels))
    }))
}

fn every_kind_is_shared_and_opened<R: Ring>(config: &SessionConfig, largest: i64) {
    let [first, second, third] = every_kind::<R>(config, largest);
    let labels = ["x", "i", "b"].map(str::to_owned).to_vec();
    let i = vec![largest, -largest, 0, 7];
    let (x, b) = (vec![0.5, -1.25, 3.0], vec![true, false, true]);
    assert_eq!(first, (None, i.clone(), Some(b), labels.clone()));
    assert_eq!(second, (Some(x), i.clone(), None, labels.clone()));
    assert_eq!(third, (None, i, None, labels));
}

#[test]
fn methods_share_and_open_tensors_of_every_kind() {
    every_kind_is_shared_and_opened::<Z64>(&SessionConfig::z64(), (1 << 31) - 1);
    every_kind_is_shared_and_opened::<Z32>(&SessionConfig::z32(), (1 << 15) - 1);
}

/// What the owner is told of an integer.
fn shared<R: Ring>(config: &SessionConfig, value: i64) -> Result<(), String> {
    let configs = [(); 3].map(|()| config.clone());
    let [outcome, ..] = run_each(Links::Memory.ends(), configs, |device, party| {
        let data = (party == Party::P0).then(|| [value].into());
        share_int::<Flex, R, 1>(device, Party::P0, "ids", [1], data).map(|_| ())
    });
    let result = outcome.result.expect("no panic");
    result.map_err(|error| error.to_string())
}

#[test]
fn integers_that_could_not_be_multiplied_are_refused() {
    for sign in [1, -1] {
        assert_eq!(
            shared::<Z64>(&SessionConfig::z64(), sign * ((1 << 31) - 1)),
            Ok(())
        );
        assert_eq!(
            shared::<Z32>(&SessionConfig::z32(), sign * ((1 << 15) - 1)),
            Ok(())
        );
        for error in [
            shared::<Z64>(&SessionConfig::z64(), sign * (1 << 31)),
            shared::<Z32>(&SessionConfig::z32(), sign * (1 << 15)),
        ] {
            let error = error.expect_err("too large");
            assert!(error.contains("MPC-RANGE: 'ids' at P0"), "{error}");
        }
    }
}

#[test]
fn an_opened_integer_that_its_type_does_not_hold_is_an_error_at_the_reader() {
    let opened = all_ok(run(Links::Memory.ends(), |device, party| {
        let held = (party == Party::P0)
            .then(|| Tensor::<Flex, 1, Int>::from_data([i64::from(i32::MAX)], &Default::default()));
        let i = Tensor::<Mpc, 1, Int>::share_from(device, Party::P0, "i", [1], held)?;
        let beyond = i.clone() + 1;
        let refused = beyond.reveal_to(Party::P2, "beyond");
        let refused = refused.map(|read| read.is_some());
        let refused = refused.map_err(|error| matches!(error, MpcError::Range { .. }));
        Ok((refused, whole(i.reveal("i")?)))
    }));
    let kept = vec![i64::from(i32::MAX)];
    let expected = [Ok(false), Ok(false), Err(true)];
    assert_eq!(opened, expected.map(|refused| (refused, kept.clone())));
}

#[test]
fn a_held_tensor_of_another_shape_ends_the_session() {
    for outcome in run(Links::Memory.ends(), |device, party| {
        let held =
            (party == Party::P0).then(|| Tensor::<Flex, 2>::zeros([3, 1], &Default::default()));
        let x = Tensor::<Mpc, 2>::share_from(device, Party::P0, "x", [1, 3], held)?;
        x.reveal("x").map(|_| ())
    }) {
        let error = outcome.error().to_string();
        assert!(error.contains("MPC-SHAPE"), "{error}");
    }
}
