//! Numbers, scales and headroom.
//!
//! A number `v` is held as the integer `round(v * 2^frac)` modulo `2^k`
//! ([`ring::encode`](burn_mpc_engine::ring::encode)), with `k` 64 ([`Z64`](crate::Z64)) or 32
//! ([`Z32`](crate::Z32)). Every secret tensor carries its `frac`, which is public and the same at all
//! parties; bits have 0.
//!
//! # Scales
//!
//! [`Scales`](crate::session::Scales) follow from ring and configuration. With `F` fractional bits:
//!
//! - activations and weights are shared at [`value`](crate::session::Scales::value), `F`;
//! - products of two of them, and one-dimensional parameters, have
//!   [`product`](crate::session::Scales::product), `2F`;
//! - any other product is truncated before it has more fractional bits than
//!   [`headroom`](crate::session::Scales::headroom); integers must stay below two to the power of
//!   [`limit`](crate::session::Scales::limit) in magnitude.
//!
//! A layer's weight may have its own scale, `f` ([`WeightScales`](crate::session::WeightScales)). The weight is shared
//! at `f` bits and the bias at `F + f`, the scale of the layer's product, whose truncation takes `f` bits off. Small
//! weights are more exact with more bits, and values or block sums too wide for the ring fit with fewer; neither costs
//! another message. Activations share one `F`: one truncation serves all that use an activation, and branches of a
//! residual are added at the finer of their scales. [`ScaleSearch`](crate::session::ScaleSearch) finds `F` and every
//! `f` by calibration:
//!
//! ```
//! # use burn_mpc::session::{ScaleSearch, WeightScales};
//! # use burn_mpc::SessionConfig;
//! let scales = WeightScales::new([("stem.conv".to_owned(), 7)].into());
//! let config = SessionConfig::z32().with_weight_scales(scales);
//! assert_eq!(config.weight_scales.of("stem.conv"), Some(7));
//! let finer = config.with_weight_scales(WeightScales::new([("head".to_owned(), 13)].into()));
//! assert_eq!(finer.scales().expect("valid").finest, 10 + 13);
//! # let _ = ScaleSearch::default();
//! ```
//!
//! Without them:
//!
//! ```
//! # use burn_mpc::SessionConfig;
//! for config in [SessionConfig::z64(), SessionConfig::z32()] {
//!     let scales = config.scales().expect("the defaults are valid");
//!     assert_eq!(scales.value, config.frac_bits);
//!     assert_eq!(scales.product, 2 * config.frac_bits);
//!     assert!(scales.product <= scales.headroom && scales.headroom < scales.limit());
//! }
//! ```
//!
//! Adding aligns the smaller scale by a local left shift. Above [`finest`](crate::session::Scales::finest), the scale of
//! a product, products of different scales meet at the coarser one: a value as large as a product may be would wrap at
//! the finer. A public value of [`once`](crate::session::Scales::once) or more is never raised to a scale that it does
//! not fit, nor is what sums, products, moves and limits make of it. Multiplying adds the scales.
//!
//! Dividing by a power of two, truncation, costs messages. It happens only when the next product would leave the
//! headroom, and is merged into the resharing that is due anyway.
//!
//! # Truncation
//!
//! [`Faithful`](burn_mpc_engine::protocol::Truncation::Faithful), the default, is off by less than one unit in the last
//! place for every integer within the limit, without bias, and keeps zeros.
//! [`Probabilistic`](burn_mpc_engine::protocol::Truncation::Probabilistic) sends fewer bits and is off by
//! `2^(k - shift)` with probability `|z| / 2^k`, which for a whole network is not negligible:
//! [`failure_probability`](burn_mpc_engine::protocol::failure_probability) bounds it from the observed ranges.
//! [`Star`](burn_mpc_engine::protocol::Truncation::Star) is as exact as the first and takes 2 rounds instead of 3, for
//! `shift` bits more per value. [`Exact`](burn_mpc_engine::protocol::Truncation::Exact) rounds to the nearest, by the
//! value alone, where the others round by what parties know ([threat model](crate::manual::threat_model)): 384 bits
//! instead of 214 for 20 bits of 64, 193 instead of 108 for 10 of 32, in 8 and 7 rounds instead of 3. It holds while
//! `z < 2^(k-2) - 2^(shift-1)`, and no gate merges it.
//!
//! # Opening
//!
//! A reveal rounds to 10 fractional bits, to the nearest, before anything is opened ([`Precision`](crate::Precision)):
//! an error of at most `2^-11`. A value that has no more bits is opened as it is.
//!
//! # Range
//!
//! Values are checked where owners share them. Inside an inference nobody may look, so a value beyond the limit wraps
//! unnoticed: let [`calibrate`](crate::session::calibrate) measure the bits of every layer on sample data first, above
//! all on the 32-bit ring. A session that is [`checked`](crate::SessionConfig::checked) compares all values with the
//! range before a reveal, for about 80 % more bytes in a dense network of ReLUs. For every linear layer the report of a
//! calibration gives the bits of the weight and the widest result.
//!
//! A long sum needs more integer bits than its summands. How many there are is public, so sums, means, running sums and
//! average pools truncate first what would leave a summand fewer than [`summand`](crate::session::Scales::summand)
//! integer bits, 16 on 64 bits and 7 on 32: partial sums, so that few elements are truncated. A sum of a million numbers
//! on 32 bits keeps 3 fractional bits; their mean keeps all that `F` has. Division by a public number above 512 (16 on 32
//! bits) is taken for a mean, and truncates first, too.
//!
//! Public infinities stand for [`infinity`](crate::session::Scales::infinity), an eighth of what fits, where they are
//! selected, moved or joined, and where minus infinity is added: padding and masks. The largest and the smallest number
//! of single precision stand for half of it. Compared with a secret they are beyond it, but for a secret that may have
//! become infinite so; `is_inf` finds those, and a reveal gives infinities back. As factors they are an error, as is what
//! is no number. A maximum over padding alone is minus infinity.
//!
//! Quotients, reciprocals, roots and logarithms of secrets are right for every value that the ring holds. A quotient
//! keeps its relative precision, `2^-20` on 64 bits and `2^-10` on 32, and must be below `2^20`, or `2^10`, in magnitude;
//! a divisor must be below `2^22`, or `2^10`. An exponential must be below `2^39`, or `2^17`; an angle at most 1024, or
//! 16, from zero. Where a function is not defined (a division by zero, a root of a negative number, a quotient, an
//! exponential or an angle that is too large) a flag is set. Nobody sees it, until something is revealed: then nothing
//! is, and the session ends with [`MpcError::Domain`](crate::MpcError::Domain), which names the functions that it may
//! have been. That costs 48 bytes for a reveal, and a comparison for each value that is checked. A sort by ranks opens
//! shuffled places, and checks the flags before it does.
//!
//! Sigmoid, tanh, erf, gelu, log-sigmoid and softmax are right for every value that the ring holds, at the default scale
//! within 4 units of `2^-16` on 64 bits and within 0.0025 on 32; a softmax rounds each term of its sum besides.
//! `docs/spec/functions.md` says how.
//!
//! # Integers
//!
//! A secret integer is a word of the ring, from `-2^(k-1)` to `2^(k-1) - 1`, whatever Burn's type: a secret has no data
//! type, and sums and products wrap modulo `2^k`. Bit operations, shifts, and division by public numbers are right for
//! every word. Amounts of shifts count modulo 64. Division rounds toward zero, and a remainder has the sign of the
//! divisor, as in Burn's Flex. By a secret divisor, dividend and divisor must be below `2^(k-3)` in magnitude; of floats
//! these are the integers that stand for them, so `2^41` at the default scale, `2^19` on 32 bits. Larger ones, and a
//! secret zero as divisor, set a flag; a public divisor of zero is an error. Public integers of `2^53` and more are an
//! error too, since doubles do not hold them exactly. An integer that is read must fit the type that Burn reads it as
//! (32 bits on Flex), else the read is an error.
//!
//! Remainders of floats are exact, also at multiples of the divisor. `trunc`, `floor`, `ceil` and `int` of a quotient are
//! those of the exact quotient if they come right after the division, so that `fmod` does not jump at multiples of its
//! divisor. By a public divisor that is no binary fraction at the session's scale they round the quotient by its
//! reciprocal.
//!
//! A running product (`cumprod`) is rounded once at each of `log2 n` levels. The product of every run of neighbours
//! that it computes must fit, not only the prefixes: see `docs/spec/maximum.md`. Sorts and running extrema are exact.
//!
//! # Lazy states
//!
//! A secret tensor is a shape around a cell that clones and reshapes share. The cell holds ring elements, bits,
//! deferred work (a linear layer, into which affine maps fold; a clamp, which takes a second limit or a pooling), or
//! nothing, after a failure. An op that needs more settles the cell once, for all that share it. Values that depend on
//! parameters alone have a key and are computed once per session; [`prepare`](crate::prepare) computes them before the
//! first inference.
