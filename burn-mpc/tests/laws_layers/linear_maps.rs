//! Layers that are linear maps with public coefficients, and convolutions over volumes.

use burn::tensor::module::{conv_transpose3d, conv3d, interpolate};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions};
use burn::tensor::signal::{irfft, rfft};
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{SessionConfig, Z32, Z64, laws};

use super::terms;

fn volumes<B: Place>(w: &mut World<B>) {
    // batch, in, out, groups, size, kernel, stride, padding, dilation
    for (n, i, o, g, size, kernel, stride, padding, dilation) in [
        (
            1,
            1,
            1,
            1,
            [2, 3, 3],
            [1, 1, 1],
            [1, 1, 1],
            [0, 0, 0],
            [1, 1, 1],
        ),
        (
            2,
            3,
            4,
            1,
            [4, 5, 4],
            [3, 3, 2],
            [1, 1, 1],
            [1, 1, 0],
            [1, 1, 1],
        ),
        (
            1,
            4,
            6,
            2,
            [5, 6, 5],
            [2, 3, 3],
            [2, 1, 2],
            [1, 0, 1],
            [2, 1, 1],
        ),
        (
            1,
            4,
            4,
            4,
            [4, 4, 4],
            [3, 3, 3],
            [3, 2, 2],
            [2, 1, 1],
            [1, 2, 1],
        ),
        (
            0,
            2,
            2,
            1,
            [3, 3, 3],
            [2, 2, 2],
            [1, 1, 1],
            [0, 0, 0],
            [1, 1, 1],
        ),
    ] {
        w.section(format!("conv3d {n} {i} {o} {g} {kernel:?} "));
        let taps = terms(i / g * kernel.iter().product::<usize>());
        let options = || ConvOptions::new(stride, padding, dilation, g);
        let x = w.secret([n, i, size[0], size[1], size[2]], 1.0);
        let shape = [o, i / g, kernel[0], kernel[1], kernel[2]];
        let (weight, bias) = (w.parameter(shape, 1.0), w.parameter([o], 1.0));
        let out = conv3d(x.clone(), weight.clone(), Some(bias.clone()), options());
        w.check("secret", out, taps);
        let public = w.public(shape, 1.0);
        w.check(
            "public weight",
            conv3d(x.clone(), public, None, options()),
            taps,
        );
        let volume = w.public([n, i, size[0], size[1], size[2]], 1.0);
        w.check(
            "public input",
            conv3d(volume, weight.clone(), Some(bias), options()),
            taps,
        );
        // The input of the second is a product that waits.
        let twice = x.clone() * 0.5;
        w.check("of a product", conv3d(twice, weight, None, options()), taps);
    }
    w.section("conv_transpose3d ");
    let x = w.secret([2, 4, 3, 2, 3], 1.0);
    for (stride, padding, out, dilation, groups) in [
        ([1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1], 1),
        ([2, 3, 1], [1, 0, 1], [1, 2, 0], [1, 1, 2], 2),
    ] {
        let weight = w.parameter([4, 2, 3, 2, 2], 1.0);
        let bias = w.parameter([2 * groups], 1.0);
        let options = ConvTransposeOptions::new(stride, padding, out, dilation, groups);
        let result = conv_transpose3d(x.clone(), weight, Some(bias), options);
        w.check(&format!("{groups}"), result, terms(48));
    }
}

fn resizing<B: Place>(w: &mut World<B>) {
    let x = w.secret([2, 3, 5, 4], 1.0);
    let modes = [
        InterpolateMode::Nearest,
        InterpolateMode::Bilinear,
        InterpolateMode::Bicubic,
        InterpolateMode::Lanczos3,
    ];
    for mode in modes {
        for aligned in [false, true] {
            for size in [[5, 4], [8, 7], [3, 2], [1, 9]] {
                w.section(format!("{mode:?} {aligned} {size:?} "));
                let options = InterpolateOptions::new(mode.clone()).with_align_corners(aligned);
                // Weights of one axis add up to 1, with negative ones among them.
                let bound = Bound::of(16.0, 4.0).cancelling(3.0);
                w.check("resized", interpolate(x.clone(), size, options), bound);
            }
        }
    }
}

fn spectra<B: Place>(w: &mut World<B>) {
    let x = w.secret([3, 8, 5], 1.0);
    w.section("spectrum ");
    // Sums of eight terms.
    let bound = Bound::of(32.0, 2.0).cancelling(8.0);
    for n in [None, Some(4), Some(16), Some(1)] {
        let (re, im) = rfft(x.clone(), 1, n);
        w.check(&format!("re {n:?}"), re.clone(), bound);
        w.check(&format!("im {n:?}"), im.clone(), bound);
        let back = irfft(re, im, 1, n);
        w.check(
            &format!("back {n:?}"),
            back,
            Bound::of(64.0, 8.0).cancelling(8.0),
        );
    }
    let (re, im) = (w.secret([2, 5], 1.0), w.public([2, 5], 1.0));
    for n in [None, Some(4), Some(16), Some(1)] {
        w.check(
            &format!("signal {n:?}"),
            irfft(re.clone(), im.clone(), 1, n),
            bound,
        );
        w.check(
            &format!("other {n:?}"),
            irfft(im.clone(), re.clone(), 1, n),
            bound,
        );
    }
}

#[test]
fn linear_maps_agree() {
    laws!(Z64, SessionConfig::z64(); volumes, resizing, spectra);
    laws!(Z32, SessionConfig::z32(); volumes, resizing, spectra);
}
