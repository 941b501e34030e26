//! Public indices along an axis, with what is derived from them once.

use std::fmt;
use std::sync::OnceLock;

use crate::protocol::Patches;

/// Stands for an index that no axis has.
const OUTSIDE: u32 = u32::MAX;

/// Public indices along an axis. What a program keeps from inference to inference, such as the patches of a Block-ReLU,
/// is read, hashed and analysed once.
pub struct Indices {
    values: Vec<u32>,
    largest: Option<u32>,
    digest: OnceLock<[usize; 4]>,
    /// For an axis of that length.
    patches: OnceLock<(usize, Option<Patches>)>,
}

impl Indices {
    /// The given indices, of which some may lie outside of every axis.
    #[must_use]
    pub fn new(indices: &[i64]) -> Self {
        let index = |&index: &i64| u32::try_from(index).unwrap_or(OUTSIDE);
        let values: Vec<u32> = indices.iter().map(index).collect();
        Self {
            largest: values.iter().max().copied(),
            values,
            digest: OnceLock::new(),
            patches: OnceLock::new(),
        }
    }

    /// The indices.
    #[must_use]
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// Whether all lie on an axis of length `size`.
    #[must_use]
    pub fn lie_within(&self, size: usize) -> bool {
        let inside = |largest: u32| largest != OUTSIDE && (largest as usize) < size;
        self.largest.is_none_or(inside)
    }

    /// How often the most frequent one occurs.
    #[must_use]
    pub fn most_frequent(&self) -> usize {
        let mut counts = vec![0_u32; self.largest.map_or(0, |largest| largest as usize + 1)];
        for &index in &self.values {
            counts[index as usize] += 1;
        }
        counts.into_iter().max().unwrap_or(0) as usize
    }

    /// A digest for the transcript, in words.
    #[must_use]
    pub fn digest(&self) -> [usize; 4] {
        *self.digest.get_or_init(|| {
            let mut hasher = blake3::Hasher::new_derive_key("burn-mpc/v2/indices");
            for chunk in self.values.chunks(1 << 12) {
                let bytes: Vec<u8> = chunk.iter().flat_map(|index| index.to_le_bytes()).collect();
                hasher.update(&bytes);
            }
            let hash = hasher.finalize();
            let (words, _) = hash.as_bytes().as_chunks::<8>();
            core::array::from_fn(|i| u64::from_le_bytes(words[i]) as usize)
        })
    }

    /// The elements that have the same index, as patches; `size` is the length of the axis. `None` if there are too
    /// many.
    #[must_use]
    pub fn patches(&self, size: usize) -> Option<Patches> {
        let found = || Patches::found(&self.values, size);
        let (known, patches) = self.patches.get_or_init(|| (size, found()));
        if *known == size {
            patches.clone()
        } else {
            found()
        }
    }
}

impl PartialEq for Indices {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl fmt::Debug for Indices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Indices({})", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Indices;

    #[test]
    fn indices_that_no_axis_has_are_noticed() {
        for outside in [-1, i64::MIN, i64::from(u32::MAX), i64::MAX] {
            assert!(
                !Indices::new(&[0, outside]).lie_within(usize::MAX),
                "{outside}"
            );
        }
        let indices = Indices::new(&[2, 0, 2]);
        assert!(indices.lie_within(3) && !indices.lie_within(2));
        assert!(Indices::new(&[]).lie_within(0));
        assert_eq!(
            (indices.most_frequent(), Indices::new(&[]).most_frequent()),
            (2, 0)
        );
    }

    #[test]
    fn digests_depend_on_values_order_and_number() {
        let digest = |values: &[i64]| Indices::new(values).digest();
        assert_eq!(digest(&[1, 2]), digest(&[1, 2]));
        for other in [&[2, 1][..], &[1, 2, 0], &[1], &[]] {
            assert_ne!(digest(&[1, 2]), digest(other), "{other:?}");
        }
    }

    #[test]
    fn patches_are_those_of_the_axis_asked_for() {
        let indices = Indices::new(&[0, 0, 1, 1]);
        assert_eq!(indices.patches(2).map(|patches| patches.len()), Some(2));
        assert_eq!(indices.patches(3).map(|patches| patches.len()), Some(3));
        assert_eq!(
            indices.patches(2).map(|patches| patches.patch_of()),
            Some(vec![0, 0, 1, 1])
        );
    }
}
