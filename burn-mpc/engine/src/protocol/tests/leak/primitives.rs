//! Inputs, products, truncations, signs, conversions, openings.

use super::{Case, How, Secrets, see_bits, see_share};
use crate::Party;
use crate::protocol::{
    Audience, Truncation, b2a, bit_and, faithful, greater, input, is_zero, msb, msb_in, multiply,
    probabilistic, public, reshare, reveal, reveal_additive, star, tournament, truncate,
};
use crate::ring::{Ring, Z4, Z32};
use crate::share::Rss;

/// Truncations of replicated shares, and of products, of which no part is known to two parties.
fn truncations() -> Vec<Case> {
    let mut cases = vec![
        Case::on_share("faithful", [3, -4], |ctx, x: &Rss<Z4>| {
            let y = faithful(ctx, &x.to_additive(), 2)?;
            see_share(ctx, &y);
            Ok(())
        }),
        // Gather and spread are the two halves of the probabilistic one.
        Case::on_share("probabilistic", [3, -2], |ctx, x: &Rss<Z4>| {
            let y = probabilistic(ctx, &x.to_additive(), 2)?;
            see_share(ctx, &y);
            Ok(())
        }),
    ];
    for shift in [1, 2] {
        cases.push(Case::on_share(
            format!("star by {shift}"),
            [3, -4],
            move |ctx, x: &Rss<Z4>| {
                let y = star(ctx, &x.to_additive(), shift)?;
                see_share(ctx, &y);
                Ok(())
            },
        ));
    }
    cases
}

/// Truncations of products of two secrets: no part of a product is known to two parties.
pub(super) fn truncated_products() -> Vec<Case> {
    let modes = [
        (Truncation::Faithful, 1),
        (Truncation::Star, 1),
        (Truncation::Probabilistic, 2),
    ];
    let case = |(truncation, shift)| {
        let how = How {
            truncation,
            ..How::default()
        };
        let secrets = Secrets::such([vec![1, 2], vec![-2, -1]], |rng| {
            [0, 1].map(|_| vec![rng.next().cast_signed(), rng.next().cast_signed()])
        });
        let name = format!("{truncation:?} truncation of a product");
        Case::which::<Z4>(name, how, secrets, move |ctx, held| {
            let [x, y] = [0, 1].map(|i| &held.shares[i]);
            see_share(ctx, x);
            see_share(ctx, y);
            let z = truncate(ctx, &multiply(x, y), shift)?;
            see_share(ctx, &z);
            Ok(())
        })
    };
    modes.into_iter().map(case).collect()
}

pub(super) fn inputs_and_products() -> Vec<Case> {
    let mut cases = vec![
        Case::on_share("reshare", [2, -3], |ctx, x: &Rss<Z4>| {
            let y = reshare(ctx, &multiply(x, x))?;
            see_share(ctx, &y);
            Ok(())
        }),
        Case::on_bits("and", |ctx, [x, y]| {
            let z = bit_and(ctx, x, y)?;
            see_bits(ctx, &z);
            Ok(())
        }),
    ];
    for owner in Party::ALL {
        let secrets = Secrets::any([0, 7]);
        let case = Case::new::<Z4>(format!("input of {owner}"), secrets, move |ctx, held| {
            // The halves take different ways.
            let values = vec![Z4::from_i64(held.secrets[0]); 2 * held.n];
            let own = (ctx.party() == owner).then_some(values);
            let x = input(ctx, owner, "x", 2 * held.n, own)?;
            see_share(ctx, &x);
            Ok(())
        });
        cases.push(Case {
            parties: vec![owner.next(), owner.prev()],
            ..case
        });
    }
    cases
}

