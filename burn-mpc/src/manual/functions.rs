//! Functions of secrets: where they are right, how exact they are, what they cost.
//!
//! Sums, differences, products, comparisons, selections, maxima, sorts, roundings and all ops on integers are exact,
//! but for the truncation of products ([fixed-point numbers](crate::manual::fixed_point)). The functions of this page
//! are not: public polynomials stand for them. Coefficients come from a script in `burn-mpc/engine/scripts`, and
//! `docs/spec/functions.md` and `docs/spec/reciprocal.md` derive the errors. Tests sweep each function over its whole
//! domain, its ends, and a step beyond.
//!
//! # Where they are right
//!
//! | function | right for | beyond |
//! | --- | --- | --- |
//! | sigmoid, tanh, erf, gelu, silu, log-sigmoid | every number | - |
//! | softmax, log-softmax, softmin, attention | every number | - |
//! | `exp`, `sinh`, `cosh` | results below a limit | flag |
//! | `log`, and `powf` by other than whole exponents | positive numbers | flag |
//! | `recip` | all numbers but 0; a result that is less than a unit is 0 | flag |
//! | quotient of secrets, `tan` | quotients and divisors below a limit, divisors not 0 | flag |
//! | `sqrt` | 0 and positive numbers | flag |
//! | reciprocal of a root, layer, batch and group norm | positive numbers: a variance with its epsilon | flag |
//! | `sin`, `cos` | angles up to a limit | flag |
//! | `asin`, `acos` | -1 to 1 | flag |
//! | `atan`, `atan2` | coordinates below the limit of a divisor; the angle of the origin is 0 | flag |
//! | `sort`, `topk`, `median`, running maxima | every number; exact, and equal elements keep their order | - |
//!
//! [Fixed-point numbers](crate::manual::fixed_point#range) has the limits. They follow from the ring: those of `Z_2^32`
//! are about the square roots of those of `Z_2^64`.
//!
//! Some activations are no op of a backend: Burn makes them of others. `softplus` and `mish` take the logarithm of `1 + e^x`
//! and `elu`, `celu` and `selu` choose between `e^x` and `x`. Here the first is one function, and the exponential is taken
//! where it is used only. So they are right for every number, also where `e^x` is too large for the ring. Their gradients
//! by `Autodiff` take the exponential of all their inputs, and set a flag where that is too large.
//!
//! # What happens beyond
//!
//! A *flag* is a shared bit that nobody sees. It is opened with the next reveal, together with all others: if one is
//! set, nothing is revealed, all parties get [`MpcError::Domain`](crate::MpcError::Domain), and the session has ended.
//! The error names the functions that were checked since the last reveal. Which of them it was, and which element,
//! stays secret. So no number is wrong without an error, and the error tells one bit.
//!
//! ```
//! use burn::backend::Flex;
//! use burn::tensor::Tensor;
//! use burn_mpc::session::local::three_parties;
//! use burn_mpc::{Mpc, MpcError, MpcTensorExt, Party, SessionConfig};
//!
//! let roots = three_parties(&SessionConfig::z64(), |device| {
//!     let held = (device.party() == Some(Party::P0))
//!         .then(|| Tensor::<Flex, 1>::from_data([4.0, -4.0], &Default::default()));
//!     let x = Tensor::<Mpc, 1>::share_from(&device, Party::P0, "x", [2], held)?;
//!     x.sqrt().reveal("roots")
//! })?;
//! for root in roots {
//!     assert!(matches!(root, Err(MpcError::Domain { .. })));
//! }
//! # Ok::<(), MpcError>(())
//! ```
//!
//! Where a value may be out of its domain, clamp it before the function, or add a small number: `(x + 1e-5).sqrt()`,
//! `x.clamp_min(1e-3).log()`. A `clamp` costs a comparison, an addition nothing.
//!
//! # How exact they are
//!
//! - *Absolute*: sigmoid, tanh, erf, gelu, softmax and their kin, sine, cosine and arc functions. The error of a result
//!   is a few units of its scale, whatever its size.
//! - *Relative*: exponential, quotient, reciprocal and root. The error is a fraction of the result, and at least a
//!   unit.
//! - A logarithm is absolute in its result: relative in what it is taken of.
//!
//! Where an error is amplified afterwards, it counts as much more. Two things help. Write what your framework has a
//! name for as that one op: `softmax`, `log_softmax`, `layer_norm`, `gelu` and `x / y` are protocols of their own,
//! which round less and cost less than a chain of `exp`, `sum` and `recip`. And keep the default of 20 fractional bits
//! on `Z_2^64`: bounds are a number of units, so that a coarser scale has larger errors.
//!
//! A reveal rounds to [`Precision`](crate::Precision), by default to 10 bits, which is coarser than all of them.
//! Compare with plaintext to see what a program loses:
//!
//! ```
//! use burn::backend::Flex;
//! use burn::tensor::activation::{gelu, softmax};
//! use burn::tensor::{Tensor, backend::Backend};
//! use burn_mpc::session::local::three_parties;
//! use burn_mpc::{Mpc, MpcError, MpcTensorExt, Party, SessionConfig};
//!
//! fn program<B: Backend>(x: Tensor<B, 2>) -> Tensor<B, 2> {
//!     softmax(gelu(x.clone()) + x.tanh(), 1)
//! }
//!
//! let x = Tensor::<Flex, 2>::from_data([[-3.0, 0.5, 2.0], [700.0, 701.0, -900.0]], &Default::default());
//! let [found, ..] = three_parties(&SessionConfig::z64(), |device| {
//!     let held = (device.party() == Some(Party::P0)).then(|| x.clone());
//!     let x = Tensor::<Mpc, 2>::share_from(&device, Party::P0, "x", [2, 3], held)?;
//!     program(x).reveal("y")
//! })?;
//! let error = (found? - program(x)).abs().max().into_scalar();
//! // Half a step of the reveal, 2^-11, and what the functions lose.
//! assert!(error < 0.0006, "{error}");
//! # Ok::<(), MpcError>(())
//! ```
//!
//! # What they cost
//!
//! `docs/OPS.md` lists rounds and bytes per element of every op, and `docs/spec/functions.md` what each function is
//! made of. In short, from cheap to dear:
//!
//! 1. ReLU, comparisons: one sign for each element.
//! 2. The smooth functions: two signs, and the products of a series. Softmax: a maximum for each row, and such a
//!    series; its reciprocal is one for each row.
//! 3. Exponential: bits of a word, and a series.
//! 4. Reciprocal, roots and logarithm: signs that find the exponent, then Newton's iteration or a series. A norm, which
//!    takes the reciprocal of a root, pays for one of them.
//! 5. Quotients of secrets, arc functions, which are quotients and a series, and integer division by secrets. Division
//!    by public numbers is much cheaper.
//! 6. Sorts: all pairs of a short row are compared, some `n log^2 n` of a long one.
//!
//! Rounds do not grow with the number of elements (which party deals changes them by a few), so one call on a large
//! tensor is better than many on parts of it. A device without peers tells the cost of a program before it runs:
//!
//! ```
//! use burn::backend::Flex;
//! use burn::tensor::activation::softmax;
//! use burn_mpc::{MpcDevice, MpcError, MpcTensorExt, Party, SessionConfig, Z64, share};
//!
//! let cost = |rows| {
//!     let device = MpcDevice::estimate(SessionConfig::z64())?;
//!     let x = share::<Flex, Z64, 2>(&device, Party::P0, "x", [rows, 64], None)?;
//!     let session = device.online("estimate")?;
//!     session.start_measuring();
//!     softmax(x, 1).reveal("y")?;
//!     let report = session.report();
//!     Ok::<_, MpcError>((report.rounds, report.declared_bytes.iter().sum::<u64>()))
//! };
//! let (few, many) = (cost(8)?, cost(800)?);
//! assert!(few.0.abs_diff(many.0) <= 4);
//! assert!(many.1 > 50 * few.1 && many.1 < 110 * few.1);
//! # Ok::<(), MpcError>(())
//! ```
