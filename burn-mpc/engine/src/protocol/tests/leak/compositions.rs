//! Compositions of protocols that ops make: choices by a sign, ReLUs of replicated values, maxima, quotients, openings
//! after these.

use super::{Case, Secrets, see_bits, see_share};
use crate::Party;
use crate::protocol::composed::sort::network::by_network;
use crate::protocol::composed::sort::ranks::by_ranks;
use crate::protocol::context::Context;
use crate::protocol::{
    Audience, Evaluated, Normalisation, ProtocolError, Sorted, Sorting, Window, b2a, faithful,
    maximum, msb, msb_in, multiply, public, reciprocal, reciprocal_sqrt, reshare, reveal,
    reveal_additive, shuffle, sqrt, star, tournament,
};
use crate::ring::{self, Ring, Z4, Z6, Z32};
use crate::share::Rss;

/// `bit ? x : y`, as `mask_where` does it, by the sign of `x`.
fn select<R: Ring>(ctx: &mut Context, x: &Rss<R>, y: &Rss<R>) -> Result<Rss<R>, ProtocolError> {
    let bit = msb(ctx, x)?;
    see_bits(ctx, &bit);
    let bit = b2a::<R>(ctx, &bit)?;
    see_share(ctx, &bit);
    let difference = x.zip_linear(y, ring::sub);
    let chosen = reshare(ctx, &multiply(&bit, &difference))?;
    Ok(chosen.zip_linear(y, ring::add))
}

fn selections() -> Vec<Case> {
    let pair = || {
        Secrets::such([vec![5, 1], vec![-3, 6]], |rng| {
            [0, 1].map(|_| vec![rng.next().cast_signed(), rng.next().cast_signed()])
        })
    };
    let small = Case::new::<Z4>("select by a sign", pair(), |ctx, held| {
        let [x, y] = [0, 1].map(|i| &held.shares[i]);
        see_share(ctx, x);
        see_share(ctx, y);
        let z = select(ctx, x, y)?;
        see_share(ctx, &z);
        Ok(())
    });
    let tree = Case::new::<Z6>("select by a sign of 6 bits", pair(), |ctx, held| {
        let [x, y] = [0, 1].map(|i| &held.shares[i]);
        see_share(ctx, x);
        see_share(ctx, y);
        let z = select(ctx, x, y)?;
        see_share(ctx, &z);
        Ok(())
    });
    let wide = Case::new::<Z32>("select by a sign of 32 bits", pair(), |ctx, held| {
        let [x, y] = [0, 1].map(|i| &held.shares[i]);
        see_share(ctx, x);
        see_share(ctx, y);
        let z = select(ctx, x, y)?;
        see_share(ctx, &z);
        Ok(())
    });
    vec![small, tree, wide.wide()]
}

/// The schedule `Classic`: replicate, take signs, lift them, multiply, truncate.
pub(super) fn classic() -> Vec<Case> {
    let case = |in_star: bool| {
        let name = format!("classic, {}", if in_star { "star" } else { "faithful" });
        Case::on_share(name, [1, -2], move |ctx, x: &Rss<Z4>| {
            let one = x.map_linear(|x| vec![Z4::ONE; x.len()]);
            let z = reshare(ctx, &multiply(x, &one))?;
            see_share(ctx, &z);
            let index = ctx.party().index();
            let positive = msb_in(ctx, &z, 0..4)?.not(index);
            see_bits(ctx, &positive);
            let positive = b2a::<Z4>(ctx, &positive)?;
            see_share(ctx, &positive);
            let kept = multiply(&positive, &z);
            let y = if in_star {
                star(ctx, &kept, 1)?
            } else {
                faithful(ctx, &kept, 1)?
            };
            see_share(ctx, &y);
            Ok(())
        })
    };
    [false, true].map(case).into()
}

