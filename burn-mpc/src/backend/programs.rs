//! Small programs over Burn's tensors, run on two backends to be compared.
//!
//! [`linear`] uses what secrets support exactly or nearly so, [`plain`] what only public tensors do.

// A single range is a slice of the first axis here.
#![allow(clippy::single_range_in_vec_init)]

use burn::tensor::backend::Backend;
use burn::tensor::module::{
    adaptive_avg_pool2d, avg_pool2d, conv_transpose2d, conv1d, conv2d, interpolate,
};
use burn::tensor::module::{attention, conv_transpose3d, conv3d, max_pool2d_with_indices};
use burn::tensor::module::{linear as linear_layer, max_pool2d, unfold4d};
use burn::tensor::ops::{
    ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions, UnfoldOptions,
};
use burn::tensor::{Bool, IndexingUpdateOp, Int, Slice, Tensor, TensorData, activation};

/// A result and the name of what made it.
pub(crate) type Outcome = (&'static str, TensorData);

fn floats<B: Backend, const D: usize>(shape: [usize; D], device: &B::Device) -> Tensor<B, D> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|i| ((i * 37 + 11) % 29) as f32 / 8.0 - 1.5)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn ints<B: Backend, const D: usize>(
    values: &[i32],
    shape: [usize; D],
    device: &B::Device,
) -> Tensor<B, D, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

macro_rules! outcomes {
    ($($name:literal: $tensor:expr;)+) => { vec![$(($name, $tensor.into_data())),+] };
}

