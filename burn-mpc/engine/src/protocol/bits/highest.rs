//! The highest bit that is set, one-hot.

use crate::protocol::bits::planes::PlaneShare;
use crate::protocol::bits::prefix::{Pairs, WordBits, and_level, dealt_levels_cost, joins, levels};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring;

/// The conjunctions of a level, of planes numbered from the lowest bit; places count from the highest.
fn conjunctions(n: usize, level: usize) -> Pairs {
    let (high, low) = joins(n, level)
        .map(|(place, below)| (n - 1 - place, n - 1 - below))
        .unzip();
    Pairs { high, low }
}

/// For every element one bit: that of the highest plane that is set. None if no bit is set.
///
/// - **Holds**: replicated bits before and after, as many planes.
/// - **Sends**: a parallel prefix of conjunctions, 3 bits each; A of the rotation waits for nothing. For `n` planes
///   `log2 n` rounds and at most `n / 2` conjunctions in each.
/// - **Randomness**: for every level two draws from `K_A` and one from `K_B`.
/// - **Correctness**: the conjunction `a_j` of the negations of the bits from `j` on says that none of them is set. Bit
///   `j` is the highest iff `a_(j+1)` and not `a_j`; the second implies the first.
/// - **Leaks**: nothing, see `share` in `bits/dealt.rs`.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(crate) fn highest(ctx: &mut Context, bits: &WordBits) -> Result<WordBits, ProtocolError> {
    let rotation = bits.rotation;
    let (n, len) = (bits.planes.planes, bits.planes.len);
    let op = ctx.begin_as("highest-bit", &[n, len], rotation);
    let sizes = (0..levels(n)).map(|level| conjunctions(n, level).len());
    if n > 1 {
        ctx.declare(&dealt_levels_cost(sizes, len, op.roles()));
    }
    if !ctx.computes() {
        let planes = PlaneShare::counted(n, len);
        return Ok(WordBits { planes, rotation });
    }
    let mut none = bits.planes.clone().not(ctx.party());
    for level in 0..levels(n) {
        let pairs = conjunctions(n, level);
        let shared = and_level(ctx, op, level, [&none, &none], &pairs)?;
        for (from, &place) in pairs.high.iter().enumerate() {
            none.update(place, &shared, from, <[u64]>::copy_from_slice);
        }
    }
    let above = none.clone();
    let mut planes = none;
    for place in 0..n.saturating_sub(1) {
        planes.update(place, &above, place + 1, ring::xor_assign);
    }
    if n > 0 {
        // Above the top plane nothing is set.
        let top = planes.select(&[n - 1]).not(ctx.party());
        planes.update(n - 1, &top, 0, <[u64]>::copy_from_slice);
    }
    Ok(WordBits { planes, rotation })
}
