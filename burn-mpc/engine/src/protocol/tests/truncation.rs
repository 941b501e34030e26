//! Faithful, star and probabilistic truncation: errors below one unit in the last place, no bias, and the declared
//! cost.

use super::LENGTHS;
use crate::protocol::testing::{Setup, SplitMix, attempt, join, mine, run, seed, three};
use crate::protocol::{
    Context, ProtocolError, Truncation, failure_probability, faithful, probabilistic, star,
    truncate,
};
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::{Additive, Rss};

type Truncate<R> = fn(&mut Context, &Additive<R>, u32) -> Result<Rss<R>, ProtocolError>;

/// `result 2^shift - z`, exact.
fn error<R: Ring>(result: R, z: R, shift: u32) -> i128 {
    (i128::from(result.to_i64()) << shift) - i128::from(z.to_i64())
}

fn shifts<R: Ring>() -> Vec<u32> {
    let k = R::BITS;
    vec![1, 2, 7, 8, 10, 13, 16, k / 2 - 6, k / 2, k - 3, k - 2]
}

fn faithful_errors<R: Ring>(truncate: Truncate<R>) {
    let k = R::BITS;
    let mut rng = SplitMix(seed(301));
    let edge = 1_i64 << (k - 2);
    let edges = [0, 1, -1, edge - 1, -edge, 1 - edge, edge / 2, -edge / 2];
    for shift in shifts::<R>() {
        let mut z: Vec<R> = edges.iter().map(|&value| R::from_i64(value)).collect();
        z.extend(rng.signed::<R>(k - 2, 2000));
        z.extend(rng.signed::<R>(shift.min(k - 3), 1000));
        z.extend(vec![R::ZERO; 92]);
        let parts = rng.deal_additive(&z);
        let y = join(&three(rng.next(), |ctx| {
            truncate(ctx, mine(ctx, &parts), shift)
        }));
        let ulp = 1_i128 << shift;
        let mut total = 0;
        for (&z, &y) in z.iter().zip(&y) {
            let error = error(y, z, shift);
            assert!(error.abs() < ulp, "z = {}, shift {shift}", z.to_i64());
            assert!(z != R::ZERO || y == R::ZERO, "zero stays zero");
            total += error;
        }
        // One rounding takes two values one ulp apart: standard deviation at most 1/2.
        let count = z.len() as f64;
        let mean = total as f64 / ulp as f64 / count;
        assert!(
            mean.abs() < 5.0 * 0.5 / count.sqrt(),
            "bias {mean} at shift {shift}"
        );
    }
}

#[test]
fn faithful_truncation_has_no_gross_error_and_no_bias() {
    faithful_errors::<Z64>(faithful);
    faithful_errors::<Z32>(faithful);
}

#[test]
fn star_truncation_has_no_gross_error_and_no_bias() {
    faithful_errors::<Z64>(star);
    faithful_errors::<Z32>(star);
}

/// All values of the small ring in the claimed range, many times each.
#[test]
fn both_faithful_truncations_hold_for_every_value_of_the_small_ring() {
    let mut rng = SplitMix(seed(304));
    let z: Vec<Z4> = (0..8 * 500).map(|i| Z4::from_i64(i % 8 - 4)).collect();
    for shift in [1, 2] {
        let parts = rng.deal_additive(&z);
        for truncate in [faithful as Truncate<Z4>, star] {
            let y = join(&three(rng.next(), |ctx| {
                truncate(ctx, mine(ctx, &parts), shift)
            }));
            for (&z, &y) in z.iter().zip(&y) {
                assert!(error(y, z, shift).abs() < 1 << shift);
                assert!(z != Z4::ZERO || y == Z4::ZERO, "zero stays zero");
            }
        }
    }
}