/// Arithmetic, comparisons and layers. `indices` are made by `at`, so that they can stay public where
/// all else is secret.
pub(crate) fn linear<B: Backend>(
    device: &B::Device,
    at: impl Fn(&[i32]) -> Tensor<B, 1, Int>,
) -> Vec<Outcome> {
    let a = floats::<B, 2>([3, 4], device);
    let b = a.clone().flip([0, 1]) * 0.5 + 0.25;
    let cube = floats::<B, 3>([2, 3, 4], device);
    let image = floats::<B, 4>([2, 4, 5, 6], device);
    let kernel = floats::<B, 4>([6, 2, 3, 2], device);
    let bias = floats::<B, 1>([6], device);
    let whole = ints::<B, 2>(&[3, -1, 4, 1, -5, 9], [2, 3], device);
    let mask: Tensor<B, 2, Bool> = a.clone().greater(b.clone());
    let conv = ConvOptions::new([2, 1], [1, 0], [1, 2], 2);
    let back = ConvTransposeOptions::new([2, 3], [1, 0], [1, 2], [1, 2], 2);
    let nearest = InterpolateOptions::new(InterpolateMode::Nearest);
    let bilinear = InterpolateOptions::new(InterpolateMode::Bilinear);
    let unaligned = bilinear.clone().with_align_corners(false);
    outcomes! {
        "add": a.clone() + b.clone();
        "broadcast sub": cube.clone() - a.clone().unsqueeze();
        "mul": a.clone() * b.clone();
        "div": a.clone() / (b.clone().abs() + 1.0);
        "scalar": (a.clone() - 1.5) * 3.0 / 2.0;
        "matmul": a.clone().matmul(b.clone().transpose());
        "neg abs sign": a.clone().neg().abs() + b.clone().sign();
        "sqrt recip": (a.clone().abs() + 0.5).sqrt().recip();
        "powi": a.clone().powi_scalar(3) + a.clone().powf_scalar(2.0);
        "square root as a power": (a.clone().abs() + 1.0).powf_scalar(0.5);
        "clamp": a.clone().clamp(-0.5, 1.0) + a.clone().clamp_min(0.0) + a.clone().clamp_max(0.25);
        "floor": a.clone().floor();
        "ceil": a.clone().ceil();
        "trunc": a.clone().trunc();
        "into int": a.clone().int();
        "cross": cube.clone().swap_dims(1, 2).slice([0..2, 0..3]).cross(cube.clone().slice([0..2, 0..3, 0..3]), 2);
        "equal": a.clone().equal(a.clone().flip([0]));
        "compare": a.clone().lower_equal_elem(0.5).int() + a.clone().not_equal_elem(0.5).int();
        "mask where": a.clone().mask_where(mask.clone(), b.clone());
        "mask fill": a.clone().mask_fill(mask.clone(), 7.0);
        "bool logic": mask.clone().bool_or(mask.clone().flip([0])).bool_and(mask.clone().bool_not());
        "bool xor": mask.clone().bool_xor(mask.clone().flip([1]));
        "any all": mask.clone().any_dim(1).bool_and(mask.clone().all_dim(1).bool_not());
        "any of floats": a.clone().any();
        "nan": a.clone().is_nan();
        "inf": a.clone().is_inf();
        "sums": a.clone().sum() + a.clone().mean();
        "sum dim": cube.clone().sum_dim(1) + cube.clone().mean_dim(1);
        "prod": (a.clone() * 0.5).prod_dim(0);
        "cumsum": a.clone().cumsum(1);
        "max": a.clone().max() + a.clone().min();
        "max dim": a.clone().max_dim(1) - a.clone().min_dim(1);
        "max abs": a.clone().max_abs_dim(0);
        "argmax": a.clone().argmax(1);
        "sort": a.clone().sort(1);
        "argsort": a.clone().argsort(0);
        "topk": a.clone().topk(2, 1);
        "where sorted": a.clone().sort_descending_with_indices(0).1;
        "running maximum": a.clone().cummax(1) - a.clone().cummin(0);
        "max and where": a.clone().max_dim_with_indices(0).1;
        "permute": cube.clone().permute([2, 0, 1]);
        "reshape expand": a.clone().reshape([3, 1, 4]).expand([3, 2, 4]);
        "slice": cube.clone().slice([Slice::new(0, None, -1), Slice::new(1, None, 1), Slice::new(0, None, 2)]);
        "slice assign": a.clone().slice_assign([1..3, 0..2], b.clone().slice([0..2, 2..4]));
        "select": cube.clone().select(1, at(&[2, 0, 2]));
        "select assign": a.clone().select_assign(0, at(&[1, 1]), b.clone().slice([0..2]), IndexingUpdateOp::Add);
        "gather": a.clone().gather(1, at(&[3, 0, 1, 1, 2, 2]).reshape([3, 2]));
        "scatter": a.clone().scatter(0, at(&[0, 2, 2, 1]).reshape([1, 4]), b.clone().slice([0..1]), IndexingUpdateOp::Add);
        "cat": Tensor::cat(vec![cube.clone(), cube.clone() * 2.0, cube.clone().slice([0..2, 0..1])], 1);
        "repeat": a.clone().repeat_dim(1, 2);
        "windows": a.clone().unfold::<3, _>(1, 2, 2);
        "ints": whole.clone() * 3 - whole.clone().abs();
        "int sum": whole.clone().sum();
        "int compare": whole.clone().greater_elem(1).int() + whole.clone().max_dim(0).expand([2, 3]);
        "int to float": whole.clone().float() * 0.5;
        "relu": activation::relu(a.clone()) + activation::leaky_relu(b.clone(), 0.125);
        "prelu": activation::prelu(image.clone(), floats::<B, 1>([4], device));
        "hard sigmoid": activation::hard_sigmoid(a.clone(), 0.25, 0.5);
        "linear": linear_layer(cube.clone(), floats::<B, 2>([4, 5], device), Some(floats::<B, 1>([5], device)));
        "conv1d": conv1d(
            cube.clone(), floats::<B, 3>([4, 3, 2], device), None, ConvOptions::new([1], [1], [2], 1)
        );
        "conv2d": conv2d(image.clone(), kernel.clone(), Some(bias), conv);
        "conv transpose": conv_transpose2d(image.clone(), kernel.slice([0..4]), None, back);
        "avg pool": avg_pool2d(image.clone(), [2, 3], [2, 1], [1, 1], true, false);
        "adaptive pool": adaptive_avg_pool2d(image.clone(), [2, 3]);
        "where max pooled": max_pool2d_with_indices(image.clone(), [3, 2], [1, 2], [1, 0], [1, 2], false).1;
        "max pool": max_pool2d(image.clone(), [2, 2], [2, 2], [0, 1], [1, 1], false);
        "nearest": interpolate(image.clone(), [10, 3], nearest);
        "bilinear": interpolate(image.clone(), [9, 11], bilinear);
        "bilinear unaligned": interpolate(image.clone(), [3, 8], unaligned);
        "patches": unfold4d(image, [2, 3], UnfoldOptions::new([1, 2], [1, 0], [2, 1]));
    }
}

