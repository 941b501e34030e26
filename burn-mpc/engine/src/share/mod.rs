//! Shares of ring elements and of bits, as one party holds them.
//!
//! Built on `ring`; knows nothing of messages. A secret `x = x_0 + x_1 + x_2 mod 2^k`; party `P_i`
//! of a replicated share holds `(x_i, x_{i+1})`. No type here prints, compares or converts its
//! content: values leave through `protocol::reveal` only.
//!
//! Lengths are public; whether two shares are equal is not, and does not compile:
//!
//! ```
//! use burn_mpc_engine::{Z64, share::Rss};
//! let (x, y) = (Rss::<Z64>::zeros(4), Rss::<Z64>::zeros(4));
//! assert!(x.len() == y.len());
//! ```
//! ```compile_fail,E0369
//! use burn_mpc_engine::{Z64, share::Rss};
//! let (x, y) = (Rss::<Z64>::zeros(4), Rss::<Z64>::zeros(4));
//! assert!(x == y);
//! ```
//!
//! A share can be named in a message, not shown in it:
//!
//! ```
//! use burn_mpc_engine::share::BitShare;
//! let bits = BitShare::zeros(4);
//! assert_eq!(format!("{bits:?}"), "BitShare { .. }");
//! ```
//! ```compile_fail,E0277
//! use burn_mpc_engine::share::BitShare;
//! let bits = BitShare::zeros(4);
//! let _ = format!("{bits}");
//! ```

mod arithmetic;
mod binary;
#[cfg(any(test, feature = "testkit"))]
pub mod dealer;
mod words;

pub use arithmetic::{Additive, Rss, TwoOfTwo};
pub use binary::{BitShare, XorBits};
