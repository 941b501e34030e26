//! Bits in two parts, one known to A, the other to B and C: the result of the two-round comparison.

use core::fmt;

use crate::party::{Party, Rotation};
use crate::protocol::bits::b2a::{cost as b2a_cost, lift};
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{BitShare, Rss};
use crate::step::split_bits::{PART_A, PART_B};

/// `len` bits `beta xor gamma`: `beta` at A, `gamma` at B and at C.
#[derive(Clone)]
#[must_use]
pub struct SplitBits {
    len: usize,
    /// `beta` or `gamma`, packed; unused bits are zero.
    part: Vec<u64>,
    /// Who plays which role.
    rotation: Rotation,
}

impl SplitBits {
    pub(crate) fn new(op: Op, len: usize, part: Vec<u64>) -> Self {
        Self {
            len,
            part: BitPlanes::from_words(1, len, part).into_words(),
            rotation: op.rotation(),
        }
    }

    pub(crate) fn zeros(op: Op, len: usize) -> Self {
        Self::new(op, len, vec![0; len.div_ceil(64)])
    }

    /// Number of bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no bit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// `beta` at A, `gamma` at B and C, packed.
    #[must_use]
    pub fn part(&self) -> &[u64] {
        &self.part
    }

    /// Who plays A, B and C.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        self.rotation
    }
}

impl fmt::Debug for SplitBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SplitBits").finish_non_exhaustive()
    }
}

fn xor(x: &[u64], y: &[u64]) -> Vec<u64> {
    x.iter().zip(y).map(|(x, y)| x ^ y).collect()
}

/// Declared cost of [`share_split`] of `len` bits: 1 bit each, 1 round.
pub fn share_split_cost(len: usize, roles: [Party; 3]) -> Cost {
    Cost::local().round(roles, &[(A, B, ring::plane_bytes(len))])
}

/// Turns split bits into replicated ones.
///
/// - **Holds**: before `beta` at A, `gamma` at B and C; after, component A is `F(K_A)`, component B is
///   `beta xor F(K_A)`, component C is `gamma`.
/// - **Sends**: 1 round, A -> B: component B, 1 bit.
/// - **Randomness**: one bit from `K_A`.
/// - **Correctness**: the components add up (xor) to `beta xor gamma`.
/// - **Leaks**: nothing: B lacks `K_A`. Component C is not fresh: it is what B and C know anyway.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn share_split(ctx: &mut Context, bits: &SplitBits) -> Result<BitShare, ProtocolError> {
    let len = bits.len;
    let op = ctx.begin_as("share-split", &[len], bits.rotation);
    ctx.declare(&share_split_cost(len, op.roles()));
    if !ctx.computes() {
        return Ok(BitShare::counted(len));
    }
    let [a, b, _] = op.roles();
    match op.role() {
        A => {
            let mask = ctx.draw_words(op, op.key(A), PART_A, bits.part.len())?;
            let rest = xor(&bits.part, &mask);
            ctx.send_planes(op, b, PART_A, &rest, 1, len)?;
            Ok(BitShare::new(len, mask, rest))
        }
        B => {
            let rest = ctx.recv_planes(op, a, PART_A, 1, len)?;
            Ok(BitShare::new(len, rest, bits.part.clone()))
        }
        _ => {
            let mask = ctx.draw_words(op, op.key(A), PART_A, bits.part.len())?;
            Ok(BitShare::new(len, bits.part.clone(), mask))
        }
    }
}

/// Declared cost of [`lift_split`] of `len` bits: `3k` bits in 2 rounds.
pub fn lift_split_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    b2a_cost::<R>(len, roles)
}

/// Turns split bits into ring elements 0 and 1. Starts [`b2a`](crate::protocol::b2a()) from the two parts, so that the
/// bits need not be shared first. Sends, randomness and privacy are those of `b2a`.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn lift_split<R: Ring>(ctx: &mut Context, bits: &SplitBits) -> Result<Rss<R>, ProtocolError> {
    let op = ctx.begin_as("lift-split", &[bits.len], bits.rotation);
    ctx.declare(&lift_split_cost::<R>(bits.len, op.roles()));
    if !ctx.computes() {
        return Ok(Rss::counted(bits.len));
    }
    lift(ctx, op, &bits.part, bits.len)
}

/// Declared cost of [`open_split`] of `len` bits: 3 bits each, 1 round.
pub fn open_split_cost(len: usize, roles: [Party; 3]) -> Cost {
    let bytes = ring::plane_bytes(len);
    Cost::local().round(roles, &[(A, B, bytes), (A, C, bytes), (B, A, bytes)])
}

/// Opens `c = b xor rho` to all three; packed, unused bits zero.
///
/// - **Holds**: before `beta` at A, `gamma` at B and C, `rho` replicated; after, all have `c`.
/// - **Sends**: 1 round, A -> B and C: `beta xor rho_A xor rho_B`; B -> A: `gamma xor rho_C`; 3 bits.
/// - **Randomness**: none but `rho`, which must mask nothing else.
/// - **Correctness**: the two messages add up (xor) to `c`.
/// - **Leaks**: `c` only, which is uniform. Given it, each message is determined by what its receivers know.
///
/// # Errors
/// Failure of a link.
pub fn open_split(
    ctx: &mut Context,
    bits: &SplitBits,
    rho: &BitShare,
) -> Result<Vec<u64>, ProtocolError> {
    debug_assert_eq!(bits.len, rho.len());
    let len = bits.len;
    let op = ctx.begin_as("open-split", &[len], bits.rotation);
    ctx.declare(&open_split_cost(len, op.roles()));
    if !ctx.computes() {
        return Ok(vec![0; len.div_ceil(64)]);
    }
    let mut opened = send_opening(ctx, op, bits, rho)?;
    receive_opening(ctx, op, &mut opened, len)?;
    Ok(opened)
}

/// The first half of [`open_split`], as part of `op`: A and B send their parts of `c`. Returns this party's.
pub(crate) fn send_opening(
    ctx: &mut Context,
    op: Op,
    bits: &SplitBits,
    rho: &BitShare,
) -> Result<Vec<u64>, ProtocolError> {
    let [a, b, c] = op.roles();
    let mut part = bits.part.clone();
    let to: &[Party] = match op.role() {
        A => {
            ring::xor_assign(&mut part, rho.first());
            ring::xor_assign(&mut part, rho.second());
            &[b, c]
        }
        B => {
            ring::xor_assign(&mut part, rho.second());
            &[a]
        }
        _ => {
            ring::xor_assign(&mut part, rho.first());
            &[]
        }
    };
    for &peer in to {
        let step = if op.role() == A { PART_A } else { PART_B };
        ctx.send_planes(op, peer, step, &part, 1, bits.len)?;
    }
    Ok(part)
}

/// The second half of [`open_split`]: completes `c` of `len` bits from this party's part.
pub(crate) fn receive_opening(
    ctx: &mut Context,
    op: Op,
    part: &mut [u64],
    len: usize,
) -> Result<(), ProtocolError> {
    let [a, b, _] = op.roles();
    let (from, step) = if op.role() == A {
        (b, PART_B)
    } else {
        (a, PART_A)
    };
    ctx.recv_planes_onto(op, from, step, part, 1, len)
}
