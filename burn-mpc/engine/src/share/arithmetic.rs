//! The three sharing states of ring tensors: [`Rss`], [`Additive`] and [`TwoOfTwo`].

use core::borrow::Borrow;
use core::fmt;

use crate::party::Rotation;
use crate::ring::{self, Ring};
use crate::share::words::Words;

/// Replicated share: `P_i` holds `(x_i, x_{i+1})`, flat, in row-major order.
#[derive(Clone)]
#[must_use]
pub struct Rss<R> {
    first: Words<R>,
    second: Words<R>,
}

impl<R: Ring> Rss<R> {
    /// From the components `x_i` and `x_{i+1}` of this party.
    ///
    /// # Panics
    /// If the lengths differ, which is an error of the calling protocol.
    pub fn new(first: Vec<R>, second: Vec<R>) -> Self {
        assert_eq!(
            first.len(),
            second.len(),
            "components of one share differ in length"
        );
        Self {
            first: Words::new(first),
            second: Words::new(second),
        }
    }

    /// All components zero, `len` elements: the public value 0.
    pub fn zeros(len: usize) -> Self {
        Self::new(vec![R::ZERO; len], vec![R::ZERO; len])
    }

    /// A share without content that knows only its number of elements, for protocols that only declare their cost.
    /// Neither it nor what is computed from it takes memory.
    pub fn counted(len: usize) -> Self {
        Self {
            first: Words::counted(len),
            second: Words::counted(len),
        }
    }

    /// Whether this share has a length and no content.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.first.is_counted()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The component `x_i`.
    #[must_use]
    pub fn first(&self) -> &[R] {
        self.first.as_slice()
    }

    /// The component `x_{i+1}`.
    #[must_use]
    pub fn second(&self) -> &[R] {
        self.second.as_slice()
    }

    /// Concatenation.
    pub fn concat(parts: &[impl Borrow<Self>]) -> Self {
        let parts = || parts.iter().map(Borrow::borrow);
        if parts().any(Self::is_counted) {
            return Self::counted(parts().map(Self::len).sum());
        }
        let all = |component: fn(&Self) -> &[R]| {
            let components: Vec<&[R]> = parts().map(component).collect();
            components.concat()
        };
        Self::new(all(Self::first), all(Self::second))
    }

    /// Applies the same linear map to both components. `len` is the number of elements of the result.
    pub fn map_to(&self, len: usize, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        if self.is_counted() {
            return Self::counted(len);
        }
        let mapped = Self::new(map(self.first()), map(self.second()));
        debug_assert_eq!(mapped.len(), len);
        mapped
    }

    /// Applies the same linear map to both components; the number of elements stays.
    pub fn map_each(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        self.map_to(self.len(), map)
    }

    /// Applies the same map to the components of two shares; it must be linear in both together. `len` is the number of
    /// elements of the result.
    pub fn zip_to(&self, other: &Self, len: usize, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        if self.is_counted() || other.is_counted() {
            return Self::counted(len);
        }
        let zipped = Self::new(
            map(self.first(), other.first()),
            map(self.second(), other.second()),
        );
        debug_assert_eq!(zipped.len(), len);
        zipped
    }

    /// Applies the same map to the components of two shares; it must be linear in both together. The number of elements
    /// stays.
    pub fn zip_each(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        self.zip_to(other, self.len(), map)
    }

    /// Updates both components from those of another share by the same linear map. Works in place unless a clone shares
    /// the words.
    pub fn update(mut self, other: &Self, map: impl Fn(&mut [R], &[R])) -> Self {
        if self.is_counted() || other.is_counted() {
            return Self::counted(self.len());
        }
        map(self.first.as_mut_slice(), other.first());
        map(self.second.as_mut_slice(), other.second());
        self
    }

    /// The same value as a three-out-of-three share: the part of `P_i` is `x_i`. Local.
    pub fn to_additive(&self) -> Additive<R> {
        Additive {
            part: self.first.clone(),
        }
    }

