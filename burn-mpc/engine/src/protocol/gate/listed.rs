//! Patches of elements anywhere.

use crate::protocol::gate::maps::Band;
use crate::ring::Ring;

/// Mark of an element without a patch.
pub(super) const PASS: u32 = u32::MAX;

/// A partition by lists: elements patch after patch, then those that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    order: Vec<u32>,
    /// Where every patch begins in `order`; one entry more than there are patches.
    starts: Vec<u32>,
}

impl Listed {
    /// See [`Patches::new`](crate::protocol::Patches::new).
    pub(super) fn new(patch_of: &[u32], patches: usize) -> Option<Self> {
        let elements = u32::try_from(patch_of.len()).ok().filter(|&n| n < PASS)?;
        let mut starts = vec![0_u32; patches + 1];
        let mut passed = 0_u32;
        for &patch in patch_of {
            if patch == PASS {
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
        Some(Self { order, starts })
    }

    pub(super) fn elements(&self) -> usize {
        self.order.len()
    }

    pub(super) fn signed(&self) -> usize {
        self.starts.last().map_or(0, |&end| end as usize)
    }

    pub(super) fn patches(&self) -> usize {
        self.starts.len() - 1
    }

    /// Elements of each patch.
    pub(super) fn areas(&self) -> impl Iterator<Item = usize> + '_ {
        self.starts
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as usize)
    }

    /// The elements that have a patch, patch after patch, and those that pass.
    pub(super) fn order(&self) -> (&[u32], &[u32]) {
        self.order.split_at(self.signed())
    }

    /// Appends the sum of each patch.
    pub(super) fn sums<R: Ring>(&self, values: &[R], sums: &mut Vec<R>) {
        let mut rest = &self.order[..];
        for area in self.areas() {
            let (own, after) = rest.split_at(area);
            rest = after;
            let terms = own.iter().map(|&i| values[i as usize]);
            sums.push(terms.fold(R::ZERO, |sum, x| sum + x));
        }
    }

    /// Every patch is a band of one row.
    pub(super) fn for_each_band(
        &self,
        (patch, element): (usize, usize),
        visit: &mut impl FnMut(Band),
    ) {
        let mut first = element;
        for (number, area) in self.areas().enumerate() {
            if area > 0 {
                visit(Band {
                    patch: patch + number,
                    element: first,
                    rows: 1,
                    columns: area,
                    width: area,
                });
            }
            first += area;
        }
    }
}
