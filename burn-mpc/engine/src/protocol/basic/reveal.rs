//! Opening shares: the only way from shares to clear values. Callers must count and name every use.

use crate::Party;
use crate::protocol::basic::agree::{agree_cost, agree_to_open};
use crate::protocol::context::{Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, Rss};
use crate::step::Step;
use crate::step::reveal::{COPY, VALUE, ZERO};

pub(crate) const DIGEST_BYTES: usize = 32;

/// Who learns a revealed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All three parties.
    All,
    /// One party.
    One(Party),
}

impl Audience {
    fn includes(self, party: Party) -> bool {
        self == Self::All || self == Self::One(party)
    }

    fn code(self) -> usize {
        match self {
            Self::All => 3,
            Self::One(party) => party.index(),
        }
    }
}

/// Declared cost of [`reveal`] of `len` elements, [`agree`](crate::protocol::agree) included, without what flags add.
pub fn reveal_cost<R: Ring>(len: usize, audience: Audience) -> Cost {
    let mut messages = Vec::new();
    for to in Party::ALL
        .into_iter()
        .filter(|&party| audience.includes(party))
    {
        messages.push((to.prev().index(), to.index(), len * R::BYTES));
        messages.push((to.next().index(), to.index(), DIGEST_BYTES));
    }
    agree_cost().then(Cost::local().round(Party::ALL, &messages))
}

/// Declared cost of [`reveal_additive`] of `len` elements, [`agree`](crate::protocol::agree) included, without what flags add.
pub fn reveal_additive_cost<R: Ring>(len: usize, audience: Audience) -> Cost {
    let mut messages = Vec::new();
    for to in Party::ALL
        .into_iter()
        .filter(|&party| audience.includes(party))
    {
        messages.push((to.prev().index(), to.index(), len * R::BYTES));
        messages.push((to.next().index(), to.index(), len * R::BYTES));
    }
    agree_cost().then(Cost::local().round(Party::ALL, &messages))
}

/// Receives the hash of the next party's copy of a component, and compares it with `own`.
pub(crate) fn check_copy<R: Ring>(
    ctx: &mut Context,
    op: Op,
    step: Step,
    own: &[R],
) -> Result<(), ProtocolError> {
    let (party, peer) = (ctx.party(), ctx.party().next());
    if ctx.recv_bytes(op, peer, step, DIGEST_BYTES)? == hash(own) {
        return Ok(());
    }
    Err(ProtocolError::Replication {
        party,
        peer,
        op: op.id(),
        path: ctx.probe.path(op).into(),
    })
}

/// Opens a replicated share to `audience`; `None` at the other parties.
///
/// - **Holds**: `P_i` lacks component `x_{i-1}` only.
/// - **Sends**: after [`agree`](crate::protocol::agree), 1 round: for each reader `P_i`, `P_{i-1} -> P_i`: `x_{i-1}` (`k`
///   bits) and `P_{i+1} -> P_i`: a hash of its copy (32 bytes).
/// - **Randomness**: none.
/// - **Correctness**: the sum of the components; the hash shows that both copies are equal.
/// - **Leaks**: the value to the audience; nothing else, since components are fresh.
///
/// # Errors
/// Disagreement of transcripts or copies; failure of a link.
pub fn reveal<R: Ring>(
    ctx: &mut Context,
    share: &Rss<R>,
    audience: Audience,
) -> Result<Option<Vec<R>>, ProtocolError> {
    ctx.note("open", &[share.len(), audience.code()]);
    agree_to_open(ctx)?;
    let op = ctx.begin("reveal", &[share.len(), audience.code()]);
    declare_opening(ctx, &reveal_cost::<R>(share.len(), audience));
    if !ctx.computes() {
        return Ok(Some(bytemuck::zeroed_vec(share.len())));
    }
    ctx.probe.opened(ctx.party(), op, || share.first().to_vec());
    let party = ctx.party();
    if audience.includes(party.next()) {
        ctx.send(op, party.next(), VALUE, share.first())?;
    }
    if audience.includes(party.prev()) {
        ctx.send_bytes(op, party.prev(), COPY, &hash(share.second()))?;
    }
    if !audience.includes(party) {
        return Ok(None);
    }
    let missing = ctx.recv::<R>(op, party.prev(), VALUE, share.len())?;
    check_copy(ctx, op, COPY, &missing)?;
    Ok(Some(sum3(share.first(), share.second(), &missing)))
}

/// Opens an additive share to `audience`; `None` at the other parties.
///
/// - **Holds**: `P_i` has `z_i`.
/// - **Sends**: after [`agree`](crate::protocol::agree), 1 round: each other party sends `z_j + zeta_j` to the reader: `2k`
///   bits for one reader, `6k` for all.
/// - **Randomness**: one zero share.
/// - **Correctness**: the masks add up to 0.
/// - **Leaks**: the value only: given the sum, the two received parts are uniform.
///
/// # Errors
/// Disagreement of transcripts; failure of a link.
pub fn reveal_additive<R: Ring>(
    ctx: &mut Context,
    share: &Additive<R>,
    audience: Audience,
) -> Result<Option<Vec<R>>, ProtocolError> {
    ctx.note("open additive", &[share.len(), audience.code()]);
    agree_to_open(ctx)?;
    let op = ctx.begin("reveal-additive", &[share.len(), audience.code()]);
    declare_opening(ctx, &reveal_additive_cost::<R>(share.len(), audience));
    if !ctx.computes() {
        return Ok(Some(bytemuck::zeroed_vec(share.len())));
    }
    ctx.probe.opened(ctx.party(), op, || share.part().to_vec());
    let own = ctx.masked_by_zero(op, ZERO, share.part())?;
    let party = ctx.party();
    for peer in [party.next(), party.prev()] {
        if audience.includes(peer) {
            ctx.send(op, peer, VALUE, &own)?;
        }
    }
    if !audience.includes(party) {
        return Ok(None);
    }
    let next = ctx.recv::<R>(op, party.next(), VALUE, own.len())?;
    let prev = ctx.recv::<R>(op, party.prev(), VALUE, own.len())?;
    Ok(Some(sum3(&own, &next, &prev)))
}

/// Declares the opening round alone: [`agree`] has declared its own.
fn declare_opening(ctx: &mut Context, whole: &Cost) {
    ctx.declare(&whole.without_first_round());
}

fn sum3<R: Ring>(a: &[R], b: &[R], c: &[R]) -> Vec<R> {
    a.iter()
        .zip(b)
        .zip(c)
        .map(|((&x, &y), &z)| x + y + z)
        .collect()
}

/// BLAKE3 of a component.
pub(crate) fn hash<R: Ring>(values: &[R]) -> [u8; DIGEST_BYTES] {
    *blake3::hash(bytemuck::cast_slice(values)).as_bytes()
}
