//! Random bits that nobody knows, shared over GF(2) and over the ring.

use crate::Party;
use crate::protocol::bits::b2a::{b2a_costing, cost as b2a_cost};
use crate::protocol::context::{Context, KeyOf};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{BitShare, Rss};
use crate::step::random_bits::BITS;

/// Declared cost of [`random_bits`]: that of [`b2a`](crate::protocol::b2a()), all of it early.
fn cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    b2a_cost::<R>(len, roles).early()
}

/// `len` random bits as a replicated bit share and as a replicated ring share (`daBits`).
///
/// They do not depend on any input, so they can be made before the values they will mask. The cost is
/// [`b2a_cost`](crate::protocol::b2a_cost): `3k` bits in 2 rounds.
///
/// - **Holds**: before nothing; after `rho` in both forms.
/// - **Sends**: what [`b2a`](crate::protocol::b2a()) sends.
/// - **Randomness**: one bit from each key; that of [`b2a`](crate::protocol::b2a()).
/// - **Correctness**: the components of the bit share are the drawn bits; any one of them makes it uniform.
/// - **Leaks**: nothing: a party lacks one component of `rho`.
///
/// Source: daBits of Rotaru and Wood (INDOCRYPT 2019), with the conversion of this project.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn random_bits<R: Ring>(
    ctx: &mut Context,
    len: usize,
) -> Result<(BitShare, Rss<R>), ProtocolError> {
    let op = ctx.begin("random-bits", &[len]);
    if !ctx.computes() {
        let bits = BitShare::counted(len);
        return b2a_costing(ctx, &bits, cost::<R>).map(|lifted| (bits, lifted));
    }
    let (party, words) = (ctx.party(), len.div_ceil(64));
    let own = ctx.draw_words(op, KeyOf(party), BITS, words)?;
    let next = ctx.draw_words(op, KeyOf(party.next()), BITS, words)?;
    let bits = BitShare::new(len, own, next);
    b2a_costing(ctx, &bits, cost::<R>).map(|lifted| (bits, lifted))
}
