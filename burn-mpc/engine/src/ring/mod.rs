//! Arithmetic in `Z_2^k`: words, fixed-point codes, packed bits, matrix and convolution kernels.
//!
//! Imports nothing from the rest of the crate and knows nothing of parties or shares.
//!
//! Tensors are contiguous row-major slices. Kernels choose their instruction set at run time; the result never depends
//! on the choice, since every operation wraps modulo `2^k`. The environment variable [`ISA_VARIABLE`] overrides the
//! choice, for tests and for instruction counts. Large products and convolutions run on several
//! [`threads`](fn@threads), as many as [`THREADS_VARIABLE`] says; the result does not depend on their number.

#![allow(
    clippy::inline_always,
    reason = "kernels must be inlined to be compiled for the chosen instruction set"
)]

pub mod bits;
pub mod conv;
pub mod elementwise;
pub mod fixed;
pub mod gemm;
pub mod pool;
mod simd;
#[cfg(test)]
mod testing;
mod threads;
mod word;

pub use bits::BitPlanes;
pub use bits::{
    GroupTable, low_bits_bytes, pack_bools, pack_low_bits, plane_bytes, planes_from_bytes,
    planes_to_bytes, to_planes, unpack_low_bits, xor_look_up, xor_one_hot,
};
pub use conv::{ConvGeometry, GeometryError, conv2d_acc, conv2d_rss_acc};
pub use elementwise::{
    add, add_assign, add_scalar, add_scalar_assign, map_assign, map_with_bits, mul, mul_rss,
    mul_rss_channels, neg, neg_assign, scale, shl, sub, sub_assign, update, update_with,
    update_with_bits, xor_and_rss, xor_assign,
};
pub use fixed::{EncodeError, decode, decode_f64, encode, encode_f64, encode_integers};
pub use gemm::{batched_matmul_acc, matmul_acc};
pub use pool::{
    PoolGeometry, adaptive_pool_counts, adaptive_spread_pool2d, adaptive_sum_pool2d, pool_counts,
    spread_pool2d, sum_pool2d,
};
pub use simd::ISA_VARIABLE;
#[doc(hidden)]
pub use simd::{isa_name, peak};
pub use threads::{THREADS_VARIABLE, threads, with_threads};
#[cfg(any(test, feature = "testkit"))]
pub use word::Z4;
pub use word::{Ring, Z32, Z64};
#[cfg(test)]
pub(crate) use word::{Z2, Z3, Z6};
