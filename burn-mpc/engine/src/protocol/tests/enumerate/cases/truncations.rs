//! Truncations and roundings.

use super::{Case, Halves, Parts, Share, alone, sum};
use crate::Party;
use crate::protocol::{
    Audience, Truncation, exact, faithful, probabilistic, reveal, reveal_additive, round_additive,
    round_replicated, star, truncate_halves,
};
use crate::ring::{Ring, Z3, Z4};

fn truncations_of<R: Ring>(shift: u32) -> Vec<Case> {
    let case = |name: &str| format!("{name} by {shift}");
    let mut cases = vec![
        Case::new::<R>(case("probabilistic"), &[Parts], move |ctx, held| {
            probabilistic(ctx, &held.parts::<R>(0), shift).map(drop)
        }),
        Case::new::<R>(case("faithful"), &[Parts], move |ctx, held| {
            faithful(ctx, &held.parts::<R>(0), shift).map(drop)
        }),
        Case::new::<R>(case("star"), &[Parts], move |ctx, held| {
            star(ctx, &held.parts::<R>(0), shift).map(drop)
        }),
        Case::new::<R>(case("exact"), &[Parts], move |ctx, held| {
            exact(ctx, &held.parts::<R>(0), shift).map(drop)
        }),
    ];
    for mode in [
        Truncation::Faithful,
        Truncation::Probabilistic,
        Truncation::Exact,
    ] {
        let name = case(&format!("halves, {mode:?},"));
        let halves = Case::new::<R>(name, &[Halves], move |ctx, held| {
            truncate_halves(ctx, &held.halves::<R>(0), shift).map(drop)
        });
        cases.push(halves.truncating(mode));
    }
    cases
}

/// Every truncation.
pub(crate) fn truncations() -> Vec<Case> {
    let mut cases = truncations_of::<Z3>(1);
    cases.extend(truncations_of::<Z4>(2));
    cases
}

/// The value of parts, as a signed number.
fn signed<R: Ring>(parts: &[u64]) -> i64 {
    R::from_u64(sum(parts, R::BITS)).to_i64()
}

/// What an opened result tells: the nearest multiple of `2^shift`, as far as it is in the range of an exact
/// truncation.
fn nearest<R: Ring>(shift: u32, reader: Party) -> impl Fn(Party, &[u64]) -> u64 + Sync {
    move |party, z| {
        let (half, limit) = (1 << (shift - 1), 1 << (R::BITS - 2));
        let value = signed::<R>(z);
        if party != reader {
            0
        } else if (-limit..limit - half).contains(&value) {
            R::from_i64((value + half) >> shift).to_u64()
        } else {
            alone(z)
        }
    }
}

fn roundings_of<R: Ring>(shift: u32, reader: Party) -> Vec<Case> {
    let audience = Audience::One(reader);
    let case = |name: &str| format!("{name} by {shift}");
    vec![
        Case::new::<R>(case("round"), &[Parts], move |ctx, held| {
            round_additive(ctx, &held.parts::<R>(0), shift).map(drop)
        }),
        Case::new::<R>(
            case("round a replicated value"),
            &[Share],
            move |ctx, held| round_replicated(ctx, &held.share::<R>(0), shift).map(drop),
        ),
        Case::new::<R>(
            format!("round by {shift}, reveal to {reader}"),
            &[Parts],
            move |ctx, held| {
                let y = round_additive(ctx, &held.parts::<R>(0), shift)?;
                reveal_additive(ctx, &y.to_additive(), audience).map(drop)
            },
        )
        .telling(nearest::<R>(shift, reader)),
        Case::new::<R>(
            format!("exact by {shift}, reveal to {reader}"),
            &[Parts],
            move |ctx, held| {
                let y = exact(ctx, &held.parts::<R>(0), shift)?;
                reveal(ctx, &y, audience).map(drop)
            },
        )
        .telling(nearest::<R>(shift, reader)),
    ]
}

/// Roundings to the nearest, and what an opening of their result tells.
pub(crate) fn roundings() -> Vec<Case> {
    Party::ALL
        .into_iter()
        .flat_map(|reader| {
            let mut cases = roundings_of::<Z3>(1, reader);
            // The first two do not depend on the reader.
            cases.drain(..if reader == Party::P0 { 0 } else { 2 });
            cases
        })
        .collect()
}

/// A faithful truncation that is opened, which tells its reader more than the result.
pub(crate) fn opened_faithful() -> Case {
    let audience = Audience::One(Party::P1);
    Case::new::<Z3>(
        "faithful by 1, reveal to one",
        &[Parts],
        move |ctx, held| {
            let y = faithful(ctx, &held.parts::<Z3>(0), 1)?;
            reveal(ctx, &y, audience).map(drop)
        },
    )
    .telling(nearest::<Z3>(1, Party::P1))
}
