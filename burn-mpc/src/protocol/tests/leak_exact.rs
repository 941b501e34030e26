//! The views of exact truncation and of rounding before an opening, and of both followed by an opening.

use super::leak::{INSTANCES, Outcome, assert_flagged, assert_tight, on_share, see_share};
use crate::Party;
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::{
    Audience, exact, faithful, lift_halves, msb_split, multiply, reshare, reveal, reveal_additive,
    round_additive, round_replicated, star,
};
use crate::ring::{self, Ring, Z4, Z32};
use crate::share::{Additive, Rss};

/// `x` as a share of which nobody knows two parts: its product with 3 * 11 = 1 mod 16.
fn product(x: &Rss<Z4>) -> Additive<Z4> {
    multiply(x, &x.map_linear(|x| vec![Z4::from_u64(11); x.len()]))
}

#[test]
fn exact_truncation_does_not_depend_on_the_secret() {
    for shift in [1, 2] {
        assert_tight(
            &format!("exact by {shift}"),
            on_share([1, -2], |ctx, x: &Rss<Z4>| {
                let y = exact(ctx, &product(x), shift)?;
                see_share(ctx, &y);
                Ok(())
            }),
        );
    }
    // Three groups of bits, so that the carry tree has levels.
    assert_tight(
        "exact on the ring of 32 bits",
        on_share([5, -3000], |ctx, x: &Rss<Z32>| {
            let y = exact(ctx, &x.to_additive(), 9)?;
            see_share(ctx, &y);
            Ok(())
        }),
    );
}

#[test]
fn rounding_does_not_depend_on_the_secret() {
    for shift in [1, 2] {
        assert_tight(
            &format!("round a product by {shift}"),
            on_share([1, -2], |ctx, x: &Rss<Z4>| {
                let y = round_additive(ctx, &product(x), shift)?;
                ctx.see(y.part());
                Ok(())
            }),
        );
        assert_tight(
            &format!("round a replicated value by {shift}"),
            on_share([1, -2], |ctx, x: &Rss<Z4>| {
                let y = round_replicated(ctx, x, shift)?;
                ctx.see(y.part());
                Ok(())
            }),
        );
    }
    assert_tight(
        "lifted halves",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let bits = msb_split(ctx, x, 0..4)?;
            let y = lift_halves::<Z4>(ctx, &bits)?;
            ctx.see(y.part());
            Ok(())
        }),
    );
}

/// 1 and -2 are both 0 when they are rounded to multiples of 4.
const BOTH_ZERO: [i64; 2] = [1, -2];

#[test]
fn a_rounded_value_that_is_opened_shows_itself_only() {
    for audience in [Audience::All, Audience::One(Party::P1)] {
        assert_tight(
            "round, then reveal",
            on_share(BOTH_ZERO, |ctx, x: &Rss<Z4>| {
                let y = round_additive(ctx, &product(x), 2)?.to_additive();
                let opened = reveal_additive(ctx, &y, audience)?;
                assert!(opened.is_none_or(|y| y.iter().all(|&y| y == Z4::ZERO)));
                Ok(())
            }),
        );
        assert_tight(
            "round a replicated value, then reveal",
            on_share(BOTH_ZERO, |ctx, x: &Rss<Z4>| {
                let y = round_replicated(ctx, x, 2)?.to_additive();
                reveal_additive(ctx, &y, audience).map(|_| ())
            }),
        );
        assert_tight(
            "truncate exactly, then reveal",
            on_share(BOTH_ZERO, |ctx, x: &Rss<Z4>| {
                let y = exact(ctx, &product(x), 2)?;
                let opened = reveal(ctx, &y, audience)?;
                assert!(opened.is_none_or(|y| y.iter().all(|&y| y == Z4::ZERO)));
                Ok(())
            }),
        );
        assert_tight(
            "truncate exactly, multiply, then reveal",
            on_share(BOTH_ZERO, |ctx, x: &Rss<Z4>| {
                let y = exact(ctx, &product(x), 2)?;
                let z = reshare(ctx, &multiply(&y, x))?;
                reveal(ctx, &z, audience).map(|_| ())
            }),
        );
    }
}

/// The other truncations do leak when what they give is opened, and the harness sees it.
#[test]
fn a_faithful_truncation_that_is_opened_is_flagged() {
    type Truncate =
        fn(&mut Context, &Additive<Z4>, u32) -> Result<Rss<Z4>, crate::protocol::ProtocolError>;
    for (name, truncate) in [("faithful", faithful as Truncate), ("star", star)] {
        assert_flagged(
            &format!("{name}, then reveal"),
            on_share(BOTH_ZERO, |ctx, x: &Rss<Z4>| {
                let y = truncate(ctx, &product(x), 2)?;
                reveal(ctx, &y, Audience::All).map(|_| ())
            }),
        );
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
                ctx.send_low(op, c, 2, &low, 2)?;
            }
            C => {
                let low = ctx.recv_low::<Z4>(op, b, 2, INSTANCES, 2)?;
                let sum: Vec<Z4> = low.iter().zip(x.second()).map(|(&w, &x)| w - x).collect();
                ctx.see(&sum);
            }
            _ => {}
        }
        Ok(())
    };
    assert_flagged("rounding without the zero share", on_share([1, -2], broken));
    // The dealt bit without its pad shows B the comparison's mask.
    let unpadded = |ctx: &mut Context, x: &Rss<Z4>| -> Outcome {
        let bits = msb_split(ctx, x, 0..4)?;
        let op = ctx.begin_as("broken lift", &[], bits.rotation());
        let [a, b, _] = op.roles();
        match op.role() {
            A => ctx.send_planes(op, b, 1, bits.part(), 1, INSTANCES)?,
            B => {
                let beta = ctx.recv_planes(op, a, 1, 1, INSTANCES)?;
                let sign: Vec<u64> = beta.iter().zip(bits.part()).map(|(x, y)| x ^ y).collect();
                ctx.see_planes(&sign);
            }
            _ => {}
        }
        Ok(())
    };
    assert_flagged("a lift without its mask", on_share([1, -2], unpadded));
}
