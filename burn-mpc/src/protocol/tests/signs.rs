//! Signs, zero tests and comparisons.

use super::LENGTHS;
use crate::protocol::testing::{Run, Setup, SplitMix, join_bits, mine, run, seed, three};
use crate::protocol::{b2a, greater, is_zero, msb};
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::BitShare;

/// Edges first, then values of every magnitude.
fn samples<R: Ring>(rng: &mut SplitMix, len: usize) -> Vec<R> {
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

/// Bits per element and rounds of 64 elements.
fn price<T>(run: &Run<T>) -> (u64, u32) {
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
        (335, 7)
    );
    assert_eq!(
        price(&run(setup, |ctx| msb(ctx, mine(ctx, &narrow)))),
        (159, 6)
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
