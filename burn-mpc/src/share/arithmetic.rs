//! The three sharing states of ring tensors: [`Rss`], [`Additive`] and [`TwoOfTwo`].

use core::fmt;
use std::sync::Arc;

use crate::ring::{self, Ring};

/// Replicated share: `P_i` holds `(x_i, x_{i+1})`, flat, in row-major order.
#[derive(Clone)]
#[must_use]
pub struct Rss<R> {
    first: Arc<Vec<R>>,
    second: Arc<Vec<R>>,
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
            first: Arc::new(first),
            second: Arc::new(second),
        }
    }

    /// All components zero, `len` elements: the public value 0.
    pub fn zeros(len: usize) -> Self {
        Self::new(vec![R::ZERO; len], vec![R::ZERO; len])
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The component `x_i`.
    #[must_use]
    pub fn first(&self) -> &[R] {
        &self.first
    }

    /// The component `x_{i+1}`.
    #[must_use]
    pub fn second(&self) -> &[R] {
        &self.second
    }

    /// Concatenation.
    pub fn concat(parts: &[Self]) -> Self {
        let all = |component: fn(&Self) -> &[R]| {
            let components: Vec<&[R]> = parts.iter().map(component).collect();
            components.concat()
        };
        Self::new(all(Self::first), all(Self::second))
    }

    /// Applies the same linear map to both components.
    pub fn map_linear(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        Self::new(map(&self.first), map(&self.second))
    }

    /// Applies the same bilinear-in-public map to the components of two shares.
    pub fn zip_linear(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        Self::new(
            map(&self.first, &other.first),
            map(&self.second, &other.second),
        )
    }

    /// Applies the same linear map of another share to both components, in place where nobody else holds them.
    pub fn update(mut self, other: &Self, map: impl Fn(&mut [R], &[R])) -> Self {
        map(Arc::make_mut(&mut self.first).as_mut_slice(), &other.first);
        map(
            Arc::make_mut(&mut self.second).as_mut_slice(),
            &other.second,
        );
        self
    }

    /// `P_i`'s additive part is `x_i`: local, free.
    pub fn to_additive(&self) -> Additive<R> {
        Additive {
            part: Arc::clone(&self.first),
        }
    }

    /// `x_i + x_{i+1}`: what `P_i` alone knows.
    #[must_use]
    pub fn own_sum(&self) -> Vec<R> {
        ring::add(&self.first, &self.second)
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
    part: Arc<Vec<R>>,
}

impl<R: Ring> Additive<R> {
    /// From this party's part.
    pub fn new(part: Vec<R>) -> Self {
        Self {
            part: Arc::new(part),
        }
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.part.is_empty()
    }

    /// This party's part `z_i`.
    #[must_use]
    pub fn part(&self) -> &[R] {
        &self.part
    }

    /// Applies a linear map to the part.
    pub fn map_linear(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        Self::new(map(&self.part))
    }

    /// Applies a linear map of another part, in place where nobody else holds this one.
    pub fn update(mut self, other: &Self, map: impl Fn(&mut [R], &[R])) -> Self {
        map(Arc::make_mut(&mut self.part).as_mut_slice(), &other.part);
        self
    }

    /// Applies a linear map of two parts.
    pub fn zip_linear(&self, other: &Self, map: impl Fn(&[R], &[R]) -> Vec<R>) -> Self {
        Self::new(map(&self.part, &other.part))
    }
}

impl<R> fmt::Debug for Additive<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Additive").finish_non_exhaustive()
    }
}

/// Two-out-of-two share between the roles A and B of a rotation: `x = u + v`; role C holds zeros.
///
/// It is an additive share too, of which one part is zero.
#[derive(Clone)]
#[must_use]
pub struct TwoOfTwo<R> {
    /// `u` at A, `v` at B, zeros at C.
    part: Arc<Vec<R>>,
    /// Which party plays A.
    rotation: usize,
}

impl<R: Ring> TwoOfTwo<R> {
    /// From this party's part (zeros at role C) and the rotation: role A is party `rotation mod 3`.
    pub fn new(part: Vec<R>, rotation: usize) -> Self {
        Self {
            part: Arc::new(part),
            rotation: rotation % 3,
        }
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.part.is_empty()
    }

    /// `u` at role A, `v` at role B, zeros at role C.
    #[must_use]
    pub fn part(&self) -> &[R] {
        &self.part
    }

    /// The part itself.
    #[must_use]
    pub fn into_part(self) -> Vec<R> {
        Arc::unwrap_or_clone(self.part)
    }

    /// Index of the party that plays A.
    #[must_use]
    pub fn rotation(&self) -> usize {
        self.rotation
    }

    /// The same as a three-out-of-three share: local, free.
    pub fn to_additive(&self) -> Additive<R> {
        Additive {
            part: Arc::clone(&self.part),
        }
    }

    /// Applies a linear map to the part.
    pub fn map_linear(&self, map: impl Fn(&[R]) -> Vec<R>) -> Self {
        Self::new(map(&self.part), self.rotation)
    }

    /// Runs of consecutive elements as one three-out-of-three share: local.
    pub fn concat_to_additive(runs: &[Self]) -> Additive<R> {
        match runs {
            [run] => run.to_additive(),
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

#[cfg(test)]
mod tests {
    use super::{Additive, Rss, TwoOfTwo};
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
        assert_eq!(
            format!("{:?}", TwoOfTwo::<Z64>::new(vec![secret], 0)),
            "TwoOfTwo { .. }"
        );
    }
}
