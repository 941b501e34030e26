//! Networks of comparators, for rows of any length.

/// Comparators of one layer: the first of two places gets what comes first. No place is in two of them.
pub(super) type Layer = Vec<(u32, u32)>;

/// The layers of the network for rows of `planes` elements, of which the first `keep` are wanted.
///
/// Let `run` be the power of two that is not below `keep`. Runs of that length are sorted first: by Batcher's network, of
/// which this is all if there is but one. Then runs are merged in pairs, and only the first half of two runs is kept: the
/// last elements of one meet the first ones of the other, and what comes first of each pair is sorted as a bitonic
/// sequence.
///
/// A row is sorted as if elements that come last filled its last run. No comparator moves those, since the lower place
/// always gets what comes first: so comparators that reach beyond the row are left out. So are those that do not matter
/// for the places that are wanted.
pub(super) fn layers(planes: usize, keep: usize) -> Vec<Layer> {
    let powers = |from: usize| core::iter::successors(Some(from), |&power| Some(2 * power));
    let run = keep.next_power_of_two();
    let mut layers = Vec::new();
    for sorted in powers(1).take_while(|&sorted| sorted < run.min(planes)) {
        let halves = powers(1).take_while(|&apart| apart <= sorted);
        for apart in halves.collect::<Vec<_>>().into_iter().rev() {
            layers.push(layer(planes, sorted, apart));
        }
    }
    for width in powers(run).take_while(|&width| width < planes) {
        let starts = || (0..planes - width).step_by(2 * width);
        let meet = |start: usize| (0..run).map(move |i| (start + i, start + width + run - 1 - i));
        layers.push(within(planes, starts().flat_map(meet)));
        for apart in powers(1)
            .take_while(|&apart| apart < run)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            let pairs = |start: usize| {
                let lower = (0..run).filter(move |i| i & apart == 0);
                lower.map(move |i| (start + i, start + i + apart))
            };
            layers.push(within(planes, starts().flat_map(pairs)));
        }
    }
    let mut wanted = vec![false; planes];
    wanted[..keep.min(planes)].fill(true);
    for layer in layers.iter_mut().rev() {
        layer.retain(|&(a, b)| {
            let matters = wanted[a as usize] || wanted[b as usize];
            wanted[a as usize] |= matters;
            wanted[b as usize] |= matters;
            matters
        });
    }
    layers.retain(|layer| !layer.is_empty());
    layers
}

/// The comparators that lie within a row.
fn within(planes: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Layer {
    let place = |at: usize| u32::try_from(at).ok();
    let inside = pairs.filter(|&(_, b)| b < planes);
    inside
        .filter_map(|(a, b)| Some((place(a)?, place(b)?)))
        .collect()
}

/// The layer that compares places `apart` from each other, while runs of `sorted` elements are merged to runs of twice
/// as many.
fn layer(planes: usize, sorted: usize, apart: usize) -> Layer {
    let starts = (apart % sorted..planes).step_by(2 * apart);
    let pairs = starts.flat_map(|start| (start..start + apart).map(|a| (a, a + apart)));
    let in_one_run = |&(a, b): &(usize, usize)| a / (2 * sorted) == b / (2 * sorted);
    within(planes, pairs.filter(in_one_run))
}

#[cfg(test)]
mod tests {
    use super::layers;

    /// A network sorts everything if it sorts all rows of zeros and ones.
    fn assert_sorts(planes: usize, keep: usize) {
        let layers = layers(planes, keep);
        for row in 0..1_u32 << planes {
            let mut row: Vec<bool> = (0..planes).map(|i| row >> i & 1 == 1).collect();
            let mut sorted = row.clone();
            sorted.sort_unstable();
            for &(a, b) in layers.iter().flatten() {
                let (a, b) = (a as usize, b as usize);
                assert!(a < b && b < planes);
                if row[a] && !row[b] {
                    row.swap(a, b);
                }
            }
            assert_eq!(row[..keep], sorted[..keep], "{keep} of {planes}");
        }
    }

    #[test]
    fn networks_sort_all_zeros_and_ones() {
        for planes in 0..=11 {
            for keep in 0..=planes {
                assert_sorts(planes, keep);
            }
        }
        assert_sorts(16, 16);
        assert_sorts(15, 3);
        assert_sorts(17, 2);
        assert_sorts(18, 4);
    }

    #[test]
    fn comparators_of_a_layer_share_no_place() {
        for planes in [2, 7, 33, 100] {
            for layer in layers(planes, planes) {
                let mut seen = vec![false; planes];
                for place in layer.iter().flat_map(|&(a, b)| [a, b]) {
                    assert!(!core::mem::replace(&mut seen[place as usize], true));
                }
            }
        }
    }

    #[test]
    fn networks_have_the_known_numbers_of_comparators() {
        let count = |planes, keep| layers(planes, keep).iter().map(Vec::len).sum::<usize>();
        let known = [(2, 1), (4, 5), (8, 19), (16, 63), (64, 543), (1024, 24_063)];
        for (planes, comparators) in known {
            assert_eq!(count(planes, planes), comparators);
        }
        assert_eq!(count(1024, 1), 1023);
        // Sorted runs of 8, and 127 merges.
        assert!(count(1024, 5) <= 128 * 19 + 127 * (8 + 12));
        assert_eq!(layers(1024, 1024).len(), 55);
        assert_eq!(layers(1024, 5).len(), 6 + 7 * 4);
    }
}
