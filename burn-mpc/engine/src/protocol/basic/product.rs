//! Local products of replicated shares: every bilinear map yields an additive share without a message.

use crate::Party;
use crate::ring::{self, ConvGeometry, Ring};
use crate::share::{Additive, Rss};

/// Element-wise product of equally long shares.
///
/// - **Holds**: before `Rss` of `x` and `y`, after `Additive` of `x y`.
/// - **Sends**: nothing.
/// - **Randomness**: none; the result must be masked before any of it is sent.
/// - **Correctness**: `z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i` adds up to `x y`.
/// - **Leaks**: nothing.
///
/// Source: Araki et al., CCS 2016.
pub fn multiply<R: Ring>(x: &Rss<R>, y: &Rss<R>) -> Additive<R> {
    if x.is_counted() || y.is_counted() {
        return Additive::counted(x.len());
    }
    Additive::new(ring::mul_rss(x.first(), x.second(), y.first(), y.second()))
}

/// Multiplies `x`, `[outer, channels, inner]`, by one shared factor per channel; see [`multiply`].
pub fn multiply_channels<R: Ring>(x: &Rss<R>, factors: &Rss<R>, inner: usize) -> Additive<R> {
    if x.is_counted() || factors.is_counted() {
        return Additive::counted(x.len());
    }
    Additive::new(ring::mul_rss_channels(
        [x.first(), x.second()],
        [factors.first(), factors.second()],
        inner,
    ))
}

/// Element-wise product of a share by public words: local in any state.
#[must_use]
pub fn multiply_public<R: Ring>(component: &[R], factors: &[R]) -> Vec<R> {
    ring::mul(component, factors)
}

/// Dimensions of a batched matrix product `[batch, m, k] x [batch, k, n]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatmulShape {
    /// Number of products.
    pub batch: usize,
    /// Rows of the left matrix.
    pub m: usize,
    /// Columns of the left matrix.
    pub k: usize,
    /// Columns of the right matrix.
    pub n: usize,
    /// Whether one right matrix serves every product of the batch.
    pub shared_rhs: bool,
}

impl MatmulShape {
    /// `out += x y` on clear components.
    pub fn accumulate<R: Ring>(&self, x: &[R], y: &[R], out: &mut [R]) {
        if self.shared_rhs {
            ring::matmul_acc(self.batch * self.m, self.k, self.n, x, y, out);
        } else {
            let (x_stride, y_stride) = (self.m * self.k, self.k * self.n);
            ring::batched_matmul_acc(
                self.batch, self.m, self.k, self.n, x, x_stride, y, y_stride, out,
            );
        }
    }

    /// Elements of the result.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.batch * self.m * self.n
    }
}

/// The least rows of a matrix product that are cut into thirds: each of them packs the right matrix.
const MANY_ROWS: usize = 144;

/// Matrix product of shares by `party`; see [`multiply`]. Small products take two clear products:
/// `(x_i + x_{i+1}) y_i + x_i y_{i+1}`. Rows of large ones are cut into thirds, in which the parties take turns: one
/// computes `(x_i + x_{i+1}) (y_i + y_{i+1})` alone, the next one `(x_i + x_{i+1}) y_{i+1} + x_{i+1} y_i`, the third
/// `x_i y_{i+1} + x_{i+1} y_i`. That covers all nine products of components once, with five products instead of six.
pub fn matmul<R: Ring>(party: Party, shape: &MatmulShape, x: &Rss<R>, y: &Rss<R>) -> Additive<R> {
    if x.is_counted() || y.is_counted() {
        return Additive::counted(shape.output_len());
    }
    let mut out = bytemuck::zeroed_vec::<R>(shape.output_len());
    let sum = x.own_sum();
    let rows = if shape.shared_rhs {
        shape.batch * shape.m
    } else {
        shape.m
    };
    if rows < MANY_ROWS {
        shape.accumulate(&sum, y.first(), &mut out);
        shape.accumulate(x.first(), y.second(), &mut out);
        return Additive::new(out);
    }
    let sums = y.own_sum();
    let (k, n) = (shape.k, shape.n);
    let roles: [&[[&[R]; 2]]; 3] = [
        &[[&sum, &sums]],
        &[[&sum, y.second()], [x.second(), y.first()]],
        &[[x.first(), y.second()], [x.second(), y.first()]],
    ];
    let products = if shape.shared_rhs { 1 } else { shape.batch };
    for product in 0..products {
        for third in 0..3 {
            // Party `t` has one product in third `t`.
            let terms = roles[(party.index() + 3 - third) % 3];
            let cut = |third: usize| product * rows + rows * third / 3;
            let (start, end) = (cut(third), cut(third + 1));
            let out = &mut out[start * n..end * n];
            for [x, y] in terms {
                let (x, y) = (&x[start * k..end * k], &y[product * k * n..][..k * n]);
                ring::matmul_acc(end - start, k, n, x, y, out);
            }
        }
    }
    Additive::new(out)
}

/// Convolution of shares by `party`; see [`multiply`] and [`ring::conv2d_rss_acc`].
pub fn conv2d<R: Ring>(
    party: Party,
    geometry: &ConvGeometry,
    x: &Rss<R>,
    w: &Rss<R>,
) -> Additive<R> {
    if x.is_counted() || w.is_counted() {
        return Additive::counted(geometry.output_len());
    }
    let mut out = bytemuck::zeroed_vec::<R>(geometry.output_len());
    let (x, w) = ([x.first(), x.second()], [w.first(), w.second()]);
    ring::conv2d_rss_acc(geometry, party.index(), x, w, &mut out);
    Additive::new(out)
}
