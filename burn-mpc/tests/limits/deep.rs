//! A program may be deeper than the stack.

use std::thread;

use burn::tensor::activation::relu;
use burn::tensor::module::linear;
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};
use burn_mpc::{MpcDevice, Party, reveal};

use super::common::{Private, config, input, run};

/// A quarter of what a thread usually gets.
const STACK: usize = 512 << 10;

/// More than any stack holds.
const DEEP: usize = 20_000;

fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        thread.expect("a thread").join().expect("no panic")
    })
}

type Chain = fn(Tensor<Private, 2>, usize, &MpcDevice) -> Tensor<Private, 2>;

fn relus(mut x: Tensor<Private, 2>, count: usize, _: &MpcDevice) -> Tensor<Private, 2> {
    for _ in 0..count {
        x = relu(x);
    }
    x
}

fn sums(mut x: Tensor<Private, 2>, count: usize, device: &MpcDevice) -> Tensor<Private, 2> {
    let one = Tensor::<Private, 2>::ones([1, 3], device);
    let at = Tensor::<Private, 1, Int>::from_ints([0], device);
    for _ in 0..count {
        x = x.select_assign(0, at.clone(), one.clone(), IndexingUpdateOp::Add);
    }
    x
}

fn layers(mut x: Tensor<Private, 2>, count: usize, device: &MpcDevice) -> Tensor<Private, 2> {
    let weight = Tensor::<Private, 2>::eye(3, device);
    let bias = Tensor::<Private, 1>::from_floats([0.5, 0.0, -0.5], device);
    for _ in 0..count / 2 {
        x = relu(linear(x, weight.clone(), Some(bias.clone())));
    }
    x
}

/// Signs of sums, spread and multiplied: what a Block-ReLU leaves.
fn gates(mut x: Tensor<Private, 2>, count: usize, device: &MpcDevice) -> Tensor<Private, 2> {
    let weight = Tensor::<Private, 2>::eye(3, device);
    let patch = Tensor::<Private, 1, Int>::from_ints([0, 0, 0], device);
    for _ in 0..count / 5 {
        let y = linear(x, weight.clone(), None);
        let nothing = Tensor::<Private, 2>::zeros([2, 1], device);
        let sums = nothing.select_assign(1, patch.clone(), y.clone(), IndexingUpdateOp::Add);
        let mask = sums.greater_elem(0.0).float().select(1, patch.clone());
        x = y * mask;
    }
    x
}

const CHAINS: [(&str, Chain); 4] = [
    ("relu", relus),
    ("sum", sums),
    ("layer", layers),
    ("gate", gates),
];

#[test]
fn what_nobody_asked_for_is_dropped_however_deep() {
    for (name, chain) in CHAINS {
        on_a_small_stack(|| {
            let device = MpcDevice::estimate(config()).expect("a device");
            let x = input(&device, Party::P0, [2, 3], &[1.0; 6]).expect("shared");
            let deep = chain(x.clone(), DEEP, &device);
            // The first half of a longer chain: dropped first, it stays held by the other half.
            let longer = chain(deep.clone(), DEEP, &device);
            drop(deep);
            drop(longer);
            assert!(device.failure().is_none(), "{name}");
        });
    }
}

#[test]
fn what_is_asked_for_is_computed_however_deep() {
    for (name, chain) in CHAINS {
        on_a_small_stack(|| {
            let device = MpcDevice::estimate(config()).expect("a device");
            let x = input(&device, Party::P0, [2, 3], &[1.0; 6]).expect("shared");
            let deep = chain(x, DEEP, &device);
            reveal(deep, name).expect("estimated");
        });
    }
}

#[test]
fn deep_values_are_right_at_three_parties() {
    const DEPTH: usize = 300;
    let expected = [
        vec![1.0, 0.0, 2.0, 0.0, 3.0, 0.0],
        vec![1.0 + 300.0, -2.0 + 300.0, 2.0 + 300.0, -1.0, 3.0, -3.0],
    ];
    for ((name, chain), expected) in CHAINS.into_iter().zip(expected) {
        let results = on_a_small_stack(|| {
            run(&config(), |device, _| {
                // A party's thread has the usual stack: runs on another thread, with the small one.
                on_a_small_stack(|| {
                    device.set_current();
                    let x = input(
                        device,
                        Party::P0,
                        [2, 3],
                        &[1.0, -2.0, 2.0, -1.0, 3.0, -3.0],
                    )?;
                    Ok(reveal(chain(x, DEPTH, device), name)?.into_data())
                })
            })
        });
        for (result, _) in results {
            let found = result.expect("opened").to_vec::<f32>().expect("floats");
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() < 0.01,
                    "{name}: {found} and {expected}"
                );
            }
        }
    }
}

#[test]
fn a_deep_chain_costs_what_its_parts_do() {
    // Computed at every step, and at the end alone.
    for (name, chain) in CHAINS {
        let spent = |step: usize| {
            let device = MpcDevice::estimate(config()).expect("a device");
            let x = input(&device, Party::P0, [2, 3], &[1.0; 6]).expect("shared");
            let session = device.session().expect("online");
            session.start_measuring();
            let mut x = x;
            for _ in 0..400 / step {
                x = chain(x, step, &device);
                if step < 400 {
                    let burn_mpc::backend::MpcTensor::Secret(secret) =
                        x.clone().into_primitive().tensor()
                    else {
                        panic!("public");
                    };
                    burn_mpc::ops::compute(&secret);
                }
            }
            reveal(x, "x").expect("estimated");
            let report = session.report();
            (report.declared_bytes, report.rounds)
        };
        assert_eq!(spent(40), spent(400), "{name}");
    }
}

#[test]
fn prepared_programs_may_be_deep_too() {
    let results = run(&config(), |device, _| {
        let x = input(device, Party::P0, [2, 3], &[1.0; 6])?;
        device.hand_over()?;
        on_a_small_stack(|| {
            device.set_current();
            burn_mpc::prepare(device, || layers(x.clone(), 2_000, device))
        })?;
        let data = TensorData::new(vec![1.0_f32], [1]);
        let held = (device.party() == Some(Party::P1)).then_some(data);
        let y = burn_mpc::share::<_, _, 1>(device, Party::P1, "y", [1], held)?;
        Ok(reveal::<burn::backend::Flex, burn_mpc::Z64, 1, _>(y, "y")?.into_data())
    });
    for (result, _) in results {
        assert_eq!(
            result.expect("opened").to_vec::<f32>().expect("floats"),
            [1.0]
        );
    }
}
