//! Porting a model: what to swap, what stays public, what to do about errors.
//!
//! # What to swap
//!
//! A model in plain Burn is generic over its backend. It needs no change:
//!
//! 1. The backend: `type Private = Mpc<Flex, Z64>`.
//! 2. The weights: every party builds the same module, the owner alone loads its weights, and
//!    [`share_model`](crate::share_model) turns its float parameters into shares. Initial values elsewhere are never
//!    read. Integer parameters stay public, as each party has them: make them equal.
//! 3. The data: [`share`](crate::share()) or [`share_from`](crate::MpcTensorExt::share_from).
//! 4. The result: [`reveal_to`](crate::reveal_to), with a reader and a label. Where the class is all that is wanted,
//!    [`reveal_argmax_to`](crate::reveal_argmax_to).
//!
//! All parties run the same program, in the same order, and differ only in what they hold. Call
//! [`prepare`](crate::prepare) once, so that the first inference does not pay for what depends on weights alone.
//!
//! *Batch norm.* In inference it costs nothing: by default the owner folds scale and shift into the layer before, in
//! the clear, before anything is shared. So share a trained model, with its running mean and variance. With
//! [`fold_on_shares`](crate::ShareOptions) parameters of several owners are folded as secrets, once in a session. Layer
//! and group norm depend on data, so they are computed for each inference.
//!
//! # What stays public
//!
//! - Shapes, strides, the number of tokens, which ops run: the program. A shape that depends on data (`argwhere`, a
//!   sequence cut at its end) has no private form: pad to a public length, and use masks.
//! - Whatever the program makes itself: `zeros`, `ones`, `arange`, `from_data`, position tables, masks from public
//!   lengths. Public tensors cost nothing, and a product of a secret with one is local.
//! - Indices that the program makes. `select`, `gather` and `scatter` by public indices move shares and cost nothing.
//!   Secret indices work too, for a price: [embeddings](crate::manual::embeddings).
//! - Random numbers: all parties draw the same, and know them.
//!
//! # What must change
//!
//! *Reads in the middle.* `into_scalar`, `into_data` and `if` on a value need the value. That is
//! [`MpcError::NotRevealed`](crate::MpcError::NotRevealed). Compute both ways and select:
//!
//! ```
//! use burn::backend::Flex;
//! use burn::tensor::{Tensor, backend::Backend};
//! use burn_mpc::session::local::three_parties;
//! use burn_mpc::{Mpc, MpcError, MpcTensorExt, Party, SessionConfig};
//!
//! // Not `if x.clone().abs().max().into_scalar() > 1.0 { x / 2 } else { x }`.
//! fn tamed<B: Backend>(x: Tensor<B, 1>) -> Tensor<B, 1> {
//!     let is_large = x.clone().abs().max().greater_elem(1.0).expand([x.dims()[0]]);
//!     x.clone().mask_where(is_large, x / 2.0)
//! }
//!
//! let [found, ..] = three_parties(&SessionConfig::z64(), |device| {
//!     let held = (device.party() == Some(Party::P0))
//!         .then(|| Tensor::<Flex, 1>::from_data([0.5, -3.0], &Default::default()));
//!     let x = Tensor::<Mpc, 1>::share_from(&device, Party::P0, "x", [2], held)?;
//!     assert!(x.clone().try_into_data().is_err());
//!     tamed(x).reveal("y")
//! })?;
//! let found: Vec<f32> = found?.into_data().iter::<f32>().collect();
//! assert_eq!(found, [0.25, -1.5]);
//! # Ok::<(), MpcError>(())
//! ```
//!
//! *Prints.* `{:?}` of a secret shows its shape and scale, `{}` is an op that all parties must run, or none:
//! [printing](crate::MpcTensorExt#printing).
//!
//! *Threads.* One thread issues the ops of a session: their order is what the parties agree on.
//!
//! # What no secret holds
//!
//! Burn's own tests of tensors and of gradients run on this backend with every input secret, but for what follows. It
//! is an error, never another number:
//!
//! - what is no number, and infinities in arithmetic: `0 / 0`, `ln 0`, the loss of a target that `ctc_loss` cannot reach.
//!   Infinities that mark padding and masks are kept, found by `is_inf`, and revealed;
//! - numbers beyond the range of the ring, such as `1e10 * 1e10`, where limits are declared or the session is
//!   [`checked`](crate::SessionConfig::checked); integers beyond their type when they are read;
//! - ops of one session on several threads: they have no order that the three parties share.
//!
//! Decimals are rounded: `2.5` may come out of a division as `2.500002`. Compare with a tolerance.
//!
//! # Errors, and what to do
//!
//! An op returns no error in Burn. The first one ends the session, later ops give tensors without values, and the next
//! reveal returns it. [`MpcDevice::failure`](crate::MpcDevice::failure) has it at any time.
//!
//! | code | what it means | what to do |
//! | --- | --- | --- |
//! | `MPC-RANGE` at an owner | a value is too large to be shared, or not finite | scale inputs as for training; large values with [`share_within`](crate::share_within) |
//! | `MPC-OVERFLOW` | a declared limit, or a calibrated layer, does not fit the ring | fewer fractional bits, weights with [their own scales](crate::session::WeightScales), or `Z_2^64` |
//! | `MPC-DOMAIN` | a value lies outside a function's domain | [functions](crate::manual::functions#what-happens-beyond): clamp, or add an epsilon |
//! | `MPC-UNSUPPORTED` | secrets do not have this op | the hint says what to use; `docs/OPS.md` lists all |
//! | `MPC-NOT-REVEALED` | a secret was read | see above |
//! | `MPC-SHAPE` | operands do not fit | as in Burn, where it panics |
//! | `MPC-TOO-LARGE` | a tensor has too many elements | split the batch, or raise [`max_elements`](crate::SessionConfig::max_elements) |
//! | `MPC-PROTOCOL`, `MPC-SETUP` | parties ran different programs or configurations | make them equal; print nothing with `{}` at one party alone |
//!
//! An intermediate value that outgrows the ring is *not* noticed, unless limits are declared. So calibrate a new model
//! on sample data before it is used: [`calibrate`](crate::session::calibrate()) reports the bits that every layer
//! needs, and [`check`](crate::session::RangeReport::check) refuses what does not fit. It runs all three parties in one
//! process, which sees everything: use samples that it may see.
//!
//! Where results are less accurate than expected, [`explain`](crate::session::explain()) plays the same program beside
//! the plaintext backend and says how far every layer is from it, and which layers add most.
//!
//! # Choosing the ring
//!
//! `Z_2^64` fits nearly everything. `Z_2^32` sends about half the bytes, has 10 fractional bits instead of 20, and
//! holds few integer bits. Do not guess: [`choose_ring`](crate::session::ScaleSearch::choose_ring) finds a scale for
//! every layer's weight, and takes the narrow ring if everything fits with a margin and the results of the samples
//! agree.
//!
//! ```
//! use burn::backend::Flex;
//! use burn::nn::LinearConfig;
//! use burn::tensor::Tensor;
//! use burn_mpc::session::ScaleSearch;
//! use burn_mpc::{
//!     Mpc, MpcDevice, MpcError, MpcTensorExt, Party, SessionConfig, ShareOptions, Z64, share_model,
//! };
//!
//! // Calibration plays the narrow ring on the wide one.
//! let sample = |_: &SessionConfig, device: MpcDevice| {
//!     let layer = LinearConfig::new(4, 3).init::<Mpc<Flex, Z64>>(&device);
//!     let layer = share_model(layer, &device, Party::P0, ShareOptions::default())?;
//!     let held = (device.party() == Some(Party::P1))
//!         .then(|| Tensor::<Flex, 2>::from_data([[0.1, -0.2, 0.3, 0.4]], &Default::default()));
//!     let x = Tensor::share_from(&device, Party::P1, "x", [1, 4], held)?;
//!     let y = layer.forward(x).reveal("y")?;
//!     Ok::<_, MpcError>(y.into_data().iter::<f32>().collect::<Vec<f32>>())
//! };
//! let near = |a: &[Vec<f32>; 3], b: &[Vec<f32>; 3]| {
//!     let mut pairs = a[1].iter().zip(&b[1]);
//!     pairs.all(|(a, b)| (a - b).abs() < 0.05)
//! };
//! let choice = ScaleSearch::default().choose_ring(&SessionConfig::z64(), sample, near)?;
//! // Build the module as `Mpc<Flex, Z32>` if it says 32, and as `Mpc<Flex, Z64>` else.
//! assert!([32, 64].contains(&choice.config.ring_bits));
//! # Ok::<(), MpcError>(())
//! ```
//!
//! Weights are random here, so each run of the closure must draw the same ones in earnest: load them from a file.
//! A config is plain data: keep the one that was found, and give the same to all parties.
//!
//! # Finding what differs
//!
//! Run the same generic program on `Flex` and on `Mpc` by [`three_parties`](crate::session::local::three_parties), and
//! compare layer by layer: reveal more than you would in earnest, to all. A difference that grows from layer to layer
//! is rounding; one that jumps is a value that wrapped. [Costs](crate::manual::costs) says how to see where rounds and
//! bytes go.
