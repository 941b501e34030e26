//! Rounding before an opening: exact for every word, at the declared cost.

use super::LENGTHS;
use crate::Party;
use crate::protocol::testing::{Setup, SplitMix, attempt, join_additive, mine, run, seed, three};
use crate::protocol::{
    Audience, ProtocolError, lift_halves, msb_split, reveal_additive, round_additive,
    round_replicated,
};
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::Rss;

/// `z + 2^(f-1)` with its low bits cleared, in the ring.
fn rounded<R: Ring>(z: &[R], shift: u32) -> Vec<R> {
    let near = |&z: &R| (z + R::ONE.shl(shift - 1)).shr(shift).shl(shift);
    z.iter().map(near).collect()
}

fn check<R: Ring>(rng: &mut SplitMix, z: &[R], shift: u32) {
    let (parts, shares) = (rng.deal_additive(z), rng.deal(z));
    let expected = rounded(z, shift);
    // The result is the same under other masks and rotations.
    for _ in 0..2 {
        let of_parts = three(rng.next(), |ctx| {
            Ok(round_additive(ctx, mine(ctx, &parts), shift)?.to_additive())
        });
        assert_eq!(join_additive(&of_parts), expected, "shift {shift}");
        let of_shares = three(rng.next(), |ctx| {
            Ok(round_replicated(ctx, mine(ctx, &shares), shift)?.to_additive())
        });
        assert_eq!(join_additive(&of_shares), expected, "shift {shift}");
    }
}

fn every_word<R: Ring>(shifts: &[u32]) {
    let mut rng = SplitMix(seed(1511));
    for &shift in shifts {
        let half = 1_i64 << (shift - 1);
        let edges = [
            0,
            1,
            -1,
            half,
            half - 1,
            -half,
            -half - 1,
            i64::MIN,
            i64::MAX,
        ];
        let mut z: Vec<R> = edges.map(R::from_i64).to_vec();
        z.extend(rng.words::<R>(800));
        check(&mut rng, &z, shift);
    }
}

#[test]
fn a_rounded_value_is_a_function_of_the_value_for_every_word() {
    every_word::<Z64>(&[1, 2, 7, 10, 20, 30, 33, 61, 62]);
    every_word::<Z32>(&[1, 2, 7, 10, 20, 29, 30]);
    let mut rng = SplitMix(seed(1512));
    let z: Vec<Z4> = (0..16).flat_map(|z| [Z4::from_u64(z); 500]).collect();
    check(&mut rng, &z, 1);
    check(&mut rng, &z, 2);
}

fn costs<R: Ring>(shift: u32, additive: u64, replicated: u64) {
    let mut rng = SplitMix(seed(1513));
    for len in LENGTHS {
        let z = rng.words::<R>(len);
        let (parts, shares) = (rng.deal_additive(&z), rng.deal(&z));
        // `run` checks that the measured cost is the declared one.
        let one = run(Setup::of(rng.next()), |ctx| {
            round_additive(ctx, mine(ctx, &parts), shift).map(|_| ())
        });
        let other = run(Setup::of(rng.next()), |ctx| {
            round_replicated(ctx, mine(ctx, &shares), shift).map(|_| ())
        });
        assert_eq!((one.rounds, other.rounds), (4, 3));
        if len == 64 {
            assert_eq!(one.payload_bits, 64 * additive);
            assert_eq!(other.payload_bits, 64 * replicated + 3 * 256);
        }
    }
}

#[test]
fn rounding_costs_what_it_declares() {
    // Two words, or one; the low bits; the comparison in a field; two bits.
    costs::<Z64>(30, 2 * 64 + 30 + 2 + 356, 64 + 2 + 356);
    costs::<Z32>(10, 2 * 32 + 10 + 2 + 81, 32 + 2 + 81);
}

fn lifted<R: Ring>() {
    let mut rng = SplitMix(seed(1514));
    for len in LENGTHS {
        let x = rng.words::<R>(len);
        let shares = rng.deal(&x);
        let got = run(Setup::of(rng.next()), |ctx| {
            let bits = msb_split(ctx, mine(ctx, &shares), 0..R::BITS)?;
            let before = ctx.declared().rounds();
            let lifted = lift_halves::<R>(ctx, &bits)?;
            assert_eq!(ctx.declared().rounds(), before + 1);
            Ok(lifted.to_additive())
        });
        let signs: Vec<R> = x.iter().map(|x| x.msb()).collect();
        assert_eq!(join_additive(&got.parties), signs);
    }
}

#[test]
fn lifted_halves_are_the_bits() {
    lifted::<Z64>();
    lifted::<Z32>();
}

/// The replicas of a value that is rounded before it is opened are compared before the opening.
#[test]
fn other_copies_of_a_replicated_value_end_before_anything_is_opened() {
    for (party, second) in [(0, true), (1, false), (2, true)] {
        let mut rng = SplitMix(seed(1515));
        let x = rng.words::<Z64>(9);
        let mut shares = rng.deal(&x);
        let share = &shares[party];
        let (mut first, mut next) = (share.first().to_vec(), share.second().to_vec());
        let copy = if second { &mut next } else { &mut first };
        copy[4] += Z64::ONE;
        shares[party] = Rss::new(first, next);
        let setup = Setup {
            deadline: std::time::Duration::from_secs(2),
            ..Setup::of(rng.next())
        };
        let outcomes = attempt(setup, &|ctx| {
            let rounded = round_replicated(ctx, mine(ctx, &shares), 20)?;
            reveal_additive(ctx, &rounded.to_additive(), Audience::One(Party::P1))
        });
        let noticed = outcomes.iter().filter_map(|(result, _)| match result {
            Err(ProtocolError::Replication { path, .. }) => Some(&**path),
            _ => None,
        });
        assert_eq!(noticed.collect::<Vec<_>>(), ["round-replicated"]);
        for (result, _) in &outcomes {
            assert!(!matches!(result, Ok(Some(_))), "nothing is opened");
        }
    }
}
