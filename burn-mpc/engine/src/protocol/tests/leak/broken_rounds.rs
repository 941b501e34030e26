//! Like `broken`, for the protocols that save rounds.

use super::rounds::product;
use super::{Case, Outcome, see_bits};
use crate::protocol::bits::digits::{Compared, Digits, differences, hot_digits};
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::random_bits;
use crate::ring::{Ring, Z4};
use crate::share::Rss;
use crate::step::Step;

/// The comparison of [`msb_split`] on the small ring, with all factors 1 unless `factors`, and without slot rotations
/// unless `turns`.
fn broken_comparison(ctx: &mut Context, x: &Rss<Z4>, factors: bool, turns: bool) -> Outcome {
    let op = ctx.begin("broken", &[]);
    let ([a, b, c], n) = (op.roles(), x.len());
    // Digits of one bit, so that there are several.
    let digits = Digits {
        sizes: vec![1; 3],
        p: 5,
    };
    let addend = match op.role() {
        A => x.own_sum(),
        B => x.second().to_vec(),
        _ => x.first().to_vec(),
    };
    let values: Vec<u64> = addend.iter().map(|x| x.to_u64()).collect();
    if op.role() == A {
        let mut shares = ctx.draw_below(op, op.key(B), Step::made_up_run(16), 5, 3 * n)?;
        hot_digits(&digits, &values, &mut shares);
        ctx.send_bytes(op, c, Step::made_up(1), &shares)?;
        for peer in [b, c] {
            let message = ctx.recv_bytes(op, peer, Step::made_up(2), 4 * n)?;
            ctx.see_small(&message, 3);
        }
        return Ok(());
    }
    let eta = ctx.draw_words(op, op.key(C), Step::made_up(3), n.div_ceil(64))?;
    let mut s = ctx.draw_below(op, op.key(C), Step::made_up_run(20), 4, 4 * n)?;
    let pads = ctx.draw_below(op, op.key(C), Step::made_up_run(24), 5, 4 * n)?;
    let mut places = ctx.draw_below(op, op.key(C), Step::made_up_run(28), 4, n)?;
    if !factors {
        s.fill(0);
    }
    if !turns {
        places.fill(0);
    }
    let shares = if op.role() == B {
        ctx.draw_below(op, op.key(B), Step::made_up_run(16), 5, 3 * n)?
    } else {
        ctx.recv_bytes(op, a, Step::made_up(1), 3 * n)?
    };
    ctx.see_small(&shares, 3);
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
    ctx.send_bytes(op, a, Step::made_up(2), &message)
}

#[test]
fn a_comparison_without_factors_or_turns_is_noticed() {
    let broken = |factors, turns| {
        let name = format!("comparison by hand, factors: {factors}, turns: {turns}");
        Case::on_share(name, [1, -3], move |ctx, x: &Rss<Z4>| {
            broken_comparison(ctx, x, factors, turns)
        })
    };
    broken(true, true).assert_tight();
    broken(false, true).assert_flagged();
    broken(true, false).assert_flagged();
}

#[test]
fn a_masked_opening_without_a_zero_share_is_noticed() {
    Case::on_bits("open masked without a zero share", |ctx, [x, y]| {
        let n = x.len();
        let (rho, _) = random_bits::<Z4>(ctx, n)?;
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
            ctx.send_planes(op, peer, Step::made_up(1), &own, 1, n)?;
        }
        for peer in [party.next(), party.prev()] {
            ctx.recv_planes(op, peer, Step::made_up(1), 1, n)?;
        }
        Ok(())
    })
    .assert_flagged();
}
