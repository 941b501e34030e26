//! Reciprocals, roots, logarithms and quotients over the whole range of the ring, and flags outside of it.

use crate::protocol::testing::{Setup, SplitMix, attempt, join_additive, mine, run, seed, three};
use crate::protocol::{
    Audience, Context, Evaluated, Normalisation, ProtocolError, divisor, ln, quotient, reciprocal,
    reciprocal_sqrt, reveal, sqrt,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::Rss;

pub(super) type Function<R> =
    fn(&mut Context, &Rss<R>, u32, Normalisation) -> Result<Evaluated<R>, ProtocolError>;

/// Powers of two and their neighbours, and values of every magnitude.
fn samples<R: Ring>(rng: &mut SplitMix) -> Vec<R> {
    let high = Normalisation::whole(R::BITS).high;
    let mut x = vec![];
    for exponent in 0..high {
        x.extend([1_u64 << exponent, (2 << exponent) - 1]);
        x.extend((0..6).map(|_| (1 << exponent) | (rng.next() & ((1 << exponent) - 1))));
    }
    x.into_iter().map(R::from_u64).collect()
}

fn clear<R: Ring>(x: &R, frac: u32) -> f64 {
    x.to_i64() as f64 / f64::from(frac).exp2()
}

/// Values, and what comes out for each.
pub(super) fn evaluated<R: Ring>(function: Function<R>, x: &[R], frac: u32) -> Vec<(f64, f64)> {
    let size = Normalisation::whole(R::BITS);
    let mut rng = SplitMix(seed(701));
    let shares = rng.deal(x);
    let got = three(rng.next(), |ctx| {
        function(ctx, mine(ctx, &shares), frac, size)
    });
    let found = got[0].frac;
    let joined = join_additive(&got.map(|result| result.values));
    let pairs = x.iter().zip(&joined);
    pairs
        .map(|(x, y)| (clear(x, frac), clear(y, found)))
        .collect()
}

/// The largest error beyond `absolute`, relative to the result.
fn worst(pairs: &[(f64, f64)], exact: impl Fn(f64) -> f64, absolute: f64) -> f64 {
    let error = |&(x, y): &(f64, f64)| {
        let exact = exact(x);
        ((y - exact).abs() - absolute).max(0.0) / exact.abs()
    };
    pairs.iter().map(error).fold(0.0, f64::max)
}

/// `count` units of `2^-bits`, plus what an iteration leaves.
fn units(count: f64, bits: u32, rest: f64) -> f64 {
    count / f64::from(bits).exp2() + rest
}

fn reciprocals<R: Ring>(frac: u32, newton: f64) {
    let size = Normalisation::whole(R::BITS);
    let positive = samples::<R>(&mut SplitMix(seed(702)));
    let negative = positive.iter().map(|&x| -x);
    let all: Vec<R> = positive.iter().copied().chain(negative).collect();
    let pairs = evaluated(reciprocal::<R>, &all, frac);
    // Relative, in units of 2^-work: for c in [1/2, 1) twice one, for c w and w one each; then one of 2^-third for a w
    // of at least 1. Of larger values than the powers reach nothing comes out.
    let bound = units(4.5, size.work, newton) + units(1.0, size.third(), 0.0);
    let unit = units(1.0, size.high - size.third() - 2 - frac, 0.0);
    let worst = worst(&pairs, f64::recip, unit);
    assert!(worst < bound, "{worst} of {bound}");
}

#[test]
fn reciprocals_are_right_over_the_whole_range() {
    reciprocals::<Z64>(20, 3e-9);
    reciprocals::<Z32>(10, 5.5e-5);
}

fn roots<R: Ring>(frac: u32) {
    let size = Normalisation::whole(R::BITS);
    let mut x = samples::<R>(&mut SplitMix(seed(703)));
    // Relative errors in units of 2^-work: for c in [1/4, 1) two, for the last step, whose result is at least one, two,
    // for the root in [1/2, 1) two.
    let found = evaluated(reciprocal_sqrt::<R>, &x, frac);
    let worst_inverse = worst(&found, |x| x.sqrt().recip(), 0.0);
    let bound = units(4.5, size.work, 7e-8);
    assert!(worst_inverse < bound, "{worst_inverse} of {bound}");
    x.push(R::ZERO);
    let found = evaluated(sqrt::<R>, &x, frac);
    assert_eq!(found.last(), Some(&(0.0, 0.0)));
    let worst = worst(&found[..x.len() - 1], f64::sqrt, 0.0);
    let bound = units(6.5, size.work, 7e-8);
    assert!(worst < bound, "{worst} of {bound}");
}

#[test]
fn roots_are_right_over_the_whole_range() {
    roots::<Z64>(40);
    roots::<Z64>(20);
    roots::<Z32>(20);
    roots::<Z32>(10);
}

fn logarithms<R: Ring>(frac: u32, series: f64) {
    let size = Normalisation::whole(R::BITS);
    let x = samples::<R>(&mut SplitMix(seed(704)));
    let pairs = evaluated(ln::<R>, &x, frac);
    // One unit of c in [1/2, 1) is two of the logarithm; the series has a power of itself, of degree up to eight.
    let bound = units(2.0 + 24.0, size.work, series);
    let error = |&(x, y): &(f64, f64)| (y - x.ln()).abs();
    let worst = pairs.iter().map(error).fold(0.0, f64::max);
    assert!(worst < bound, "{worst} of {bound}");
}

#[test]
fn logarithms_are_right_over_the_whole_range() {
    logarithms::<Z64>(20, 1e-6);
    logarithms::<Z64>(40, 1e-6);
    logarithms::<Z32>(10, 1e-4);
}

fn quotients<R: Ring>(frac: u32) {
    let size = Normalisation::whole(R::BITS);
    let third = size.third();
    let mut rng = SplitMix(seed(705));
    let (mut a, mut b) = (vec![], vec![]);
    let most = (i64::from(size.high) - i64::from(third)) as u32;
    for y in samples::<R>(&mut rng) {
        if y.to_i64() >= 1 << most {
            continue;
        }
        for _ in 0..3 {
            let y = if rng.below(2) == 0 { y } else { -y };
            // Dividends of any size up to 2^third times the divisor, that are values of the ring.
            let most = (y.to_i64().unsigned_abs() << third).min(1 << (size.high - third)) - 1;
            let x = (rng.next() % (most + 1)) >> (rng.next() % 20);
            let x = R::from_u64(x);
            a.push(if rng.below(2) == 0 { x } else { -x });
            b.push(y);
        }
    }
    let (x, y) = (rng.deal(&a), rng.deal(&b));
    let got = three(rng.next(), |ctx| {
        let divisor = divisor(ctx, mine(ctx, &y), size)?;
        quotient(ctx, mine(ctx, &x), &divisor, size)
    });
    let found = got[0].frac;
    let joined = join_additive(&got.map(|result| result.values));
    // An inverse is off by its roundings, of which that to `third` bits is the largest; the scaled dividend by a unit,
    // times at most 2.
    let relative = units(1.1, third, if R::BITS == 64 { 1e-7 } else { 7e-4 });
    let absolute = units(2.0, size.high - 2 * third - 2, 0.0) * 1.01;
    for ((a, b), q) in a.iter().zip(&b).zip(&joined) {
        let (exact, q) = (a.to_i64() as f64 / b.to_i64() as f64, clear(q, found));
        let slack = exact.abs() * relative + absolute;
        assert!(
            (q - exact).abs() <= slack,
            "{a:?} / {b:?}: {q}, not {exact}; {frac}"
        );
    }
}

#[test]
fn quotients_keep_their_relative_precision() {
    quotients::<Z64>(20);
    quotients::<Z32>(10);
}

#[test]
fn a_quotient_that_is_too_large_keeps_everything_closed() {
    let size = Normalisation::whole(64);
    for (x, y, is_inside) in [
        (1_i64 << 40, 1_i64 << 21, true),
        (-(1 << 40), 3 << 20, true),
        (1 << 41, 1 << 20, false),
        (-(1 << 41), 1 << 20, false),
        (1 << 41, -(1 << 20), false),
        (1 << 61, 1 << 41, true),
        (1 << 21, 1, false),
        // Powers of two may count as the end of the exponents below.
        (0, 3 << 41, false),
        (0, (1 << 42) - 1, true),
        ((1 << 20) - 1, 1, true),
    ] {
        let mut rng = SplitMix(seed(709));
        let shares = [x, y].map(|x| rng.deal(&[Z64::from_i64(x)]));
        let outcomes = attempt(Setup::of(rng.next()), &|ctx| {
            let divisor = divisor(ctx, mine(ctx, &shares[1]), size)?;
            quotient(ctx, mine(ctx, &shares[0]), &divisor, size)?;
            reveal(ctx, mine(ctx, &shares[0]), Audience::All)
        });
        for (result, _) in outcomes {
            let is_flagged = matches!(result, Err(ProtocolError::Domain { .. }));
            assert_eq!(is_flagged, !is_inside, "{x} / {y}");
        }
    }
}

#[test]
fn a_reciprocal_square_root_costs_less_than_the_root() {
    let size = Normalisation::whole(64);
    let mut rng = SplitMix(seed(706));
    let shares = rng.deal(&[Z64::from_u64(1 << 20); 3]);
    let rounds = |function: Function<Z64>| {
        let ran = run(Setup::of(702), |ctx| {
            function(ctx, mine(ctx, &shares), 20, size)
        });
        (ran.rounds, ran.payload_bits)
    };
    let (root, both) = (rounds(sqrt), rounds(reciprocal_sqrt));
    assert!(both.0 < root.0, "{both:?} of {root:?}");
}

/// What opening another value says after a function of `x`.
pub(super) fn opened<R: Ring>(
    function: Function<R>,
    x: &[R],
    frac: u32,
) -> [Result<(), String>; 3] {
    let size = Normalisation::whole(R::BITS);
    let mut rng = SplitMix(seed(707));
    let shares = rng.deal(x);
    let other = rng.deal(&[R::ONE]);
    let outcomes = attempt(Setup::of(rng.next()), &|ctx| {
        function(ctx, mine(ctx, &shares), frac, size)?;
        reveal(ctx, mine(ctx, &other), Audience::All)?;
        // Once is enough: nothing is left of it.
        reveal(ctx, mine(ctx, &other), Audience::One(crate::Party::P1))
    });
    outcomes.map(|(result, _)| match result {
        Ok(_) => Ok(()),
        Err(ProtocolError::Domain { places, .. }) => Err(places.join(" ")),
        Err(error) => panic!("{error}"),
    })
}

/// A function, values where it is not defined, and values next to them where it is.
type Case<R> = (&'static str, Function<R>, &'static [i64], &'static [i64]);

fn flags<R: Ring>() {
    let few = |last: i64| {
        let mut x: Vec<R> = samples(&mut SplitMix(seed(708)));
        x.truncate(100);
        x.push(R::from_i64(last));
        x
    };
    let cases: [Case<R>; 4] = [
        ("reciprocal", reciprocal, &[0], &[1, -1, 64]),
        ("sqrt", sqrt, &[-1, -(1 << 20)], &[0, 1]),
        ("rsqrt", reciprocal_sqrt, &[0, -1, -(1 << 20)], &[1]),
        ("ln", ln, &[0, -1, -(1 << 20)], &[1]),
    ];
    for (name, function, outside, inside) in cases {
        for &x in inside {
            for party in opened(function, &few(x), 10) {
                assert_eq!(party, Ok(()), "{name} of {x}");
            }
        }
        for &x in outside {
            for party in opened(function, &few(x), 10) {
                assert_eq!(party, Err(name.to_owned()), "{name} of {x}");
            }
        }
    }
}

#[test]
fn a_value_outside_a_domain_keeps_everything_closed() {
    flags::<Z64>();
    flags::<Z32>();
}
