//! The views of exact truncation and of rounding before an opening, and of both followed by an opening.

use super::{Case, Outcome, Secrets, see_share};
use crate::Party;
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::{
    Audience, exact, faithful, lift_halves, msb_split, multiply, reshare, reveal, reveal_additive,
    round_additive, round_replicated, star,
};
use crate::ring::{self, Ring, Z4, Z32};
use crate::share::{Additive, Rss};
use crate::step::Step;

/// `x` as an additive share of which no party knows two parts: its product with 3 * 11 = 1 mod 16.
fn product(x: &Rss<Z4>) -> Additive<Z4> {
    multiply(x, &x.map_linear(|x| vec![Z4::from_u64(11); x.len()]))
}

/// Exact truncations of products by these shifts.
pub(super) fn exact_truncations(shifts: &[u32]) -> Vec<Case> {
    let case = |&shift: &u32| {
        Case::on_share(
            format!("exact by {shift}"),
            [1, -2],
            move |ctx, x: &Rss<Z4>| {
                let y = exact(ctx, &product(x), shift)?;
                see_share(ctx, &y);
                Ok(())
            },
        )
    };
    shifts.iter().map(case).collect()
}

/// Roundings by these shifts before an opening, and the lift of a dealt bit that they use.
pub(super) fn roundings(shifts: &[u32]) -> Vec<Case> {
    let mut cases = vec![];
    for &shift in shifts {
        cases.push(Case::on_share(
            format!("round a product by {shift}"),
            [1, -2],
            move |ctx, x: &Rss<Z4>| {
                let y = round_additive(ctx, &product(x), shift)?;
                ctx.see(y.part());
                Ok(())
            },
        ));
        cases.push(Case::on_share(
            format!("round a replicated value by {shift}"),
            [1, -2],
            move |ctx, x: &Rss<Z4>| {
                let y = round_replicated(ctx, x, shift)?;
                ctx.see(y.part());
                Ok(())
            },
        ));
    }
    cases.push(Case::on_share(
        "lifted halves",
        [1, -2],
        move |ctx, x: &Rss<Z4>| {
            let bits = msb_split(ctx, x, 0..4)?;
            let y = lift_halves::<Z4>(ctx, &bits)?;
            ctx.see(y.part());
            Ok(())
        },
    ));
    cases
}

#[test]
fn exact_truncation_does_not_depend_on_the_secret() {
    for case in exact_truncations(&[1, 2]) {
        case.assert_tight();
    }
    // Three groups of bits, so that the carry tree has levels.
    Case::on_share(
        "exact on the ring of 32 bits",
        [5, -3000],
        move |ctx, x: &Rss<Z32>| {
            let y = exact(ctx, &x.to_additive(), 9)?;
            see_share(ctx, &y);
            Ok(())
        },
    )
    .assert_tight();
}

#[test]
fn rounding_does_not_depend_on_the_secret() {
    for case in roundings(&[1, 2]) {
        case.assert_tight();
    }
}

/// A case on two secrets that are both 0 when they are rounded to multiples of 4.
fn opened(
    name: impl Into<String>,
    body: impl Fn(&mut Context, &Rss<Z4>) -> Outcome + Sync + 'static,
) -> Case {
    let secrets = Secrets::such([vec![1], vec![-2]], |rng| {
        // Two different values of -2, -1, 0, 1.
        let first = rng.below(4) as i64;
        let second = (first + 1 + rng.below(3) as i64) % 4;
        [vec![first - 2], vec![second - 2]]
    });
    Case::new::<Z4>(name, secrets, move |ctx, held| {
        see_share(ctx, &held.shares[0]);
        body(ctx, &held.shares[0])
    })
}

#[test]
fn a_rounded_value_that_is_opened_shows_itself_only() {
    for audience in [Audience::All, Audience::One(Party::P1)] {
        opened("round, then reveal", move |ctx, x: &Rss<Z4>| {
            let y = round_additive(ctx, &product(x), 2)?.to_additive();
            let opened = reveal_additive(ctx, &y, audience)?;
            assert!(opened.is_none_or(|y| y.iter().all(|&y| y == Z4::ZERO)));
            Ok(())
        })
        .assert_tight();
        opened(
            "round a replicated value, then reveal",
            move |ctx, x: &Rss<Z4>| {
                let y = round_replicated(ctx, x, 2)?.to_additive();
                reveal_additive(ctx, &y, audience).map(|_| ())
            },
        )
        .assert_tight();
        opened("truncate exactly, then reveal", move |ctx, x: &Rss<Z4>| {
            let y = exact(ctx, &product(x), 2)?;
            let opened = reveal(ctx, &y, audience)?;
            assert!(opened.is_none_or(|y| y.iter().all(|&y| y == Z4::ZERO)));
            Ok(())
        })
        .assert_tight();
        opened(
            "truncate exactly, multiply, then reveal",
            move |ctx, x: &Rss<Z4>| {
                let y = exact(ctx, &product(x), 2)?;
                let z = reshare(ctx, &multiply(&y, x))?;
                reveal(ctx, &z, audience).map(|_| ())
            },
        )
        .assert_tight();
    }
}

/// The other truncations do leak when their result is opened, and the harness sees it.
#[test]
fn a_faithful_truncation_that_is_opened_is_flagged() {
    type Truncate =
        fn(&mut Context, &Additive<Z4>, u32) -> Result<Rss<Z4>, crate::protocol::ProtocolError>;
    for (name, truncate) in [("faithful", faithful as Truncate), ("star", star)] {
        opened(format!("{name}, then reveal"), move |ctx, x: &Rss<Z4>| {
            let y = truncate(ctx, &product(x), 2)?;
            reveal(ctx, &y, Audience::All).map(|_| ())
        })
        .assert_flagged();
    }
}

/// The low bits that B forwards, without the zero share of the gather.
#[test]
fn a_rounding_that_forwards_unmasked_bits_is_flagged() {
    let broken = |ctx: &mut Context, x: &Rss<Z4>| -> Outcome {
        let op = ctx.begin("broken rounding", &[]);
        let [_, b, c] = op.roles();
        match op.role() {
            B => {
                let low: Vec<Z4> = ring::neg(&x.own_sum());
                ctx.send_low(op, c, Step::made_up(2), &low, 2)?;
            }
            C => {
                let low = ctx.recv_low::<Z4>(op, b, Step::made_up(2), x.len(), 2)?;
                let sum: Vec<Z4> = low.iter().zip(x.second()).map(|(&w, &x)| w - x).collect();
                ctx.see(&sum);
            }
            _ => {}
        }
        Ok(())
    };
    Case::on_share("rounding without the zero share", [1, -2], broken).assert_flagged();
    // The dealt bit without its pad shows B the comparison's mask.
    let unpadded = |ctx: &mut Context, x: &Rss<Z4>| -> Outcome {
        let bits = msb_split(ctx, x, 0..4)?;
        let op = ctx.begin_as("broken lift", &[], bits.rotation());
        let [a, b, _] = op.roles();
        match op.role() {
            A => ctx.send_planes(op, b, Step::made_up(1), bits.part(), 1, x.len())?,
            B => {
                let beta = ctx.recv_planes(op, a, Step::made_up(1), 1, x.len())?;
                let sign: Vec<u64> = beta.iter().zip(bits.part()).map(|(x, y)| x ^ y).collect();
                ctx.see_planes(&sign);
            }
            _ => {}
        }
        Ok(())
    };
    Case::on_share("a lift without its mask", [1, -2], unpadded).assert_flagged();
}
