//! Which elements share a sign.

use std::sync::Arc;

use crate::protocol::gate::listed::{Listed, PASS};
use crate::protocol::gate::maps::{Band, Map};
use crate::protocol::gate::size::GateSize;
use crate::ring::Ring;

/// A partition of the elements of a tensor into patches that share one sign each, and elements that pass.
///
/// Held as runs of consecutive elements, whose size does not grow with the tensor where patches are rectangles. Patches
/// are numbered run after run. A public fact of the network; all parties use the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patches {
    pub(super) runs: Vec<Run>,
    elements: usize,
    signed: usize,
    count: usize,
}

/// Consecutive elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// So many elements pass.
    Pass(usize),
    /// So many elements are a patch each.
    Single(usize),
    /// Maps that are cut into rectangles, one map after the other.
    Maps(Arc<[Map]>),
    /// Patches of elements anywhere in the run.
    Listed(Arc<Listed>),
}

impl Run {
    pub(super) fn elements(&self) -> usize {
        match self {
            Self::Pass(len) | Self::Single(len) => *len,
            Self::Maps(maps) => maps.iter().map(Map::elements).sum(),
            Self::Listed(listed) => listed.elements(),
        }
    }

    fn signed(&self) -> usize {
        match self {
            Self::Pass(_) => 0,
            Self::Listed(listed) => listed.signed(),
            _ => self.elements(),
        }
    }

    pub(super) fn patches(&self) -> usize {
        match self {
            Self::Pass(_) => 0,
            Self::Single(len) => *len,
            Self::Maps(maps) => maps.iter().map(Map::patches).sum(),
            Self::Listed(listed) => listed.patches(),
        }
    }
}

impl Patches {
    /// Mark of an element without a patch.
    pub const PASS: u32 = PASS;

    /// A patch for every element.
    #[must_use]
    pub fn single(elements: usize) -> Self {
        Self::of([Run::Single(elements)])
    }

    /// `count` patches of `height` elements each: element `i` of every patch, then element `i + 1` of every patch.
    #[must_use]
    pub fn columns(count: usize, height: usize) -> Self {
        let map = Map {
            rows: height,
            columns: count,
            height,
            width: 1,
        };
        Self::of([Run::Maps([map].into())])
    }

    /// Elements that all pass.
    #[must_use]
    pub fn passing(elements: usize) -> Self {
        Self::of([Run::Pass(elements)])
    }

    /// `patch_of[i]` is the patch of element `i`, below `patches`, or [`Self::PASS`]. `None` if one is neither,
    /// or there are `2^32 - 1` elements or more.
    #[must_use]
    pub fn new(patch_of: &[u32], patches: usize) -> Option<Self> {
        let listed = Listed::new(patch_of, patches)?;
        Some(Self::of([Run::Listed(Arc::new(listed))]))
    }

    /// Like [`Self::new`], and finds maps that are cut into rectangles from their top left corners, whose patches are
    /// numbered row by row and map after map: then the result is small, and a gate needs no lists.
    #[must_use]
    pub fn found(patch_of: &[u32], patches: usize) -> Option<Self> {
        match Map::all(patch_of, patches) {
            Some(maps) => Some(Self::of([Run::Maps(maps.into())])),
            None => Self::new(patch_of, patches),
        }
    }

    /// These patches, `times` times one after the other.
    #[must_use]
    pub fn repeated(&self, times: usize) -> Self {
        Self::of((0..times).flat_map(|_| self.runs.iter().cloned()))
    }

    /// The patches of `parts`, one after the other.
    #[must_use]
    pub fn joined(parts: &[Self]) -> Self {
        Self::of(parts.iter().flat_map(|part| part.runs.iter().cloned()))
    }

    pub(super) fn of(runs: impl IntoIterator<Item = Run>) -> Self {
        let mut all = Self::default();
        for run in runs {
            all.elements += run.elements();
            all.signed += run.signed();
            all.count += run.patches();
            match (all.runs.last_mut(), &run) {
                (Some(Run::Single(last)), Run::Single(len))
                | (Some(Run::Pass(last)), Run::Pass(len)) => *last += len,
                _ => all.runs.push(run),
            }
        }
        all
    }

