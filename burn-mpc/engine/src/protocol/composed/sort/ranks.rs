//! Sorting by ranks, in a constant number of rounds.

use crate::protocol::basic::input::public;
use crate::protocol::basic::reveal::{Audience, reveal};
use crate::protocol::basic::shuffle::shuffle;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb;
use crate::protocol::bits::planes::bit_and;
use crate::protocol::composed::sort::order::{Sorted, Sorting, numbered, wanted};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring, Z32};
use crate::share::{BitShare, Rss};

/// The pairs of planes, the earlier one first.
fn pairs(planes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..planes).flat_map(move |a| (a + 1..planes).map(move |b| (a, b)))
}

fn number_of_pairs(planes: usize) -> usize {
    planes * (planes - 1) / 2
}

/// Sorts by ranks; see [`sort`](crate::protocol::sort()).
///
/// 1. For every pair of a row, a bit says whether the later element comes first: if it is smaller (greater, where the
///    order descends). Equal elements stay as they are.
/// 2. The rank of an element is the number of elements that come before it, a sum of bits. So the ranks of a row are
///    all numbers from 0 on, one each: step 1 is right for every word, so that this does not depend on the values.
/// 3. Values and numbers are shuffled, and their ranks with them.
/// 4. The ranks are opened, and everybody moves shares to their places.
///
/// - **Leaks**: nothing. The shuffle of a row is uniform to every party, so what is opened is a uniform permutation,
///   whatever the ranks were; and it is used up. A simulator draws a permutation.
///
/// # Errors
/// Failure of a link or of the randomness discipline; [`ProtocolError::Order`].
pub(crate) fn by_ranks<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    sorting: &Sorting,
) -> Result<Sorted<R>, ProtocolError> {
    let planes = sorting.planes;
    let rows = x.len() / planes;
    let ranks = ranks(ctx, x, planes, sorting.descending)?;
    let mut runs = Vec::new();
    if sorting.values {
        runs.push(x.clone());
    }
    if sorting.numbers {
        runs.push(numbered(ctx, x, planes));
    }
    let (moving, ranks) = shuffle(ctx, planes, rows, Rss::concat(&runs), ranks)?;
    let opened = reveal(ctx, &ranks, Audience::All)?.unwrap_or_default();
    let from = if ctx.computes() {
        places(ctx, &opened, planes, rows)?
    } else {
        Vec::new()
    };
    let kept = sorting.kept(rows);
    let run = |at: usize| {
        moving.map_to(kept, |moving| {
            let run = &moving[at * planes * rows..][..planes * rows];
            from[..kept].iter().map(|&from| run[from]).collect()
        })
    };
    Ok(Sorted {
        values: wanted(sorting.values, || run(0)),
        numbers: wanted(sorting.numbers, || run(usize::from(sorting.values))),
    })
}

/// For every place of a sorted row, plane after plane, where its element is among the shuffled ones.
fn places(
    ctx: &Context,
    ranks: &[Z32],
    planes: usize,
    rows: usize,
) -> Result<Vec<usize>, ProtocolError> {
    const NOWHERE: usize = usize::MAX;
    let mut from = vec![NOWHERE; planes * rows];
    let mut is_order = ranks.len() == from.len();
    for (at, rank) in ranks.iter().enumerate() {
        let place = usize::try_from(rank.to_u64()).unwrap_or(NOWHERE);
        match from.get_mut(place.saturating_mul(rows).saturating_add(at % rows)) {
            Some(free) if *free == NOWHERE => *free = at,
            _ => is_order = false,
        }
    }
    if is_order {
        return Ok(from);
    }
    Err(ProtocolError::Order { party: ctx.party() })
}

/// How many elements of its row come before each element, in a ring that holds any number of them.
fn ranks<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    planes: usize,
    descending: bool,
) -> Result<Rss<Z32>, ProtocolError> {
    let rows = x.len() / planes;
    let later_first = later_first(ctx, x, planes, descending)?;
    let bits = b2a::<Z32>(ctx, &later_first)?;
    let moves = bits.map_to(x.len(), |bits| {
        let mut moves = vec![Z32::ZERO; planes * rows];
        for ((a, b), bits) in pairs(planes).zip(bits.chunks_exact(rows)) {
            ring::add_assign(&mut moves[a * rows..(a + 1) * rows], bits);
            ring::sub_assign(&mut moves[b * rows..(b + 1) * rows], bits);
        }
        moves
    });
    if moves.is_counted() {
        return Ok(moves);
    }
    let before = (0..x.len()).map(|at| Z32::from_u64((at / rows) as u64));
    let before = public(ctx.party(), &before.collect::<Vec<Z32>>());
    Ok(before.zip_each(&moves, ring::add))
}

/// For every pair whether its later element comes first. Right for every word of the ring: the sign of the difference
/// is used where both signs are equal, the sign of one element where they are not.
fn later_first<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    planes: usize,
    descending: bool,
) -> Result<BitShare, ProtocolError> {
    let rows = x.len() / planes;
    let count = number_of_pairs(planes) * rows;
    let differences = x.map_to(count, |x| {
        let plane = |at: usize| &x[at * rows..(at + 1) * rows];
        let sides = pairs(planes).map(|(a, b)| (plane(a), plane(b)));
        sides
            .flat_map(|(a, b)| {
                if descending {
                    ring::sub(a, b)
                } else {
                    ring::sub(b, a)
                }
            })
            .collect()
    });
    let signs = msb(ctx, &Rss::concat(&[x.clone(), differences]))?;
    let below = signs.range(x.len()..x.len() + count);
    let of = |later: bool| {
        if signs.is_counted() {
            return BitShare::counted(count);
        }
        let planes = pairs(planes).map(|(a, b)| if later { b } else { a });
        let places = planes.flat_map(|plane| plane * rows..(plane + 1) * rows);
        signs.pick(&places.collect::<Vec<usize>>())
    };
    // What comes first is the smaller of both, or the greater.
    let [first, other] = if descending {
        [of(false), of(true)]
    } else {
        [of(true), of(false)]
    };
    let differ = first.xor(&other);
    let change = bit_and(ctx, &differ, &below.xor(&first))?;
    Ok(below.xor(&change))
}
