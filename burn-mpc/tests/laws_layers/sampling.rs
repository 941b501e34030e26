//! Samples between pixels, and quantised tensors.

use burn::tensor::module::deform_conv2d;
use burn::tensor::ops::{
    DeformConvOptions, GridSampleOptions, GridSamplePaddingMode, InterpolateMode,
};
use burn::tensor::quantization::{
    BlockSize, QuantLevel, QuantScheme, QuantStore, QuantValue, QuantizationParameters,
};
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Z32, Z64, laws};

fn grids<B: Place>(w: &mut World<B>) {
    let modes = [InterpolateMode::Bilinear, InterpolateMode::Nearest];
    let paddings = [
        GridSamplePaddingMode::Zeros,
        GridSamplePaddingMode::Border,
        GridSamplePaddingMode::Reflection,
    ];
    let x = w.secret([2, 3, 4, 5], 1.0);
    let pixels = w.public([2, 3, 4, 5], 1.0);
    // Far outside, too.
    let (grid, hidden) = (w.public([2, 3, 2, 2], 2.5), w.secret([2, 3, 2, 2], 2.5));
    // A place errs by a few units, and with it a sample by twice as much in each direction.
    let bound = Bound::of(60.0, 20.0);
    for mode in modes {
        for padding in paddings {
            for aligned in [false, true] {
                w.section(format!("grid {mode:?} {padding:?} {aligned} "));
                let options = || {
                    GridSampleOptions::new(mode.clone())
                        .with_padding_mode(padding)
                        .with_align_corners(aligned)
                };
                let sampled = x.clone().grid_sample_2d(grid.clone(), options());
                w.check("public grid", sampled, bound);
                let sampled = x.clone().grid_sample_2d(hidden.clone(), options());
                w.check("secret grid", sampled, bound);
                let sampled = pixels.clone().grid_sample_2d(hidden.clone(), options());
                w.check("public pixels", sampled, bound);
            }
        }
    }
}

fn deformed<B: Place>(w: &mut World<B>) {
    let x = w.secret([2, 4, 5, 4], 1.0);
    for (stride, padding, dilation, groups, offset_groups, size) in [
        ([1, 1], [1, 0], [1, 1], 1, 1, [5, 3]),
        ([2, 1], [1, 1], [1, 2], 2, 2, [3, 4]),
    ] {
        w.section(format!("deformed {groups} {offset_groups} "));
        let options = || DeformConvOptions::new(stride, padding, dilation, groups, offset_groups);
        let taps = 6;
        let offset = [2, 2 * offset_groups * taps, size[0], size[1]];
        let mask = [2, offset_groups * taps, size[0], size[1]];
        let (offset, hidden) = (w.public(offset, 1.5), w.secret(offset, 1.5));
        let mask = w.secret(mask, 1.0);
        let weight = w.parameter([4, 4 / groups, 3, 2], 1.0);
        let bias = w.parameter([4], 1.0);
        // Up to 24 products, each of a sample and a weight.
        let bound = Bound::of(120.0, 120.0).cancelling(24.0);
        let result = deform_conv2d(
            x.clone(),
            offset.clone(),
            weight.clone(),
            None,
            None,
            options(),
        );
        w.check("no mask", result, bound);
        let (masked, biased) = (Some(mask.clone()), Some(bias.clone()));
        let result = deform_conv2d(
            x.clone(),
            offset.clone(),
            weight.clone(),
            masked,
            biased,
            options(),
        );
        w.check("mask and bias", result, bound);
        let (masked, biased) = (Some(mask), Some(bias));
        let result = deform_conv2d(x.clone(), hidden, weight, masked, biased, options());
        w.check("secret offsets", result, bound);
        let image = w.public([2, 4, 5, 4], 1.0);
        let kernel = w.parameter([4, 4 / groups, 3, 2], 1.0);
        let result = deform_conv2d(image, offset, kernel, None, None, options());
        w.check("secret weight", result, bound);
    }
}

/// Quantised tensors of both kinds. Odd multiples of an eighth are never halfway between two steps.
fn quantised<B: Place>(w: &mut World<B>) {
    let scheme = QuantScheme::default()
        .with_value(QuantValue::Q8S)
        .with_store(QuantStore::Native);
    let odd = |w: &mut World<B>, count: usize| -> Vec<f32> {
        let values = w.numbers(count, 3.0);
        values
            .into_iter()
            .map(|v| (v * 4.0).round() / 4.0 + 0.125)
            .collect()
    };
    // Steps of a 127th of the largest value; 127 of them err by what the largest does.
    let bound = Bound::of(8.0, 8.0);
    w.section("quantised ");
    let values = odd(w, 24);
    let x = w.secret_of(&values, [4, 6]);
    let rounded = x.clone().quantize_dynamic(&scheme);
    w.check("dynamic", rounded.clone().dequantize(), bound);
    w.check("moved", rounded.clone().swap_dims(0, 1).dequantize(), bound);
    w.check(
        "sum",
        rounded.clone() + rounded.clone(),
        Bound::of(20.0, 20.0),
    );
    let scales = w.public_of(&[0.375], [1]);
    let steps = QuantizationParameters { scales };
    w.check(
        "given step",
        x.clone().quantize(&scheme, steps).dequantize(),
        bound,
    );
    // 127 steps reach less far than the values.
    let scales = w.public_of(&[0.0157], [1]);
    let steps = QuantizationParameters { scales };
    let limited = x.clone().quantize(&scheme, steps).dequantize();
    w.check("limited", limited, Bound::of(127.0, 127.0));
    let weights = w.public([6, 5], 1.0);
    let weights = weights.quantize_dynamic(&scheme);
    w.check(
        "public weights",
        x.clone().matmul(weights.clone()),
        Bound::of(40.0, 2.0),
    );
    let product = rounded.matmul(weights);
    w.check("both", product, Bound::of(60.0, 60.0));
    let blocks = scheme.with_level(QuantLevel::Block(BlockSize::new([6])));
    w.check("in blocks", x.quantize_dynamic(&blocks).dequantize(), bound);
}

#[test]
fn samples_between_pixels_agree() {
    laws!(Z64, SessionConfig::z64(); grids, deformed);
    laws!(Z32, SessionConfig::z32(); deformed);
}

#[test]
fn quantised_tensors_agree() {
    laws!(Z64, SessionConfig::z64(); quantised);
}
