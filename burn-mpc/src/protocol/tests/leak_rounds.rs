//! The leak test of the protocols that save rounds: split signs, masked openings, random bits.

use super::leak::{
    INSTANCES, Outcome, assert_flagged, assert_tight, on_bits, on_share, see_bits, see_share,
};
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::digits::{Compared, Digits, differences, hot_digits};
use crate::protocol::{
    Comparison, Patches, Window, gate, gate_rounds, lift_split, msb_in, msb_parts, msb_split,
    open_masked, open_split, random_bits, share_split,
};
use crate::ring::{self, Ring, Z4, Z32};
use crate::share::{Rss, XorBits};

fn split_and_use<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Outcome {
    let (rho, _) = random_bits::<Z4>(ctx, x.len())?;
    see_bits(ctx, &rho);
    let split = msb_split(ctx, x, 0..R::BITS)?;
    ctx.see_planes(split.part());
    let shared = share_split(ctx, &split)?;
    see_bits(ctx, &shared);
    let lifted = lift_split::<Z4>(ctx, &split)?;
    see_share(ctx, &lifted);
    let opened = open_split(ctx, &split, &rho)?;
    ctx.see_planes(&opened);
    Ok(())
}

#[test]
fn two_round_signs_do_not_depend_on_the_secret() {
    assert_tight(
        "two-round sign, shared, lifted and opened",
        on_share([5, -3], |ctx, x: &Rss<Z4>| split_and_use(ctx, x)),
    );
    assert_tight(
        "two-round sign in a window",
        on_share([4, -4], |ctx, x: &Rss<Z4>| {
            let split = msb_split(ctx, x, 1..4)?;
            ctx.see_planes(split.part());
            Ok(())
        }),
    );
}

/// On the small ring there is one digit and the guard; here there are a dozen slots.
#[test]
fn many_digits_do_not_depend_on_the_secret() {
    assert_tight(
        "two-round sign on the ring of 32 bits",
        on_share([5, -3], |ctx, x: &Rss<Z32>| split_and_use(ctx, x)),
    );
}

#[test]
fn masked_openings_do_not_depend_on_the_secret() {
    assert_tight(
        "unshared sign of the small ring, opened under a mask",
        on_share([5, -3], |ctx, x: &Rss<Z4>| {
            let (rho, lifted) = random_bits::<Z4>(ctx, INSTANCES)?;
            see_bits(ctx, &rho);
            see_share(ctx, &lifted);
            let parts = msb_parts(ctx, x, 0..4)?;
            ctx.see_planes(parts.part());
            let opened = open_masked(ctx, &parts, &rho)?;
            ctx.see_planes(&opened);
            Ok(())
        }),
    );
    assert_tight(
        "unshared sign of the ring of 32 bits, opened under a mask",
        on_share([5, -3], |ctx, x: &Rss<Z32>| {
            let (rho, _) = random_bits::<Z4>(ctx, INSTANCES)?;
            see_bits(ctx, &rho);
            let parts = msb_parts(ctx, x, 0..32)?;
            ctx.see_planes(parts.part());
            let opened = open_masked(ctx, &parts, &rho)?;
            ctx.see_planes(&opened);
            Ok(())
        }),
    );
    assert_tight(
        "sign in a window",
        on_share([4, -4], |ctx, x: &Rss<Z4>| {
            let bit = msb_in(ctx, x, 1..4)?;
            see_bits(ctx, &bit);
            Ok(())
        }),
    );
    assert_tight(
        "product of bits, opened under a mask",
        on_bits(|ctx, [x, y]| {
            let (rho, _) = random_bits::<Z4>(ctx, INSTANCES)?;
            see_bits(ctx, &rho);
            let opened = open_masked(ctx, &product(x, y), &rho)?;
            ctx.see_planes(&opened);
            Ok(())
        }),
    );
}

/// The unmasked parts of `x y`.
fn product(x: &crate::share::BitShare, y: &crate::share::BitShare) -> XorBits {
    let part = (0..x.first().len()).map(|i| {
        let (x0, x1, y0, y1) = (x.first()[i], x.second()[i], y.first()[i], y.second()[i]);
        (x0 & (y0 ^ y1)) ^ (x1 & y0)
    });
    XorBits::new(x.len(), part.collect())
}

