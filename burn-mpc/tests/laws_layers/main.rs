//! Matrix products, convolutions, pooling, movement and Burn's modules: secrets give the plaintext results
//! within the bounds of `testkit::Bound`.

// A single range is a slice of the first axis here.
#![allow(clippy::single_range_in_vec_init)]

mod alignments;
mod linear_maps;
mod movement;
mod norms;
mod padding;
mod recurrent;
mod sampling;

use burn::module::Module;
use burn::nn;
use burn::tensor::module::{
    adaptive_avg_pool1d, adaptive_avg_pool2d, avg_pool1d, avg_pool2d, conv_transpose1d,
    conv_transpose2d, conv1d, conv2d, linear, max_pool1d, max_pool2d,
};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Tensor, activation};
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Z32, Z64, laws};
use burn_ndarray::NdArray;

use movement::movement;

/// Inputs and weights lie in `[-1, 1]`: a product of `n` terms has `L = n` by either operand, and one
/// more by the bias.
fn terms(n: usize) -> Bound {
    let n = n as f64;
    Bound::of(2.0 * n + 1.0, 0.0).cancelling(n + 1.0)
}

fn products<B: Place>(w: &mut World<B>) {
    for (batch, m, k, n) in [(1, 1, 1, 1), (2, 3, 4, 5), (17, 1, 3, 2)] {
        w.section(format!("{batch} x {m} x {k} x {n} "));
        let a = w.secret([batch, m, k], 1.0);
        let b = w.secret([batch, k, n], 1.0);
        let p = w.public([batch, k, n], 1.0);
        w.check("batched", a.clone().matmul(b.clone()), terms(k));
        w.check("public right", a.clone().matmul(p.clone()), terms(k));
        w.check(
            "public left",
            p.clone().swap_dims(1, 2).matmul(a.clone().swap_dims(1, 2)),
            terms(k),
        );
        let one = w.parameter([1, k, n], 1.0);
        w.check("shared right", a.clone().matmul(one.clone()), terms(k));
        w.check("scaled", a.clone().matmul(one) * 0.3 - 0.1, terms(k));
        let (weight, bias) = (w.parameter([k, n], 1.0), w.parameter([n], 1.0));
        w.check(
            "linear",
            linear(a.clone(), weight.clone(), Some(bias.clone())),
            terms(k),
        );
        w.check(
            "linear without bias",
            linear(a.clone(), weight.clone(), None),
            terms(k),
        );
        let public_bias = w.public([n], 1.0);
        w.check(
            "public bias",
            linear(a.clone(), weight.clone(), Some(public_bias.clone())),
            terms(k),
        );
        let public_weight = w.public([k, n], 1.0);
        w.check(
            "public weight",
            linear(a.clone(), public_weight.clone(), Some(bias.clone())),
            terms(k),
        );
        let public = w.public([batch, m, k], 1.0);
        w.check(
            "public input",
            linear(public.clone(), weight, Some(bias.clone())),
            terms(k),
        );
        w.check(
            "only the bias is secret",
            linear(public, public_weight, Some(bias)),
            terms(k),
        );
        // A product of integers by integers with a fractional bias.
        let units = a.clone().greater_elem(0.0).float();
        let ones = w.public_of(&vec![1.0; k * n], [k, n]);
        w.check(
            "counts with a bias",
            linear(units, ones, Some(public_bias)),
            terms(k),
        );
    }
    w.section("");
    let (a, b) = (w.secret([3, 1, 2, 4], 1.0), w.secret([1, 2, 4, 3], 1.0));
    w.check("broadcast", a.matmul(b), terms(4));
    let vector = w.secret([4], 1.0);
    let weight = w.parameter([4, 3], 1.0);
    w.check("vector", linear(vector, weight, None), terms(4));
}

