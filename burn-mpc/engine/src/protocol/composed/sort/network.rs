//! Sorting by a network of comparators.

use crate::protocol::bits::msb::msb;
use crate::protocol::bits::planes::bit_and;
use crate::protocol::composed::sort::comparators::{Layer, layers};
use crate::protocol::composed::sort::order::{Sorted, Sorting, first_planes, numbered, wanted};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::inject::inject;
use crate::protocol::gate::masked::relu_replicated;
use crate::protocol::gate::patches::Patches;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// A layer on planes of `rows` elements each.
struct Compared<'a> {
    layer: &'a Layer,
    rows: usize,
}

impl Compared<'_> {
    /// Elements on one side of all comparators.
    fn len(&self) -> usize {
        self.layer.len() * self.rows
    }

    /// `x` at the places that get what comes first, minus `x` at the others.
    fn difference<R: Ring>(&self, x: &Rss<R>) -> Rss<R> {
        x.map_to(self.len(), |x| {
            let plane = |at: u32| &x[at as usize * self.rows..][..self.rows];
            let pairs = self.layer.iter().map(|&(a, b)| (plane(a), plane(b)));
            pairs.flat_map(|(a, b)| ring::sub(a, b)).collect()
        })
    }

    /// Takes `step` from the first places and adds it to the others.
    fn moved<R: Ring>(&self, x: &Rss<R>, step: &Rss<R>) -> Rss<R> {
        x.zip_each(step, |x, step| {
            let mut out = x.to_vec();
            for (at, &(a, b)) in self.layer.iter().enumerate() {
                let step = &step[at * self.rows..][..self.rows];
                ring::sub_assign(&mut out[a as usize * self.rows..][..self.rows], step);
                ring::add_assign(&mut out[b as usize * self.rows..][..self.rows], step);
            }
            out
        })
    }
}

/// Sorts by Batcher's network; see [`sort`](crate::protocol::sort()).
///
/// Without numbers a comparator is `min(a, b) = a - max(a - b, 0)` and `max(a, b) = b + max(a - b, 0)`. With numbers it
/// swaps if `a > b`, or `a = b` and the number of `a` is greater: the three signs of `b - a`, `a - b` and the
/// difference of the numbers, one AND, and one injection of the bit into both differences.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(crate) fn by_network<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    sorting: &Sorting,
) -> Result<Sorted<R>, ProtocolError> {
    let rows = x.len() / sorting.planes;
    let mut values = x.clone();
    let mut numbers = sorting.numbers.then(|| numbered(ctx, x, sorting.planes));
    for layer in layers(sorting.planes, sorting.keep) {
        let compared = Compared {
            layer: &layer,
            rows,
        };
        let difference = compared.difference(&values);
        let step = match &mut numbers {
            Some(numbers) => {
                let between = compared.difference(numbers);
                let (step, walk) = swaps(ctx, &difference, &between, sorting.descending)?;
                *numbers = compared.moved(numbers, &walk);
                step
            }
            None => excess(ctx, &difference, sorting.descending)?,
        };
        values = compared.moved(&values, &step);
    }
    let kept = sorting.kept(rows);
    Ok(Sorted {
        values: wanted(sorting.values, || first_planes(&values, kept)),
        numbers: numbers.map_or(Rss::zeros(0), |numbers| first_planes(&numbers, kept)),
    })
}

/// What the first place has too much, from the difference to the second.
fn excess<R: Ring>(
    ctx: &mut Context,
    difference: &Rss<R>,
    descending: bool,
) -> Result<Rss<R>, ProtocolError> {
    let single = Patches::single(difference.len());
    let mut relu = |x: &Rss<R>| {
        let kept = relu_replicated(ctx, x, &single, Window::full::<R>())?;
        Ok(kept.values)
    };
    if descending {
        let negative = difference.map_each(ring::neg);
        Ok(relu(&negative)?.map_each(ring::neg))
    } else {
        relu(difference)
    }
}

/// The differences of values and of numbers where they are swapped, 0 elsewhere.
fn swaps<R: Ring>(
    ctx: &mut Context,
    difference: &Rss<R>,
    between: &Rss<R>,
    descending: bool,
) -> Result<(Rss<R>, Rss<R>), ProtocolError> {
    let len = difference.len();
    let backwards = difference.map_each(ring::neg);
    let (wrong, right) = if descending {
        (difference.clone(), backwards)
    } else {
        (backwards, difference.clone())
    };
    let signs = msb(
        ctx,
        &Rss::concat(&[wrong, right, between.map_each(ring::neg)]),
    )?;
    let [wrong, right, later] = [0, 1, 2].map(|run| signs.range(run * len..(run + 1) * len));
    let equal = wrong.xor(&right).not(ctx.party().index());
    let swap = wrong.xor(&bit_and(ctx, &equal, &later)?);
    let both = Rss::concat(&[difference.clone(), between.clone()]);
    let moves = inject(ctx, &swap, &both, &Patches::columns(len, 2))?;
    let half = |start: usize| moves.map_to(len, |moves| moves[start..start + len].to_vec());
    Ok((half(0), half(len)))
}
