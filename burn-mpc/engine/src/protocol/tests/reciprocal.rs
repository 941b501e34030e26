//! Reciprocals and square roots over their documented range.

use crate::protocol::testing::{Setup, SplitMix, join_additive, mine, run, seed, three};
use crate::protocol::{
    Context, Evaluated, Normalisation, ProtocolError, reciprocal, reciprocal_sqrt, sqrt,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::Rss;

type Quotient = Result<Evaluated<Z64>, ProtocolError>;

/// Both ends of the range, powers of two and their neighbours, and values of every magnitude.
fn samples<R: Ring>(rng: &mut SplitMix) -> Vec<R> {
    let size = Normalisation::of::<R>();
    let mut x = vec![(1 << size.high) - 1, 1 << size.low];
    for exponent in size.low..size.high {
        x.extend([1_u64 << exponent, (2 << exponent) - 1]);
        x.extend((0..6).map(|_| (1 << exponent) | (rng.next() & ((1 << exponent) - 1))));
    }
    x.into_iter().map(R::from_u64).collect()
}

/// A function of positive values.
#[derive(Clone, Copy)]
enum Function {
    Reciprocal,
    Root,
    ReciprocalRoot,
}

impl Function {
    fn of(self, x: f64) -> f64 {
        match self {
            Self::Reciprocal => x.recip(),
            Self::Root => x.sqrt(),
            Self::ReciprocalRoot => x.sqrt().recip(),
        }
    }
}

fn worst<R: Ring>(function: Function) -> f64 {
    let size = Normalisation::of::<R>();
    let mut rng = SplitMix(seed(701));
    let mut x = samples::<R>(&mut rng);
    x.push(R::ZERO);
    let shares = rng.deal(&x);
    let got = three(rng.next(), |ctx| {
        let share = mine(ctx, &shares);
        match function {
            Function::Reciprocal => reciprocal(ctx, share, size),
            Function::Root => sqrt(ctx, share, size),
            Function::ReciprocalRoot => reciprocal_sqrt(ctx, share, size),
        }
    });
    let frac = got[0].frac;
    let joined = join_additive(&got.map(|result| result.values));
    assert_eq!(joined.last(), Some(&R::ZERO), "zero gives zero");
    let clear = |v: &R, frac: u32| v.to_i64() as f64 / f64::from(frac).exp2();
    let relative = |(x, y): (&R, &R)| {
        let exact = function.of(clear(x, size.input_frac));
        (clear(y, frac) / exact - 1.0).abs()
    };
    x.iter()
        .zip(&joined)
        .take(x.len() - 1)
        .map(relative)
        .fold(0.0, f64::max)
}

/// The error of roundings of `count` units in all at `work` bits, plus what Newton's iteration leaves.
fn bound<R: Ring>(count: f64, newton: f64) -> f64 {
    count / f64::from(Normalisation::of::<R>().work).exp2() + newton
}

#[test]
fn a_reciprocal_has_the_relative_error_of_its_roundings() {
    // Relative errors in units of 2^-work: for c in [1/2, 1) twice one, for c w and w one each.
    for (worst, bound) in [
        (worst::<Z64>(Function::Reciprocal), bound::<Z64>(4.5, 3e-9)),
        (
            worst::<Z32>(Function::Reciprocal),
            bound::<Z32>(4.5, 5.5e-5),
        ),
    ] {
        assert!(worst < bound, "{worst} of {bound}");
    }
}

#[test]
fn a_square_root_has_the_relative_error_of_its_roundings() {
    // Relative errors in units of 2^-work: for c in [1/4, 1) two, for the root in [1/2, 1) two, for the last step two.
    for (worst, bound) in [
        (worst::<Z64>(Function::Root), bound::<Z64>(6.5, 7e-8)),
        (worst::<Z32>(Function::Root), bound::<Z32>(6.5, 7e-8)),
    ] {
        assert!(worst < bound, "{worst} of {bound}");
    }
}

#[test]
fn a_reciprocal_square_root_has_the_relative_error_of_its_roundings() {
    // Relative errors in units of 2^-work: for c in [1/4, 1) two; for the last step, whose result is at least one, two.
    for (worst, bound) in [
        (
            worst::<Z64>(Function::ReciprocalRoot),
            bound::<Z64>(4.5, 7e-8),
        ),
        (
            worst::<Z32>(Function::ReciprocalRoot),
            bound::<Z32>(4.5, 7e-8),
        ),
    ] {
        assert!(worst < bound, "{worst} of {bound}");
    }
}

#[test]
fn a_reciprocal_square_root_costs_less_than_the_root() {
    let size = Normalisation::of::<Z64>();
    let mut rng = SplitMix(seed(702));
    let shares = rng.deal(&[Z64::from_u64(1 << 20); 3]);
    let rounds = |function: fn(&mut Context, &Rss<Z64>, Normalisation) -> Quotient| {
        let ran = run(Setup::of(702), |ctx| {
            function(ctx, mine(ctx, &shares), size)
        });
        (ran.rounds, ran.payload_bits)
    };
    let (root, both) = (rounds(sqrt), rounds(reciprocal_sqrt));
    assert!(both.0 < root.0 && both.1 < root.1, "{both:?} of {root:?}");
}
