//! Signs, zero tests and comparisons.

use core::ops::Range;

use super::LENGTHS;
use crate::protocol::testing::{Run, Setup, SplitMix, attempt, join_bits, mine, run, seed, three};
use crate::protocol::{
    Context, ProtocolError, b2a, greater, is_zero, msb, msb_in, msb_parts, msb_split,
};
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::{BitShare, Rss};

/// Edges first, then values of every magnitude.
pub(super) fn samples<R: Ring>(rng: &mut SplitMix, len: usize) -> Vec<R> {
    let max = i64::MAX >> (64 - R::BITS);
    let edges = [0, -1, 1, max, -max - 1, 1 - max, max - 1, -2, 2];
    let other = |rng: &mut SplitMix| {
        let below = rng.below(R::BITS as usize);
        R::from_u64(rng.next()).sar(below as u32)
    };
    (0..len)
        .map(|i| edges.get(i).map_or_else(|| other(rng), |&v| R::from_i64(v)))
        .collect()
}

fn sign_laws<R: Ring>() {
    let mut rng = SplitMix(seed(401));
    for len in LENGTHS.into_iter().chain([9, 4096]) {
        let x = samples::<R>(&mut rng, len);
        let shares = rng.deal(&x);
        let signs = join_bits(&three(rng.next(), |ctx| msb(ctx, mine(ctx, &shares))));
        let zeros = join_bits(&three(rng.next(), |ctx| is_zero(ctx, mine(ctx, &shares))));
        for i in 0..len {
            assert_eq!(signs[i], x[i].to_i64() < 0, "sign of {:?}", x[i]);
            assert_eq!(zeros[i], x[i] == R::ZERO, "{:?} = 0", x[i]);
        }
    }
}

#[test]
fn the_sign_bit_and_the_zero_test_are_exact() {
    sign_laws::<Z64>();
    sign_laws::<Z32>();
    sign_laws::<Z4>();
}

#[test]
fn every_rotation_gives_the_same_signs() {
    let mut rng = SplitMix(seed(402));
    let x = samples::<Z32>(&mut rng, 77);
    let shares = rng.deal(&x);
    let expected: Vec<bool> = x.iter().map(|v| v.to_i64() < 0).collect();
    let runs = three(rng.next(), |ctx| {
        (0..4)
            .map(|_| msb(ctx, mine(ctx, &shares)))
            .collect::<Result<Vec<BitShare>, _>>()
    });
    for round in 0..4 {
        assert_eq!(
            join_bits(&[0, 1, 2].map(|i| runs[i][round].clone())),
            expected
        );
    }
}

/// Bits per element, and rounds, of a run on 64 elements.
pub(super) fn price<T>(run: &Run<T>) -> (u64, u32) {
    assert_eq!(run.payload_bits % 64, 0);
    (run.payload_bits / 64, run.rounds)
}

#[test]
fn signs_and_bits_cost_what_the_specification_says() {
    let mut rng = SplitMix(seed(403));
    let wide = rng.deal(&samples::<Z64>(&mut SplitMix(1), 64));
    let narrow = rng.deal(&samples::<Z32>(&mut SplitMix(1), 64));
    let bits = rng.deal_bits(&[true; 64]);
    let setup = Setup::of(rng.next());
    assert_eq!(
        price(&run(setup, |ctx| msb(ctx, mine(ctx, &wide)))),
        (285, 7)
    );
    assert_eq!(
        price(&run(setup, |ctx| msb(ctx, mine(ctx, &narrow)))),
        (136, 6)
    );
    assert_eq!(
        price(&run(setup, |ctx| msb_in(ctx, mine(ctx, &wide), 9..29))),
        (81, 5)
    );
    assert_eq!(
        price(&run(setup, |ctx| is_zero(ctx, mine(ctx, &wide)))),
        (253, 7)
    );
    assert_eq!(
        price(&run(setup, |ctx| is_zero(ctx, mine(ctx, &narrow)))),
        (125, 6)
    );
    assert_eq!(
        price(&run(setup, |ctx| b2a::<Z64>(ctx, mine(ctx, &bits)))),
        (192, 2)
    );
    assert_eq!(
        price(&run(setup, |ctx| b2a::<Z32>(ctx, mine(ctx, &bits)))),
        (96, 2)
    );
}

