//! Two-dimensional convolutions.

mod direct;
mod geometry;
mod implicit;
mod phases;
mod term;
mod thirds;

use super::Ring;
use super::simd::Isa;
use super::threads::threads_for;
pub use geometry::{ConvGeometry, GeometryError};
use term::Term;
use thirds::Along;

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

/// A party's part of the convolution of two replicated sharings, of which `x` and `w` are its two components: the parts
/// of parties 0, 1 and 2 add up to the convolution.
///
/// Large convolutions take five products of the three parties, others six. The outputs are cut into thirds, which
/// depends on the geometry alone. In each third another party computes one product, and the others two:
///
/// | | products |
/// |---|---|
/// | one product | `(x_i + x_{i+1}) (w_i + w_{i+1})` |
/// | the party after it | `(x_i + x_{i+1}) w_{i+1} + x_{i+1} w_i` |
/// | the third | `x_i w_{i+1} + x_{i+1} w_i` |
///
/// Shapes as in [`conv2d_acc`].
///
/// # Panics
///
/// If the geometry is not valid or a slice has not the length of its shape.
pub fn conv2d_rss_acc<R: Ring>(
    g: &ConvGeometry,
    party: usize,
    x: [&[R]; 2],
    w: [&[R]; 2],
    out: &mut [R],
) {
    let sum = super::add(x[0], x[1]);
    let two = [Term { x: &sum, w: w[0] }, Term { x: x[0], w: w[1] }];
    if !checked(g, &two, out) {
        return;
    }
    let (isa, threads) = (Isa::detect(), threads_for(2 * g.output_len() * g.fan_in()));
    if is_direct(g) {
        return direct::run(isa, threads, g, &two, out);
    }
    let Some(along) = Along::of(g) else {
        return implicit::run(isa, threads, g, &two, out);
    };
    let weights = summed(along.rows(g), g.fan_in(), party, w);
    let one = [Term {
        x: &sum,
        w: &weights,
    }];
    let after = [Term { x: &sum, w: w[1] }, Term { x: x[1], w: w[0] }];
    let other = [Term { x: x[0], w: w[1] }, Term { x: x[1], w: w[0] }];
    let roles: [&[Term<'_, R>]; 3] = [&one, &after, &other];
    // Party `t` has one product in third `t`.
    let thirds = [0, 1, 2].map(|third| roles[(party + 3 - third) % 3]);
    implicit::run_thirds(isa, threads, g, along, thirds, out);
}

/// `w_i + w_{i+1}` for the rows that the party needs it for; the others are zero.
fn summed<R: Ring>(
    rows: [core::ops::Range<usize>; 3],
    fan_in: usize,
    party: usize,
    w: [&[R]; 2],
) -> Vec<R> {
    let mut sum = bytemuck::zeroed_vec::<R>(w[0].len());
    let rows = &rows[party];
    let range = rows.start * fan_in..rows.end * fan_in;
    sum[range.clone()].copy_from_slice(&w[0][range.clone()]);
    super::add_assign(&mut sum[range.clone()], &w[1][range]);
    sum
}

/// Groups with at most this many output channels are convolved without packing.
const FEW_OUTPUTS: usize = 12;

fn is_direct(g: &ConvGeometry) -> bool {
    g.out_channels / g.groups <= FEW_OUTPUTS
}

fn run<R: Ring>(g: &ConvGeometry, terms: &[Term<'_, R>], out: &mut [R]) {
    if !checked(g, terms, out) {
        return;
    }
    let threads = threads_for(terms.len() * g.output_len() * g.fan_in());
    if is_direct(g) {
        direct::run(Isa::detect(), threads, g, terms, out);
    } else {
        implicit::run(Isa::detect(), threads, g, terms, out);
    }
}

/// Whether there is anything to compute.
fn checked<R: Ring>(g: &ConvGeometry, terms: &[Term<'_, R>], out: &[R]) -> bool {
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
    !(out.is_empty() || g.fan_in() == 0 || g.input_len() == 0)
}

#[cfg(test)]
mod tests;