/// Products of nothing are zero. The plaintext backend's kernel crashes on them, so zeros replace its results.
fn empty_products<B: Place>(w: &mut World<B>) {
    w.section("empty ");
    for (batch, m, k, n) in [(2, 3, 0, 2), (2, 0, 3, 2), (0, 2, 3, 2), (1, 2, 3, 0)] {
        let (a, b) = (w.secret([batch, m, k], 1.0), w.secret([batch, k, n], 1.0));
        let weight = w.parameter([k, n], 1.0);
        let zeros = w.public_of(&vec![0.0; batch * m * n], [batch, m, n]);
        let (product, layer) = if B::SECRETS {
            (a.clone().matmul(b), linear(a, weight, None))
        } else {
            (zeros.clone(), zeros)
        };
        w.exact("product", product);
        w.exact("linear", layer);
    }
}

fn convolutions<B: Place>(w: &mut World<B>) {
    // batch, in, out, groups, size, kernel, stride, padding, dilation
    for (n, i, o, g, size, kernel, stride, padding, dilation) in [
        (1, 1, 1, 1, [3, 3], [1, 1], [1, 1], [0, 0], [1, 1]),
        (2, 3, 4, 1, [6, 5], [3, 3], [1, 1], [1, 1], [1, 1]),
        (1, 4, 4, 4, [7, 6], [3, 3], [2, 2], [1, 1], [1, 1]),
        (2, 4, 6, 2, [9, 8], [3, 2], [2, 1], [1, 0], [1, 2]),
        (17, 2, 3, 1, [4, 4], [2, 2], [2, 2], [0, 0], [1, 1]),
        (1, 3, 8, 1, [9, 9], [3, 3], [1, 1], [2, 2], [2, 2]),
        (1, 2, 2, 1, [5, 5], [5, 5], [1, 1], [0, 0], [1, 1]),
        (0, 2, 2, 1, [5, 5], [3, 3], [1, 1], [1, 1], [1, 1]),
    ] {
        w.section(format!("conv {n} {i} {o} {g} {kernel:?} "));
        let taps = terms(i / g * kernel[0] * kernel[1]);
        let options = ConvOptions::new(stride, padding, dilation, g);
        let x = w.secret([n, i, size[0], size[1]], 1.0);
        let weight = w.parameter([o, i / g, kernel[0], kernel[1]], 1.0);
        let bias = w.parameter([o], 1.0);
        let out = conv2d(
            x.clone(),
            weight.clone(),
            Some(bias.clone()),
            options.clone(),
        );
        w.check("secret", out.clone(), taps);
        let shift = w.parameter([1, o, 1, 1], 1.0);
        let scale = w.parameter([1, o, 1, 1], 1.0);
        // Folded: the scaled weight is truncated to F, one unit more per tap.
        let folded = Bound::of(taps.operands * 2.0, 0.0).cancelling(taps.magnitude + 1.0);
        let pending = conv2d(
            x.clone(),
            weight.clone(),
            Some(bias.clone()),
            options.clone(),
        );
        w.check(
            "folded",
            (pending.clone() - shift.clone()) * scale.clone() + shift,
            folded,
        );
        w.check("pending beside", pending, taps);
        let public = w.public([o, i / g, kernel[0], kernel[1]], 1.0);
        w.check(
            "public weight",
            conv2d(x.clone(), public.clone(), None, options.clone()),
            taps,
        );
        let image = w.public([n, i, size[0], size[1]], 1.0);
        w.check(
            "public input",
            conv2d(image, weight.clone(), Some(bias.clone()), options.clone()),
            taps,
        );
        let residual = activation::relu(conv2d(x.clone(), weight.clone(), Some(bias), options));
        w.check("relu", residual, taps);
    }
    w.section("conv1d ");
    let x = w.secret([2, 4, 7], 1.0);
    let weight = w.parameter([6, 2, 3], 1.0);
    w.check(
        "groups",
        conv1d(x.clone(), weight, None, ConvOptions::new([2], [1], [1], 2)),
        terms(6),
    );
    let back = w.parameter([4, 3, 2], 1.0);
    let options = ConvTransposeOptions::new([2], [1], [1], [1], 1);
    w.check(
        "transposed",
        conv_transpose1d(x, back, None, options),
        terms(8),
    );
    w.section("conv transpose ");
    let x = w.secret([2, 4, 3, 4], 1.0);
    for (stride, padding, out, dilation, groups) in [
        ([1, 1], [0, 0], [0, 0], [1, 1], 1),
        ([2, 3], [1, 0], [1, 2], [1, 1], 2),
        ([2, 2], [1, 1], [1, 1], [2, 2], 4),
    ] {
        let weight = w.parameter([4, 2, 3, 2], 1.0);
        let bias = w.parameter([2 * groups], 1.0);
        let options = ConvTransposeOptions::new(stride, padding, out, dilation, groups);
        w.check(
            &format!("{groups}"),
            conv_transpose2d(x.clone(), weight, Some(bias), options),
            terms(24),
        );
    }
}

