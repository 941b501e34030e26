//! What fuses with what: one rule a file.
//!
//! A rule looks at an op that a program asks for and at the deferred nodes of its operands. Where it knows something
//! cheaper than the op as it stands, it answers with the result, deferred in turn. Nobody has seen what lies between;
//! reading an intermediate result later computes it as it stands. Rules change neither values nor what is
//! opened.

mod block_relu;
mod clamp_clamp;
mod concat_gate;
mod linear_affine;
mod pool_clamp;
mod product_relu;
mod recip_sqrt;
mod request;
#[cfg(test)]
mod tests;

pub use request::Request;

use crate::ring::Ring;
use crate::tensor::SecretTensor;

/// Answers a request, or leaves it to others.
type Rule<R> = fn(&Request<'_, R>) -> Option<SecretTensor<R>>;

/// The rules, in the order in which they are asked.
fn rules<R: Ring>() -> [Rule<R>; 7] {
    [
        block_relu::rule,
        linear_affine::rule,
        clamp_clamp::rule,
        product_relu::rule,
        pool_clamp::rule,
        concat_gate::rule,
        recip_sqrt::rule,
    ]
}

/// The answer of the first rule that has one.
pub fn fuse<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    rules().into_iter().find_map(|rule| rule(request))
}
