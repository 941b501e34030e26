//! Arithmetic in `Z_2^k`: words, fixed-point codes, packed bits, matrix and convolution kernels.
//!
//! Imports nothing from the rest of the crate and knows nothing of parties or shares.

mod word;

#[cfg(any(test, feature = "testkit"))]
pub use word::Z4;
pub use word::{Ring, Z32, Z64};
