//! Two-dimensional convolutions.

mod geometry;

use super::Ring;
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
    run(g, &[(x, w)], out);
}

/// A party's local share of a product of two replicated sharings:
/// `out += conv(x0, w01) + conv(x1, w0)`, with `w01 = w0 + w1` of the caller.
///
/// Shapes as in [`conv2d_acc`].
///
/// # Panics
///
/// As [`conv2d_acc`].
pub fn conv2d_rss_acc<R: Ring>(
    g: &ConvGeometry,
    x0: &[R],
    x1: &[R],
    w01: &[R],
    w0: &[R],
    out: &mut [R],
) {
    run(g, &[(x0, w01), (x1, w0)], out);
}

fn run<R: Ring>(g: &ConvGeometry, terms: &[(&[R], &[R])], out: &mut [R]) {
    if let Err(error) = g.validate() {
        panic!("{error}");
    }
    assert_eq!(
        out.len(),
        g.output_len(),
        "out is [batch, out_channels, height, width]"
    );
    for (x, w) in terms {
        assert_eq!(
            x.len(),
            g.input_len(),
            "x is [batch, in_channels, height, width]"
        );
        assert_eq!(
            w.len(),
            g.weight_len(),
            "w is [out, in / groups, height, width]"
        );
        naive(g, x, w, out);
    }
}

fn naive<R: Ring>(g: &ConvGeometry, x: &[R], w: &[R], out: &mut [R]) {
    let [oh, ow] = g.output();
    let [ih, iw] = g.input;
    let [kh, kw] = g.kernel;
    let (ci, co) = (g.in_channels / g.groups, g.out_channels / g.groups);
    for (index, out) in out.iter_mut().enumerate() {
        let (ox, oy) = (index % ow, index / ow % oh);
        let (o, b) = (
            index / (ow * oh) % g.out_channels,
            index / (ow * oh * g.out_channels),
        );
        for c in 0..ci {
            for i in 0..kh {
                for j in 0..kw {
                    let y = oy * g.stride[0] + i * g.dilation[0];
                    let z = ox * g.stride[1] + j * g.dilation[1];
                    if y < g.padding[0][0] || z < g.padding[1][0] {
                        continue;
                    }
                    let (y, z) = (y - g.padding[0][0], z - g.padding[1][0]);
                    if y < ih && z < iw {
                        let channel = b * g.in_channels + o / co * ci + c;
                        *out +=
                            x[(channel * ih + y) * iw + z] * w[((o * ci + c) * kh + i) * kw + j];
                    }
                }
            }
        }
    }
}
