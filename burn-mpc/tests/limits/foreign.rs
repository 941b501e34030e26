//! A tensor of another session is an error of the op; a constant made without a session is not.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Int, Tensor};
use burn_mpc::{MpcDevice, MpcError, Party, reveal};

use super::common::{Private, config, input, run};

type Program = fn(Tensor<Private, 2>, Tensor<Private, 2>) -> Tensor<Private, 2>;

const PROGRAMS: &[(&str, Program)] = &[
    ("add", |x, y| x + y),
    ("mul", |x, y| x * y),
    ("matmul", |x, y| x.matmul(y)),
    ("greater", |x, y| x.greater(y).float()),
    ("mask", |x, y| x.clone().mask_where(y.greater_elem(0.0), x)),
    ("cat", |x, y| Tensor::cat(vec![x, y], 0).slice([0..2, 0..2])),
    ("slice_assign", |x, y| x.slice_assign([0..2, 0..2], y)),
    ("conv", |x, y| {
        let x = x.reshape([1, 1, 2, 2]);
        let y = y.reshape([1, 1, 2, 2]).slice([0..1, 0..1, 0..1, 0..1]);
        conv2d(x, y, None, ConvOptions::new([1, 1], [0, 0], [1, 1], 1)).reshape([2, 2])
    }),
    ("linear", |x, y| burn::tensor::module::linear(x, y, None)),
];

#[test]
fn tensors_of_two_sessions_end_both_with_a_typed_error() {
    for (name, program) in PROGRAMS {
        for public in [false, true] {
            let results = run(&config(), |device, _| {
                let other = MpcDevice::estimate(config())?;
                let x = input(device, Party::P0, [2, 2], &[1.0; 4])?;
                let y = if public {
                    Tensor::ones([2, 2], &other)
                } else {
                    input(&other, Party::P0, [2, 2], &[1.0; 4])?
                };
                for (x, y) in [(x.clone(), y.clone()), (y, x)] {
                    let z = program(x, y);
                    assert_eq!(z.dims(), [2, 2], "{name}");
                    assert!(reveal(z, "z").is_err(), "{name}");
                }
                assert!(
                    matches!(other.failure(), Some(MpcError::Foreign { .. })),
                    "{name}"
                );
                Ok(())
            });
            for (_, failure) in results {
                assert!(
                    matches!(failure, Some(MpcError::Foreign { .. })),
                    "{name}: {failure:?}"
                );
            }
        }
    }
}

#[test]
fn constants_of_no_session_serve_any() {
    for (name, program) in PROGRAMS {
        let results = run(&config(), |device, _| {
            let x = input(device, Party::P0, [2, 2], &[1.0, -2.0, 3.0, 4.0])?;
            let constant = |device: &MpcDevice| Tensor::<Private, 2>::ones([2, 2], device);
            let here = program(x.clone(), constant(device));
            // A worker thread or task that set no device.
            let there = program(x, constant(&MpcDevice::offline()));
            Ok((
                reveal(here, "here")?.into_data(),
                reveal(there, "there")?.into_data(),
            ))
        });
        for (result, failure) in results {
            assert!(failure.is_none(), "{name}: {failure:?}");
            let (here, there) = result.expect("opened");
            assert_eq!(here, there, "{name}");
        }
    }
}

#[test]
fn public_tensors_of_two_sessions_do_not_meet_either() {
    let [first, second] = [(); 2].map(|()| MpcDevice::estimate(config()).expect("a device"));
    let one = |device: &MpcDevice| Tensor::<Private, 1>::ones([2], device);
    let _ = one(&first) + one(&first) + one(&MpcDevice::offline());
    assert!(first.failure().is_none());
    // A tensor made offline stays offline, whatever device the thread has.
    second.set_current();
    let offline = one(&MpcDevice::offline()) + one(&MpcDevice::offline());
    let _ = one(&first) + offline;
    assert!(first.failure().is_none());
    let _ = one(&first) + one(&second);
    for device in [first, second] {
        assert!(matches!(device.failure(), Some(MpcError::Foreign { .. })));
    }
}

#[test]
fn a_secret_index_of_another_session_is_foreign() {
    let [first, second] = [(); 2].map(|()| MpcDevice::estimate(config()).expect("a device"));
    let x = input(&first, Party::P0, [2, 2], &[1.0; 4]).expect("shared");
    let at = Tensor::<Private, 1, Int>::from_ints([0], &second);
    let _ = x.select(0, at);
    assert!(matches!(first.failure(), Some(MpcError::Foreign { .. })));
}
