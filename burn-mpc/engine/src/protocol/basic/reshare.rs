//! `Additive -> Rss`.

use crate::protocol::context::{Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, Rss};
use crate::step::Step;
use crate::step::reshare::{MESSAGE, ZERO};

/// Declared cost of [`reshare`] of `len` elements: `3k` bits in 1 round.
pub fn cost<R: Ring>(len: usize) -> Cost {
    let bytes = len * R::BYTES;
    Cost::local().round(
        crate::Party::ALL,
        &[(0, 2, bytes), (1, 0, bytes), (2, 1, bytes)],
    )
}

/// Turns a three-out-of-three sharing into a replicated one.
///
/// - **Holds**: before, `P_i` has `z_i`; after, `(y_i, y_{i+1})` with `y_i = z_i + zeta_i`.
/// - **Sends**: 1 round, `P_i -> P_{i-1}`: `y_i`, `k` bits each.
/// - **Randomness**: one zero share (`F(K_i) - F(K_{i+1})`).
/// - **Correctness**: the `zeta_i` add up to 0.
/// - **Leaks**: nothing: `P_{i-1}` does not hold `K_{i+1}`, so `y_i` is uniform to it.
///
/// Source: Araki et al., CCS 2016.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reshare<R: Ring>(ctx: &mut Context, z: &Additive<R>) -> Result<Rss<R>, ProtocolError> {
    let op = ctx.begin("reshare", &[z.len()]);
    ctx.declare(&cost::<R>(z.len()));
    if !ctx.computes() {
        return Ok(Rss::counted(z.len()));
    }
    let own = ctx.masked_by_zero(op, ZERO, z.part())?;
    exchange(ctx, op, MESSAGE, own)
}

/// `P_i` sends its masked part to `P_{i-1}` and takes `P_{i+1}`'s as its second component.
fn exchange<R: Ring>(
    ctx: &mut Context,
    op: Op,
    step: Step,
    own: Vec<R>,
) -> Result<Rss<R>, ProtocolError> {
    let party = ctx.party();
    ctx.send(op, party.prev(), step, &own)?;
    let next = ctx.recv(op, party.next(), step, own.len())?;
    Ok(Rss::new(own, next))
}