/// Values whose sign a window must find, edges first: `|x| <= 2^(hi-1) - 2^lo`, not in `[0, 2^lo)`.
pub(super) fn covered<R: Ring>(rng: &mut SplitMix, window: &Range<u32>, len: usize) -> Vec<R> {
    let (unit, max) = (1_i128 << window.start, 1_i128 << (window.end - 1));
    let edges = [unit, -1, unit - max, max - unit, -unit, max / 2, -max / 2];
    let fits = |x: &i128| (unit..=max - unit).contains(x) || (unit - max..0).contains(x);
    let sample = |rng: &mut SplitMix| loop {
        let below = window.end - 1 - rng.below((window.end - window.start) as usize) as u32;
        let x = i128::from(rng.next().cast_signed()) >> (63 - below.min(63));
        if fits(&x) {
            return x;
        }
    };
    (0..len)
        .map(|i| {
            edges
                .get(i)
                .copied()
                .filter(fits)
                .unwrap_or_else(|| sample(rng))
        })
        .map(|x| R::from_i64(x as i64))
        .collect()
}

pub(super) fn windows<R: Ring>() -> Vec<Range<u32>> {
    let k = R::BITS;
    vec![0..k, 0..20, 3..25, 7..k, 0..31, k - 2..k, 0..2, 5..8]
}

fn window_laws<R: Ring>() {
    let mut rng = SplitMix(seed(405));
    for window in windows::<R>() {
        let x = covered::<R>(&mut rng, &window, 500);
        let shares = rng.deal(&x);
        let signs = join_bits(&three(rng.next(), |ctx| {
            msb_in(ctx, mine(ctx, &shares), window.clone())
        }));
        for (x, sign) in x.iter().zip(signs) {
            assert_eq!(sign, x.to_i64() < 0, "sign of {x:?} in {window:?}");
        }
    }
}

#[test]
fn a_window_gives_the_sign_of_what_it_covers() {
    window_laws::<Z64>();
    window_laws::<Z32>();
}

#[test]
fn a_window_that_does_not_fit_is_refused_before_any_message() {
    let shares = SplitMix(1).deal(&[Z32::ONE; 3]);
    for window in [0..33, 5..5, 5..6, 31..33, 33..35] {
        type Compare = fn(&mut Context, &Rss<Z32>, Range<u32>) -> Result<(), ProtocolError>;
        let all: [Compare; 3] = [
            |ctx, x, w| msb_in(ctx, x, w).map(drop),
            |ctx, x, w| msb_parts(ctx, x, w).map(drop),
            |ctx, x, w| msb_split(ctx, x, w).map(drop),
        ];
        for compare in all {
            let got = attempt(Setup::of(5), &|ctx| {
                compare(ctx, mine(ctx, &shares), window.clone())
            });
            for (result, facts) in got {
                assert!(
                    matches!(result, Err(ProtocolError::Window { .. })),
                    "{window:?}"
                );
                assert_eq!(facts.counters.frames_sent, 0);
            }
        }
    }
}

fn comparisons<R: Ring>() {
    let mut rng = SplitMix(seed(404));
    for len in LENGTHS {
        let halve = |x: Vec<R>| x.into_iter().map(|v| v.sar(1)).collect::<Vec<R>>();
        let (x, mut y) = (halve(samples(&mut rng, len)), halve(rng.words(len)));
        y.iter_mut().zip(&x).step_by(3).for_each(|(y, &x)| *y = x);
        let (xs, ys) = (rng.deal(&x), rng.deal(&y));
        let got = three(rng.next(), |ctx| {
            greater(ctx, mine(ctx, &xs), mine(ctx, &ys))
        });
        let expected: Vec<bool> = x
            .iter()
            .zip(&y)
            .map(|(x, y)| x.to_i64() > y.to_i64())
            .collect();
        assert_eq!(join_bits(&got), expected);
    }
}

#[test]
fn greater_compares_and_ties_give_zero() {
    comparisons::<Z64>();
    comparisons::<Z32>();
}
