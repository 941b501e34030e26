//! A party shares a value it owns.

use crate::Party;
use crate::net::shown;
use crate::protocol::context::{Context, KeyOf, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;
use crate::step::Step;
use crate::step::input::{MASK, MASK_BACK, MESSAGE, MESSAGE_BACK};

/// Declared cost of [`input`] of `len` elements by `owner`: `k` bits in 1 round, half of them to either party.
pub fn cost<R: Ring>(len: usize, owner: Party) -> Cost {
    let [next, prev] = halves(len).map(|half| half * R::BYTES);
    let mut messages = vec![(owner.index(), owner.next().index(), next)];
    if prev > 0 {
        messages.push((owner.index(), owner.prev().index(), prev));
    }
    Cost::local().round(Party::ALL, &messages)
}

/// How many elements are sent to the next party and to the one before.
fn halves(len: usize) -> [usize; 2] {
    [len.div_ceil(2), len / 2]
}

/// Shares `len` values owned by `owner`; `values` is `Some` at the owner and ignored elsewhere.
///
/// - **Holds**: after, with owner `P_j`: `x_{j+2} = 0`; for the first half of the elements `x_j = F(K_j)` and
///   `x_{j+1} = x - x_j`, for the second `x_{j+1} = F(K_{j+1})` and `x_j = x - x_{j+1}`.
/// - **Sends**: 1 round, `P_j -> P_{j+1}`: `x_{j+1}` of the first half; `P_j -> P_{j-1}`: `x_j` of the second. `k` bits
///   per element, on two links at once.
/// - **Randomness**: one draw from `K_j`, held by `P_{j-1}` and `P_j`, one from `K_{j+1}`, held by `P_j` and `P_{j+1}`.
/// - **Correctness**: the components add up to `x`.
/// - **Leaks**: nothing: `P_{j+1}` sees `x - F(K_j)` without `K_j`, `P_{j-1}` sees `x - F(K_{j+1})` without `K_{j+1}`.
///
/// Source: seeded input of Araki et al., CCS 2016, and ABY3.
///
/// # Errors
/// [`ProtocolError::Input`] at the owner if it gives no values or not `len` of them; [`ProtocolError::Memory`]; link
/// failures.
pub fn input<R: Ring>(
    ctx: &mut Context,
    owner: Party,
    name: &str,
    len: usize,
    values: Option<Vec<R>>,
) -> Result<Rss<R>, ProtocolError> {
    let op = ctx.begin("input", &[len, owner.index()]);
    ctx.declare_input(&cost::<R>(len, owner));
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    let party = ctx.party();
    let [ahead, _] = halves(len);
    // The components `j` and `j + 1`, each one half drawn and one half sent or received.
    let (own, next) = (KeyOf(owner), KeyOf(owner.next()));
    if party == owner {
        let found = values.as_ref().map_or(0, Vec::len);
        let Some(mut first) = values.filter(|values| values.len() == len) else {
            return Err(ProtocolError::Input {
                party,
                owner,
                name: shown(name).into_owned(),
                expected: len,
                found,
            });
        };
        // The values become the first component: the masks of the front are drawn into the second, and change places
        // with what is left of the values.
        let mut second = ctx.zeroed::<R>(len)?;
        draw(ctx, op, own, MASK, &mut second[..ahead])?;
        draw(ctx, op, next, MASK_BACK, &mut second[ahead..])?;
        ring::sub_assign(&mut first, &second);
        first[..ahead].swap_with_slice(&mut second[..ahead]);
        ctx.send(op, owner.next(), MESSAGE, &second[..ahead])?;
        if len > ahead {
            ctx.send(op, owner.prev(), MESSAGE_BACK, &first[ahead..])?;
        }
        return Ok(Rss::new(first, second));
    }
    let mut known = ctx.zeroed::<R>(len)?;
    if party == owner.next() {
        draw(ctx, op, next, MASK_BACK, &mut known[ahead..])?;
        ctx.recv_onto(op, owner, MESSAGE, &mut known[..ahead])?;
        Ok(Rss::new(known, ctx.zeroed(len)?))
    } else {
        draw(ctx, op, own, MASK, &mut known[..ahead])?;
        if len > ahead {
            ctx.recv_onto(op, owner, MESSAGE_BACK, &mut known[ahead..])?;
        }
        Ok(Rss::new(ctx.zeroed(len)?, known))
    }
}

/// Fills `mask` from a key, if it has any element.
fn draw<R: Ring>(
    ctx: &mut Context,
    op: Op,
    key: KeyOf,
    step: Step,
    mask: &mut [R],
) -> Result<(), ProtocolError> {
    if mask.is_empty() {
        return Ok(());
    }
    ctx.apply_drawn(op, key, step, mask, <[R]>::copy_from_slice)
}

/// Which of a party's two components carry a public constant: component 0 is the value, the others are zero.
#[must_use]
pub fn carries_public(party: Party) -> [bool; 2] {
    [party == Party::P0, party == Party::P2]
}

/// A public constant as a share: component 0 is the value, the others are zero. Local.
pub fn public<R: Ring>(party: Party, values: &[R]) -> Rss<R> {
    let [first, second] = carries_public(party).map(|carries| {
        if carries {
            values.to_vec()
        } else {
            bytemuck::zeroed_vec(values.len())
        }
    });
    Rss::new(first, second)
}
