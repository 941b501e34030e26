//! The exponential, sine and cosine over their whole domain, and flags beyond it.

use crate::protocol::tests::reciprocal::{Function, evaluated, opened};
use crate::protocol::{atan_of_unit, cos, exp, sin};
use crate::ring::{Ring, Z32, Z64};

/// `count` steps from `from` to `to`, as codes, and the neighbours of both ends.
fn sweep<R: Ring>(from: f64, to: f64, frac: u32, count: usize) -> Vec<R> {
    let code = |x: f64| (x * f64::from(frac).exp2()).round() as i64;
    let step = (to - from) / count as f64;
    let inner = (0..=count).map(|i| code(from + i as f64 * step));
    let ends = [code(from) + 1, code(to) - 1];
    inner.chain(ends).map(R::from_i64).collect()
}

fn exponentials<R: Ring>(frac: u32, [low, high]: [f64; 2], relative: f64, absolute: f64) {
    // Far below, near zero, and up to the largest result.
    let mut x = sweep::<R>(-2.0 * low, high - 0.01, frac, 3000);
    x.extend(sweep::<R>(-1.0, 1.0, frac, 500));
    x.push(R::from_i64(-(1 << (R::BITS - 4))));
    for (x, y) in evaluated(exp::<R>, &x, frac) {
        let slack = x.exp() * relative + absolute;
        assert!((y - x.exp()).abs() <= slack, "e^{x}: {y}, not {}", x.exp());
    }
}

#[test]
fn exponentials_are_right_over_the_whole_range() {
    use core::f64::consts::LN_2;
    // Relative: the series, two units of the mantissa and one of y times ln 2, and the error of log2(e) times the
    // exponent. Absolute: two units of the result, and what is below 2^-low.
    let unit = |bits: u32| 1.0 / f64::from(bits).exp2();
    let relative = 3e-9 + 12.0 * unit(26) + 64.0 * unit(35);
    exponentials::<Z64>(
        20,
        [24.0 * LN_2, 39.0 * LN_2],
        relative,
        2.0 * unit(20) + unit(24),
    );
    let relative = 1.2e-4 + 12.0 * unit(13) + 32.0 * unit(15);
    exponentials::<Z32>(
        10,
        [12.0 * LN_2, 17.0 * LN_2],
        relative,
        2.0 * unit(10) + unit(12),
    );
}

fn waves<R: Ring>(frac: u32, largest: f64, slack: f64) {
    let mut x = sweep::<R>(-largest, largest, frac, 3000);
    x.extend(sweep::<R>(-4.0, 4.0, frac, 1000));
    for (x, y) in evaluated(sin::<R>, &x, frac) {
        assert!((y - x.sin()).abs() <= slack, "sin({x}): {y}");
    }
    for (x, y) in evaluated(cos::<R>, &x, frac) {
        assert!((y - x.cos()).abs() <= slack, "cos({x}): {y}");
    }
}

#[test]
fn sine_and_cosine_are_right_over_their_domain() {
    use core::f64::consts::PI;
    // Two roundings and the constant's half unit, as an angle; then those of the series, of degree six.
    let angle = |work: u32, constant: u32, largest: f64| {
        2.0 * PI * (2.0 / f64::from(work).exp2() + largest / f64::from(constant + 1).exp2())
    };
    waves::<Z64>(
        20,
        1023.99,
        angle(26, 32, 1024.0) + 80.0 / f64::from(26).exp2() + 2e-8,
    );
    waves::<Z32>(
        10,
        15.9,
        angle(13, 16, 16.0) + 40.0 / f64::from(13).exp2() + 5e-5,
    );
}

fn arcs<R: Ring>(frac: u32, slack: f64) {
    let x = sweep::<R>(-1.0, 1.0, frac, 2000);
    for (x, y) in evaluated(atan_of_unit::<R>, &x, frac) {
        assert!((y - x.atan()).abs() <= slack, "atan({x}): {y}");
    }
}

#[test]
fn arcs_are_right_in_the_unit_interval() {
    arcs::<Z64>(20, 80.0 / f64::from(26).exp2() + 2e-8);
    arcs::<Z32>(10, 40.0 / f64::from(13).exp2() + 5e-6);
}

fn flags<R: Ring>(frac: u32, cases: [(&'static str, Function<R>, f64); 3]) {
    for (name, function, end) in cases {
        let code = |x: f64| R::from_i64((x * f64::from(frac).exp2()).round() as i64);
        let signs: &[f64] = if name == "exp" { &[1.0] } else { &[1.0, -1.0] };
        for sign in signs {
            let near = [R::ZERO, code(sign * (end - 0.1))];
            assert_eq!(
                opened(function, &near, frac),
                [Ok(()), Ok(()), Ok(())],
                "{name}"
            );
            for beyond in [end + 0.1, 2.0 * end] {
                let far = [R::ZERO, code(sign * beyond)];
                let closed = || Err(name.to_owned());
                let expected = [closed(), closed(), closed()];
                assert_eq!(opened(function, &far, frac), expected, "{name} of {beyond}");
            }
        }
    }
}

#[test]
fn values_beyond_the_domain_keep_everything_closed() {
    use core::f64::consts::LN_2;
    flags::<Z64>(
        20,
        [
            ("exp", exp, 39.0 * LN_2),
            ("sin", sin, 1024.0),
            ("cos", cos, 1024.0),
        ],
    );
    flags::<Z32>(
        10,
        [
            ("exp", exp, 17.0 * LN_2),
            ("sin", sin, 16.0),
            ("cos", cos, 16.0),
        ],
    );
}
