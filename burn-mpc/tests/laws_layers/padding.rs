//! Minus infinity as padding, mask and limit, and windows that lie in the padding.

use burn::nn::PaddingConfig2d;
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::tensor::Tensor;
use burn::tensor::activation::{relu, softmax};
use burn::tensor::module::{
    avg_pool2d, max_pool1d_with_indices, max_pool2d, max_pool2d_with_indices,
};
use burn::tensor::ops::PadMode;
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Z32, Z64, laws};

const SAME: Bound = Bound::of(1.0, 0.0).cancelling(6.0);

/// Pools as TensorFlow and ONNX models have them.
fn uneven_pools<B: Place>(w: &mut World<B>) {
    let x = w.secret([2, 3, 5, 6], 1.0) - 3.0;
    let paddings = [
        PaddingConfig2d::Same,
        PaddingConfig2d::Explicit(0, 1, 1, 0),
        PaddingConfig2d::Explicit(1, 2, 0, 1),
        PaddingConfig2d::Valid,
    ];
    for (i, padding) in paddings.into_iter().enumerate() {
        for kernel in [[2, 2], [3, 2]] {
            w.section(format!("padding {i} {kernel:?} "));
            for strides in [[1, 1], [2, 2]] {
                let max = MaxPool2dConfig::new(kernel)
                    .with_strides(strides)
                    .with_padding(padding.clone())
                    .init();
                w.check("max", max.forward(x.clone()), SAME);
                w.check("max of a relu", max.forward(relu(x.clone() + 3.0)), SAME);
                let mean = AvgPool2dConfig::new(kernel)
                    .with_strides(strides)
                    .with_padding(padding.clone())
                    .init();
                w.check(
                    "mean",
                    mean.forward(x.clone()),
                    Bound::of(30.0, 0.0).cancelling(4.0),
                );
            }
        }
    }
}

/// Under `ceil_mode` with padding Burn keeps windows that another library leaves out.
fn ceiled_pools<B: Place>(w: &mut World<B>) {
    for (size, kernel, stride, padding) in [
        ([5, 5], [2, 2], [2, 2], [1, 1]),
        ([6, 5], [3, 2], [2, 2], [1, 1]),
        ([7, 4], [3, 3], [3, 2], [1, 0]),
        ([4, 4], [1, 1], [3, 3], [0, 0]),
        ([5, 3], [2, 3], [3, 1], [1, 1]),
    ] {
        w.section(format!("ceil {size:?} {kernel:?} {stride:?} {padding:?} "));
        let x = w.secret([2, 2, size[0], size[1]], 1.0) - 3.0;
        let max = max_pool2d(x.clone(), kernel, stride, padding, [1, 1], true);
        // A window that holds nothing is minus infinity in the clear, the smallest number here.
        let floor = max.clone().lower_elem(-100.0);
        w.check_bool("max of nothing", floor);
        w.check(
            "max",
            max.clamp_min(-100.0),
            Bound::of(1.0, 0.0).cancelling(100.0),
        );
        let positive = max_pool2d(relu(x.clone()), kernel, stride, padding, [1, 1], true);
        w.check("max after relu", positive.clamp_min(-1.0), SAME);
        for counted in [false, true] {
            let mean = avg_pool2d(x.clone(), kernel, stride, padding, counted, true);
            w.check("mean", mean, Bound::of(40.0, 0.0).cancelling(4.0));
        }
    }
}

