//! Long sums, means and normalisations of ordinary activations: what is summed may not outgrow the ring.

// A single range is a slice of the first axis here.
#![allow(clippy::single_range_in_vec_init)]

use burn::nn;
use burn::tensor::{Int, Tensor};
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Z32, Z64, laws};

/// Allows `error` on 64 bits, where a unit is 2^-20, for results whose terms are as large as `magnitude`.
fn within(error: f64, magnitude: f64) -> Bound {
    Bound::of(0.0, error * f64::from(1 << 20)).cancelling(magnitude)
}

/// Normalised values of up to 8: the reciprocal root keeps a relative 2^-13.
const NORMAL: f64 = 2e-3;

/// Activations and images whose sums of squares need more integer bits than a product has.
fn large_norms<B: Place>(w: &mut World<B>) {
    let device = w.device.clone();
    w.section("norm ");
    let x = w.secret([1, 64, 48, 96], 12.0);
    let all = nn::GroupNormConfig::new(1, 64).init::<B>(&device);
    w.check("one group", all.forward(x.clone()), within(NORMAL, 12.0));
    let eight = nn::GroupNormConfig::new(8, 64).init::<B>(&device);
    w.check("eight groups", eight.forward(x), within(NORMAL, 12.0));
    let pixels: Vec<f32> = w
        .numbers(3 * 64 * 64, 127.5)
        .iter()
        .map(|v| v + 127.5)
        .collect();
    let image = w.secret_of(&pixels, [1, 3, 64, 64]);
    let instance = nn::InstanceNormConfig::new(3).init::<B>(&device);
    w.check(
        "instances",
        instance.forward(image.clone()),
        within(NORMAL, 255.0),
    );
    let rms = nn::RmsNormConfig::new(64).init::<B>(&device);
    w.check(
        "roots of mean squares",
        rms.forward(image.clone()),
        within(NORMAL, 255.0),
    );
    let other = w.secret([1, 3, 64, 64], 127.5);
    let squares = (image - other).powi_scalar(2);
    // Plain sums err as well: 12,288 terms of up to 2^18 in single precision.
    w.check("mean of squares", squares.clone().mean(), within(0.5, 4e5));
    w.check("means of squares", squares.mean_dim(3), within(0.05, 4e5));
}

/// As a batch normalisation computes while it trains.
fn batch_statistics<B: Place>(w: &mut World<B>) {
    w.section("batch ");
    let x = w.secret([6, 5, 9, 7], 4.0);
    let rows = |x: Tensor<B, 4>| x.swap_dims(0, 1).reshape([5, 6 * 9 * 7]);
    let mean = rows(x.clone()).mean_dim(1).reshape([1, 5, 1, 1]);
    let centred = x.sub(mean.clone());
    let variance = rows(centred.clone().powi_scalar(2))
        .mean_dim(1)
        .reshape([1, 5, 1, 1]);
    w.check("mean", mean, within(1e-5, 4.0));
    w.check("variance", variance.clone(), within(1e-4, 16.0));
    let normal = centred.div(variance.add_scalar(1e-5).sqrt());
    w.check("normal", normal, within(NORMAL, 4.0));
}

/// Reductions of a million elements.
fn million<B: Place>(w: &mut World<B>) {
    const MANY: usize = 1 << 20;
    w.section("million ");
    let threes = w
        .secret_of(&[3.0; 1 << 10], [1 << 10, 1])
        .expand([1 << 10, MANY >> 10]);
    w.check("mean of threes", threes.clone().mean(), within(1e-3, 3.0));
    let (variance, mean) = threes.clone().reshape([1, MANY]).var_mean(1);
    w.check("variance of threes", variance, within(1e-2, 3.0));
    w.check("mean along", mean, within(1e-3, 3.0));
    let less_one = threes.reshape([MANY]).slice([1..MANY]);
    w.check("mean of one less", less_one.mean(), within(1e-3, 3.0));
}

/// The same on 32 bits, where a unit is 2^-10.
fn million_coarse<B: Place>(w: &mut World<B>) {
    const MANY: usize = 1 << 20;
    w.section("million ");
    let threes = w
        .secret_of(&[3.0; 1 << 10], [1 << 10, 1])
        .expand([1 << 10, MANY >> 10]);
    let near = Bound::of(0.0, 12.0);
    w.check("mean of threes", threes.clone().mean(), near);
    w.check("means of threes", threes.clone().mean_dim(1), near);
    w.check("sum over count", threes.clone().sum() / MANY as f64, near);
    let less_one = threes.clone().reshape([MANY]).slice([1..MANY]);
    w.check("mean of one less", less_one.clone().mean(), near);
    w.check(
        "sum over one less",
        less_one.sum() / (MANY - 1) as f64,
        near,
    );
    let squares = threes.powi_scalar(2);
    w.check("mean of squares", squares.mean(), near);
    let x = w.secret([1, 8, 40, 40], 3.0);
    let device = w.device.clone();
    let group = nn::GroupNormConfig::new(2, 8).init::<B>(&device);
    w.check("group norm", group.forward(x), Bound::of(0.0, 30.0));
}

/// Of a long sum of products few elements are truncated: one of 64 on 64 bits.
fn long_sums_are_cheap<B: Place>(w: &mut World<B>) {
    let (x, y) = (w.secret([1 << 14], 1.0), w.secret([1 << 14], 1.0));
    let short = (x.clone() * y.clone()).slice([0..64]);
    w.check(
        "short",
        w.local("a short sum", || short.sum()),
        Bound::of(128.0, 0.0).cancelling(64.0),
    );
    let product = x * y;
    let (sum, bytes, _) = w.cost(|| product.sum());
    assert!(bytes < 1 << 13, "{bytes} bytes for 2^14 summands");
    w.check("long", sum, Bound::of(32768.0, 256.0).cancelling(16384.0));
}

/// Sums of integers wrap as the ring does, whatever their number.
fn integer_sums<B: Place>(w: &mut World<B>) {
    let ones: Tensor<B, 1, Int> = w.integers_of(&[7; 1 << 10], [1 << 10]);
    let many = ones.reshape([1 << 10, 1]).expand([1 << 10, 64]);
    w.check_int("integers", many.clone().sum());
    w.check_int("integers along", many.sum_dim(1));
}

#[test]
fn norms_of_ordinary_activations_are_right() {
    laws!(Z64, SessionConfig::z64(); large_norms, batch_statistics);
}

#[test]
fn long_sums_and_means_are_right() {
    laws!(Z64, SessionConfig::z64(); million, integer_sums, long_sums_are_cheap);
}

#[test]
fn long_sums_means_and_norms_are_right_on_32_bits() {
    laws!(Z32, SessionConfig::z32(); million_coarse, integer_sums);
}
