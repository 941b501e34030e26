//! What fuses with what: one rule per file.
//!
//! A rule looks at a requested op and at the deferred nodes of its operands. If it knows a cheaper way than to compute
//! the op alone, it returns the result, deferred in turn. Nobody has read the intermediate results by then; one that is
//! read later is computed by its own op. Rules change neither values nor what is opened.

mod block_relu;
mod clamp_clamp;
mod concat_gate;
mod linear_affine;
mod masked_exp;
mod pool_clamp;
mod product_relu;
mod recip_sqrt;
mod request;
mod softplus;
#[cfg(test)]
mod tests;

pub use request::Request;

use crate::ring::Ring;
use crate::tensor::SecretTensor;

/// Answers a request, or leaves it to other rules.
type Rule<R> = fn(&Request<'_, R>) -> Option<SecretTensor<R>>;

/// The rules, in the order in which they are tried.
fn rules<R: Ring>() -> [Rule<R>; 9] {
    [
        block_relu::rule,
        linear_affine::rule,
        clamp_clamp::rule,
        product_relu::rule,
        pool_clamp::rule,
        concat_gate::rule,
        recip_sqrt::rule,
        softplus::rule,
        masked_exp::rule,
    ]
}

/// The answer of the first rule that has one.
pub fn fuse<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    rules().into_iter().find_map(|rule| rule(request))
}
