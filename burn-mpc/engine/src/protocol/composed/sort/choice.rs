//! The cheaper way to sort.

use crate::protocol::composed::sort::network::by_network;
use crate::protocol::composed::sort::order::{
    MOST_PLANES, Sorted, Sorting, first_planes, numbered, wanted,
};
use crate::protocol::composed::sort::ranks::by_ranks;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::Rss;

/// How many bytes a round counts for where both ways of sorting are compared: what a link of 1 Gbit/s carries in half a
/// millisecond.
const ROUND_BYTES: u64 = 1 << 16;

/// A way of sorting.
type Way<R> = fn(&mut Context, &Rss<R>, &Sorting) -> Result<Sorted<R>, ProtocolError>;

/// What `way` costs on rows of that length, in bytes, rounds included.
fn weight<R: Ring>(
    ctx: &Context,
    len: usize,
    sorting: &Sorting,
    way: Way<R>,
) -> Result<u64, ProtocolError> {
    let mut estimate = Context::estimating(ctx.truncation());
    way(&mut estimate, &Rss::counted(len), sorting)?;
    let cost = estimate.declared();
    Ok(cost.sent().iter().sum::<u64>() + u64::from(cost.rounds()) * ROUND_BYTES)
}

/// Sorts every row of `x`, plane after plane. Equal elements keep their order, in both directions.
///
/// There are two ways. *By ranks*: every element is compared with every other, in one call; rows are shuffled, and the
/// places of the shuffled elements are opened. *By a network*: comparators, layer after layer. Declared costs decide,
/// where a round counts for as many bytes as a fast link carries meanwhile. They depend on sizes alone.
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: by ranks, as [`msb`](crate::protocol::msb()) of all values and of the differences of all pairs, an AND
///   and a bit lifted for each pair, [`shuffle`](crate::protocol::shuffle()), and a
///   [`reveal`](crate::protocol::reveal()) of the places. By a network, per layer: one
///   [`relu_replicated`](crate::protocol::relu_replicated()) of the differences; or, if numbers are wanted, three signs,
///   an AND and an [`inject`](crate::protocol::inject()).
/// - **Randomness**: that of the calls.
/// - **Correctness**: by ranks, for every value of the ring. By a network while `|x| < 2^(k-2)`.
/// - **Leaks**: nothing. The only values that are opened are places in a row after a shuffle that nobody knows: a
///   uniform permutation, whatever the values are. See `ranks.rs`.
///
/// Specification: `docs/spec/sorting.md`.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn sort<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    sorting: &Sorting,
) -> Result<Sorted<R>, ProtocolError> {
    let &Sorting { planes, .. } = sorting;
    debug_assert!(planes <= MOST_PLANES && sorting.keep <= planes);
    if x.is_empty() || planes < 2 || sorting.keep == 0 {
        let kept = sorting.kept(x.len() / planes.max(1));
        return Ok(Sorted {
            values: wanted(sorting.values, || first_planes(x, kept)),
            numbers: wanted(sorting.numbers, || {
                first_planes(&numbered(ctx, x, planes), kept)
            }),
        });
    }
    let [ranks, network] =
        [by_ranks::<R>, by_network::<R>].map(|way: Way<R>| weight(ctx, x.len(), sorting, way));
    if ranks? <= network? {
        by_ranks(ctx, x, sorting)
    } else {
        by_network(ctx, x, sorting)
    }
}
