//! Cutting a gate into parts of whole patches, for lanes.

use core::ops::Range;

use crate::protocol::gate::listed::Listed;
use crate::protocol::gate::maps::Map;
use crate::protocol::gate::patches::{Patches, Run};
use crate::protocol::gate::size::GateSize;

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
        if let [Run::Listed(listed)] = &self.runs[..] {
            return listed.parts(count);
        }
        let len = self.elements();
        let cuts: Vec<usize> = if self.is_single() {
            let place = |i: usize| (i * len / count).next_multiple_of(WORD);
            (1..count).map(place).collect()
        } else {
            self.balanced(count)
        };
        let mut from = 0;
        let part = |patches: Self| {
            let start = from;
            from += patches.elements();
            PatchPart {
                elements: start..from,
                patches,
                numbers: Vec::new(),
            }
        };
        Some(self.cut(&cuts)?.into_iter().map(part).collect())
    }

    /// `count` parts of as many elements each. `None` if a patch does not lie in one of them.
    #[must_use]
    pub fn rows(&self, count: usize) -> Option<Vec<Self>> {
        let len = self.elements().checked_div(count)?;
        let cuts: Vec<usize> = (1..count).map(|i| i * len).collect();
        self.cut(&cuts)
    }

    /// Cuts before these elements. `None` if a part would be empty, or a patch lie in two.
    fn cut(&self, cuts: &[usize]) -> Option<Vec<Self>> {
        let ends = cuts.iter().copied().chain([self.elements()]);
        let mut runs = self.runs.iter().cloned();
        let (mut parts, mut begin, mut left) = (Vec::with_capacity(cuts.len() + 1), 0, None);
        for end in ends {
            let mut room = end.checked_sub(begin).filter(|&room| room > 0)?;
            begin = end;
            let mut part = Vec::new();
            while room > 0 {
                let run = left.take().or_else(|| runs.next())?;
                if run.elements() <= room {
                    room -= run.elements();
                    part.push(run);
                } else {
                    let (first, rest) = run.split(room)?;
                    part.push(first);
                    left = Some(rest);
                    room = 0;
                }
            }
            parts.push(Self::of(part));
        }
        Some(parts)
    }

    /// Where parts of about the same cost begin, but for the first.
    fn balanced(&self, count: usize) -> Vec<usize> {
        let total = self.elements() + PATCH_WEIGHT * self.len();
        let (mut cuts, mut start, mut before) = (Vec::new(), 0, 0);
        let mut unit = |len: usize, patches: usize, grain: usize| {
            let weight = len + PATCH_WEIGHT * patches;
            while cuts.len() + 1 < count && (before + weight) * count > total * (cuts.len() + 1) {
                let wanted = (total * (cuts.len() + 1))
                    .div_ceil(count)
                    .saturating_sub(before);
                let inside = (wanted * len / weight).next_multiple_of(grain).min(len);
                cuts.push(start + inside);
            }
            (start, before) = (start + len, before + weight);
        };
        for run in &self.runs {
            match run {
                Run::Pass(len) => unit(*len, 0, 1),
                Run::Single(len) => unit(*len, *len, WORD),
                Run::Listed(listed) => unit(listed.elements(), listed.patches(), usize::MAX / 2),
                Run::Maps(maps) => {
                    for map in maps.iter() {
                        unit(map.elements(), map.patches(), map.grain());
                    }
                }
            }
        }
        cuts
    }
}

impl Run {
    /// The first `len` elements and the others. `None` if a patch has some of both.
    fn split(&self, len: usize) -> Option<(Self, Self)> {
        match self {
            Self::Pass(all) => Some((Self::Pass(len), Self::Pass(all - len))),
            Self::Single(all) => Some((Self::Single(len), Self::Single(all - len))),
            Self::Listed(_) => None,
            Self::Maps(maps) => {
                let (mut whole, mut room) = (0, len);
                while room >= maps[whole].elements() {
                    room -= maps[whole].elements();
                    whole += 1;
                }
                let (mut first, mut rest) = (maps[..whole].to_vec(), maps[whole..].to_vec());
                if room > 0 {
                    let [above, below] = maps[whole].split(room)?;
                    first.push(above);
                    rest[0] = below;
                }
                Some((Self::Maps(first.into()), Self::Maps(rest.into())))
            }
        }
    }
}

