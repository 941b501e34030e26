//! A party shares a value it owns.

use crate::Party;
use crate::net::shown;
use crate::protocol::context::{Context, KeyOf, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::Rss;
use crate::step::input::{MASK, MESSAGE};

/// Declared cost of [`input`] of `len` elements by `owner`: `k` bits in 1 round.
pub fn cost<R: Ring>(len: usize, owner: Party) -> Cost {
    Cost::local().round(
        Party::ALL,
        &[(owner.index(), owner.next().index(), len * R::BYTES)],
    )
}

/// Shares `len` values owned by `owner`; `values` is `Some` at the owner and ignored elsewhere.
///
/// - **Holds**: after, with owner `P_j`: `x_j = F(K_j)`, `x_{j+1} = x - x_j`, `x_{j+2} = 0`.
/// - **Sends**: 1 round, `P_j -> P_{j+1}`: `x_{j+1}`, `k` bits.
/// - **Randomness**: one draw from `K_j`, held by `P_{j-1}` and `P_j`.
/// - **Correctness**: the components add up to `x`.
/// - **Leaks**: nothing: `P_{j+1}` sees `(x - F(K_j), 0)` without `K_j`; `P_{j+2}` sees `(0, F(K_j))`.
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
    values: Option<&[R]>,
) -> Result<Rss<R>, ProtocolError> {
    let op = ctx.begin("input", &[len, owner.index()]);
    ctx.declare(&cost::<R>(len, owner));
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    let party = ctx.party();
    if party == owner {
        let found = values.map_or(0, <[R]>::len);
        let Some(values) = values.filter(|values| values.len() == len) else {
            return Err(ProtocolError::Input {
                party,
                owner,
                name: shown(name).into_owned(),
                expected: len,
                found,
            });
        };
        let mask = mask::<R>(ctx, op, owner, len)?;
        let rest: Vec<R> = values.iter().zip(&mask).map(|(&x, &m)| x - m).collect();
        ctx.send(op, owner.next(), MESSAGE, &rest)?;
        Ok(Rss::new(mask, rest))
    } else if party == owner.next() {
        let rest = ctx.recv(op, owner, MESSAGE, len)?;
        Ok(Rss::new(rest, ctx.zeroed(len)?))
    } else {
        let mask = mask::<R>(ctx, op, owner, len)?;
        Ok(Rss::new(ctx.zeroed(len)?, mask))
    }
}

/// `F(K_owner)`. Allocation may fail, because the program declares the length.
fn mask<R: Ring>(
    ctx: &mut Context,
    op: Op,
    owner: Party,
    len: usize,
) -> Result<Vec<R>, ProtocolError> {
    let mut mask = ctx.zeroed::<R>(len)?;
    ctx.apply_drawn(op, KeyOf(owner), MASK, &mut mask, <[R]>::copy_from_slice)?;
    Ok(mask)
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
