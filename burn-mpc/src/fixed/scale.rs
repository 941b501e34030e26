//! The policy of scales: how many fractional bits values have when they meet.

use crate::session::Session;

/// The scales to which two factors are truncated before their product; `true` for a constant.
#[must_use]
pub fn of_factors(
    session: &Session,
    (a, a_constant): (u32, bool),
    (b, b_constant): (u32, bool),
) -> (u32, u32) {
    let scales = session.scales();
    let limit = if a_constant && b_constant {
        scales.headroom
    } else if a == 0 || b == 0 {
        // An integer or a bit: the product is no finer than the other factor.
        scales.finest
    } else {
        scales.product
    };
    if a + b <= limit {
        return (a, b);
    }
    let half = limit / 2;
    if a <= half {
        (a, limit - a)
    } else if b <= half {
        (limit - b, b)
    } else {
        (half, half)
    }
}

/// The scale at which a value of `frac` fractional bits is used as a term: its own, unless that leaves no headroom.
#[must_use]
pub fn of_term(session: &Session, frac: u32) -> u32 {
    let scales = session.scales();
    if frac > scales.sum() {
        scales.value
    } else {
        frac
    }
}

/// The fewest fractional bits of public terms: those of a session, none for integers.
#[must_use]
pub fn of_public(session: &Session, values: &[f64]) -> u32 {
    if values.iter().any(|v| v.fract() != 0.0) {
        session.scales().value
    } else {
        0
    }
}

/// The scale at which secret terms meet: the finest. But terms that are products meet no finer than the coarsest of
/// them, or the scale of a product: one that is as large as a product may be would outgrow the ring.
#[must_use]
pub fn of_terms(session: &Session, terms: &[u32]) -> u32 {
    let scales = session.scales();
    let finest = terms.iter().copied().max().unwrap_or(0);
    let products = terms.iter().copied().filter(|&frac| frac > scales.value);
    let coarsest = products.min().unwrap_or(finest);
    finest.min(coarsest.max(scales.finest))
}

/// The scale at which secret terms of `secret` fractional bits and public ones are added.
#[must_use]
pub fn of_sum(session: &Session, secret: u32, public: &[f64]) -> u32 {
    let scales = session.scales();
    // An integer tensor (scale 0) meets a public fraction: take the session's scale.
    let frac = secret.max(of_public(session, public));
    // A public value too large for a fine scale takes the session's.
    let bound = f64::from(scales.limit().saturating_sub(frac)).exp2();
    let fits = public.iter().all(|v| v.abs() < bound);
    if frac > scales.value && !fits {
        scales.value
    } else {
        frac
    }
}

/// The most fractional bits of a public factor, such that the secret one keeps the session's scale.
#[must_use]
pub fn most_of_public_factor(session: &Session) -> u32 {
    let scales = session.scales();
    scales
        .headroom
        .saturating_sub(scales.value)
        .max(scales.value)
}
