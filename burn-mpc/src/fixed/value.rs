//! [`Fixed`]: shares together with their scale.

use crate::fixed::Form;
use crate::ring::{self, Ring};
use crate::session::Footprint;
use crate::share::Rss;

/// Fixed-point numbers: ring elements that stand for `element / 2^frac`. `S` is how they are shared: a [`Form`] where any
/// form will do, an [`Rss`] where they are ready for products, comparisons and opening, or public words.
#[derive(Clone, Debug)]
pub struct Fixed<S> {
    /// The elements.
    pub share: S,
    /// Fractional bits.
    pub frac: u32,
}

impl<S> Fixed<S> {
    /// Elements at `frac` fractional bits.
    #[must_use]
    pub fn new(share: S, frac: u32) -> Self {
        Self { share, frac }
    }

    /// The elements in another form, at the same scale.
    #[must_use]
    pub fn map<T>(self, map: impl FnOnce(S) -> T) -> Fixed<T> {
        Fixed::new(map(self.share), self.frac)
    }
}

impl<R: Ring> Fixed<Form<R>> {
    /// The same values at `frac` fractional bits, at least as many as they have. Local.
    #[must_use]
    pub fn refined(self, frac: u32) -> Self {
        let more = frac.saturating_sub(self.frac);
        if more == 0 {
            return self;
        }
        Self::new(self.share.map_each(|x| ring::shl(x, more)), frac)
    }
}

impl<R: Ring> Fixed<Rss<R>> {
    /// The same values at `frac` fractional bits, at least as many as they have. Local.
    #[must_use]
    pub fn refined(self, frac: u32) -> Self {
        let more = frac.saturating_sub(self.frac);
        if more == 0 {
            return self;
        }
        Self::new(self.share.map_each(|x| ring::shl(x, more)), frac)
    }
}

impl<R: Ring> From<Fixed<Rss<R>>> for Fixed<Form<R>> {
    fn from(value: Fixed<Rss<R>>) -> Self {
        value.map(Form::Rss)
    }
}

impl<R: Ring> Footprint for Fixed<Rss<R>> {
    fn bytes(&self) -> usize {
        self.share.bytes()
    }
}
