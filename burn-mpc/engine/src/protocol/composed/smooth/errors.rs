//! The rounding of smooth functions on 64 bits, bounded from their coefficients. Tests only.

use crate::protocol::composed::chebyshev::form::{Basis, Form};
use crate::protocol::composed::smooth::{
    ERF, EXP_64, GELU, GELU_SLOPE, SIGMOID, SOFTPLUS, Smooth, TANH,
};

/// Error of a form in units, if its polynomials are off by `errors` units. Polynomials are at most 1 in magnitude.
fn of_form(form: &Form, errors: &[f64]) -> f64 {
    let linear = form.linear.iter().zip(errors).map(|(c, e)| c.abs() * e);
    let product = |&(i, j, a): &(usize, usize, f64)| a.abs() * (errors[i] + errors[j]);
    linear.sum::<f64>() + form.products.iter().map(product).sum::<f64>()
}

/// What truncations of polynomials to 20 bits do to a sum, and coefficients of 18 bits: in units of `2^-20`.
fn of_series(coefficients: &[f64]) -> f64 {
    let basis = Basis::reaching(coefficients.len() - 1, false).expect("degrees of at most 22");
    let mut errors = vec![0.0];
    for form in basis.batches.iter().flatten() {
        errors.push(1.0 + of_form(form, &errors));
    }
    let form =
        Form::of(coefficients, basis.set, false, |_, a| a).expect("the basis reaches the degree");
    // Half a unit of a coefficient is 2^-19; half of that stays, in the polynomial of the highest degree.
    of_form(&form, &errors) + form.products.len() as f64
}

/// `T_n(u)` by the recurrence, and the slope of a series in `u`.
fn slope(coefficients: &[f64], u: f64) -> f64 {
    let at = |u: f64| -> f64 {
        let angle = u.clamp(-1.0, 1.0).acos();
        let term = |(n, c): (usize, &f64)| c * (n as f64 * angle).cos();
        coefficients.iter().enumerate().map(term).sum()
    };
    let [low, high] = [(u - 1e-5).max(-1.0), (u + 1e-5).min(1.0)];
    (at(high) - at(low)) / (high - low)
}

/// A unit of the square, times the slope; an odd function has the factor `t` besides.
fn of_square(function: &Smooth) -> f64 {
    let series = function.on(64);
    let at = |i: i32| {
        let u = f64::from(i) / 1000.0;
        let t = if function.odd {
            f64::midpoint(u, 1.0).sqrt()
        } else {
            1.0
        };
        (slope(series.coefficients, u) * t).abs()
    };
    (-1000..=1000).map(at).fold(0.0, f64::max)
}

/// With 26 units for the series and the tails (`scripts/smooth.py --errors`) and 2 for the last roundings, the error is
/// below 4 units of 2^-16, which are 64 units.
#[test]
fn rounding_is_bounded() {
    let functions = [&ERF, &GELU, &GELU_SLOPE, &SIGMOID, &SOFTPLUS, &TANH];
    for function in functions {
        let error = of_series(function.on(64).coefficients) + of_square(function);
        assert!(error < 36.0, "{error} units");
    }
    assert!(of_series(EXP_64.coefficients) < 8.0);
}