pub(super) fn signs() -> Vec<Case> {
    vec![
        Case::on_share("sign and b2a", [5, -3], |ctx, x: &Rss<Z4>| {
            let bit = msb(ctx, x)?;
            see_bits(ctx, &bit);
            let y = b2a::<Z4>(ctx, &bit)?;
            see_share(ctx, &y);
            Ok(())
        }),
        Case::on_share("sign in a window", [4, -4], |ctx, x: &Rss<Z4>| {
            let bit = msb_in(ctx, x, 1..4)?;
            see_bits(ctx, &bit);
            Ok(())
        }),
        Case::on_share("zero test", [0, 6], |ctx, x: &Rss<Z4>| {
            let bit = is_zero(ctx, x)?;
            see_bits(ctx, &bit);
            Ok(())
        }),
        Case::new::<Z4>(
            "greater",
            Secrets::such([vec![1, -2], vec![-3, 2]], |rng| {
                [0, 1].map(|_| vec![rng.next().cast_signed(), rng.next().cast_signed()])
            }),
            |ctx, held| {
                let [x, y] = [0, 1].map(|i| &held.shares[i]);
                see_share(ctx, x);
                see_share(ctx, y);
                let bit = greater(ctx, x, y)?;
                see_bits(ctx, &bit);
                Ok(())
            },
        ),
    ]
}

/// On the small ring a sign has one group of bits and no tree; this one has ten.
fn wide_sign() -> Case {
    let name = "sign on the ring of 32 bits";
    Case::on_share(name, [5, -3], |ctx, x: &Rss<Z32>| {
        let bit = msb(ctx, x)?;
        see_bits(ctx, &bit);
        Ok(())
    })
    .wide()
}

fn maximum() -> Case {
    Case::on_share("tournament", [3, -2], |ctx, x: &Rss<Z4>| {
        let n = x.len();
        let rest = public(ctx.party(), &[vec![Z4::ONE; n], vec![Z4::ZERO; n]].concat());
        let values = Rss::new(
            [x.first(), rest.first()].concat(),
            [x.second(), rest.second()].concat(),
        );
        let out = tournament(ctx, 3, n, values, vec![true; 3 * n])?;
        ctx.see(out.values.part());
        ctx.see(out.planes.part());
        Ok(())
    })
}

/// A product is opened; which factors it has must stay hidden.
pub(super) fn openings() -> Vec<Case> {
    let factors = || {
        // `u a` and `b` against `a` and `u b`, for a unit `u`.
        Secrets::such([vec![1, 6], vec![2, 3]], |rng| {
            let [a, b] = [rng.next().cast_signed(), rng.next().cast_signed()];
            let u = [3, 5, 7][rng.below(3)];
            [vec![a.wrapping_mul(u), b], vec![a, b.wrapping_mul(u)]]
        })
    };
    let mut cases = Vec::new();
    for audience in [Audience::All, Audience::One(Party::P1)] {
        let name = format!("reveal to {audience:?}");
        cases.push(Case::new::<Z4>(name, factors(), move |ctx, held| {
            let [x, y] = [0, 1].map(|i| &held.shares[i]);
            see_share(ctx, x);
            see_share(ctx, y);
            let z = reshare(ctx, &multiply(x, y))?;
            reveal(ctx, &z, audience).map(|_| ())
        }));
        let name = format!("reveal additive to {audience:?}");
        cases.push(Case::new::<Z4>(name, factors(), move |ctx, held| {
            let [x, y] = [0, 1].map(|i| &held.shares[i]);
            see_share(ctx, x);
            see_share(ctx, y);
            reveal_additive(ctx, &multiply(x, y), audience).map(|_| ())
        }));
    }
    cases
}

#[test]
fn truncations_do_not_depend_on_the_secret() {
    truncations().iter().for_each(Case::assert_tight);
}

#[test]
fn truncations_of_products_do_not_depend_on_the_secret() {
    truncated_products().iter().for_each(Case::assert_tight);
}

#[test]
fn inputs_and_products_do_not_depend_on_the_secret() {
    inputs_and_products().iter().for_each(Case::assert_tight);
}

#[test]
fn signs_do_not_depend_on_the_secret() {
    signs().iter().for_each(Case::assert_tight);
}

#[test]
fn a_carry_tree_does_not_depend_on_the_secret() {
    wide_sign().assert_tight();
}

#[test]
fn a_tournament_does_not_depend_on_the_secret() {
    maximum().assert_tight();
}

#[test]
fn an_opening_shows_the_value_only() {
    openings().iter().for_each(Case::assert_tight);
}
