//! A network in evaluation mode: outputs, gradients and statistics.

use burn::tensor::{Tensor, Tolerance};

use super::*;

fn input<B: Backend>() -> Tensor<B, 4> {
    floats(11, [4, 2, 6, 6])
}

#[test]
fn forward_equals_the_plain_backend_bit_for_bit() {
    let (device, plain) = (Default::default(), trained());
    let eval = transfer::<Plain, Eval, _, _>(&plain, Net::new(&device), &device).unwrap();
    let expected = plain.forward(input()).into_data();
    eval.forward(input()).into_data().assert_eq(&expected, true);
}

#[test]
fn autodiff_alone_normalises_by_the_batch() {
    let (device, plain) = (Default::default(), trained());
    let train = transfer::<Plain, Train, _, _>(&plain, Net::new(&device), &device).unwrap();
    let eval = transfer::<Plain, Eval, _, _>(&plain, Net::new(&device), &device).unwrap();
    let norm = |batch: Tensor<Train, 4>| train.norm.forward(train.conv.forward(batch)).into_data();
    let running = eval.norm.forward(eval.conv.forward(input())).into_data();
    let difference = norm(input())
        .iter::<f32>()
        .zip(running.iter::<f32>())
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(difference > 0.1, "{difference}");
}

#[test]
fn forward_leaves_running_statistics_alone() {
    let (device, plain) = (Default::default(), trained());
    let eval = transfer::<Plain, Eval, _, _>(&plain, Net::new(&device), &device).unwrap();
    let before = eval.statistics();
    eval.forward(input());
    let after = eval.statistics();
    for (a, b) in before.iter().zip(&after) {
        a.assert_eq(b, true);
    }
    let train = transfer::<Plain, Train, _, _>(&plain, Net::new(&device), &device).unwrap();
    train.forward(input());
    assert_ne!(
        train.statistics(),
        before,
        "training must move them, or this test sees nothing"
    );
}

#[test]
fn input_gradient_equals_finite_differences_of_the_plain_forward() {
    let (device, plain) = (Default::default(), trained());
    let eval = transfer::<Plain, Eval, _, _>(&plain, Net::new(&device), &device).unwrap();
    let weights = |seed| floats::<Plain, 2>(seed, [1, 5]);
    let shape = [1, 2, 6, 6];
    let x = floats::<Train, 4>(5, shape).require_grad();
    let y = to_inner(eval.forward(from_inner(x.clone())));
    let gradients = (y * Tensor::from_data(weights(6).into_data(), &device))
        .sum()
        .backward();
    let gradient = x
        .grad(&gradients)
        .unwrap()
        .into_data()
        .to_vec::<f32>()
        .unwrap();

    let point = x.into_data().to_vec::<f32>().unwrap();
    let value = |values: Vec<f32>| -> f32 {
        let x = Tensor::from_data(TensorData::new(values, shape), &device);
        (plain.forward(x) * weights(6)).sum().into_scalar()
    };
    // The network is piecewise linear, so a one-sided difference is exact unless it crosses a kink. The chance of a
    // kink on both sides of a point is negligible.
    let h = 1e-3;
    let here = value(point.clone());
    let slopes: Vec<f32> = (0..point.len())
        .map(|i| {
            let slope = |d: f32| {
                let mut moved = point.clone();
                moved[i] += d;
                (value(moved) - here) / d
            };
            let off = |slope: f32| (slope - gradient[i]).abs();
            let (left, right) = (slope(-h), slope(h));
            if off(left) < off(right) { left } else { right }
        })
        .collect();
    TensorData::new(gradient, shape)
        .assert_approx_eq::<f32>(&TensorData::new(slopes, shape), Tolerance::absolute(2e-3));
}
