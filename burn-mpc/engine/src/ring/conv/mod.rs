//! Two-dimensional convolutions.

mod direct;
mod geometry;
mod implicit;
mod phases;

use super::Ring;
use super::simd::Isa;
use super::threads::threads_for;
pub use geometry::{ConvGeometry, GeometryError};

/// `out += conv(x, w)`.
///
/// `x` is `[batch, in_channels, height, width]`, `w` is
/// `[out_channels, in_channels / groups, kernel height, kernel width]`, `out` is
/// `[batch, out_channels, output height, output width]`.
///
/// # Panics
///
/// If the geometry is not valid or a slice has not the length of its shape.
pub fn conv2d_acc<R: Ring>(g: &ConvGeometry, x: &[R], w: &[R], out: &mut [R]) {
    run(g, &[Term { x, w }], out);
}

/// A party's local share of a product of two replicated sharings:
/// `out += conv(x0, w01) + conv(x1, w0)`, with `w01 = w0 + w1` of the caller.
///
/// Shapes as in [`conv2d_acc`].
///
/// # Panics
///
/// If the geometry is not valid or a slice has not the length of its shape.
pub fn conv2d_rss_acc<R: Ring>(
    g: &ConvGeometry,
    x0: &[R],
    x1: &[R],
    w01: &[R],
    w0: &[R],
    out: &mut [R],
) {
    run(g, &[Term { x: x0, w: w01 }, Term { x: x1, w: w0 }], out);
}

/// Groups with at most this many output channels are convolved without packing.
const FEW_OUTPUTS: usize = 12;

/// One convolution of a sum.
#[derive(Clone, Copy)]
struct Term<'a, R> {
    x: &'a [R],
    w: &'a [R],
}

fn run<R: Ring>(g: &ConvGeometry, terms: &[Term<'_, R>], out: &mut [R]) {
    if let Err(error) = g.validate() {
        panic!("{error}");
    }
    assert_eq!(
        out.len(),
        g.output_len(),
        "out is [batch, out_channels, height, width]"
    );
    for term in terms {
        assert_eq!(
            term.x.len(),
            g.input_len(),
            "x is [batch, in_channels, height, width]"
        );
        assert_eq!(
            term.w.len(),
            g.weight_len(),
            "w is [out, in / groups, height, width]"
        );
    }
    if out.is_empty() || g.fan_in() == 0 || g.input_len() == 0 {
        return;
    }
    let threads = threads_for(terms.len() * g.output_len() * g.fan_in());
    if g.out_channels / g.groups <= FEW_OUTPUTS {
        direct::run(Isa::detect(), threads, g, terms, out);
    } else {
        implicit::run(Isa::detect(), threads, g, terms, out);
    }
}

#[cfg(test)]
mod tests;
