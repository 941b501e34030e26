//! What a sort is asked for, and what it gives.

use crate::protocol::basic::input::public;
use crate::protocol::context::Context;
use crate::ring::Ring;
use crate::share::Rss;

/// The longest row: its network has ten million comparators, which all parties list.
pub const MOST_PLANES: usize = 1 << 17;

/// Which order, and what of it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorting {
    /// Elements of a row: its planes.
    pub planes: usize,
    /// Whether the greatest comes first. Equal elements keep their order in both directions.
    pub descending: bool,
    /// How many elements are wanted, from the first on.
    pub keep: usize,
    /// Whether values are wanted.
    pub values: bool,
    /// Whether the planes that they come from are wanted.
    pub numbers: bool,
}

impl Sorting {
    /// Elements of the result, for so many rows.
    pub(super) fn kept(&self, rows: usize) -> usize {
        self.keep * rows
    }
}

/// A sorted tensor, as far as wanted: plane after plane, `keep` of them.
#[derive(Debug)]
pub struct Sorted<R> {
    /// The values; nothing if they are not wanted.
    pub values: Rss<R>,
    /// The planes that they come from, as integers; nothing if they are not wanted.
    pub numbers: Rss<R>,
}

/// What is wanted, or nothing.
pub(super) fn wanted<R: Ring>(is_wanted: bool, share: impl FnOnce() -> Rss<R>) -> Rss<R> {
    if is_wanted { share() } else { Rss::zeros(0) }
}

/// Plane numbers as a share, before anything has moved.
pub(super) fn numbered<R: Ring>(ctx: &Context, x: &Rss<R>, planes: usize) -> Rss<R> {
    if x.is_counted() {
        return Rss::counted(x.len());
    }
    let rows = x.len() / planes.max(1);
    let numbers = (0..x.len()).map(|at| R::from_u64((at / rows) as u64));
    public(ctx.party(), &numbers.collect::<Vec<R>>())
}

/// The first `keep` planes.
pub(super) fn first_planes<R: Ring>(x: &Rss<R>, kept: usize) -> Rss<R> {
    x.map_to(kept, |x| x[..kept].to_vec())
}
