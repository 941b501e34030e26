//! Polynomials and piecewise polynomials against doubles, within derived errors.

use crate::protocol::testing::{Setup, SplitMix, join, mine, run, seed};
use crate::protocol::{piecewise, polynomial};
use crate::ring::{Ring, Z32, Z64};

/// A working scale of which twice as many bits still hold the sixth power of a value below 2.
fn work<R: Ring>() -> u32 {
    if R::BITS == 64 { 26 } else { 9 }
}

fn value(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The error of a polynomial of `x` in units of the working scale: the last rounding, and for each term the power's
/// error times the coefficient, and the coefficient's error times the power.
fn units(coefficients: &[f64], x: f64) -> f64 {
    let of = |(i, c): (usize, &f64)| {
        let i = i as i32;
        let power = f64::from(i) * x.abs().max(1.0).powi(i - 1);
        c.abs() * power + 0.5 * x.abs().powi(i)
    };
    1.0 + coefficients.iter().enumerate().map(of).sum::<f64>()
}

/// Values from -2 to 2, ends and borders included.
fn samples<R: Ring>(rng: &mut SplitMix, borders: &[f64]) -> Vec<f64> {
    let steps = f64::from(work::<R>()).exp2();
    let near = |border: &f64| [border - 1.0 / steps, *border, border + 1.0 / steps];
    let mut x: Vec<f64> = borders.iter().flat_map(near).collect();
    x.extend([-2.0 + 1.0 / steps, 0.0, 2.0 - 1.0 / steps]);
    x.extend((0..60).map(|_| (rng.next() >> 11) as f64 / (1_u64 << 51) as f64 - 2.0));
    x.into_iter().map(|x| (x * steps).floor() / steps).collect()
}

fn encode<R: Ring>(x: &[f64]) -> Vec<R> {
    let scale = f64::from(work::<R>()).exp2();
    x.iter().map(|x| R::from_i64((x * scale) as i64)).collect()
}

fn decode<R: Ring>(x: &[R]) -> Vec<f64> {
    let scale = f64::from(work::<R>()).exp2();
    x.iter().map(|x| x.to_i64() as f64 / scale).collect()
}

fn close<R: Ring>(got: &[f64], x: &[f64], piece: impl Fn(f64) -> Vec<f64>, seed: u64) {
    let unit = f64::from(work::<R>()).exp2().recip();
    for (&got, &x) in got.iter().zip(x) {
        let coefficients = piece(x);
        let (exact, bound) = (value(&coefficients, x), units(&coefficients, x) * unit);
        assert!(
            (got - exact).abs() <= bound,
            "{got} for {exact} at {x}, bound {bound}; MPC_SEED={seed}"
        );
    }
}

fn polynomials<R: Ring>() {
    let seed = seed(711);
    let mut rng = SplitMix(seed);
    let x = samples::<R>(&mut rng, &[]);
    let shares = rng.deal(&encode::<R>(&x));
    for coefficients in [
        &[][..],
        &[1.5],
        &[0.25, -1.0],
        &[0.5, 0.0, 0.75],
        &[-0.1, 0.9, 0.3, -0.2],
        &[
            1.0,
            1.0,
            0.5,
            1.0 / 6.0,
            1.0 / 24.0,
            1.0 / 120.0,
            1.0 / 720.0,
        ],
    ] {
        let ran = run(Setup::of(seed), |ctx| {
            polynomial(ctx, mine(ctx, &shares), coefficients, work::<R>())
        });
        let got = decode(&join(&ran.parties));
        close::<R>(&got, &x, |_| coefficients.to_vec(), seed);
    }
}

#[test]
fn a_polynomial_errs_by_its_roundings() {
    polynomials::<Z64>();
    polynomials::<Z32>();
}

#[test]
fn a_polynomial_takes_rounds_as_the_logarithm_of_its_degree() {
    let mut rng = SplitMix(seed(712));
    let shares = rng.deal(&encode::<Z64>(&[0.5; 5]));
    let rounds = |degree: usize| {
        let coefficients = vec![0.5; degree + 1];
        let ran = run(Setup::of(712), |ctx| {
            polynomial(ctx, mine(ctx, &shares), &coefficients, 26)
        });
        ran.rounds
    };
    let one = rounds(1);
    assert_eq!(rounds(0), 0);
    // A call may begin at another party than the one at which the previous call ended, which saves a round.
    for (degree, truncations) in [(2, 2), (3, 3), (4, 3), (5, 4), (8, 4), (9, 5)] {
        let rounds = rounds(degree);
        let most = truncations * one;
        assert!(
            rounds <= most && rounds > most - truncations,
            "degree {degree}: {rounds} rounds, one truncation has {one}"
        );
    }
}

fn pieces<R: Ring>() {
    let seed = seed(713);
    let mut rng = SplitMix(seed);
    let thresholds = [-1.0, 0.0, 1.25];
    let pieces: [&[f64]; 4] = [
        &[-1.0],
        &[0.5, 1.5],
        &[0.5, 1.0, -0.25],
        &[1.0, 0.0, 0.1, 0.05],
    ];
    let x = samples::<R>(&mut rng, &thresholds);
    let shares = rng.deal(&encode::<R>(&x));
    let ran = run(Setup::of(seed), |ctx| {
        piecewise(ctx, mine(ctx, &shares), &thresholds, &pieces, work::<R>())
    });
    let of = |x: f64| {
        let at = thresholds.iter().filter(|&&t| x >= t).count();
        pieces[at].to_vec()
    };
    close::<R>(&decode(&join(&ran.parties)), &x, of, seed);
}

#[test]
fn piecewise_polynomials_err_by_their_roundings_on_both_sides_of_each_border() {
    pieces::<Z64>();
    pieces::<Z32>();
}

#[test]
fn constant_pieces_are_a_table() {
    let seed = seed(714);
    let mut rng = SplitMix(seed);
    let x = [-1.5, -0.5, 0.5, 1.5];
    let shares = rng.deal(&encode::<Z64>(&x));
    let ran = run(Setup::of(seed), |ctx| {
        let (borders, table) = ([-1.0, 0.0, 1.0], [&[4.0][..], &[-3.0], &[2.0], &[-1.0]]);
        piecewise(ctx, mine(ctx, &shares), &borders, &table, 26)
    });
    let got = decode(&join(&ran.parties));
    let unit = f64::from(26).exp2().recip();
    for (got, exact) in got.iter().zip([4.0, -3.0, 2.0, -1.0]) {
        assert!(
            (got - exact).abs() <= unit,
            "{got} for {exact}; MPC_SEED={seed}"
        );
    }
}
