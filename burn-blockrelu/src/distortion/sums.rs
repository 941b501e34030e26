//! Sums over all patches of all blocks of a layer at once, as matrix products.

use std::collections::BTreeSet;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_blockrelu_core::Block;

/// The distinct patch sides along one axis, and the intervals into which each cuts the axis.
struct Axis {
    sides: Vec<usize>,
    /// Index of the side and range of pixels of each interval.
    intervals: Vec<(usize, std::ops::Range<usize>)>,
    length: usize,
}

impl Axis {
    fn new(sides: BTreeSet<usize>, length: usize) -> Self {
        let sides: Vec<usize> = sides.into_iter().collect();
        let cut = |(index, &side): (usize, &usize)| {
            let starts = (0..length).step_by(side);
            let range = move |start: usize| (index, start..length.min(start + side));
            starts.map(range).collect::<Vec<_>>()
        };
        let intervals = sides.iter().enumerate().flat_map(cut).collect();
        Self {
            sides,
            intervals,
            length,
        }
    }

    /// `[length, intervals]`: 1 where the pixel lies in the interval.
    fn cutting<B: Backend>(&self, device: &B::Device) -> Tensor<B, 2> {
        let value = |pixel: usize| {
            let row = self.intervals.iter();
            row.map(move |(_, range)| f32::from(u8::from(range.contains(&pixel))))
        };
        let values: Vec<f32> = (0..self.length).flat_map(value).collect();
        Tensor::from_data(
            TensorData::new(values, [self.length, self.intervals.len()]),
            device,
        )
    }

    /// `[intervals, sides]`: 1 where the interval belongs to the side.
    fn grouping<B: Backend>(&self, device: &B::Device) -> Tensor<B, 2> {
        let count = self.sides.len();
        let row = |(side, _): &(usize, std::ops::Range<usize>)| {
            let side = *side;
            (0..count).map(move |other| f32::from(u8::from(other == side)))
        };
        let values: Vec<f32> = self.intervals.iter().flat_map(row).collect();
        Tensor::from_data(
            TensorData::new(values, [self.intervals.len(), count]),
            device,
        )
    }
}

/// Sums of maps over the patches of many blocks: each height that occurs combined with each width that occurs, in two
/// matrix products with matrices of zeros and ones.
pub(super) struct PatchSums<B: Backend> {
    rows: Tensor<B, 2>,
    columns: Tensor<B, 2>,
    row_groups: Tensor<B, 2>,
    column_groups: Tensor<B, 2>,
    /// For each candidate that is a patch, its place in `[widths, heights]`.
    places: Vec<Option<usize>>,
}

impl<B: Backend> PatchSums<B> {
    /// For the patches among `candidates` on maps of `[height, width]`.
    pub(super) fn new(candidates: &[Block], map: [usize; 2], device: &B::Device) -> Self {
        let cut = |block: &Block| match *block {
            Block::Patch { height, width } => {
                Some([(height as usize).min(map[0]), (width as usize).min(map[1])])
            }
            Block::Identity | Block::Zero => None,
        };
        let axis = |i: usize| {
            let sides = candidates.iter().filter_map(cut).map(|sides| sides[i]);
            Axis::new(sides.collect(), map[i])
        };
        let (down, across) = (axis(0), axis(1));
        let place = |block: &Block| {
            let [height, width] = cut(block)?;
            let h = down.sides.binary_search(&height).ok()?;
            let w = across.sides.binary_search(&width).ok()?;
            Some(w * down.sides.len() + h)
        };
        Self {
            places: candidates.iter().map(place).collect(),
            rows: down.cutting(device),
            columns: across.cutting(device),
            row_groups: down.grouping(device),
            column_groups: across.grouping(device),
        }
    }

    /// Maps `[M, H, W]` to sums over patches, `[M, intervals of columns, intervals of rows]`.
    pub(super) fn patches(&self, maps: Tensor<B, 3>) -> Tensor<B, 3> {
        let across = product(maps, &self.columns);
        product(across.swap_dims(1, 2), &self.rows)
    }

    /// Adds up values per patch, arranged as by [`PatchSums::patches`], for each pair of sides: `[M, widths *
    /// heights]`.
    pub(super) fn by_block(&self, patches: Tensor<B, 3>) -> Tensor<B, 2> {
        let count = patches.dims()[0];
        let heights = product(patches, &self.row_groups);
        let both = product(heights.swap_dims(1, 2), &self.column_groups);
        let [_, heights, widths] = both.dims();
        both.swap_dims(1, 2).reshape([count, widths * heights])
    }

    /// Index of a candidate's sum in a row of [`PatchSums::by_block`]; `None` for identity and zero.
    pub(super) fn place(&self, candidate: usize) -> Option<usize> {
        self.places[candidate]
    }
}

/// `[M, A, L]` times `[L, S]`, as one large product.
fn product<B: Backend>(x: Tensor<B, 3>, matrix: &Tensor<B, 2>) -> Tensor<B, 3> {
    let [count, rows, length] = x.dims();
    let columns = matrix.dims()[1];
    let flat = x.reshape([count * rows, length]).matmul(matrix.clone());
    flat.reshape([count, rows, columns])
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{Int, Tensor};
    use burn_blockrelu_core::Block;

    use super::PatchSums;

    #[test]
    fn patches_are_summed_and_gathered_by_block() {
        let device = Default::default();
        let candidates = ["1x1", "2x3", "5x2", "id"].map(|text| text.parse::<Block>().unwrap());
        let sums = PatchSums::<Flex>::new(&candidates, [4, 5], &device);
        let maps = Tensor::<Flex, 1, Int>::arange(0..40, &device).float();
        let patches = sums.patches(maps.clone().reshape([2, 4, 5]));
        // Summing the sums of all patches of a block gives the sum of the map, whatever the block.
        let totals = sums.by_block(patches.clone());
        let row = totals.dims()[1];
        let totals = totals.into_data().to_vec::<f32>().unwrap();
        for (candidate, _) in candidates.iter().enumerate().take(3) {
            let place = sums.place(candidate).unwrap();
            assert_eq!(totals[place], 190.0);
            assert_eq!(totals[row + place], 590.0);
        }
        assert_eq!(sums.place(3), None);
        // The patches of 2x3 on the first map sum to 21, 24, 81 and 64.
        let largest = patches.greater_elem(65.5).float();
        let count = sums.by_block(largest).into_data().to_vec::<f32>().unwrap();
        assert_eq!(count[sums.place(1).unwrap()], 1.0);
    }
}
