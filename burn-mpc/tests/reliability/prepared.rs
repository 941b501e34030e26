//! What `prepare` remembers is what an inference would have computed: never a placeholder of skipped work.

use burn::backend::Flex;
use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::{
    Audience, MpcError, Party, Precision, ShareOptions, prepare, reveal_with, share_model,
};

use super::common::{Links, Private, all_ok, input, numbers, run, values, worst};

const SHAPE: [usize; 2] = [3, 4];

/// A model that is one parameter.
#[derive(Module, Debug)]
struct Weight<B: Backend> {
    weight: Param<Tensor<B, 2>>,
}

impl<B: Backend> Weight<B> {
    /// Positive numbers in `[0.5, 2]` at the owner, ones elsewhere.
    fn at(device: &B::Device, owner: bool) -> Self {
        let values = numbers(12, 5).into_iter().map(|x| 1.25 + 0.75 * x);
        let values = if owner {
            values.collect()
        } else {
            vec![1.0; 12]
        };
        let weight = Tensor::from_data(TensorData::new(values, SHAPE), device);
        Self {
            weight: Param::from_tensor(weight),
        }
    }
}

/// Uses of a parameter `w` beside data `x`.
macro_rules! uses {
    ($($name:literal: |$x:ident, $w:ident| $use:expr;)*) => {
        const NAMES: &[&str] = &[$($name),*];

        /// The use of that number.
        fn apply<B: Backend>(number: usize, x: Tensor<B, 2>, w: Tensor<B, 2>) -> Tensor<B, 2> {
            let uses: &[fn(Tensor<B, 2>, Tensor<B, 2>) -> Tensor<B, 2>] = &[$(|$x, $w| $use),*];
            uses[number](x, w)
        }
    };
}

uses! {
    "a root": |x, w| x * w.sqrt();
    "the reciprocal of a root": |x, w| x / w.sqrt();
    "a root and its reciprocal": |x, w| x * w.clone().sqrt() + w.sqrt().recip();
    "a root of a sum": |x, w| x + (w + 1.0).sqrt().sum_dim(1);
    "a reciprocal": |x, w| x / w;
    "a product with itself": |x, w| x * (w.clone() * w);
    "a product that nobody truncated": |x, w| x + w.clone() * w;
    "a matrix product": |x, w| x.matmul(w.clone().transpose().matmul(w));
    "a rectified weight": |x, w| x * (w - 1.0).clamp_min(0.0);
    "an absolute value": |x, w| x * (w - 1.0).abs();
    "a sign": |x, w| x * (w - 1.0).sign();
    "a mask": |x, w| x.clone().mask_where(w.greater_elem(1.0), x * 2.0);
    "a mask as numbers": |x, w| x * w.greater_elem(1.0).float();
    "a maximum": |x, w| x - w.max_dim(1);
    "a sum": |x, w| x * w.sum_dim(0);
    "rows in another order": |x, w| x * w.flip([0, 1]).sqrt();
    "a rounded weight": |x, w| x * (w * 2.0).floor();
}

/// Twelve operations deep at most, on numbers below 32 with errors below a few units of 2^-16 each.
const TOLERANCE: f32 = 0.01;

/// One session for each use: what an earlier one remembered would hide what a later one prepares.
#[test]
fn what_is_prepared_is_what_an_inference_computes() {
    let data = numbers(12, 6);
    let device = Default::default();
    let plain = Weight::<Flex>::at(&device, true).weight.val();
    let x = Tensor::<Flex, 2>::from_data(TensorData::new(data.clone(), SHAPE), &device);
    for (number, name) in NAMES.iter().enumerate() {
        let expected = values(apply(number, x.clone(), plain.clone()));
        let outputs = all_ok(run(Links::Memory.ends(), |device, party| {
            let net = Weight::<Private>::at(device, party == Party::P0);
            let net = share_model(net, device, Party::P0, ShareOptions::default())?;
            let x = || input(device, Party::P1, "x", SHAPE, &data);
            let blank = x()?;
            prepare(device, || apply(number, blank, net.weight.val()))?;
            let infer = || {
                let y = apply(number, x()?, net.weight.val());
                let y = reveal_with(y, Audience::All, "y", Precision::Exact)?;
                Ok::<_, MpcError>(values(y.ok_or(MpcError::NotRevealed)?))
            };
            Ok([infer()?, infer()?])
        }));
        for inferences in &outputs {
            for (inference, output) in inferences.iter().enumerate() {
                let worst = worst(output, &expected);
                assert!(
                    worst < TOLERANCE,
                    "{name}, inference {inference}: off by {worst}"
                );
            }
        }
    }
}