/// Maxima with entries that are absent, as a pool with padding has them.
pub(super) fn padded() -> Case {
    Case::on_share("maximum with padding", [3, -2], |ctx, x: &Rss<Z4>| {
        let n = x.len();
        let rest = public(
            ctx.party(),
            &[vec![Z4::ONE; n], vec![Z4::ZERO; 2 * n]].concat(),
        );
        let values = Rss::new(
            [x.first(), rest.first()].concat(),
            [x.second(), rest.second()].concat(),
        );
        // The third of four is absent.
        let present = [vec![true; 2 * n], vec![false; n], vec![true; n]].concat();
        let y = maximum(ctx, 4, n, values, present, Window::full::<Z4>())?;
        see_share(ctx, &y);
        Ok(())
    })
}

/// The index is revealed; it is the same for both secrets.
pub(super) fn argmax(audience: Audience) -> Case {
    let secrets = Secrets::such([vec![3], vec![1]], |rng| {
        let first = 1 + rng.below(3) as i64;
        [vec![first], vec![first + 1 + rng.below(2) as i64]]
    });
    let name = format!("argmax, revealed to {audience:?}");
    Case::new::<Z4>(name, secrets, move |ctx, held| {
        let (x, n) = (&held.shares[0], held.n);
        see_share(ctx, x);
        let rest = [vec![Z4::ZERO; n], vec![Z4::from_i64(-1); n]].concat();
        let rest = public(ctx.party(), &rest);
        let values = Rss::new(
            [x.first(), rest.first()].concat(),
            [x.second(), rest.second()].concat(),
        );
        let out = tournament(ctx, 3, n, values, vec![true; 3 * n])?;
        let opened = reveal_additive(ctx, &out.planes, audience)?;
        if let Some(opened) = opened {
            assert!(opened.iter().all(|&plane| plane == Z4::ZERO), "the first");
            ctx.see(&opened);
        }
        Ok(())
    })
}

/// Rows that are shuffled, and not opened.
pub(super) fn shuffles() -> Case {
    Case::on_share("shuffle", [3, -2], |ctx, x: &Rss<Z4>| {
        let times = |factor| x.map_linear(|x| ring::scale(x, Z4::from_i64(factor)));
        let wide = Rss::concat(&[x.clone(), times(-1)]);
        let narrow = Rss::concat(&[times(3), times(5)]);
        let (wide, narrow) = shuffle(ctx, 2, x.len(), wide, narrow)?;
        see_share(ctx, &wide);
        see_share(ctx, &narrow);
        Ok(())
    })
}

/// A row of two values of which one is 0 and one is 1, shuffled and opened.
pub(super) fn shuffled() -> Case {
    let secrets = Secrets::such([vec![0], vec![1]], |_| [vec![0], vec![1]]);
    Case::new::<Z4>("shuffled and opened", secrets, |ctx, held| {
        let (x, n) = (&held.shares[0], held.n);
        see_share(ctx, x);
        let one = public(ctx.party(), &vec![Z4::ONE; n]);
        let row = Rss::concat(&[x.clone(), one.zip_linear(x, ring::sub)]);
        let (kept, labels) = shuffle(ctx, 2, n, row.clone(), row)?;
        see_share(ctx, &kept);
        if let Some(opened) = reveal(ctx, &labels, Audience::All)? {
            ctx.see(&opened);
        }
        Ok(())
    })
}

/// Rows of a secret and two public values. The places that are opened must not tell how they are ordered.
pub(super) fn sorted() -> Vec<Case> {
    type Way = fn(&mut Context, &Rss<Z4>, &Sorting) -> Result<Sorted<Z4>, ProtocolError>;
    let ways: [(&str, Way, bool); 3] = [
        ("sort by ranks", by_ranks, true),
        ("sort by a network", by_network, false),
        ("sort by a network, with indices", by_network, true),
    ];
    let case = |(name, way, numbers): (&str, Way, bool)| {
        let case = Case::on_share(name, [3, -2], move |ctx, x: &Rss<Z4>| {
            let n = x.len();
            let rest = [vec![Z4::ONE; n], vec![Z4::from_i64(-1); n]].concat();
            let row = Rss::concat(&[x.clone(), public(ctx.party(), &rest)]);
            let sorting = Sorting {
                planes: 3,
                descending: false,
                keep: 3,
                values: true,
                numbers,
            };
            let sorted = way(ctx, &row, &sorting)?;
            see_share(ctx, &sorted.values);
            if numbers {
                see_share(ctx, &sorted.numbers);
            }
            Ok(())
        });
        case.wide()
    };
    ways.map(case).into()
}