/// The comparison of [`msb_split`] on the small ring with factors that are all 1, or without turns.
fn broken_comparison(ctx: &mut Context, x: &Rss<Z4>, factors: bool, turns: bool) -> Outcome {
    let op = ctx.begin("broken", &[]);
    let [a, b, c] = op.roles();
    // Digits of one bit, so that there is more than one.
    let digits = Digits {
        sizes: vec![1; 3],
        p: 5,
    };
    let bytes = INSTANCES;
    let addend = match op.role() {
        A => x.own_sum(),
        B => x.second().to_vec(),
        _ => x.first().to_vec(),
    };
    let values: Vec<u64> = addend.iter().map(|x| x.to_u64()).collect();
    if op.role() == A {
        let mut shares = ctx.draw_below(op, op.key(B), 16, 5, 3 * INSTANCES)?;
        hot_digits(&digits, &values, &mut shares);
        ctx.send_bytes(op, c, 1, &shares)?;
        for peer in [b, c] {
            let message = ctx.recv_bytes(op, peer, 2, 4 * bytes)?;
            ctx.see_small(&message, 3);
        }
        return Ok(());
    }
    let eta = ctx.draw_words(op, op.key(C), 3, INSTANCES.div_ceil(64))?;
    let mut s = ctx.draw_below(op, op.key(C), 20, 4, 4 * INSTANCES)?;
    let pads = ctx.draw_below(op, op.key(C), 24, 5, 4 * INSTANCES)?;
    let mut places = ctx.draw_below(op, op.key(C), 28, 4, INSTANCES)?;
    if !factors {
        s.fill(0);
    }
    if !turns {
        places.fill(0);
    }
    let shares = if op.role() == B {
        ctx.draw_below(op, op.key(B), 16, 5, 3 * INSTANCES)?
    } else {
        ctx.recv_bytes(op, a, 1, 3 * bytes)?
    };
    let message = differences(
        &digits,
        &Compared {
            constants: op.role() == B,
            v: &values,
            eta: &eta,
            shares: &shares,
            factors: &s,
            pads: &pads,
            turns: &places,
        },
    );
    ctx.send_bytes(op, a, 2, &message)
}

#[test]
fn a_comparison_without_factors_or_turns_is_noticed() {
    let broken = |factors, turns| {
        on_share([1, -3], |ctx, x: &Rss<Z4>| {
            broken_comparison(ctx, x, factors, turns)
        })
    };
    assert_tight("the comparison by hand", broken(true, true));
    assert_flagged("a comparison without factors", broken(false, true));
    assert_flagged("a comparison without turns", broken(true, false));
}

#[test]
fn a_masked_opening_without_a_zero_share_is_noticed() {
    assert_flagged(
        "open masked without a zero share",
        on_bits(|ctx, [x, y]| {
            let (rho, _) = random_bits::<Z4>(ctx, INSTANCES)?;
            see_bits(ctx, &rho);
            let op = ctx.begin("broken", &[]);
            let parts = product(x, y);
            let own: Vec<u64> = parts
                .part()
                .iter()
                .zip(rho.first())
                .map(|(x, y)| x ^ y)
                .collect();
            let party = ctx.party();
            for peer in [party.next(), party.prev()] {
                ctx.send_planes(op, peer, 1, &own, 1, INSTANCES)?;
            }
            for peer in [party.next(), party.prev()] {
                ctx.recv_planes(op, peer, 1, 1, INSTANCES)?;
            }
            Ok(())
        }),
    );
}

/// A gate in three lanes on multiples of one secret: what one lane masks with must not be known from another.
#[test]
fn lanes_do_not_depend_on_the_secret() {
    let single = Patches::single(INSTANCES);
    let window = Window::full::<Z4>();
    let multiples = |x: &Rss<Z4>| {
        let twice = x.zip_linear(x, ring::add);
        let thrice = twice.zip_linear(x, ring::add);
        vec![x.to_additive(), twice.to_additive(), thrice.to_additive()]
    };
    assert_tight(
        "gates in lanes",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            for gated in ctx.in_lanes(multiples(x), |ctx, z| gate(ctx, &z, &single, 1, window))? {
                ctx.see(gated.values.part());
                see_bits(ctx, &gated.signs);
            }
            Ok(())
        }),
    );
    assert_tight(
        "gates of few rounds in lanes",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let gated = ctx.in_lanes(multiples(x), |ctx, z| {
                gate_rounds(ctx, &z, &single, 1, window, Comparison::Split)
            })?;
            for gated in gated {
                see_bits(ctx, &gated.signs);
                see_share(ctx, &gated.values);
            }
            Ok(())
        }),
    );
}

/// Two lanes that mask with the same zero share: the receiver, who lacks the component, learns it from the difference.
#[test]
fn lanes_that_share_a_mask_are_flagged() {
    assert_flagged(
        "one mask for two lanes",
        on_share([1, -2], |ctx, x: &Rss<Z4>| {
            let op = ctx.begin("broken lanes", &[]);
            let mask = ctx.zero_share::<Z4>(op, 1, x.len())?;
            let (next, prev) = (ctx.party().next(), ctx.party().prev());
            for (label, multiple) in [(2, 1), (3, 2)] {
                let part = x.to_additive().map_linear(|x| {
                    let times =
                        (0..multiple).fold(vec![Z4::ZERO; x.len()], |sum, _| ring::add(&sum, x));
                    ring::add(&times, &mask)
                });
                ctx.send(op, next, label, part.part())?;
                let _: Vec<Z4> = ctx.recv(op, prev, label, x.len())?;
            }
            Ok(())
        }),
    );
}