    /// Number of elements, those that pass included.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Number of patches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether every element is a patch.
    pub(crate) fn is_single(&self) -> bool {
        self.runs.iter().all(|run| matches!(run, Run::Single(_)))
    }

    /// Whether every patch is one element.
    pub(crate) fn are_elements(&self) -> bool {
        let elements = |run: &Run| match run {
            Run::Pass(_) | Run::Single(_) => true,
            Run::Maps(maps) => maps.iter().all(|map| map.patches() == map.elements()),
            Run::Listed(listed) => listed.areas().all(|area| area == 1),
        };
        self.runs.iter().all(elements)
    }

    /// Whether the pads of patches, if all are small, lie as the grouped elements do.
    pub(crate) fn is_plain(&self) -> bool {
        let plain = |run: &Run| match run {
            Run::Maps(maps) => maps
                .iter()
                .all(|map| map.rows == 1 || map.columns.is_multiple_of(map.width)),
            _ => true,
        };
        self.runs.iter().all(plain)
    }

    /// Whether there is no patch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of elements that have a patch.
    #[must_use]
    pub fn signed(&self) -> usize {
        self.signed
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
        for run in &self.runs {
            match run {
                Run::Pass(_) => {}
                Run::Single(len) => size.add::<R>(*len, 1),
                Run::Maps(maps) => maps.iter().for_each(|map| map.count::<R>(&mut size)),
                Run::Listed(listed) => listed.areas().for_each(|area| size.add::<R>(1, area)),
            }
        }
        size
    }

    /// Calls `visit` with the bands of all patches, in the order of patches and of [`Self::grouped`] values.
    pub(crate) fn for_each_band(&self, mut visit: impl FnMut(Band)) {
        let (mut patch, mut element) = (0, 0);
        for run in &self.runs {
            match run {
                Run::Pass(_) => {}
                Run::Single(len) => visit(Band::single(*len, patch, element)),
                Run::Maps(maps) => {
                    let mut at = (patch, element);
                    for map in maps.iter() {
                        at = map.for_each_band(at, &mut visit);
                    }
                }
                Run::Listed(listed) => listed.for_each_band((patch, element), &mut visit),
            }
            patch += run.patches();
            element += run.signed();
        }
    }

    /// Whether a run has patches of elements anywhere.
    pub(crate) fn has_lists(&self) -> bool {
        self.runs.iter().any(|run| matches!(run, Run::Listed(_)))
    }

    /// Whether values need no reordering to be grouped.
    fn in_order(&self) -> bool {
        self.signed == self.elements && !self.has_lists()
    }

    /// The elements that have a patch, run after run, those of a list patch after patch; then those that pass.
    pub(crate) fn grouped<R: Copy>(&self, values: Vec<R>) -> Vec<R> {
        if self.in_order() {
            return values;
        }
        let (mut out, mut passing) = (Vec::with_capacity(values.len()), Vec::new());
        let mut rest = &values[..];
        for run in &self.runs {
            let (own, after) = rest.split_at(run.elements());
            rest = after;
            match run {
                Run::Pass(_) => passing.extend_from_slice(own),
                Run::Single(_) | Run::Maps(_) => out.extend_from_slice(own),
                Run::Listed(listed) => {
                    let (signed, others) = listed.order();
                    out.extend(signed.iter().map(|&i| own[i as usize]));
                    passing.extend(others.iter().map(|&i| own[i as usize]));
                }
            }
        }
        out.append(&mut passing);
        out
    }

    /// The inverse of [`Self::grouped`].
    pub(crate) fn ungrouped<R: Copy>(&self, values: Vec<R>) -> Vec<R> {
        if self.in_order() {
            return values;
        }
        let (mut signed, mut passing) = values.split_at(self.signed);
        let mut out = Vec::with_capacity(values.len());
        for run in &self.runs {
            let (own, after) = signed.split_at(run.signed());
            let (passed, others) = passing.split_at(run.elements() - run.signed());
            (signed, passing) = (after, others);
            match run {
                Run::Pass(_) => out.extend_from_slice(passed),
                Run::Single(_) | Run::Maps(_) => out.extend_from_slice(own),
                Run::Listed(listed) => {
                    let start = out.len();
                    out.extend_from_slice(own);
                    out.extend_from_slice(passed);
                    let (first, last) = listed.order();
                    for (&element, &value) in first.iter().zip(own).chain(last.iter().zip(passed)) {
                        out[start + element as usize] = value;
                    }
                }
            }
        }
        out
    }