/// Maxima and their places, of which the first of equal ones counts.
fn indexed_pools<B: Place>(w: &mut World<B>) {
    for (size, kernel, stride, padding, dilation, ceil) in [
        ([4, 4], [2, 2], [2, 2], [0, 0], [1, 1], false),
        ([5, 6], [3, 2], [2, 2], [1, 1], [1, 1], true),
        ([6, 7], [2, 3], [1, 2], [1, 1], [2, 1], false),
        ([3, 3], [1, 1], [3, 3], [0, 0], [1, 1], true),
    ] {
        w.section(format!("indices {size:?} {kernel:?} {stride:?} "));
        let x = w.dyadic([2, 3, size[0], size[1]], 1.0);
        let (max, at) = max_pool2d_with_indices(x.clone(), kernel, stride, padding, dilation, ceil);
        w.check("max", max.clamp_min(-9.0), SAME);
        w.check_int("places", at);
        let flat = x.reshape([2, 3, size[0] * size[1]]);
        let (max, at) = max_pool1d_with_indices(flat, 3, 2, 1, 1, ceil);
        w.check("max of a row", max.clamp_min(-9.0), SAME);
        w.check_int("places in a row", at);
    }
}

/// Masks and limits of infinity.
fn infinities<B: Place>(w: &mut World<B>) {
    w.section("infinity ");
    let x = w.secret([4, 5], 3.0);
    let product = x.clone() * w.secret([4, 5], 1.0);
    let bound = Bound::of(8.0, 2.0).cancelling(6.0);
    let mask = w.public([4, 5], 1.0).greater_elem(0.3);
    let secret_mask = w.secret([4, 5], 1.0).greater_elem(0.3);
    for (name, low) in [("inf", f32::NEG_INFINITY), ("least", f32::MIN)] {
        for (kind, mask) in [("public", &mask), ("secret", &secret_mask)] {
            let filled = x.clone().mask_fill(mask.clone(), low);
            w.check(
                &format!("softmax {name} {kind}"),
                softmax(filled.clone(), 1),
                Bound::of(0.0, 128.0),
            );
            w.check(&format!("relu {name} {kind}"), relu(filled.clone()), bound);
            w.check(
                &format!("largest {name} {kind}"),
                filled.max_dim(1).clamp_min(-9.0),
                bound.cancelling(9.0),
            );
            let products = product.clone().mask_fill(mask.clone(), low);
            w.check(
                &format!("products {name} {kind}"),
                products.clamp_min(-9.0),
                bound.cancelling(9.0),
            );
        }
        let bias = w.public_of(&[0.5, low, 0.0, 0.0, low], [1, 5]);
        let scores = x.clone() + bias.clone();
        w.check(
            &format!("added {name}"),
            softmax(scores, 1),
            Bound::of(0.0, 128.0),
        );
        let weight = w.parameter([5, 5], 1.0);
        let layer = x.clone().matmul(weight) + bias;
        w.check(
            &format!("added to products {name}"),
            softmax(layer, 1),
            Bound::of(0.0, 256.0),
        );
        let pad = x.clone().pad((1, 2, 0, 1), PadMode::Constant(low));
        w.check(
            &format!("padded {name}"),
            pad.max_dim(1).clamp_min(-9.0),
            bound.cancelling(9.0),
        );
        let lowest = Tensor::full([4, 5], low, &w.device);
        w.check(
            &format!("pairs {name}"),
            x.clone().max_pair(lowest.clone()),
            bound,
        );
        w.check(
            &format!("pairs of products {name}"),
            product.clone().max_pair(lowest),
            bound,
        );
        w.check_bool(&format!("greater {name}"), x.clone().greater_elem(low));
        w.check_bool(&format!("lower {name}"), product.clone().lower_elem(low));
    }
    w.check_bool("below infinity", x.clone().lower_elem(f32::INFINITY));
    w.check_bool("below a lot", x.clone().lower_elem(1e30));
    w.check_bool("above a lot", product.greater_elem(1e30));
    w.check_bool("equal to infinity", x.equal_elem(f32::INFINITY));
}

#[test]
fn pools_have_the_shape_and_padding_of_the_plaintext() {
    laws!(Z64, SessionConfig::z64(); uneven_pools, ceiled_pools, indexed_pools);
    laws!(Z32, SessionConfig::z32(); uneven_pools, ceiled_pools, indexed_pools);
}

#[test]
fn infinities_mask_and_limit() {
    laws!(Z64, SessionConfig::z64(); infinities);
    laws!(Z32, SessionConfig::z32(); infinities);
}
