//! Which elements share a sign.

use crate::ring::Ring;

/// Bytes of a seed. If the pads of a patch take no more bytes than that, the pads themselves are sent.
pub(crate) const SEED_BYTES: usize = 16;

/// Whether a patch of `area` elements has a seed instead of pads.
pub(crate) const fn is_seeded<R: Ring>(area: usize) -> bool {
    area * R::BYTES > SEED_BYTES
}

/// What decides the cost of a gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateSize {
    /// Elements, those that pass included.
    pub elements: usize,
    /// Elements that have a patch.
    pub signed: usize,
    /// Patches.
    pub patches: usize,
    /// Patches so large that a seed is shorter than their pads.
    pub seeds: usize,
    /// Elements of the other patches.
    pub pads: usize,
}

/// A partition of the elements of a tensor into patches that share one sign each, and elements that pass.
///
/// A public fact of the network; all parties use the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patches {
    elements: usize,
    layout: Layout,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Layout {
    /// Every element is a patch.
    Single,
    /// Elements patch after patch, then those that pass; `starts` has one entry more than there are patches.
    Grouped { order: Vec<u32>, starts: Vec<u32> },
}

impl Patches {
    /// Mark of an element without a patch.
    pub const PASS: u32 = u32::MAX;

    /// A patch for every element.
    #[must_use]
    pub fn single(elements: usize) -> Self {
        Self {
            elements,
            layout: Layout::Single,
        }
    }

    /// `patch_of[i]` is the patch of element `i`, below `patches`, or [`Self::PASS`]. `None` if one is neither,
    /// or there are `2^32 - 1` elements or more.
    #[must_use]
    pub fn new(patch_of: &[u32], patches: usize) -> Option<Self> {
        let elements = u32::try_from(patch_of.len())
            .ok()
            .filter(|&n| n < Self::PASS)?;
        let mut starts = vec![0_u32; patches + 1];
        let mut passed = 0_u32;
        for &patch in patch_of {
            if patch == Self::PASS {
                passed += 1;
            } else {
                *starts.get_mut(patch as usize + 1)? += 1;
            }
        }
        for patch in 0..patches {
            starts[patch + 1] += starts[patch];
        }
        let mut next = starts.clone();
        next[patches] = elements - passed;
        let mut order = vec![0; patch_of.len()];
        for (element, &patch) in (0_u32..).zip(patch_of) {
            let place = &mut next[(patch as usize).min(patches)];
            order[*place as usize] = element;
            *place += 1;
        }
        let layout = Layout::Grouped { order, starts };
        Some(Self {
            elements: patch_of.len(),
            layout,
        })
    }

    /// Number of elements, those that pass included.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Number of patches.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.layout {
            Layout::Single => self.elements,
            Layout::Grouped { starts, .. } => starts.len() - 1,
        }
    }

    /// Whether every element is a patch.
    pub(crate) fn is_single(&self) -> bool {
        self.layout == Layout::Single
    }

    /// Whether every patch is one element.
    pub(crate) fn are_elements(&self) -> bool {
        self.is_single() || self.ranges().all(|range| range.len() == 1)
    }

    /// Whether there is no patch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of elements that have a patch.
    #[must_use]
    pub fn signed(&self) -> usize {
        match &self.layout {
            Layout::Single => self.elements,
            Layout::Grouped { starts, .. } => starts.last().map_or(0, |&end| end as usize),
        }
    }

    /// What decides the cost of a gate of these patches.
    #[must_use]
    pub fn size<R: Ring>(&self) -> GateSize {
        let mut size = GateSize {
            elements: self.elements(),
            signed: self.signed(),
            patches: self.len(),
            ..GateSize::default()
        };
        if self.layout == Layout::Single {
            // No word is longer than a seed.
            size.pads = self.elements;
            return size;
        }
        for range in self.ranges() {
            if is_seeded::<R>(range.len()) {
                size.seeds += 1;
            } else {
                size.pads += range.len();
            }
        }
        size
    }

    /// Positions of every patch in the order of patches.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = core::ops::Range<usize>> + '_ {
        (0..self.len()).map(|patch| match &self.layout {
            Layout::Single => patch..patch + 1,
            Layout::Grouped { starts, .. } => starts[patch] as usize..starts[patch + 1] as usize,
        })
    }

    /// The elements patch after patch, then those that pass.
    pub(crate) fn grouped<R: Copy>(&self, values: Vec<R>) -> Vec<R> {
        match &self.layout {
            Layout::Single => values,
            Layout::Grouped { order, .. } => order.iter().map(|&i| values[i as usize]).collect(),
        }
    }

    /// The inverse of [`Self::grouped`].
    pub(crate) fn ungrouped<R: Copy>(&self, values: Vec<R>) -> Vec<R> {
        match &self.layout {
            Layout::Single => values,
            Layout::Grouped { order, .. } => {
                let mut out = values.clone();
                for (&element, &value) in order.iter().zip(&values) {
                    out[element as usize] = value;
                }
                out
            }
        }
    }

    /// The sum of every patch of ungrouped values.
    pub(crate) fn sums<R: Copy + core::ops::Add<Output = R>>(
        &self,
        values: &[R],
        zero: R,
    ) -> Vec<R> {
        match &self.layout {
            Layout::Single => values.to_vec(),
            Layout::Grouped { order, .. } => self
                .ranges()
                .map(|range| {
                    let terms = order[range].iter().map(|&i| values[i as usize]);
                    terms.fold(zero, |sum, x| sum + x)
                })
                .collect(),
        }
    }

    /// The patch of every element, [`Self::PASS`] for those without.
    #[must_use]
    pub fn patch_of(&self) -> Vec<u32> {
        match &self.layout {
            Layout::Single => (0..).take(self.elements).collect(),
            Layout::Grouped { order, .. } => {
                let mut out = vec![Self::PASS; self.elements];
                for (patch, range) in (0_u32..).zip(self.ranges()) {
                    order[range].iter().for_each(|&i| out[i as usize] = patch);
                }
                out
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Patches;

    #[test]
    fn grouping_is_inverted_and_sums_are_of_patches() {
        let pass = Patches::PASS;
        let map = [2, 0, pass, 2, 1, pass, 0, 2];
        let patches = Patches::new(&map, 3).unwrap();
        assert_eq!(
            (patches.len(), patches.signed(), patches.elements()),
            (3, 6, 8)
        );
        let values: Vec<u32> = (10..18).collect();
        let grouped = patches.grouped(values.clone());
        assert_eq!(grouped, [11, 16, 14, 10, 13, 17, 12, 15]);
        assert_eq!(patches.ungrouped(grouped), values);
        assert_eq!(patches.sums(&values, 0), [27, 14, 40]);
        assert_eq!(patches.patch_of(), map);
        let single = Patches::single(8);
        assert_eq!(single.sums(&values, 0), values);
        assert_eq!(single.patch_of(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn an_unknown_patch_is_refused() {
        assert!(Patches::new(&[0, 3], 3).is_none());
        assert!(Patches::new(&[], 0).is_some_and(|patches| patches.is_empty()));
    }
}
