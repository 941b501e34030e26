//! The primitives, and what an inference is made of.
//!
//! # States of a share
//!
//! - [`Rss`](burn_mpc_engine::share::Rss), replicated: ready for products, comparisons and opening.
//! - [`Additive`](burn_mpc_engine::share::Additive): one summand per party, the result of any local product. Linear
//!   ops work on it as well, so residual additions, biases and average pools happen before a byte is sent.
//! - [`TwoOfTwo`](burn_mpc_engine::share::TwoOfTwo): two summands at two parties, on the way through a truncation.
//! - [`BitShare`](burn_mpc_engine::share::BitShare): replicated bits, packed.
//! - [`XorBits`](burn_mpc_engine::share::XorBits): one summand per party over GF(2), the result of a local AND.
//! - [`SplitBits`](burn_mpc_engine::protocol::SplitBits): one summand at one party, the other at the other two.
//!
//! # Primitives
//!
//! | primitive | what it does | declared by |
//! | --- | --- | --- |
//! | [`input`](burn_mpc_engine::protocol::input()) | an owner's values to replicated shares | [`input_cost`](burn_mpc_engine::protocol::input_cost) |
//! | [`multiply`](burn_mpc_engine::protocol::multiply), [`matmul`](burn_mpc_engine::protocol::matmul), [`conv2d`](burn_mpc_engine::protocol::conv2d) | products, replicated to additive | local |
//! | [`reshare`](burn_mpc_engine::protocol::reshare()) | additive to replicated | [`reshare_cost`](burn_mpc_engine::protocol::reshare_cost) |
//! | [`truncate`](burn_mpc_engine::protocol::truncate()) | the same, divided by a power of two | [`truncate_cost`](burn_mpc_engine::protocol::truncate_cost) |
//! | [`msb`](burn_mpc_engine::protocol::msb()), [`msb_in`](burn_mpc_engine::protocol::msb_in) | sign bits (DReLU), of the whole word or of a window of it | [`msb_cost`](burn_mpc_engine::protocol::msb_cost), [`msb_in_cost`](burn_mpc_engine::protocol::msb_in_cost) |
//! | [`msb_split`](burn_mpc_engine::protocol::msb_split) | the same in 2 rounds, split between one party and the other two | [`msb_split_cost`](burn_mpc_engine::protocol::msb_split_cost) |
//! | [`share_split`](burn_mpc_engine::protocol::share_split), [`lift_split`](burn_mpc_engine::protocol::lift_split), [`open_split`](burn_mpc_engine::protocol::open_split) | split bits to replicated bits, to ring elements, to public bits under a mask | [`share_split_cost`](burn_mpc_engine::protocol::share_split_cost), [`lift_split_cost`](burn_mpc_engine::protocol::lift_split_cost), [`open_split_cost`](burn_mpc_engine::protocol::open_split_cost) |
//! | [`msb_parts`](burn_mpc_engine::protocol::msb_parts), [`open_masked`](burn_mpc_engine::protocol::open_masked()) | sign bits before their last resharing; their opening under a mask | [`msb_parts_cost`](burn_mpc_engine::protocol::msb_parts_cost), [`open_masked_cost`](burn_mpc_engine::protocol::open_masked_cost) |
//! | [`random_bits`](burn_mpc_engine::protocol::random_bits()) | bits that nobody knows, over GF(2) and over the ring | [`b2a_cost`](burn_mpc_engine::protocol::b2a_cost) |
//! | [`gate`](burn_mpc_engine::protocol::gate()) | truncated values where the sum of their patch is positive, left with two parties: fewest bytes | [`gate_cost`](burn_mpc_engine::protocol::gate_cost) |
//! | [`gate_rounds`](burn_mpc_engine::protocol::gate_rounds()) | the same, replicated: fewest rounds | [`gate_rounds_cost`](burn_mpc_engine::protocol::gate_rounds_cost) |
//! | [`gate_masked`](burn_mpc_engine::protocol::gate_masked()) | the same, replicated, with signs of truncated sums: fewest bytes for a sign per element | [`gate_masked_cost`](burn_mpc_engine::protocol::gate_masked_cost) |
//! | [`relu_replicated`](burn_mpc_engine::protocol::relu_replicated()) | replicated values where the sum of their patch is positive; [`relu_truncated`](burn_mpc_engine::protocol::relu_truncated()) takes fewer bits of truncated ones | [`relu_replicated_cost`](burn_mpc_engine::protocol::relu_replicated_cost) |
//! | [`inject`](burn_mpc_engine::protocol::inject()) | products of the bits of patches with their elements | [`inject_cost`](burn_mpc_engine::protocol::inject_cost) |
//! | [`reshare_halves`](burn_mpc_engine::protocol::reshare_halves), [`truncate_halves`](burn_mpc_engine::protocol::truncate_halves) | what two parties hold, replicated | [`reshare_halves_cost`](burn_mpc_engine::protocol::reshare_halves_cost), [`truncate_halves_cost`](burn_mpc_engine::protocol::truncate_halves_cost) |
//! | [`is_zero`](burn_mpc_engine::protocol::is_zero) | test for zero | [`is_zero_cost`](burn_mpc_engine::protocol::is_zero_cost) |
//! | [`bit_and`](burn_mpc_engine::protocol::bit_and) | conjunction of shared bits | [`bit_and_cost`](burn_mpc_engine::protocol::bit_and_cost) |
//! | [`b2a`](burn_mpc_engine::protocol::b2a()) | bits to ring elements 0 and 1 | [`b2a_cost`](burn_mpc_engine::protocol::b2a_cost) |
//! | [`maximum`](burn_mpc_engine::protocol::maximum()) | maxima | the calls it makes |
//! | [`tournament`](burn_mpc_engine::protocol::tournament()) | maxima with their index | the calls it makes |
//! | [`scan_maximum`](burn_mpc_engine::protocol::scan_maximum), [`scan_product`](burn_mpc_engine::protocol::scan_product) | running maxima and products | the calls they make |
//! | [`sort`](burn_mpc_engine::protocol::sort()) | the elements of rows in order, with their indices | the calls it makes |
//! | [`shuffle`](burn_mpc_engine::protocol::shuffle()) | rows in an order that nobody knows | [`shuffle_cost`](burn_mpc_engine::protocol::shuffle_cost) |
//! | [`reciprocal`](burn_mpc_engine::protocol::reciprocal()), [`sqrt`](burn_mpc_engine::protocol::sqrt) | of positive values, for vectors of parameters | the calls they make |
//! | [`exact`](burn_mpc_engine::protocol::exact) | truncation whose rounding is a function of the value alone | [`truncate_cost`](burn_mpc_engine::protocol::truncate_cost) |
//! | [`round_additive`](burn_mpc_engine::protocol::round_additive), [`round_replicated`](burn_mpc_engine::protocol::round_replicated) | clear the low bits of a value that is to be opened | [`round_additive_cost`](burn_mpc_engine::protocol::round_additive_cost), [`round_replicated_cost`](burn_mpc_engine::protocol::round_replicated_cost) |
//! | [`lift_halves`](burn_mpc_engine::protocol::lift_halves) | split bits to ring elements that two parties hold | [`lift_halves_cost`](burn_mpc_engine::protocol::lift_halves_cost) |
//! | [`reveal`](burn_mpc_engine::protocol::reveal()) | opens to one party or to all | [`reveal_cost`](burn_mpc_engine::protocol::reveal_cost) |
//!
//! Each primitive documents who holds what before and after, what is sent, which randomness it draws, why it is correct
//! and why its messages leak nothing. What truncations and reveals disclose together is in the [threat
//! model](crate::manual::threat_model). Messages leak nothing by one rule: *one pad per message*. Every message is a
//! value minus a pseudo-random pad under a key its receiver lacks, and no other message to the same receiver uses that
//! pad.
//!
//! # A layer
//!
//! In a convolution followed by ReLU, the product is local and leaves an additive share. A gate truncates it, finds the
//! signs of the whole layer and multiplies by them in one call, with fewest bytes
//! ([`gate`](burn_mpc_engine::protocol::gate())) or in fewest rounds
//! ([`gate_rounds`](burn_mpc_engine::protocol::gate_rounds())), as the session's [`Schedule`](crate::session::Schedule)
//! says. `Classic` does the same step by step: a reshare, the sign bits, their conversion, and a product whose
//! truncation waits for the next layer. Rounds never depend on the size of a tensor.
//!
//! # Randomness
//!
//! Each component has a key that its two holders share ([`prg`](burn_mpc_engine::prg)). A stream is named by key,
//! operation and label and is drawn once; there is no counter that could drift. A draw that one holder
//! skips would give a consistent wrong value, so digests of all draws are compared before a reveal.
