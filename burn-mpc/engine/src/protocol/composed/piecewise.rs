//! Functions given by public pieces: which piece a secret lies in, table look-ups, and polynomials piece by piece.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb;
use crate::protocol::composed::arithmetic::{code, truncated};
use crate::protocol::composed::polynomial::powers;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// `[x >= t]` for the public thresholds `t`, threshold-major, as ring elements 0 and 1.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on `len` times as many elements as there are thresholds.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `x - t` must not leave the signed range.
/// - **Leaks**: nothing; thresholds are public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(super) fn at_least<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    thresholds: &[R],
) -> Result<Rss<R>, ProtocolError> {
    let index = ctx.party().index();
    let shifted = minus_each(ctx, x, thresholds);
    let bits = msb(ctx, &shifted)?.not(index);
    b2a(ctx, &bits)
}

/// `x - t` for the public thresholds `t`, threshold-major. Local.
pub(super) fn minus_each<R: Ring>(ctx: &Context, x: &Rss<R>, thresholds: &[R]) -> Rss<R> {
    let len = x.len() * thresholds.len();
    let repeated = x.map_to(len, |component| component.repeat(thresholds.len()));
    if repeated.is_counted() {
        return repeated;
    }
    let levels: Vec<R> = thresholds.iter().flat_map(|&t| vec![t; x.len()]).collect();
    repeated.zip_each(&public(ctx.party(), &levels), ring::sub)
}

/// `sum_i bits_i (table_i - table_{i-1})`: the entry of the highest threshold reached, zero below all of them. `bits`
/// are those of [`at_least`] for ascending thresholds, `len` elements each. Local.
pub(super) fn look_up<R: Ring>(bits: &Rss<R>, len: usize, table: &[R]) -> Rss<R> {
    bits.map_to(len, |component| {
        let mut out = vec![R::ZERO; len];
        let mut before = R::ZERO;
        for (row, &value) in component.chunks_exact(len.max(1)).zip(table) {
            let step = value - before;
            before = value;
            out.iter_mut()
                .zip(row)
                .for_each(|(x, &bit)| *x += step * bit);
        }
        out
    })
}

/// A function of public polynomial pieces; secrets and results are at `work` fractional bits. Below `thresholds[0]` it
/// is the polynomial `pieces[0]`, from `thresholds[i]` on `pieces[i + 1]`. Coefficients are given lowest degree first;
/// pieces may differ in degree. Thresholds ascend.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on all thresholds; unless all pieces are constant, the powers of
///   [`polynomial`](crate::protocol::polynomial), and one truncated sum of products.
/// - **Randomness**: that of the calls.
/// - **Correctness**: the coefficients of the piece are sums of bits times public differences, at `work` bits; their
///   products with the powers are added up before the only truncation. Error: one rounding, the error of each power
///   times its coefficient, and the errors of the coefficients. `x` minus a threshold must stay in the signed range. At
///   `2 work` bits the value and every power must stay below `2^(k-2)` in magnitude.
/// - **Leaks**: nothing; thresholds and coefficients are public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
///
/// # Panics
/// If there is not exactly one piece more than thresholds, a piece has no coefficient, or thresholds do not ascend.
pub fn piecewise<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    thresholds: &[f64],
    pieces: &[&[f64]],
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    assert_eq!(
        pieces.len(),
        thresholds.len() + 1,
        "a piece on either side of each threshold"
    );
    let degree = pieces.iter().map(|piece| piece.len()).max().unwrap_or(0);
    assert!(
        pieces.iter().all(|piece| !piece.is_empty()),
        "a piece has a coefficient"
    );
    assert!(thresholds.is_sorted_by(|a, b| a < b), "thresholds ascend");
    let levels: Vec<R> = thresholds.iter().map(|&t| code(t, work)).collect();
    let bits = at_least(ctx, x, &levels)?;
    let coefficient = |power: usize| -> Rss<R> {
        let of = |piece: &&[f64]| code::<R>(piece.get(power).copied().unwrap_or(0.0), work);
        let first = of(&pieces[0]);
        // The first piece is the base; the table has the differences of the others to it.
        let table: Vec<R> = pieces[1..].iter().map(|piece| of(piece) - first).collect();
        let rest = look_up(&bits, x.len(), &table);
        if rest.is_counted() {
            return rest;
        }
        rest.zip_each(&public(ctx.party(), &vec![first; x.len()]), ring::add)
    };
    let constant = coefficient(0);
    if degree == 1 {
        return Ok(constant);
    }
    let constant = constant.map_each(|c| ring::shl(c, work));
    let coefficients: Vec<Rss<R>> = (1..degree).map(coefficient).collect();
    let powers = powers(ctx, x, degree - 1, work)?;
    let coefficients = Rss::concat(&coefficients);
    let products = multiply(&coefficients, &powers);
    let sum = products.map_to(x.len(), |rows| sum_of_rows(rows, x.len()));
    truncated(ctx, &sum.zip_each(&constant.to_additive(), ring::add), work)
}

/// Sum of runs of `len` elements.
pub(super) fn sum_of_rows<R: Ring>(rows: &[R], len: usize) -> Vec<R> {
    let mut out = vec![R::ZERO; len];
    for row in rows.chunks_exact(len.max(1)) {
        ring::add_assign(&mut out, row);
    }
    out
}