    /// `x_i + x_{i+1}`: what `P_i` alone knows.
    #[must_use]
    pub fn own_sum(&self) -> Vec<R> {
        ring::add(self.first(), self.second())
    }
}

impl<R> fmt::Debug for Rss<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rss").finish_non_exhaustive()
    }
}

/// Three-out-of-three additive share: `P_i` holds `z_i` alone. The result of any local product.
#[derive(Clone)]
#[must_use]
pub struct Additive<R> {
    part: Words<R>,
}

impl<R: Ring> Additive<R> {
    /// From this party's part.
    pub fn new(part: Vec<R>) -> Self {
        Self {
            part: Words::new(part),
        }
    }

    /// A share without content that knows only its number of elements, like [`Rss::counted`].
    pub fn counted(len: usize) -> Self {
        Self {
            part: Words::counted(len),
        }
    }

    /// Whether this share has a length and no content.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.part.is_counted()
    }

    /// Concatenation.
    pub fn concat(parts: &[Self]) -> Self {
        if parts.iter().any(Self::is_counted) {
            return Self::counted(parts.iter().map(Self::len).sum());
        }
        let parts: Vec<&[R]> = parts.iter().map(Self::part).collect();
        Self::new(parts.concat())
    }

    /// The elements of a range.
    pub fn range(&self, range: core::ops::Range<usize>) -> Self {
        if self.is_counted() {
            return Self::counted(range.len());
        }
        Self::new(self.part()[range].to_vec())
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This party's part `z_i`.
    #[must_use]
    pub fn part(&self) -> &[R] {
        self.part.as_slice()
    }

    /// Applies a linear map to the part. `len` is the number of elements of the result.
    pub fn map_to(&self, len: usize, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        if self.is_counted() {
            return Self::counted(len);
        }
        let mapped = Self::new(map(self.part()));
        debug_assert_eq!(mapped.len(), len);
        mapped
    }

    /// Updates the part from that of another share by a linear map. Works in place unless a clone shares the words.
    pub fn update(mut self, other: &Self, map: impl Fn(&mut [R], &[R])) -> Self {
        if self.is_counted() || other.is_counted() {
            return Self::counted(self.len());
        }
        map(self.part.as_mut_slice(), other.part());
        self
    }

    /// Applies a linear map to the parts of two shares of one length; the number of elements stays.
    pub fn zip_each(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        if self.is_counted() || other.is_counted() {
            return Self::counted(self.len());
        }
        Self::new(map(self.part(), other.part()))
    }
}

impl<R> fmt::Debug for Additive<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Additive").finish_non_exhaustive()
    }
}

/// Two-out-of-two share between the roles A and B of a rotation: `x = u + v`; role C holds zeros.
///
/// It is a three-out-of-three share too, whose part at C is zero.
#[derive(Clone)]
#[must_use]
pub struct TwoOfTwo<R> {
    /// `u` at A, `v` at B, zeros at C.
    part: Words<R>,
    /// Who plays A and B.
    rotation: Rotation,
}

impl<R: Ring> TwoOfTwo<R> {
    /// From this party's part (zeros at role C) and the rotation.
    pub fn new(part: Vec<R>, rotation: Rotation) -> Self {
        Self {
            part: Words::new(part),
            rotation,
        }
    }

    /// A share without content that knows only its number of elements, like [`Rss::counted`].
    pub fn counted(len: usize, rotation: Rotation) -> Self {
        Self {
            part: Words::counted(len),
            rotation,
        }
    }

    /// Whether this share has a length and no content.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.part.is_counted()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `u` at role A, `v` at role B, zeros at role C.
    #[must_use]
    pub fn part(&self) -> &[R] {
        self.part.as_slice()
    }

    /// The part itself.
    #[must_use]
    pub fn into_part(self) -> Vec<R> {
        self.part.into_vec()
    }

    /// Who plays A and B.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// The same value as a three-out-of-three share. Local.
    pub fn to_additive(&self) -> Additive<R> {
        Additive {
            part: self.part.clone(),
        }
    }

