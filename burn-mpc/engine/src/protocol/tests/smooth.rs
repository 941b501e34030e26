//! Smooth functions and softmax against doubles, over their bounds and far beyond, on both rings.

use crate::protocol::testing::{Setup, SplitMix, join, mine, run, seed};
use crate::protocol::{
    ERF, GELU, GELU_SLOPE, SIGMOID, SOFTPLUS, Smooth, TANH, Truncation, log_softmax, smooth,
    softmax, softmax_most_frac, softmax_most_planes,
};
use crate::ring::{Ring, Z32, Z64};

/// The error function by its power series; beyond 5 it is 1 within 2e-12.
fn erf(x: f64) -> f64 {
    if x.abs() > 5.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * core::f64::consts::FRAC_2_SQRT_PI
}

type Case = (&'static str, &'static Smooth, fn(f64) -> f64);

const FUNCTIONS: [Case; 6] = [
    ("sigmoid", &SIGMOID, |x| 1.0 / (1.0 + (-x).exp())),
    ("tanh", &TANH, f64::tanh),
    ("erf", &ERF, erf),
    ("gelu", &GELU, |x| {
        x * (1.0 + erf(x / core::f64::consts::SQRT_2)) / 2.0
    }),
    ("softplus", &SOFTPLUS, |x| {
        x.max(0.0) + (-x.abs()).exp().ln_1p()
    }),
    ("gelu slope", &GELU_SLOPE, |x| {
        let density = (-x * x / 2.0).exp() / core::f64::consts::TAU.sqrt();
        f64::midpoint(1.0, erf(x / core::f64::consts::SQRT_2)) + x * density
    }),
];

/// Fractional bits of values, and the error that is allowed: on 64 bits four units of 2^-16; on 32 bits the series
/// (1.0e-3 at most, by `scripts/smooth.py --errors`), its polynomials at 14 bits and a unit of 2^-10 for rounding.
fn precision<R: Ring>() -> (u32, f64) {
    if R::BITS == 64 {
        (20, 4.0 / 65536.0)
    } else {
        (10, 2.5e-3)
    }
}

fn encode<R: Ring>(x: &[f64], frac: u32) -> Vec<R> {
    let scale = f64::from(frac).exp2();
    x.iter().map(|x| R::from_i64((x * scale) as i64)).collect()
}

fn decode<R: Ring>(x: &[R], frac: u32) -> Vec<f64> {
    let scale = f64::from(frac).exp2();
    x.iter().map(|x| x.to_i64() as f64 / scale).collect()
}

fn assert_close(name: &str, got: f64, exact: f64, x: f64, error: f64) {
    // The largest values have more digits than doubles.
    let bound = error + exact.abs() * f64::EPSILON;
    assert!(
        (got - exact).abs() <= bound,
        "{name}({x}) is {exact}, not {got}; allowed {bound:.1e}; MPC_SEED={}",
        seed(2911)
    );
}

fn sweep<R: Ring>(truncation: Truncation) {
    let mut rng = SplitMix(seed(2911));
    let (frac, error) = precision::<R>();
    let unit = f64::from(frac).exp2().recip();
    // Every 1/16 from -17 to 17, neighbours of zero, and values as large as the ring holds at this scale.
    let mut x: Vec<f64> = (-272..=272).map(|i| f64::from(i) / 16.0).collect();
    x.extend([-unit, unit, -33.0, 47.5, -1000.0, 1000.0]);
    let largest = f64::from(R::BITS - 3 - frac).exp2();
    x.extend([largest, -largest]);
    let shares = rng.deal(&encode::<R>(&x, frac));
    for (name, function, exact) in FUNCTIONS {
        let setup = Setup {
            truncation,
            ..Setup::of(rng.next())
        };
        let ran = run(setup, |ctx| {
            smooth(ctx, mine(ctx, &shares), frac, function, R::BITS)
        });
        for (got, &x) in decode(&join(&ran.parties), frac).into_iter().zip(&x) {
            assert_close(name, got, exact(x), x, error);
        }
    }
}

#[test]
fn smooth_functions_are_right_everywhere() {
    sweep::<Z64>(Truncation::Faithful);
    sweep::<Z32>(Truncation::Faithful);
    sweep::<Z64>(Truncation::Exact);
}

