//! Opening bits under a shared random bit: what everybody sees is uniform.

use crate::Party;
use crate::protocol::context::{Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, BitPlanes};
use crate::share::{BitShare, XorBits};
use crate::step::open_masked::{PART, ZERO};

/// Declared cost of [`open_masked`] of `len` bits: 6 bits each, 1 round.
pub fn cost(len: usize) -> Cost {
    let bytes = ring::plane_bytes(len);
    let all = [(0, 1), (0, 2), (1, 2), (1, 0), (2, 0), (2, 1)];
    Cost::local().round(Party::ALL, &all.map(|(from, to)| (from, to, bytes)))
}

/// Opens `c = b xor rho` to all three; packed, unused bits zero.
///
/// - **Holds**: before, `P_i` has the part `b_i` and its components of `rho`; after, all have `c`.
/// - **Sends**: 1 round, `P_i` to both others: `b_i xor rho_i xor zeta_i`, 6 bits.
/// - **Randomness**: one xor zero share.
/// - **Correctness**: the parts of `zeta` cancel.
/// - **Leaks**: `c` only, which is uniform since every party lacks one component of `rho`; `rho` must mask
///   nothing else. The zero share is needed: a neighbour holds `rho_i` and may know most of what went into
///   the local product `b_i`. Given `c`, the two parts received are uniform.
///
/// Specification: `docs/spec/conversion.md`, "Masked opening".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn open_masked(
    ctx: &mut Context,
    bits: &XorBits,
    rho: &BitShare,
) -> Result<Vec<u64>, ProtocolError> {
    debug_assert_eq!(bits.len(), rho.len());
    let len = bits.len();
    let op = ctx.begin("open-masked", &[len]);
    ctx.declare(&cost(len));
    if !ctx.computes() {
        return Ok(vec![0; len.div_ceil(64)]);
    }
    let mut sum = send_part(ctx, op, bits, rho)?;
    receive_parts(ctx, op, &mut sum, len)?;
    Ok(BitPlanes::from_words(1, len, sum).into_words())
}

/// The first half of [`open_masked`], as part of `op`: sends this party's part of `c`, and returns it.
pub(crate) fn send_part(
    ctx: &mut Context,
    op: Op,
    bits: &XorBits,
    rho: &BitShare,
) -> Result<Vec<u64>, ProtocolError> {
    let len = bits.len();
    let mut part = ctx.zero_bits(op, ZERO, len.div_ceil(64))?;
    ring::xor_assign(&mut part, bits.part());
    ring::xor_assign(&mut part, rho.first());
    for peer in [ctx.party().next(), ctx.party().prev()] {
        ctx.send_planes(op, peer, PART, &part, 1, len)?;
    }
    Ok(part)
}

/// The second half of [`open_masked`]: completes `c` of `len` bits from this party's part.
pub(crate) fn receive_parts(
    ctx: &mut Context,
    op: Op,
    part: &mut [u64],
    len: usize,
) -> Result<(), ProtocolError> {
    for peer in [ctx.party().next(), ctx.party().prev()] {
        ctx.recv_planes_onto(op, peer, PART, part, 1, len)?;
    }
    Ok(())
}
