//! Local products of replicated shares: every bilinear map yields an additive share without a message.

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

/// Matrix product of shares; see [`multiply`]. Two clear products: `(x_i + x_{i+1}) y_i + x_i y_{i+1}`.
pub fn matmul<R: Ring>(shape: &MatmulShape, x: &Rss<R>, y: &Rss<R>) -> Additive<R> {
    if x.is_counted() || y.is_counted() {
        return Additive::counted(shape.output_len());
    }
    let mut out = bytemuck::zeroed_vec::<R>(shape.output_len());
    shape.accumulate(&x.own_sum(), y.first(), &mut out);
    shape.accumulate(x.first(), y.second(), &mut out);
    Additive::new(out)
}

/// Convolution of shares; see [`multiply`].
pub fn conv2d<R: Ring>(geometry: &ConvGeometry, x: &Rss<R>, w: &Rss<R>) -> Additive<R> {
    if x.is_counted() || w.is_counted() {
        return Additive::counted(geometry.output_len());
    }
    let mut out = bytemuck::zeroed_vec::<R>(geometry.output_len());
    // (x_i + x_{i+1}) w_i + x_i w_{i+1}, both products in one pass over the output.
    let sum = x.own_sum();
    ring::conv2d_rss_acc(geometry, &sum, x.first(), w.first(), w.second(), &mut out);
    Additive::new(out)
}
