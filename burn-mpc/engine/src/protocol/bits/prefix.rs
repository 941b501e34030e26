//! Which places a parallel prefix joins, level by level, and the conjunctions of a level.

use crate::Party;
use crate::party::Rotation;
use crate::protocol::bits::dealt::{exchanges, share};
use crate::protocol::bits::planes::{PlaneShare, xor_local_and};
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring;
use crate::share::BitShare;

/// Levels of a parallel prefix over `n` places.
pub(crate) fn levels(n: usize) -> usize {
    n.max(1).next_power_of_two().ilog2() as usize
}

/// The places that change at a level, each with the place below it that it takes in: the last of the block before its
/// own. After level `l` a place stands for its block of `2^(l+1)` up to itself.
///
/// Source: Sklansky (IRE Transactions, 1960).
pub(crate) fn joins(n: usize, level: usize) -> impl Iterator<Item = (usize, usize)> {
    let block = 1 << level;
    (0..n)
        .filter(move |place| place & block != 0)
        .map(move |place| (place, (place & !(block - 1)) - 1))
}

/// The conjunctions of pairs of planes: those of the first, and those of the second.
#[derive(Default)]
pub(crate) struct Pairs {
    pub(crate) high: Vec<usize>,
    pub(crate) low: Vec<usize>,
}

impl Pairs {
    pub(crate) fn len(&self) -> usize {
        self.high.len()
    }
}

/// Declared cost of conjunctions that A deals, in so many levels with so many planes each: 3 bits each, a round a level.
pub(crate) fn dealt_levels_cost(
    planes: impl Iterator<Item = usize>,
    len: usize,
    roles: [Party; 3],
) -> Cost {
    let bytes: Vec<usize> = planes.map(|n| n * ring::plane_bytes(len)).collect();
    let dealt: Vec<_> = bytes.iter().map(|&bytes| (A, B, bytes)).collect();
    exchanges(Cost::local().round(roles, &dealt), &bytes, roles)
}

/// AND of pairs of planes as level `level` of `op`: [`share`] of local products. The caller declares the cost.
pub(crate) fn and_level(
    ctx: &mut Context,
    op: Op,
    level: usize,
    [x, y]: [&PlaneShare; 2],
    pairs: &Pairs,
) -> Result<PlaneShare, ProtocolError> {
    let mut own = vec![0; pairs.len() * x.words()];
    xor_local_and(&mut own, [x, y], [&pairs.high, &pairs.low]);
    share(ctx, op, level, true, own, x.len)
}

/// AND of pairs of planes. A party that has waited for nothing so far does not wait here: it is A of `rotation`.
///
/// - **Holds**: replicated bits before and after.
/// - **Sends**: A -> B: A's part of the products; A waits for nothing. B <-> C: one bit each. 3 bits an AND in all.
/// - **Randomness**: two draws from `K_A` and one from `K_B`.
/// - **Correctness**: that of the local products.
/// - **Leaks**: nothing, see `share` in `bits/dealt.rs`.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(crate) fn and_planes(
    ctx: &mut Context,
    rotation: Rotation,
    [x, y]: [&PlaneShare; 2],
    pairs: &Pairs,
) -> Result<PlaneShare, ProtocolError> {
    let (planes, len) = (pairs.len(), x.len);
    if planes == 0 {
        return Ok(PlaneShare::counted(0, len));
    }
    let op = ctx.begin_as("and-planes", &[planes, len], rotation);
    ctx.declare(&dealt_levels_cost(
        core::iter::once(planes),
        len,
        op.roles(),
    ));
    if !ctx.computes() {
        return Ok(PlaneShare::counted(planes, len));
    }
    and_level(ctx, op, 0, [x, y], pairs)
}

/// Bits of words, plane after plane, and the rotation in which A has received nothing so far.
pub(crate) struct WordBits {
    pub(crate) planes: PlaneShare,
    pub(crate) rotation: Rotation,
}

impl WordBits {
    /// Some planes as one bit share, plane after plane.
    pub(crate) fn bits(&self, planes: core::ops::Range<usize>) -> BitShare {
        let each: Vec<BitShare> = planes.map(|plane| self.planes.bit(plane)).collect();
        BitShare::concat(&each)
    }
}