    /// Applies a linear map to the part. `len` is the number of elements of the result.
    pub fn map_to(&self, len: usize, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        if self.is_counted() {
            return Self::counted(len, self.rotation);
        }
        Self::new(map(self.part()), self.rotation)
    }

    /// Applies a linear map to the parts of two shares of one rotation; the number of elements stays.
    pub fn zip_each(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        debug_assert_eq!(self.rotation, other.rotation);
        if self.is_counted() || other.is_counted() {
            return Self::counted(self.len(), self.rotation);
        }
        Self::new(map(self.part(), other.part()), self.rotation)
    }

    /// Joins runs of consecutive elements into one three-out-of-three share. Local.
    pub fn concat_to_additive(runs: &[Self]) -> Additive<R> {
        match runs {
            [run] => run.to_additive(),
            _ if runs.iter().any(Self::is_counted) => {
                Additive::counted(runs.iter().map(Self::len).sum())
            }
            _ => {
                let parts: Vec<&[R]> = runs.iter().map(Self::part).collect();
                Additive::new(parts.concat())
            }
        }
    }
}

impl<R> fmt::Debug for TwoOfTwo<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwoOfTwo").finish_non_exhaustive()
    }
}

/// Maps whose result may have any length, for tests.
#[cfg(test)]
impl<R: Ring> Rss<R> {
    /// Applies the same linear map to both components; the map decides the length of the result.
    pub fn map_linear(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        self.map_to(map(self.first()).len(), map)
    }

    /// Applies the same map to the components of two shares; the map decides the length of the result.
    pub fn zip_linear(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        self.zip_to(other, map(self.first(), other.first()).len(), map)
    }
}

#[cfg(test)]
impl<R: Ring> Additive<R> {
    /// Applies a linear map to the part; the map decides the length of the result.
    pub fn map_linear(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        self.map_to(map(self.part()).len(), map)
    }
}

#[cfg(test)]
mod tests {
    use super::{Additive, Rss, TwoOfTwo};
    use crate::party::Rotation;
    use crate::ring::Z64;

    #[test]
    fn debug_of_every_share_is_redacted() {
        let secret = crate::ring::Ring::from_u64(0xDEAD_BEEF);
        let rss = Rss::<Z64>::new(vec![secret], vec![secret]);
        assert_eq!(format!("{rss:?}"), "Rss { .. }");
        assert_eq!(
            format!("{:?}", Additive::<Z64>::new(vec![secret])),
            "Additive { .. }"
        );
        assert_eq!(format!("{:?}", Rss::<Z64>::counted(3)), "Rss { .. }");
        assert_eq!(
            format!("{:?}", TwoOfTwo::<Z64>::new(vec![secret], Rotation::of(0))),
            "TwoOfTwo { .. }"
        );
    }

    #[test]
    fn what_comes_of_counted_words_is_counted() {
        let (many, few) = (Rss::<Z64>::counted(1 << 60), Rss::<Z64>::zeros(2));
        assert_eq!(many.map_to(7, |_| panic!("read")).len(), 7);
        for zipped in [
            many.zip_each(&few, |_, _| panic!("read")),
            many.clone().update(&few, |_, _| panic!("read")),
            Rss::concat(&[many.clone(), Rss::counted(0)]),
        ] {
            assert!(zipped.is_counted());
            assert_eq!(zipped.len(), 1 << 60);
        }
        let part = many.to_additive();
        assert_eq!(part.range(3..10).len(), 7);
        assert!(
            part.update(&few.to_additive(), |_, _| panic!("read"))
                .is_counted()
        );
        let run = TwoOfTwo::<Z64>::counted(1 << 40, Rotation::of(1));
        let all = TwoOfTwo::concat_to_additive(&[run.clone(), run]);
        assert_eq!((all.len(), all.is_counted()), (1 << 41, true));
        assert_eq!(few.zip_to(&few, 4, |a, b| [a, b].concat()).len(), 4);
    }
}
