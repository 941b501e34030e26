//! Average, adaptive average and maximum pooling.

use crate::ops::base::call::{misfit, refused};
use crate::ops::base::max_pool::{self, Windows};
use crate::ops::base::shape::images;
use crate::ops::base::sums::{self, share_out};
use crate::ops::rules::{self, Request};
use crate::ring::{self, PoolGeometry, Ring};
use crate::tensor::{PublicTensor, SecretTensor, elements};

/// Divides sums by public counts, given per output position.
#[expect(
    clippy::cast_precision_loss,
    reason = "window sizes stay far below 2^52"
)]
fn divide<R: Ring>(
    sums: SecretTensor<R>,
    counts: &[usize],
    [height, width]: [usize; 2],
) -> SecretTensor<R> {
    // A window that holds nothing has the sum 0.
    let share = |&count: &usize| 1.0 / count.max(1) as f64;
    let values: Vec<f64> = counts.iter().map(share).collect();
    let factors = PublicTensor {
        shape: vec![1, 1, height, width],
        values,
    };
    let factors = match factors.as_scalar() {
        Some(value) => PublicTensor::scalar(value),
        None => factors,
    };
    let largest = counts.iter().copied().max().unwrap_or(1);
    share_out(sums, factors, largest)
}

/// Average over windows of `[N, C, H, W]`. Sums the input in whatever form it is: local unless the division needs
/// headroom.
pub fn avg_pool2d<R: Ring>(
    tensor: SecretTensor<R>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    count_include_pad: bool,
    ceil_mode: bool,
) -> SecretTensor<R> {
    let geometry = |input, planes| PoolGeometry {
        planes,
        input,
        kernel,
        stride,
        padding: padding.map(|p| [p, p]),
        ceil_mode,
    };
    let Some((outer, g)) = images(tensor.shape())
        .map(|(outer, input)| (outer, geometry(input, elements(&outer))))
        .filter(|(_, g)| g.validate().is_ok())
    else {
        return misfit(
            &tensor,
            "avg_pool2d",
            "expected [N, C, H, W] and a window that fits",
        );
    };
    let output = g.output();
    let shape = vec![outer[0], outer[1], output[0], output[1]];
    let out = (&shape[..], tensor.kind());
    if let Some(refused) = refused(tensor.device(), "avg_pool2d", &[tensor.shape()], out) {
        return refused;
    }
    let facts = [kernel, stride, padding]
        .concat()
        .into_iter()
        .chain([usize::from(ceil_mode)]);
    #[expect(
        clippy::cast_precision_loss,
        reason = "window sizes stay far below 2^52"
    )]
    let facts: Vec<f64> = facts.map(|fact| fact as f64).collect();
    let sums = sums::linear(
        "avg_pool2d",
        &facts,
        &tensor,
        shape,
        elements(&kernel),
        |x| ring::sum_pool2d(x, &g),
    );
    divide(sums, &ring::pool_counts(&g, count_include_pad), output)
}

/// Average over the windows that divide `[N, C, H, W]` into `output`.
pub fn adaptive_avg_pool2d<R: Ring>(
    tensor: SecretTensor<R>,
    output: [usize; 2],
) -> SecretTensor<R> {
    let Some(([batch, channels], input)) = images(tensor.shape()) else {
        return misfit(&tensor, "adaptive_avg_pool2d", "expected [N, C, H, W]");
    };
    let shape = vec![batch, channels, output[0], output[1]];
    let out = (&shape[..], tensor.kind());
    if let Some(refused) = refused(
        tensor.device(),
        "adaptive_avg_pool2d",
        &[tensor.shape()],
        out,
    ) {
        return refused;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "window sizes stay far below 2^52"
    )]
    let facts = output.map(|fact| fact as f64);
    let counts = ring::adaptive_pool_counts(input, output);
    let most = counts.iter().copied().max().unwrap_or(0);
    let sums = sums::linear("adaptive_avg_pool2d", &facts, &tensor, shape, most, |x| {
        ring::adaptive_sum_pool2d(x, batch * channels, input, output)
    });
    divide(sums, &counts, output)
}

/// The gradient of an average over windows by its input, of these dimensions: each element of `grad`, divided by the
/// size of its window, is added to all elements under that window. Like Burn, a window that is cut at the end counts as
/// whole if padding counts.
pub fn avg_pool2d_backward<R: Ring>(
    input: &[usize],
    grad: SecretTensor<R>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    count_include_pad: bool,
    ceil_mode: bool,
) -> SecretTensor<R> {
    let op = "avg_pool2d_backward";
    let geometry = images(input).map(|(outer, input)| PoolGeometry {
        planes: elements(&outer),
        input,
        kernel,
        stride,
        padding: padding.map(|p| [p, p]),
        ceil_mode,
    });
    let fits = |g: &PoolGeometry| {
        let outer = input.get(..2) == grad.shape().get(..2);
        g.validate().is_ok() && outer && grad.shape().get(2..) == Some(&g.output()[..])
    };
    let Some(g) = geometry.filter(fits) else {
        return misfit(&grad, op, "the gradient is not that of such a pooling");
    };
    let whole = elements(&kernel);
    let counts = if count_include_pad {
        vec![whole; elements(&g.output())]
    } else {
        ring::pool_counts(&g, false)
    };
    // So many windows cover one element.
    let cover = |axis: usize| kernel[axis].div_ceil(stride[axis]);
    let terms = elements(&[cover(0), cover(1)]);
    let facts = [kernel, stride, padding, [usize::from(ceil_mode), 0]].concat();
    let facts: Vec<f64> = facts.into_iter().map(|fact| fact as f64).collect();
    let shares = divide(grad, &counts, g.output());
    sums::linear(op, &facts, &shares, input.to_vec(), terms, |y| {
        ring::spread_pool2d(y, &g)
    })
}

/// The gradient of an adaptive average by its input, of these dimensions; see [`avg_pool2d_backward`].
pub fn adaptive_avg_pool2d_backward<R: Ring>(
    input: &[usize],
    grad: SecretTensor<R>,
) -> SecretTensor<R> {
    let op = "adaptive_avg_pool2d_backward";
    let sizes = images(input).zip(images(grad.shape()));
    let Some((outer, input_size, output)) = sizes
        .filter(|((outer, _), (of_grad, _))| outer == of_grad)
        .map(|((outer, input), (_, output))| (outer, input, output))
    else {
        return misfit(&grad, op, "expected [N, C, H, W] twice");
    };
    let counts = ring::adaptive_pool_counts(input_size, output);
    // Windows overlap where the output is longer than the input, or does not divide it.
    let cover = |axis: usize| output[axis].div_ceil(input_size[axis].max(1)) + 1;
    let facts = output.map(|fact| fact as f64);
    let shares = divide(grad, &counts, output);
    let terms = elements(&[cover(0), cover(1)]);
    sums::linear(op, &facts, &shares, input.to_vec(), terms, |y| {
        ring::adaptive_spread_pool2d(y, elements(&outer), input_size, output)
    })
}

/// Maximum over windows of `[N, C, H, W]`. Padding takes no part.
pub fn max_pool2d<R: Ring>(
    tensor: SecretTensor<R>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    ceil_mode: bool,
) -> SecretTensor<R> {
    let windows = Windows {
        kernel,
        stride,
        padding,
        dilation,
        ceil_mode,
    };
    let fused = rules::fuse(&Request::MaxPool(&tensor, windows));
    fused.unwrap_or_else(|| max_pool::max_pool2d(&tensor, windows))
}