/// A product is truncated and opened: given the result, views reveal nothing about its factors. (They do reveal more
/// about the product than is opened: parties know the offset by which it is rounded.)
fn truncated_and_revealed() -> Vec<Case> {
    let case = |in_star: bool| {
        let factors = Secrets::such([vec![1, 3], vec![3, 1]], |rng| {
            let [a, b] = [1 + rng.below(3) as i64, -(rng.below(2) as i64)];
            [vec![a, b], vec![-a, -b]]
        });
        let name = if in_star { "star" } else { "faithful" };
        Case::new::<Z4>(
            format!("{name} truncation, then a reveal"),
            factors,
            move |ctx, held| {
                let [x, y] = [0, 1].map(|i| &held.shares[i]);
                see_share(ctx, x);
                see_share(ctx, y);
                let z = multiply(x, y);
                let z = if in_star {
                    star(ctx, &z, 1)?
                } else {
                    faithful(ctx, &z, 1)?
                };
                see_share(ctx, &z);
                if let Some(opened) = reveal(ctx, &z, Audience::One(Party::P1))? {
                    ctx.see(&opened);
                }
                Ok(())
            },
        )
    };
    [false, true].map(case).into()
}

/// A function of normalised values.
type Function =
    fn(&mut Context, &Rss<Z32>, u32, Normalisation) -> Result<Evaluated<Z32>, ProtocolError>;

/// One step of the real iteration, on two thresholds.
fn quotients() -> Vec<Case> {
    let size = Normalisation {
        low: 18,
        high: 20,
        work: 13,
        bits: 32,
    };
    let given = [3 << 17, 1 << 19];
    let functions: [(&str, Function); 3] = [
        ("reciprocal", reciprocal),
        ("square root", sqrt),
        ("reciprocal square root", reciprocal_sqrt),
    ];
    let of = |(name, function): (&str, Function)| {
        let case = Case::on_share(name, given, move |ctx, x: &Rss<Z32>| {
            let y = function(ctx, x, 10, size)?;
            ctx.see(y.values.part());
            Ok(())
        });
        Case {
            instances: 2048,
            samples: 2,
            ..case
        }
    };
    functions.map(of).into()
}

/// The selections on small words.
pub(super) fn small_selections() -> Vec<Case> {
    let mut cases = selections();
    cases.truncate(2);
    cases
}

#[test]
fn selections_do_not_depend_on_the_secret() {
    selections().iter().for_each(Case::assert_tight);
}

#[test]
fn the_classic_schedule_does_not_depend_on_the_secret() {
    classic().iter().for_each(Case::assert_tight);
}

#[test]
fn a_maximum_with_padding_does_not_depend_on_the_secret() {
    padded().assert_tight();
}

#[test]
fn a_sort_does_not_depend_on_the_secret() {
    shuffles().assert_tight();
    shuffled().assert_tight();
    sorted().iter().for_each(Case::assert_tight);
}

#[test]
fn a_revealed_index_tells_no_more() {
    for party in Party::ALL {
        argmax(Audience::One(party)).assert_tight();
    }
}

#[test]
fn a_truncated_and_revealed_product_does_not_tell_its_factors() {
    truncated_and_revealed().iter().for_each(Case::assert_tight);
}

#[test]
fn quotients_and_roots_do_not_depend_on_the_secret() {
    quotients().iter().for_each(Case::assert_tight);
}