fn residuals<B: Place>(w: &mut World<B>) {
    w.section("residual ");
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let x = w.secret([2, 2, 5, 5], 1.0);
    let first = w.parameter([2, 2, 3, 3], 0.3);
    let second = w.parameter([2, 2, 3, 3], 0.3);
    // One layer: L = 18 by the weight (|x| <= 1), 18 * 0.3 by x; values to 5.4.
    let one = 18.0 + 5.4;
    let hidden = activation::relu(conv2d(x.clone(), first.clone(), None, options.clone()));
    // Two: the hidden layer is truncated, T = 5.4; weights L = 18 * 5.4; and what came before, times 5.4.
    let two = Bound::of(18.0 * 5.4 + 5.4 * one, 5.4).cancelling(60.0);
    let out = conv2d(hidden.clone(), second.clone(), None, options.clone()) + hidden.clone();
    w.check(
        "sum",
        activation::relu(out),
        Bound {
            operands: two.operands + one,
            truncations: 6.4,
            magnitude: 60.0,
        },
    );
    w.check(
        "hidden after",
        hidden.clone() + x.clone(),
        Bound::of(one + 1.0, 1.0).cancelling(6.0),
    );
    w.check(
        "hidden again",
        conv2d(hidden.clone(), second, None, options),
        two,
    );
    w.check("input again", x.clone() * x, Bound::of(2.0, 0.0));
    w.check(
        "pooled",
        max_pool2d(hidden.clone(), [2, 2], [2, 2], [0, 0], [1, 1], false),
        Bound::of(one, 1.0).cancelling(6.0),
    );
    w.check(
        "mean",
        adaptive_avg_pool2d(hidden, [1, 1]),
        Bound::of(one + 25.0 * 5.4, 1.0).cancelling(6.0),
    );
}

fn pools<B: Place>(w: &mut World<B>) {
    let same = Bound::of(1.0, 0.0);
    for shape in [[1, 1, 4, 4], [2, 3, 7, 6], [17, 1, 5, 8], [0, 2, 4, 4]] {
        w.section(format!("pool {shape:?} "));
        let x = w.secret(shape, 1.0);
        // 1/n is a factor: relative error 2^-17 of the sum times 1/n, L = 1 by it and by x
        let mean = Bound::of(2.0 + 12.0, 0.0).cancelling(1.0);
        w.check(
            "avg",
            avg_pool2d(x.clone(), [2, 2], [2, 2], [0, 0], true, false),
            mean,
        );
        w.check(
            "avg padded",
            avg_pool2d(x.clone(), [3, 3], [2, 1], [1, 1], true, false),
            mean,
        );
        w.check(
            "avg of what there is",
            avg_pool2d(x.clone(), [3, 3], [2, 2], [1, 1], false, false),
            mean,
        );
        w.check(
            "avg ceil",
            avg_pool2d(x.clone(), [3, 2], [2, 2], [1, 0], false, true),
            mean,
        );
        w.check(
            "avg ceil with pad",
            avg_pool2d(x.clone(), [3, 2], [2, 2], [1, 0], true, true),
            mean,
        );
        for out in [[1, 1], [2, 3], [4, 4]] {
            w.check("adaptive", adaptive_avg_pool2d(x.clone(), out), mean);
        }
        w.check(
            "max",
            max_pool2d(x.clone(), [2, 2], [2, 2], [0, 0], [1, 1], false),
            same,
        );
        w.check(
            "max padded",
            max_pool2d(x.clone(), [3, 3], [2, 2], [1, 1], [1, 1], false),
            same,
        );
        w.check(
            "max ceil",
            max_pool2d(x.clone(), [3, 3], [2, 2], [1, 1], [1, 1], true),
            same,
        );
        w.check(
            "max dilated",
            max_pool2d(x.clone(), [2, 2], [1, 1], [1, 0], [2, 2], false),
            same,
        );
        w.check(
            "max of one",
            max_pool2d(x.clone(), [1, 1], [2, 2], [0, 0], [1, 1], false),
            same,
        );
        w.check(
            "max after relu",
            max_pool2d(
                activation::relu(x.clone()),
                [3, 3],
                [2, 2],
                [1, 1],
                [1, 1],
                false,
            ),
            same,
        );
        let below = x.clone() - 5.0;
        w.check(
            "max below zero",
            max_pool2d(below, [3, 3], [2, 2], [1, 1], [1, 1], true),
            same.cancelling(6.0),
        );
        let flat = x.reshape([shape[0], shape[1], shape[2] * shape[3]]);
        w.check("max 1d", max_pool1d(flat.clone(), 3, 2, 1, 1, false), same);
        w.check(
            "avg 1d",
            avg_pool1d(flat.clone(), 3, 2, 1, false, false),
            mean,
        );
        w.check("adaptive 1d", adaptive_avg_pool1d(flat, 5), mean);
    }
}

