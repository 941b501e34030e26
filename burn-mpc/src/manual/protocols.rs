//! The primitives, and what an inference is made of.
//!
//! # States of a share
//!
//! - [`Rss`](crate::share::Rss), replicated: ready for products, comparisons and opening.
//! - [`Additive`](crate::share::Additive): one summand per party, the result of any local product. Linear
//!   ops work on it as well, so residual additions, biases and average pools happen before a byte is sent.
//! - [`TwoOfTwo`](crate::share::TwoOfTwo): two summands at two parties, on the way through a truncation.
//! - [`BitShare`](crate::share::BitShare): replicated bits, packed.
//!
//! # Primitives
//!
//! | primitive | what it does | declared by |
//! | --- | --- | --- |
//! | [`input`](crate::protocol::input()) | an owner's values to replicated shares | [`input_cost`](crate::protocol::input_cost) |
//! | [`multiply`](crate::protocol::multiply), [`matmul`](crate::protocol::matmul), [`conv2d`](crate::protocol::conv2d) | products, replicated to additive | local |
//! | [`reshare`](crate::protocol::reshare()) | additive to replicated | [`reshare_cost`](crate::protocol::reshare_cost) |
//! | [`truncate`](crate::protocol::truncate()) | the same, divided by a power of two | [`truncate_cost`](crate::protocol::truncate_cost) |
//! | [`msb`](crate::protocol::msb()) | sign bits (DReLU) | [`msb_cost`](crate::protocol::msb_cost) |
//! | [`is_zero`](crate::protocol::is_zero) | test for zero | [`is_zero_cost`](crate::protocol::is_zero_cost) |
//! | [`bit_and`](crate::protocol::bit_and) | conjunction of shared bits | [`bit_and_cost`](crate::protocol::bit_and_cost) |
//! | [`b2a`](crate::protocol::b2a()) | bits to ring elements 0 and 1 | [`b2a_cost`](crate::protocol::b2a_cost) |
//! | [`tournament`](crate::protocol::tournament) | maxima, with their index if wanted | the calls it makes |
//! | [`reciprocal`](crate::protocol::reciprocal()), [`sqrt`](crate::protocol::sqrt) | of positive values, for vectors of parameters | the calls they make |
//! | [`reveal`](crate::protocol::reveal()) | opens to one party or to all | [`reveal_cost`](crate::protocol::reveal_cost) |
//!
//! Each documents who holds what before and after, what is sent, which randomness it draws, why it is
//! correct and why it leaks nothing. The rule behind the last: *one pad per message*. Every message is
//! something minus a pseudo-random value under a key its receiver lacks, and that value serves no other
//! message to the same receiver.
//!
//! # A layer
//!
//! A convolution followed by ReLU: the product is local and leaves an additive share; a
//! [truncation](crate::protocol::truncate()) that is due anyway turns it into a replicated one; the
//! sign bits of the whole layer come from one call; they are lifted to the ring and multiplied, locally
//! again. Rounds therefore do not depend on the size of a tensor.
//!
//! # Randomness
//!
//! Each component has a key that its two holders share ([`prg`](crate::prg)). A stream is named by key,
//! operation and label and is drawn once; there is no counter that could drift. A draw that one holder
//! skips would give a consistent wrong value, so digests of all draws are compared before a reveal.
