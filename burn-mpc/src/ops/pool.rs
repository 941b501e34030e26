//! Average, adaptive average and maximum pooling.

use crate::error::MpcError;
use crate::ops::activation;
use crate::ops::arith::{self, local};
use crate::ops::guard::{Call, refused, shape_error};
use crate::ops::resolve::rss;
use crate::protocol;
use crate::ring::{self, PoolGeometry, Ring};
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Bound, Form, PublicTensor, SecretTensor, elements};

fn dimensions(shape: &[usize]) -> Option<([usize; 2], [usize; 2])> {
    match *shape {
        [batch, channels, height, width] => Some(([batch, channels], [height, width])),
        _ => None,
    }
}

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
    let values: Vec<f64> = counts.iter().map(|&count| 1.0 / count as f64).collect();
    let factors = PublicTensor {
        shape: vec![1, 1, height, width],
        values,
    };
    let factors = match factors.as_scalar() {
        Some(value) => PublicTensor::scalar(value),
        None => factors,
    };
    let largest = counts.iter().copied().max().unwrap_or(1);
    arith::share_out(sums, factors, largest)
}

/// Average over windows of `[N, C, H, W]`. Sums in whatever state the input is: local unless the
/// division needs headroom.
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
    let Some((outer, g)) = dimensions(tensor.shape())
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
    let sums = local(
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
    let Some(([batch, channels], input)) = dimensions(tensor.shape()) else {
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
    let sums = local("adaptive_avg_pool2d", &facts, &tensor, shape, most, |x| {
        ring::adaptive_sum_pool2d(x, batch * channels, input, output)
    });
    divide(sums, &counts, output)
}

/// Where the taps of one axis read: `[tap][output] -> Some(input)` inside, `None` in the padding.
fn taps(
    input: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    output: usize,
) -> Vec<Vec<Option<usize>>> {
    let read = |tap: usize, out: usize| {
        (out * stride + tap * dilation)
            .checked_sub(padding)
            .filter(|&i| i < input)
    };
    (0..kernel)
        .map(|tap| (0..output).map(|out| read(tap, out)).collect())
        .collect()
}

/// Output size of one axis of a pooling.
fn pooled(
    input: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    ceil_mode: bool,
) -> Option<usize> {
    let extent = dilation
        .checked_mul(kernel.checked_sub(1)?)?
        .checked_add(1)?;
    let padded = input.checked_add(padding.checked_mul(2)?)?;
    let room = padded.checked_sub(extent)?;
    if stride == 0 || dilation == 0 {
        return None;
    }
    if !ceil_mode {
        return Some(room / stride + 1);
    }
    let count = room.div_ceil(stride) + 1;
    // The last window must start inside the input or the padding before it.
    Some(if (count - 1).saturating_mul(stride) >= input + padding {
        count - 1
    } else {
        count
    })
}

/// Maximum over windows of `[N, C, H, W]`: along rows, then along columns, so that a window of `h x w`
/// takes `h + w - 2` comparisons instead of `h w - 1`. Padding takes no part.
pub fn max_pool2d<R: Ring>(
    tensor: SecretTensor<R>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    ceil_mode: bool,
) -> SecretTensor<R> {
    let Some(([batch, channels], input)) = dimensions(tensor.shape()) else {
        return misfit(&tensor, "max_pool2d", "expected [N, C, H, W]");
    };
    let size = |axis: usize| {
        pooled(
            input[axis],
            kernel[axis],
            stride[axis],
            padding[axis],
            dilation[axis],
            ceil_mode,
        )
    };
    let (Some(height), Some(width)) = (size(0), size(1)) else {
        return misfit(&tensor, "max_pool2d", "the window does not fit");
    };
    if let Some(clamp) = activation::pending_clamp(&tensor) {
        // A clamp is monotone: pool first, then there are fewer values to compare with its limits.
        let pooled = max_pool2d(
            clamp.input.clone(),
            kernel,
            stride,
            padding,
            dilation,
            ceil_mode,
        );
        return activation::clamp_like(&clamp, pooled);
    }
    let planes = elements(&[batch, channels]);
    let shape = vec![batch, channels, height, width];
    let call = Call {
        op: "max_pool2d",
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: tensor.bound(),
    };
    call.run(|session| {
        session.note("window", [kernel, stride, padding, dilation].as_flattened());
        let (x, frac) = rss(session, &tensor)?;
        // What both steps compare is held at once.
        let device = tensor.device();
        device.checked_elements("max_pool2d", &[kernel[1], planes, input[0], width])?;
        device.checked_elements("max_pool2d", &[kernel[0], planes, height, width])?;
        let columns = taps(
            input[1],
            kernel[1],
            stride[1],
            padding[1],
            dilation[1],
            width,
        );
        let rows = taps(
            input[0],
            kernel[0],
            stride[0],
            padding[0],
            dilation[0],
            height,
        );
        let outer = planes * input[0];
        let by_row = maximum_along(session, &x, outer, input[1], 1, &columns)?;
        let by_row = super::gate::replicated(session, &by_row)?;
        let result = maximum_along(session, &by_row, planes, input[0], width, &rows)?;
        Ok(SecretTensor::of_form(
            tensor.device(),
            shape,
            tensor.kind(),
            result,
            frac,
        ))
    })
}

/// Maximum over the taps of one axis of `[outer, size, inner]`.
fn maximum_along<R: Ring>(
    session: &Session,
    x: &Rss<R>,
    outer: usize,
    size: usize,
    inner: usize,
    taps: &[Vec<Option<usize>>],
) -> Result<Form<R>, MpcError> {
    let outputs = taps.first().map_or(0, Vec::len);
    let len = outer * outputs * inner;
    let candidates = x.map_to(taps.len() * len, |x| {
        let mut candidates = Vec::with_capacity(taps.len() * len);
        for tap in taps {
            for o in 0..outer {
                for &read in tap {
                    match read {
                        Some(at) => {
                            candidates.extend_from_slice(&x[(o * size + at) * inner..][..inner]);
                        }
                        None => candidates.resize(candidates.len() + inner, R::ZERO),
                    }
                }
            }
        }
        candidates
    });
    if taps.len() == 1 {
        return Ok(Form::Rss(candidates));
    }
    let inside = taps.concat();
    let present = protocol::Present {
        pattern: inside.iter().map(Option::is_some).collect(),
        outer,
        inner,
    };
    let winner = session
        .run(|ctx| protocol::tournament(ctx, taps.len(), len, candidates, present, false))?;
    Ok(Form::Additive(winner.values))
}

fn misfit<R: Ring>(
    tensor: &SecretTensor<R>,
    op: &'static str,
    reason: &'static str,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| Err(shape_error(session, op, &[&shape], reason)))
}