    /// The sum of every patch of ungrouped values.
    pub(crate) fn sums<R: Ring>(&self, values: &[R]) -> Vec<R> {
        let mut sums = Vec::with_capacity(self.len());
        let mut rest = values;
        for run in &self.runs {
            let (mut own, after) = rest.split_at(run.elements());
            rest = after;
            match run {
                Run::Pass(_) => {}
                Run::Single(_) => sums.extend_from_slice(own),
                Run::Maps(maps) => {
                    for map in maps.iter() {
                        let (pixels, others) = own.split_at(map.elements());
                        map.sums(pixels, &mut sums);
                        own = others;
                    }
                }
                Run::Listed(listed) => listed.sums(own, &mut sums),
            }
        }
        sums
    }

    /// The value of its patch for every grouped element that has one.
    pub(crate) fn spread<T: Copy>(&self, of_patch: &[T]) -> Vec<T> {
        let mut out = Vec::with_capacity(self.signed());
        self.for_each_band(|band| band.spread(|patch| of_patch[patch], &mut out));
        out
    }

    /// The value of its patch for every element, `passing` for those without.
    #[must_use]
    pub fn per_element<T: Copy>(&self, of_patch: &[T], passing: T) -> Vec<T> {
        let mut grouped = self.spread(of_patch);
        grouped.resize(self.elements(), passing);
        self.ungrouped(grouped)
    }

    /// The patch of every element, [`Self::PASS`] for those without.
    #[must_use]
    pub fn patch_of(&self) -> Vec<u32> {
        let numbers: Vec<u32> = (0..).take(self.len()).collect();
        self.per_element(&numbers, Self::PASS)
    }
}

#[cfg(test)]
mod tests {
    use super::Patches;
    use crate::ring::{Ring, Z32, Z64};

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
        let words: Vec<Z64> = values.iter().map(|&x| Z64::from_u64(x.into())).collect();
        assert_eq!(patches.sums(&words), [27, 14, 40].map(Z64::from_u64));
        assert_eq!(patches.patch_of(), map);
        let single = Patches::single(8);
        assert_eq!(single.sums(&words), words);
        assert_eq!(single.patch_of(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn an_unknown_patch_is_refused() {
        assert!(Patches::new(&[0, 3], 3).is_none());
        assert!(Patches::new(&[], 0).is_some_and(|patches| patches.is_empty()));
    }

    /// Two maps of 3 x 5 in patches of 2 x 2 and 1 x 1, four elements that pass, and again.
    #[test]
    fn runs_agree_with_lists() {
        let first = [0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 3, 3, 4, 4, 5];
        let maps: Vec<u32> = first.into_iter().chain(6..21).collect();
        let pass = Patches::PASS;
        let image = Patches::joined(&[Patches::found(&maps, 21).unwrap(), Patches::passing(4)]);
        let both = image.repeated(2);
        let list: Vec<u32> = [0, 21]
            .into_iter()
            .flat_map(|from| {
                let own = maps.iter().map(move |&patch| patch + from);
                own.chain([pass; 4])
            })
            .collect();
        assert!(both.runs.len() < 5);
        let listed = Patches::new(&list, 42).unwrap();
        assert_eq!(both.patch_of(), list);
        assert_eq!(both.size::<Z64>(), listed.size::<Z64>());
        assert_eq!(both.size::<Z32>(), listed.size::<Z32>());
        let values: Vec<Z64> = (0..list.len() as u64)
            .map(|i| Z64::from_u64(i * i))
            .collect();
        assert_eq!(both.sums(&values), listed.sums(&values));
        assert_eq!(both.ungrouped(both.grouped(values.clone())), values);
        assert!(!both.are_elements() && Patches::found(&[0, 1, 2], 3).unwrap().are_elements());
    }
}
