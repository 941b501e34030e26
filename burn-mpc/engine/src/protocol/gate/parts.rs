//! Cutting a gate into parts of whole patches, for lanes.

use core::ops::Range;

use crate::protocol::gate::patches::{GateSize, Patches};

/// A run of elements, and the patches that lie in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchPart {
    /// Which elements.
    pub elements: Range<usize>,
    /// Their patches.
    pub patches: Patches,
    /// For each of these patches, its number in the whole. Empty if every patch is one element: then they are in order.
    pub numbers: Vec<usize>,
}

/// A patch costs about as much as two elements.
const PATCH_WEIGHT: usize = 2;
/// If every element is a patch, cuts are at multiples of this, which keeps bits in whole words.
const WORD: usize = 64;

impl Patches {
    /// `count` parts of about the same cost. `None` if no suitable cut leaves patches whole, or if a part or a patch is
    /// empty.
    #[must_use]
    pub fn parts(&self, count: usize) -> Option<Vec<PatchPart>> {
        let cuts = self.cuts(count)?;
        let ranges = cuts.windows(2).map(|window| window[0]..window[1]);
        if self.is_single() {
            let part = |elements: Range<usize>| PatchPart {
                patches: Self::single(elements.len()),
                elements,
                numbers: Vec::new(),
            };
            return Some(ranges.map(part).collect());
        }
        let patch_of = self.patch_of();
        let parts: Vec<PatchPart> = ranges
            .map(|elements| Self::part(&patch_of, elements))
            .collect::<Option<_>>()?;
        // A patch without elements lies in no part.
        let found: usize = parts.iter().map(|part| part.numbers.len()).sum();
        (found == self.len()).then_some(parts)
    }

    fn part(patch_of: &[u32], elements: Range<usize>) -> Option<PatchPart> {
        let inside = &patch_of[elements.clone()];
        let mut numbers: Vec<usize> = inside
            .iter()
            .filter(|&&patch| patch != Self::PASS)
            .map(|&patch| patch as usize)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let renamed = |&patch: &u32| {
            let found = numbers.binary_search(&(patch as usize));
            found.map_or(Some(Self::PASS), |number| u32::try_from(number).ok())
        };
        let inside: Vec<u32> = inside.iter().map(renamed).collect::<Option<_>>()?;
        Some(PatchPart {
            patches: Self::new(&inside, numbers.len())?,
            elements,
            numbers,
        })
    }

    /// Where the parts begin and end.
    fn cuts(&self, count: usize) -> Option<Vec<usize>> {
        let len = self.elements();
        let mut cuts = vec![0];
        if self.is_single() {
            cuts.extend((1..count).map(|i| (i * len / count).next_multiple_of(WORD)));
        } else {
            let (may_cut, weights) = self.cutting();
            let total: usize = weights.iter().sum();
            let (mut before, mut wanted) = (0, 1);
            for (element, weight) in weights.into_iter().enumerate() {
                if wanted < count && before * count >= total * wanted && may_cut[element] {
                    cuts.push(element);
                    wanted += 1;
                }
                before += weight;
            }
        }
        cuts.push(len);
        let ascending = cuts.windows(2).all(|pair| pair[0] < pair[1]);
        (cuts.len() == count + 1 && ascending).then_some(cuts)
    }

    /// For each element, whether a cut before it separates no patch, and what it costs.
    fn cutting(&self) -> (Vec<bool>, Vec<usize>) {
        let mut spans = vec![None::<(usize, usize)>; self.len()];
        for (element, patch) in self.patch_of().into_iter().enumerate() {
            if let Some(span) = spans.get_mut(patch as usize) {
                *span = Some(span.map_or((element, element), |(first, _)| (first, element)));
            }
        }
        let mut weights = vec![1; self.elements()];
        let mut opening = vec![0_i64; self.elements() + 1];
        for (first, last) in spans.into_iter().flatten() {
            weights[first] += PATCH_WEIGHT;
            opening[first + 1] += 1;
            opening[last + 1] -= 1;
        }
        let mut open = 0;
        let may_cut = opening.into_iter().map(|change| {
            open += change;
            open == 0
        });
        (may_cut.collect(), weights)
    }
}

impl GateSize {
    /// The size of one of `count` equal parts, rounded up.
    #[must_use]
    pub fn part(self, count: usize) -> Self {
        Self {
            elements: self.elements.div_ceil(count),
            signed: self.signed.div_ceil(count),
            patches: self.patches.div_ceil(count),
            seeds: self.seeds.div_ceil(count),
            pads: self.pads.div_ceil(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Patches;

    #[test]
    fn parts_hold_whole_patches_and_every_element_once() {
        // Two planes of 4 x 4 in patches of 2 x 2, between them one that passes, and last three single pixels.
        let pass = Patches::PASS;
        let plane = |first: u32| (0..16).map(move |i| first + i / 8 * 2 + i % 4 / 2);
        let map: Vec<u32> = plane(3)
            .chain((0..16).map(|_| pass))
            .chain(plane(7))
            .chain([0, 1, 2])
            .collect();
        let patches = Patches::new(&map, 11).unwrap();
        let parts = patches.parts(3).unwrap();
        let mut seen = vec![0; 11];
        let mut end = 0;
        for part in &parts {
            assert_eq!(part.elements.start, end);
            end = part.elements.end;
            part.numbers.iter().for_each(|&patch| seen[patch] += 1);
            let names = part.patches.patch_of().into_iter().map(|patch| {
                part.numbers
                    .get(patch as usize)
                    .map_or(pass, |&number| u32::try_from(number).unwrap())
            });
            assert_eq!(names.collect::<Vec<_>>(), map[part.elements.clone()]);
        }
        assert_eq!((end, seen), (map.len(), vec![1; 11]));
    }

    #[test]
    fn single_elements_are_cut_into_equal_words() {
        let parts = Patches::single(1000).parts(3).unwrap();
        let ranges: Vec<_> = parts.iter().map(|part| part.elements.clone()).collect();
        assert_eq!(ranges, [0..384, 384..704, 704..1000]);
        assert!(parts.iter().all(|part| part.numbers.is_empty()));
        assert_eq!(parts[1].patches, Patches::single(320));
    }

    #[test]
    fn what_one_patch_holds_together_is_not_cut() {
        let mut map = vec![1; 300];
        (map[0], map[299]) = (0, 0);
        assert_eq!(Patches::new(&map, 2).unwrap().parts(3), None);
        assert_eq!(Patches::single(2).parts(3), None);
    }

    #[test]
    fn a_patch_without_elements_lies_in_no_part() {
        for empty in [0, 150, 300] {
            let map = (0..=300).filter(|&patch| patch != empty);
            let patches = Patches::new(&map.collect::<Vec<_>>(), 301).unwrap();
            assert_eq!(patches.parts(3), None);
        }
    }
}