/// Replaces every parameter of a module by a secret parameter of known values.
struct Secretly<'a, B: Place>(&'a mut World<B>, f64);

impl<B: Place> burn::module::ModuleMapper<B> for Secretly<'_, B> {
    fn map_float<const D: usize>(
        &mut self,
        param: burn::module::Param<Tensor<B, D>>,
    ) -> burn::module::Param<Tensor<B, D>> {
        let shape = param.val().dims();
        // Variances must be positive: every vector is, of at least a half.
        let tensor = if D == 1 {
            let count = shape.iter().product();
            let values: Vec<f32> = self.0.numbers(count, 0.5).iter().map(|v| v + 1.0).collect();
            B::secret(&self.0.device, burn_mpc::Party::P0, true, &values, shape)
        } else {
            self.0.parameter(shape, self.1)
        };
        burn::module::Param::initialized(param.id, tensor)
    }
}

fn modules<B: Place>(w: &mut World<B>) {
    w.section("nn ");
    let device = w.device.clone();
    let x = w.secret([2, 3, 6, 6], 1.0);
    let flat = w.secret([17, 5], 1.0);
    let layer = nn::LinearConfig::new(5, 4)
        .init::<B>(&device)
        .map(&mut Secretly(w, 1.0));
    w.check("linear", layer.forward(flat.clone()), terms(5));
    let padding = nn::PaddingConfig2d::Explicit(1, 1, 1, 1);
    let conv = nn::conv::Conv2dConfig::new([3, 4], [3, 3]).with_padding(padding);
    let conv = conv.init::<B>(&device).map(&mut Secretly(w, 1.0));
    w.check("conv2d", conv.forward(x.clone()), terms(27));
    let padding = nn::PaddingConfig2d::Explicit(0, 1, 2, 1);
    let odd = nn::conv::Conv2dConfig::new([3, 2], [2, 3]).with_padding(padding);
    let odd = odd.init::<B>(&device).map(&mut Secretly(w, 1.0));
    w.check("conv2d padded unevenly", odd.forward(x.clone()), terms(18));
    let padding = nn::PaddingConfig2d::Same;
    let same = nn::conv::Conv2dConfig::new([3, 2], [3, 3]).with_padding(padding);
    let same = same.init::<B>(&device).map(&mut Secretly(w, 1.0));
    w.check("conv2d same", same.forward(x.clone()), terms(27));
    let back = nn::conv::ConvTranspose2dConfig::new([3, 2], [2, 2]).with_stride([2, 2]);
    let back = back.init::<B>(&device).map(&mut Secretly(w, 1.0));
    w.check("conv transpose", back.forward(x.clone()), terms(3));
    let norm = nn::BatchNormConfig::new(4).init::<B>(&device);
    let norm = norm.map(&mut Secretly(w, 1.0));
    // Means, variances and gains lie in [0.5, 1.5]: |x - mean| <= 2.5, gain / deviation <= 2.2. By x 2.2,
    // by the mean 2.2, by the gain 2.5 / 0.7, by the deviation 2.5 * 1.5 / 0.5, by the shift 1; the
    // reciprocal deviation and the quotient are truncated: 2.5 each by 1.5.
    let alone = Bound::of(2.2 + 2.2 + 3.6 + 7.5 + 1.0, 10.0).cancelling(7.0);
    let wide = w.secret([2, 4, 3, 3], 1.0);
    w.check("batch norm", norm.forward(wide), alone);
    // Behind a convolution of 27 taps its gain folds into the weight: everything 2.2-fold, plus 27 taps of
    // a truncated weight, and what the statistics do to values up to 28.
    let folded = Bound::of(2.2 * 56.0 + 28.0 * 14.0, 2.0 * 27.0 + 28.0).cancelling(65.0);
    let first = norm.forward(conv.forward(x.clone()));
    w.check("conv, batch norm", first, folded);
    let second = activation::relu(norm.forward(conv.forward(x.clone())));
    w.check("conv, batch norm, relu", second, folded);
    let one = Bound::of(1.0, 0.0);
    let pool = nn::pool::MaxPool2dConfig::new([3, 3])
        .with_strides([2, 2])
        .with_padding(nn::PaddingConfig2d::Explicit(1, 1, 1, 1))
        .init();
    w.check("max pool", pool.forward(x.clone()), one);
    let mean = Bound::of(1.0 + 36.0, 0.0).cancelling(1.0);
    let pool = nn::pool::AvgPool2dConfig::new([3, 3])
        .with_strides([2, 2])
        .init();
    w.check("avg pool", pool.forward(x.clone()), mean);
    let pool = nn::pool::AdaptiveAvgPool2dConfig::new([1, 1]).init();
    w.check("adaptive", pool.forward(x.clone()), mean);
    w.check(
        "dropout",
        nn::DropoutConfig::new(0.5).init().forward(x.clone()),
        one,
    );
    w.check("relu", nn::Relu::new().forward(x.clone()), one);
    w.check(
        "leaky",
        nn::LeakyReluConfig::new()
            .with_negative_slope(0.2)
            .init()
            .forward(x.clone()),
        Bound::of(2.0, 0.0),
    );
    let prelu = nn::PReluConfig::new()
        .with_num_parameters(3)
        .init::<B>(&device)
        .map(&mut Secretly(w, 1.0));
    w.check(
        "prelu",
        prelu.forward(x.clone()),
        Bound::of(1.5 + 1.5 + 1.0, 1.0),
    );
    let sigmoid = nn::HardSigmoidConfig::new().init();
    w.check(
        "hard sigmoid",
        sigmoid.forward(x.clone()),
        Bound::of(2.0, 0.0).cancelling(1.0),
    );
    let swish = nn::activation::HardSwish::new().forward(x);
    w.check("hard swish", swish, Bound::of(3.0, 2.0).cancelling(1.0));
}

#[test]
fn products_and_convolutions() {
    laws!(Z64, SessionConfig::z64(); products, empty_products, convolutions, residuals);
}

#[test]
fn pools_and_movement() {
    laws!(Z64, SessionConfig::z64(); pools, movement);
}

#[test]
fn burns_modules() {
    laws!(Z64, SessionConfig::z64(); modules);
}

#[test]
fn losses_over_alignments() {
    laws!(Z64, SessionConfig::z64(); alignments::losses, alignments::repeats);
    laws!(Z32, SessionConfig::z32(); alignments::losses, alignments::repeats);
}

#[test]
fn layers_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); products, convolutions, pools, movement);
}

#[test]
fn layers_with_ndarray_as_the_plaintext_backend() {
    laws!(NdArray, Z64, SessionConfig::z64(); products, empty_products, convolutions, residuals);
    laws!(NdArray, Z64, SessionConfig::z64(); pools, movement, modules);
}