#[test]
fn a_narrow_ring_is_played_on_the_wide_one() {
    let mut rng = SplitMix(seed(2912));
    let x: Vec<f64> = (-20..=20).map(|i| f64::from(i) / 2.0).collect();
    let shares = rng.deal(&encode::<Z64>(&x, 10));
    let ran = run(Setup::of(rng.next()), |ctx| {
        smooth(ctx, mine(ctx, &shares), 10, &GELU, 32)
    });
    let exact = FUNCTIONS[3].2;
    for (got, &x) in decode(&join(&ran.parties), 10).into_iter().zip(&x) {
        assert_close("gelu", got, exact(x), x, precision::<Z32>().1);
    }
}

fn rows<R: Ring>() {
    let mut rng = SplitMix(seed(2913));
    let (frac, error) = precision::<R>();
    let frac = frac.min(softmax_most_frac(R::BITS));
    for planes in [1, 2, 3, 17, 100, 700] {
        // Rows of small differences, of large ones, of equal elements, and with one that stands out, a little or far.
        let len = 5;
        let spread = [2.0, 60.0, 0.0, 9.0, 0.25];
        let x: Vec<f64> = (0..planes * len)
            .map(|i| {
                let uniform = (rng.next() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
                let stands_out = i % len >= 3 && i / len == planes / 2;
                spread[i % len]
                    * if stands_out {
                        80.0 / spread[i % len]
                    } else {
                        uniform
                    }
            })
            .map(|x| (x * 64.0).round() / 64.0)
            .collect();
        let shares = rng.deal(&encode::<R>(&x, frac));
        let got = run(Setup::of(rng.next()), |ctx| {
            softmax(ctx, planes, mine(ctx, &shares), frac, R::BITS)
        });
        let logarithms = run(Setup::of(rng.next()), |ctx| {
            log_softmax(ctx, planes, mine(ctx, &shares), frac, R::BITS)
        });
        let got = decode(&join(&got.parties), frac);
        let logarithms = decode(&join(&logarithms.parties), frac);
        for row in 0..len {
            let at = |i: usize| i * len + row;
            let largest = (0..planes).map(|i| x[at(i)]).fold(f64::MIN, f64::max);
            let sum: f64 = (0..planes).map(|i| (x[at(i)] - largest).exp()).sum();
            for i in 0..planes {
                let shifted = x[at(i)] - largest;
                // Each term of the sum is rounded to a unit of the working scale, up or down.
                let unit = if R::BITS == 64 { 1.5e-8 } else { 6.1e-5 };
                let error = error + 8.0 * unit * (planes as f64).sqrt();
                assert_close("softmax", got[at(i)], shifted.exp() / sum, shifted, error);
                let exact = shifted - sum.ln();
                assert_close("log_softmax", logarithms[at(i)], exact, shifted, error);
            }
        }
    }
}

#[test]
fn rows_of_any_spread_have_a_softmax() {
    rows::<Z64>();
    rows::<Z32>();
}

/// Payload bits per element, and rounds.
fn cost_of_gelu(len: usize) -> (u64, u32) {
    let shares = SplitMix(7).deal(&vec![Z64::ONE; len]);
    let ran = run(Setup::of(1), |ctx| {
        smooth(ctx, mine(ctx, &shares), 20, &GELU, 64)
    });
    (ran.payload_bits / len as u64, ran.rounds)
}

#[test]
fn rounds_do_not_depend_on_size_and_bits_are_those_of_the_specification() {
    let (few, many) = (cost_of_gelu(64), cost_of_gelu(6400));
    assert_eq!(few.1, many.1);
    // Two ReLUs of replicated values; truncations of the square (31 bits), of three polynomials (20 bits each) and of the
    // sum (38 bits), each with three words and two bits.
    let truncations: u64 = [31, 20, 20, 20, 38].map(|f| 3 * 64 + f + 2).iter().sum();
    assert_eq!(many.0, 2 * 541 + truncations);
    let rounds = |len: usize| {
        let shares = SplitMix(8).deal(&vec![Z64::ONE; 8 * len]);
        let ran = run(Setup::of(2), |ctx| {
            softmax(ctx, 8, mine(ctx, &shares), 20, 64)
        });
        ran.rounds
    };
    assert_eq!(rounds(8), rounds(80));
}

#[test]
fn long_rows_fit() {
    assert!(softmax_most_planes(64) >= 1 << 20);
    assert!(softmax_most_planes(32) >= 1 << 13);
}