fn probabilistic_errors<R: Ring>(distance: u32) {
    let k = R::BITS;
    let mut rng = SplitMix(seed(302));
    let count = 20_000;
    for (shift, sign) in [(10, 1), (10, -1), (k / 2 - 6, 1)] {
        let z = vec![R::from_i64(sign << (k - distance)); count];
        let parts = rng.deal_additive(&z);
        let y = join(&three(rng.next(), |ctx| {
            probabilistic(ctx, mine(ctx, &parts), shift)
        }));
        let ulp = 1_i128 << shift;
        let gross = z
            .iter()
            .zip(&y)
            .filter(|&(&z, &y)| error(y, z, shift).abs() >= ulp);
        let mut wrong = 0;
        for (&z, &y) in gross {
            wrong += 1;
            let off = error(y, z, shift).abs() - (1_i128 << k);
            assert!(off.abs() < ulp, "a gross error is 2^(k-shift)");
        }
        let rate = 1.0 / f64::from(distance).exp2();
        let (mean, deviation) = (count as f64 * rate, (count as f64 * rate).sqrt());
        assert!(
            (f64::from(wrong) - mean).abs() < 5.0 * deviation,
            "{wrong} of {mean}"
        );
    }
    let mut z = rng.signed::<R>(k - 26, 3000);
    z.extend(vec![R::ZERO; 1000]);
    let parts = rng.deal_additive(&z);
    let shift = 5;
    let y = join(&three(rng.next(), |ctx| {
        probabilistic(ctx, mine(ctx, &parts), shift)
    }));
    let mut total = 0;
    for (&z, &y) in z.iter().zip(&y) {
        assert!(error(y, z, shift).abs() < 32);
        assert!(z != R::ZERO || y == R::ZERO, "zero stays zero");
        total += error(y, z, shift);
    }
    let mean = total as f64 / 32.0 / 4000.0;
    assert!(mean.abs() < 5.0 * 0.5 / 4000_f64.sqrt(), "bias {mean}");
}

#[test]
fn probabilistic_truncation_errs_grossly_at_the_stated_rate_only() {
    probabilistic_errors::<Z64>(6);
    probabilistic_errors::<Z32>(5);
}

/// Every mask of the small ring: `|z|` of the 16 destroy the value.
#[test]
fn the_failure_probability_counts_the_masks_that_wrap() {
    for z in -8..8 {
        for shift in [1, 2] {
            let destroyed = (0..16).filter(|&u| {
                let u = Z4::from_i64(u);
                let v = Z4::from_i64(z) - u;
                let y = u.sar(shift) + -(-v).sar(shift);
                error(y, Z4::from_i64(z), shift).abs() >= 1 << shift
            });
            assert_eq!(
                destroyed.count() as u64,
                z.unsigned_abs(),
                "{z} / 2^{shift}"
            );
        }
    }
    assert_eq!(failure_probability::<Z64>(1 << 20, 40), 1.0 / 16.0);
    assert_eq!(failure_probability::<Z32>(3, 20), 3.0 / 4096.0);
    assert_eq!(failure_probability::<Z32>(1 << 40, 30), 1.0);
    assert_eq!(failure_probability::<Z64>(0, 62), 0.0);
}

fn costs<R: Ring>() {
    let mut rng = SplitMix(seed(303));
    let k = u64::from(R::BITS);
    for len in LENGTHS {
        let z = rng.signed::<R>(R::BITS - 2, len);
        let parts = rng.deal_additive(&z);
        for (truncation, rounds, more) in [
            (Truncation::Faithful, 3, 12),
            (Truncation::Probabilistic, 2, 0),
            (Truncation::Star, 2, 22),
        ] {
            let setup = Setup {
                truncation,
                ..Setup::of(rng.next())
            };
            let run = run(setup, |ctx| truncate(ctx, mine(ctx, &parts), 10));
            join(&run.parties);
            assert_eq!(run.rounds, rounds);
            if len == 64 {
                assert_eq!(run.payload_bits, 64 * (3 * k + more));
            }
        }
    }
}

#[test]
fn truncation_costs_what_it_declares() {
    costs::<Z64>();
    costs::<Z32>();
}

#[test]
fn a_shift_that_does_not_fit_is_refused_before_any_message() {
    for shift in [0, 31, 32, 64] {
        for truncation in [
            Truncation::Faithful,
            Truncation::Probabilistic,
            Truncation::Star,
        ] {
            let parts = SplitMix(1).deal_additive(&[Z32::ONE; 3]);
            let setup = Setup {
                truncation,
                ..Setup::of(5)
            };
            let got = attempt(setup, &|ctx| truncate(ctx, mine(ctx, &parts), shift));
            for (result, facts) in got {
                assert!(
                    matches!(result, Err(ProtocolError::Shift { .. })),
                    "{shift}"
                );
                assert_eq!(facts.counters.frames_sent, 0);
            }
        }
    }
}
