//! Inputs, products, resharing, gather and spread, openings.

use super::{Bit, Case, Own, Parts, Share, sum};
use crate::Party;
use crate::protocol::{
    Audience, bit_and, gather, input, multiply, reshare, reshare_halves, reveal, reveal_additive,
};
use crate::ring::{Ring, Z2, Z3};

fn values_of<R: Ring>() -> Vec<Case> {
    let mut cases = vec![
        Case::new::<R>("reshare", &[Parts], |ctx, held| {
            reshare(ctx, &held.parts::<R>(0)).map(drop)
        }),
        Case::new::<R>("product", &[Share, Share], |ctx, held| {
            let z = multiply(&held.share::<R>(0), &held.share(1));
            reshare(ctx, &z).map(drop)
        }),
        Case::new::<R>("gather and spread", &[Parts], |ctx, held| {
            let (_, halves) = gather(ctx, &held.parts::<R>(0))?;
            reshare_halves(ctx, &halves).map(drop)
        }),
    ];
    for owner in Party::ALL {
        let name = format!("input of {owner}");
        cases.push(Case::new::<R>(name, &[Own(owner)], move |ctx, held| {
            // The halves take different ways.
            let own = held.own::<R>(0, owner).map(|own| own.repeat(2));
            input(ctx, owner, "x", 2 * held.n, own).map(drop)
        }));
    }
    cases
}

/// What parties exchange about values.
pub(crate) fn values() -> Vec<Case> {
    let mut cases = values_of::<Z2>();
    cases.extend(values_of::<Z3>());
    cases.push(Case::new::<Z2>("and", &[Bit, Bit], |ctx, held| {
        bit_and(ctx, &held.bit(0), &held.bit(1)).map(drop)
    }));
    cases
}

/// What a party reads.
fn reads(audience: Audience, party: Party) -> bool {
    audience == Audience::All || audience == Audience::One(party)
}

fn openings_of<R: Ring>(audience: Audience) -> Vec<Case> {
    let who = match audience {
        Audience::All => "all".to_owned(),
        Audience::One(party) => party.to_string(),
    };
    vec![
        Case::new::<R>(
            format!("reveal parts to {who}"),
            &[Parts],
            move |ctx, held| reveal_additive(ctx, &held.parts::<R>(0), audience).map(drop),
        )
        .telling(move |party, z| u64::from(reads(audience, party)) * sum(z, R::BITS)),
        Case::new::<R>(
            format!("reveal a product to {who}"),
            &[Share, Share],
            move |ctx, held| {
                let z = multiply(&held.share::<R>(0), &held.share(1));
                let z = reshare(ctx, &z)?;
                reveal(ctx, &z, audience).map(drop)
            },
        )
        .telling(move |party, xy| {
            let product = sum(&xy[..3], R::BITS) * sum(&xy[3..], R::BITS);
            u64::from(reads(audience, party)) * sum(&[product], R::BITS)
        }),
    ]
}

/// Openings: what the reader receives depends on the value alone.
pub(crate) fn openings() -> Vec<Case> {
    let audiences = [
        Audience::One(Party::P0),
        Audience::One(Party::P1),
        Audience::All,
    ];
    let on_two_bits = audiences.into_iter().flat_map(openings_of::<Z2>);
    let on_three_bits = openings_of::<Z3>(Audience::One(Party::P2));
    on_two_bits.chain(on_three_bits).collect()
}
