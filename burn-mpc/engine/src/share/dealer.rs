//! Splitting clear values into shares and joining them again, for owners of data and for tests.
//!
//! `split` needs randomness from the caller; `join` needs all three parties' shares, which no
//! single party ever holds: neither is a protocol step.

use crate::ring::Ring;
use crate::share::Rss;

/// The three parties' replicated shares of `values`, from two uniform masks per value.
///
/// # Panics
/// If the masks are shorter than `values`.
pub fn split<R: Ring>(values: &[R], masks: [&[R]; 2]) -> [Rss<R>; 3] {
    let first = masks[0][..values.len()].to_vec();
    let second = masks[1][..values.len()].to_vec();
    let third: Vec<R> = values
        .iter()
        .zip(&first)
        .zip(&second)
        .map(|((&x, &a), &b)| x - a - b)
        .collect();
    [
        Rss::new(first.clone(), second.clone()),
        Rss::new(second, third.clone()),
        Rss::new(third, first),
    ]
}

/// The values that three replicated shares encode; `None` if the replicas disagree.
#[must_use]
pub fn join<R: Ring>(shares: [&Rss<R>; 3]) -> Option<Vec<R>> {
    let consistent = (0..3).all(|i| shares[i].second() == shares[(i + 1) % 3].first());
    consistent.then(|| {
        let [a, b, c] = shares.map(Rss::first);
        a.iter()
            .zip(b)
            .zip(c)
            .map(|((&x, &y), &z)| x + y + z)
            .collect()
    })
}
