//! [`Form`]: how ring elements are shared at present.

use std::sync::Arc;

use crate::ring::{self, Ring};
use crate::share::{Additive, Rss, TwoOfTwo};

/// The sharing state of ring elements.
#[derive(Clone, Debug)]
pub enum Form<R> {
    /// Ready for products, comparisons and opening.
    Rss(Rss<R>),
    /// The result of a local product: linear ops only, until it is reshared.
    Additive(Additive<R>),
    /// Held by two parties: computes like additive, and is cheaper to replicate.
    TwoOfTwo(TwoOfTwo<R>),
    /// Runs of consecutive elements, each held by its own pair of parties.
    Lanes(Arc<[TwoOfTwo<R>]>),
}

impl<R: Ring> Form<R> {
    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Rss(share) => share.len(),
            Self::Additive(share) => share.len(),
            Self::TwoOfTwo(share) => share.len(),
            Self::Lanes(runs) => runs.iter().map(TwoOfTwo::len).sum(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this knows only its number of elements: see [`Rss::counted`].
    #[must_use]
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Rss(share) => share.is_counted(),
            Self::Additive(share) => share.is_counted(),
            Self::TwoOfTwo(share) => share.is_counted(),
            Self::Lanes(runs) => runs.iter().any(TwoOfTwo::is_counted),
        }
    }

    /// Applies a linear map to every component. `len` is the number of elements of the result.
    #[must_use]
    pub fn map_to(&self, len: usize, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        match self {
            Self::Rss(share) => Self::Rss(share.map_to(len, map)),
            Self::Additive(share) => Self::Additive(share.map_to(len, map)),
            Self::TwoOfTwo(share) => Self::TwoOfTwo(share.map_to(len, map)),
            // The map may mix elements of different runs.
            Self::Lanes(runs) => {
                Self::Additive(TwoOfTwo::concat_to_additive(runs).map_to(len, map))
            }
        }
    }

    /// Applies a linear map that keeps the number of elements to every component.
    #[must_use]
    pub fn map_each(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        self.map_to(self.len(), map)
    }

    /// Applies a linear map of two tensors, whose result has as many elements as the first; a mixed pair becomes
    /// additive.
    #[must_use]
    pub fn zip_each(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        match (self, other) {
            (Self::Rss(a), Self::Rss(b)) => Self::Rss(a.zip_each(b, map)),
            (Self::TwoOfTwo(a), Self::TwoOfTwo(b)) if a.rotation() == b.rotation() => {
                Self::TwoOfTwo(a.zip_each(b, map))
            }
            (a, b) => Self::Additive(a.to_additive().zip_each(&b.to_additive(), map)),
        }
    }

    /// Updates the first tensor by a linear map of both, in place if it is the only holder of its elements. All pairs
    /// but two replicated ones become additive.
    #[must_use]
    pub fn update(self, other: &Self, map: impl Fn(&mut [R], &[R])) -> Self {
        match (self, other) {
            (Self::Rss(a), Self::Rss(b)) => Self::Rss(a.update(b, map)),
            (Self::Additive(a), b) => Self::Additive(a.update(&b.to_additive(), map)),
            (a, b) => Self::Additive(a.to_additive().update(&b.to_additive(), map)),
        }
    }

    /// Converts to an additive share; local.
    pub fn to_additive(&self) -> Additive<R> {
        match self {
            Self::Rss(share) => share.to_additive(),
            Self::Additive(share) => share.clone(),
            Self::TwoOfTwo(share) => share.to_additive(),
            Self::Lanes(runs) => TwoOfTwo::concat_to_additive(runs),
        }
    }

    /// Element-wise sum.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        self.zip_each(other, ring::add)
    }

    /// Element-wise difference.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Self {
        self.zip_each(other, ring::sub)
    }
}
