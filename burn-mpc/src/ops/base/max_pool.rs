//! Maximum pooling without fusion.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::{Call, misfit};
use crate::ops::base::force;
use crate::ops::base::shape::images;
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{SecretTensor, elements};

/// The windows of a pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Rows and columns of a window.
    pub kernel: [usize; 2],
    /// Rows and columns between windows.
    pub stride: [usize; 2],
    /// Rows and columns of padding at each side, which takes no part.
    pub padding: [usize; 2],
    /// Rows and columns between the taps of a window.
    pub dilation: [usize; 2],
    /// Whether a last window may hang over the end.
    pub ceil_mode: bool,
}

impl Windows {
    /// Rows and columns of the result for such an input; `None` if no window fits.
    #[must_use]
    pub fn output(&self, input: [usize; 2]) -> Option<[usize; 2]> {
        let size = |axis: usize| {
            pooled(
                input[axis],
                self.kernel[axis],
                self.stride[axis],
                self.padding[axis],
                self.dilation[axis],
                self.ceil_mode,
            )
        };
        Some([size(0)?, size(1)?])
    }

    /// Which outputs have a window that lies in the padding as a whole, row by row; empty if there is none. As long as
    /// the result of a plane, so that its size is to be checked before.
    #[must_use]
    pub fn vacant(&self, input: [usize; 2]) -> Vec<bool> {
        let Some(output) = self.output(input) else {
            return Vec::new();
        };
        let [rows, columns] = [0, 1].map(|axis| -> Vec<bool> {
            let inside = |out: usize| {
                let mut taps = 0..self.kernel[axis];
                taps.any(|tap| self.read(axis, tap, out, input[axis]).is_some())
            };
            (0..output[axis]).map(|out| !inside(out)).collect()
        });
        if !rows.iter().chain(&columns).any(|&vacant| vacant) {
            return Vec::new();
        }
        rows.iter()
            .flat_map(|row| columns.iter().map(move |column| row | column))
            .collect()
    }

    /// What a tap of an output reads along `axis`; `None` in the padding.
    fn read(&self, axis: usize, tap: usize, out: usize, input: usize) -> Option<usize> {
        let window = out.saturating_mul(self.stride[axis]);
        let at = window.saturating_add(tap.saturating_mul(self.dilation[axis]));
        at.checked_sub(self.padding[axis]).filter(|&i| i < input)
    }

    /// Where the taps along `axis` read: `[tap][output] -> Some(input)` inside, `None` in the padding.
    #[must_use]
    pub fn taps(&self, axis: usize, input: usize, output: usize) -> Vec<Vec<Option<usize>>> {
        let read = |tap: usize| {
            (0..output)
                .map(|out| self.read(axis, tap, out, input))
                .collect()
        };
        (0..self.kernel[axis]).map(read).collect()
    }
}

/// The magnitude of the smallest number, which is the maximum of nothing, at `frac` fractional bits.
pub fn smallest(session: &Session, frac: u32) -> f64 {
    let scales = session.scales();
    let fits = f64::from(scales.limit().saturating_sub(frac + 3)).exp2();
    scales.infinity().min(fits)
}

/// Output size of one axis of a pooling, as Burn defines it; `None` where there is no window.
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
    let steps = if ceil_mode {
        room.div_ceil(stride)
    } else {
        room / stride
    };
    Some(steps + 1)
}

/// Maximum over windows of `[N, C, H, W]`: along rows, then along columns, so that a window of `h x w`
/// takes `h + w - 2` comparisons instead of `h w - 1`. A window in the padding has the smallest number for its maximum.
pub fn max_pool2d<R: Ring>(tensor: &SecretTensor<R>, windows: Windows) -> SecretTensor<R> {
    let Some(([batch, channels], input)) = images(tensor.shape()) else {
        return misfit(tensor, "max_pool2d", "expected [N, C, H, W]");
    };
    let Some([height, width]) = windows.output(input) else {
        return misfit(tensor, "max_pool2d", "the window does not fit");
    };
    let planes = elements(&[batch, channels]);
    let shape = vec![batch, channels, height, width];
    let Windows {
        kernel,
        stride,
        padding,
        dilation,
        ..
    } = windows;
    let device = tensor.device();
    let call = Call {
        op: "max_pool2d",
        device,
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: tensor.bound(),
    };
    let mut reach = tensor.reach();
    let result = call.run(|session| {
        session.note("window", [kernel, stride, padding, dilation].as_flattened());
        // A product is truncated first: fewer bits are compared, and what replicates it truncates as well.
        let (found, cut) = force::replicated_without_excess(session, tensor)?;
        let window = protocol::Window {
            low: 0,
            high: high::<R>(cut),
        };
        // Each step holds all values that it compares at once.
        device.checked_elements("max_pool2d", &[kernel[1], planes, input[0], width])?;
        device.checked_elements("max_pool2d", &[kernel[0], planes, height, width])?;
        let columns = windows.taps(1, input[1], width);
        let rows = windows.taps(0, input[0], height);
        let outer = planes * input[0];
        let by_row = maximum_along(
            session,
            &found.share,
            outer,
            [input[1], 1],
            &columns,
            window,
        )?;
        let result = maximum_along(session, &by_row, planes, [input[0], width], &rows, window)?;
        let vacant = windows.vacant(input);
        let result = if vacant.is_empty() {
            result
        } else {
            let smallest = smallest(session, found.frac);
            reach = Some(reach.unwrap_or(0.0).max(smallest));
            let rows: Vec<f64> = vacant
                .iter()
                .map(|&v| if v { -smallest } else { 0.0 })
                .collect();
            let row = constant::lift::<R>(session, &rows, found.frac)?;
            // Where nothing was compared there are zeros.
            result.zip_each(&row, |x, row| {
                x.chunks_exact(row.len().max(1))
                    .flat_map(|plane| ring::add(plane, row))
                    .collect()
            })
        };
        let result = Fixed::new(Form::Rss(result), found.frac);
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            tensor.kind(),
            result,
        ))
    });
    result.with_reach(reach)
}

/// Where the bits of differences end that were values below `2^(k-2)` before their lowest `cut` bits were cut off. One
/// bit more than they need if they were exact: values at the limit may be rounded to it.
pub fn high<R: Ring>(cut: u32) -> u32 {
    (R::BITS - cut + 1).min(R::BITS)
}

/// Maximum over the taps of one axis of `[outer, size, inner]`. The window holds differences.
fn maximum_along<R: Ring>(
    session: &Session,
    x: &Rss<R>,
    outer: usize,
    [size, inner]: [usize; 2],
    taps: &[Vec<Option<usize>>],
    window: protocol::Window,
) -> Result<Rss<R>, MpcError> {
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
        return Ok(candidates);
    }
    let inside = taps.concat();
    let present = protocol::Present {
        pattern: inside.iter().map(Option::is_some).collect(),
        outer,
        inner,
    };
    session.run(|ctx| protocol::maximum(ctx, taps.len(), len, candidates, present, window))
}