/// What needs public tensors.
pub(crate) fn plain<B: Backend>(device: &B::Device) -> Vec<Outcome> {
    let a = floats::<B, 2>([3, 4], device);
    let whole = ints::<B, 2>(&[3, -1, 4, 1, -5, 9], [2, 3], device);
    outcomes! {
        "power by a tensor": a.clone().powf(a.clone().zeros_like() + 2.0);
        "exp log": (a.clone().abs() + 1.0).log().exp();
        "waves": a.clone().sin() + a.clone().cos().tanh();
        "softmax": activation::softmax(a.clone(), 1);
        "gelu sigmoid": activation::gelu(a.clone()) + activation::sigmoid(a.clone());
        "round": a.clone().round();
        "remainder": a.clone().remainder_scalar(0.75);
        "int division": whole.clone() / 2 + whole.clone().remainder_scalar(3);
        "bits": whole.clone().bitwise_and(whole.clone() * 3).bitwise_xor(whole.clone());
        "argwhere": a.greater_elem(0.0).argwhere();
        "one hot": whole.abs().one_hot::<3>(10);
    }
}

/// Shapes of what secrets are refused: a refusal has the shape of the result it stands for.
pub(crate) fn refused<B: Backend>(device: &B::Device) -> Vec<(&'static str, Vec<usize>)> {
    let a = floats::<B, 2>([3, 4], device);
    let whole = ints::<B, 2>(&[3, -1, 4, 1, -5, 9], [2, 3], device);
    let image = floats::<B, 4>([2, 4, 5, 6], device);
    let volume = floats::<B, 5>([1, 2, 3, 4, 5], device);
    let kernel = floats::<B, 5>([2, 2, 2, 1, 3], device);
    let conv = ConvOptions::new([1, 2, 1], [0, 1, 1], [1, 1, 2], 1);
    let back = ConvTransposeOptions::new([1, 2, 1], [0, 1, 1], [0, 1, 0], [1, 1, 2], 1);
    macro_rules! shapes {
        ($($name:literal: $tensor:expr;)+) => { vec![$(($name, $tensor.dims().to_vec())),+] };
    }
    shapes! {
        "exp": a.clone().exp();
        "atan2": a.clone().atan2(a.clone().slice([0..1]));
        "softmax": activation::softmax(a.clone(), 1);
        "int division": whole.clone() / whole.clone().slice([0..1]);
        "int mean": whole.clone().mean();
        "int mean dim": whole.clone().mean_dim(1);
        "conv3d": conv3d(volume.clone(), kernel.clone(), None, conv);
        "conv transpose 3d": conv_transpose3d(volume, kernel, None, back);
        "attention": attention(image.clone(), image.clone(), image.clone(), None, None, Default::default());
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{Distribution, Tolerance};

    use super::*;
    use crate::backend::Mpc;
    use crate::session::MpcDevice;

    #[test]
    fn public_tensors_are_computed_by_the_plaintext_backend() {
        let (flex, mpc) = (Default::default(), MpcDevice::from_id(0));
        let expected = linear::<Flex>(&flex, |at| ints(at, [at.len()], &flex));
        let found = linear::<Mpc>(&mpc, |at| ints(at, [at.len()], &mpc));
        for ((name, found), (_, expected)) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(refused::<Mpc>(&mpc), refused::<Flex>(&flex));
        for ((name, found), (_, expected)) in plain::<Mpc>(&mpc).iter().zip(&plain::<Flex>(&flex)) {
            assert_eq!(found.shape, expected.shape, "{name}");
            found.assert_approx_eq::<f32>(expected, Tolerance::default());
        }
    }

    #[test]
    fn random_tensors_without_a_session() {
        let device = MpcDevice::from_id(0);
        let draws = Tensor::<Mpc, 1>::random([64], Distribution::Uniform(2.0, 3.0), &device);
        let draws: Vec<f32> = draws.into_data().iter().collect();
        assert!(
            draws.iter().all(|draw| (2.0..3.0).contains(draw)),
            "{draws:?}"
        );
    }
}