impl Map {
    /// It may be cut before every so many elements.
    fn grain(&self) -> usize {
        if self.rows == 1 {
            self.width
        } else {
            self.height * self.columns
        }
    }

    fn split(&self, len: usize) -> Option<[Self; 2]> {
        if !len.is_multiple_of(self.grain()) {
            return None;
        }
        let with = |len: usize| {
            let mut map = *self;
            if self.rows == 1 {
                map.columns = len;
            } else {
                map.rows = len / self.columns;
            }
            map
        };
        Some([with(len), with(self.elements() - len)])
    }
}

impl Listed {
    fn parts(&self, count: usize) -> Option<Vec<PatchPart>> {
        let cuts = self.cuts(count)?;
        let ranges = cuts.windows(2).map(|window| window[0]..window[1]);
        let patch_of = self.patch_of();
        let parts: Vec<PatchPart> = ranges
            .map(|elements| Self::part(&patch_of, elements))
            .collect::<Option<_>>()?;
        // A patch without elements lies in no part.
        let found: usize = parts.iter().map(|part| part.numbers.len()).sum();
        (found == self.patches()).then_some(parts)
    }

    fn patch_of(&self) -> Vec<u32> {
        let mut out = vec![Patches::PASS; self.elements()];
        let (mut rest, _) = self.order();
        for (patch, area) in (0_u32..).zip(self.areas()) {
            let own = rest.split_off(..area).unwrap_or_default();
            own.iter().for_each(|&i| out[i as usize] = patch);
        }
        out
    }

    fn part(patch_of: &[u32], elements: Range<usize>) -> Option<PatchPart> {
        let inside = &patch_of[elements.clone()];
        let mut numbers: Vec<usize> = inside
            .iter()
            .filter(|&&patch| patch != Patches::PASS)
            .map(|&patch| patch as usize)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let renamed = |&patch: &u32| {
            let found = numbers.binary_search(&(patch as usize));
            found.map_or(Some(Patches::PASS), |number| u32::try_from(number).ok())
        };
        let inside: Vec<u32> = inside.iter().map(renamed).collect::<Option<_>>()?;
        Some(PatchPart {
            patches: Patches::new(&inside, numbers.len())?,
            elements,
            numbers,
        })
    }

    /// Where the parts begin and end.
    fn cuts(&self, count: usize) -> Option<Vec<usize>> {
        let mut cuts = vec![0];
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
        cuts.push(self.elements());
        let ascending = cuts.windows(2).all(|pair| pair[0] < pair[1]);
        (cuts.len() == count + 1 && ascending).then_some(cuts)
    }

    /// For each element, whether a cut before it separates no patch, and what it costs.
    fn cutting(&self) -> (Vec<bool>, Vec<usize>) {
        let mut spans = vec![None::<(usize, usize)>; self.patches()];
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
            largest: self.largest,
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
    fn maps_are_cut_between_bands_into_parts_of_equal_cost() {
        // 20 maps of 12 x 10 in 2 x 3, then single pixels, and some that pass.
        let mut map: Vec<u32> = (0..20 * 120)
            .map(|i: u32| i / 120 * 24 + i % 120 / 20 * 4 + i % 10 / 3)
            .collect();
        map.extend(480..1480);
        let image = Patches::joined(&[Patches::found(&map, 1480).unwrap(), Patches::passing(500)]);
        for times in [1, 2, 5] {
            let all = image.repeated(times);
            let parts = all.parts(3).unwrap();
            assert_eq!(
                Patches::joined(
                    &parts
                        .iter()
                        .map(|part| part.patches.clone())
                        .collect::<Vec<_>>()
                )
                .patch_of(),
                all.patch_of()
            );
            let cost = |patches: &Patches| patches.elements() + 2 * patches.len();
            for (part, next) in parts.iter().zip(&parts[1..]) {
                assert_eq!(part.elements.end, next.elements.start);
                assert!(cost(&part.patches).abs_diff(cost(&next.patches)) < 200);
            }
            assert_eq!(all.rows(times), Some(vec![image.clone(); times]));
        }
        assert_eq!(image.rows(7), None);
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
