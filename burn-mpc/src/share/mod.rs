//! Shares of ring elements and of bits, as one party holds them.
//!
//! Built on `ring`; knows nothing of messages. A secret `x = x_0 + x_1 + x_2 mod 2^k`; party `P_i`
//! of a replicated share holds `(x_i, x_{i+1})`. No type here prints, compares or converts its
//! content: values leave through `protocol::reveal` only.

mod arithmetic;
mod binary;
pub mod dealer;

pub use arithmetic::{Additive, Rss, TwoOfTwo};
pub use binary::{BitShare, XorBits};
