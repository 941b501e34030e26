//! Maps that are cut into rectangles.

use core::ops::Range;

use crate::protocol::gate::size::GateSize;
use crate::ring::{self, Ring};

/// A map of `rows` x `columns` elements, cut from its top left corner into patches of `height` x `width`; those at the
/// right and at the bottom may be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// Patches side by side that have the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    /// Number of the first patch.
    pub(crate) patch: usize,
    /// The first grouped element.
    pub(crate) element: usize,
    /// Rows.
    pub(crate) rows: usize,
    /// Columns of all patches.
    pub(crate) columns: usize,
    /// Columns of each patch; the last one may have fewer.
    pub(crate) width: usize,
}

/// Patches of a band that have the same width.
#[derive(Clone, Debug)]
pub(crate) struct Equal {
    patch: usize,
    rows: usize,
    /// Their columns in the band.
    pub(crate) columns: Range<usize>,
    /// Columns of each.
    pub(crate) width: usize,
    /// Elements of each.
    pub(crate) area: usize,
}

impl Equal {
    /// Their numbers.
    pub(crate) fn patches(&self) -> Range<usize> {
        self.patch..self.patch + self.columns.len() / self.width
    }

    /// Appends `of(patch)` for every element, row after row.
    pub(crate) fn spread<T: Copy>(&self, of: impl Fn(usize) -> T, out: &mut Vec<T>) {
        let band = Band {
            patch: self.patch,
            element: 0,
            rows: self.rows,
            columns: self.columns.len(),
            width: self.width,
        };
        band.spread(of, out);
    }
}

impl Band {
    /// Elements that are a patch each.
    pub(super) fn single(len: usize, patch: usize, element: usize) -> Self {
        Self {
            patch,
            element,
            rows: 1,
            columns: len,
            width: 1,
        }
    }

    /// Its grouped elements.
    pub(crate) fn elements(&self) -> Range<usize> {
        self.element..self.element + self.rows * self.columns
    }

    /// The patches of full width, and the last one if it is narrower.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Equal> + use<> {
        let whole = self.columns - self.columns % self.width;
        let part = |columns: Range<usize>, width: usize| Equal {
            patch: self.patch + columns.start / self.width,
            rows: self.rows,
            columns,
            width,
            area: self.rows * width,
        };
        let all = [
            part(0..whole, self.width),
            part(whole..self.columns, self.columns - whole),
        ];
        all.into_iter().filter(|part| !part.columns.is_empty())
    }

    /// The band in pieces of about `len` elements, if it has one row.
    pub(crate) fn pieces(&self, len: usize) -> impl Iterator<Item = Self> + use<> {
        let columns = if self.rows == 1 {
            len.next_multiple_of(self.width)
        } else {
            self.columns
        };
        let band = *self;
        (0..band.columns).step_by(columns).map(move |from| Self {
            patch: band.patch + from / band.width,
            element: band.element + from,
            columns: columns.min(band.columns - from),
            ..band
        })
    }

    /// Appends `of(patch)` for every element.
    pub(crate) fn spread<T: Copy>(&self, of: impl Fn(usize) -> T, out: &mut Vec<T>) {
        let start = out.len();
        if self.width == 1 {
            out.extend((self.patch..).take(self.columns).map(of));
        } else {
            let patches = self.columns.div_ceil(self.width);
            for i in 0..patches {
                let width = self.width.min(self.columns - i * self.width);
                out.extend(core::iter::repeat_n(of(self.patch + i), width));
            }
        }
        for _ in 1..self.rows {
            out.extend_from_within(start..start + self.columns);
        }
    }
}

impl Map {
    pub(super) fn elements(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) fn across(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    pub(super) fn patches(&self) -> usize {
        self.rows.div_ceil(self.height) * self.across()
    }

    /// Adds its patches to a size.
    pub(super) fn count<R: Ring>(&self, size: &mut GateSize) {
        let parts = |len: usize, part: usize| [(len / part, part), (1, len % part)];
        for (down, height) in parts(self.rows, self.height) {
            for (across, width) in parts(self.columns, self.width) {
                if height > 0 && width > 0 {
                    size.add::<R>(down * across, height * width);
                }
            }
        }
    }

    /// Calls `visit` with its bands; `at` is its first patch and element. Returns those of the next map.
    pub(super) fn for_each_band(
        &self,
        (mut patch, mut element): (usize, usize),
        visit: &mut impl FnMut(Band),
    ) -> (usize, usize) {
        let mut row = 0;
        while row < self.rows {
            let rows = self.height.min(self.rows - row);
            visit(Band {
                patch,
                element,
                rows,
                columns: self.columns,
                width: self.width,
            });
            row += rows;
            patch += self.across();
            element += rows * self.columns;
        }
        (patch, element)
    }

    /// Appends the sums of its patches.
    pub(super) fn sums<R: Ring>(&self, pixels: &[R], sums: &mut Vec<R>) {
        // Adds up rows, then columns.
        let mut columns = Vec::with_capacity(self.columns);
        for band in pixels.chunks(self.height * self.columns) {
            columns.clear();
            let (first, others) = band.split_at(self.columns);
            columns.extend_from_slice(first);
            for row in others.chunks(self.columns) {
                ring::add_assign(&mut columns, row);
            }
            match self.width {
                1 => sums.extend_from_slice(&columns),
                2 => pairs::<R, 2>(&columns, sums),
                3 => pairs::<R, 3>(&columns, sums),
                4 => pairs::<R, 4>(&columns, sums),
                width => sums.extend(columns.chunks(width).map(sum)),
            }
        }
    }

    /// The maps whose patches `patch_of` lists, or `None` if it lists others: an element without a patch, a patch
    /// without elements, or patches that are no rectangles numbered in order.
    pub(super) fn all(patch_of: &[u32], patches: usize) -> Option<Vec<Self>> {
        let mut maps: Vec<Self> = Vec::new();
        let (mut rest, mut next) = (patch_of, 0_u32);
        while let Some(&number) = rest.first() {
            if number != next {
                return None;
            }
            // Where a number smaller than the one before follows, the second row of a band begins.
            let row_end = rest.windows(2).position(|pair| pair[1] < pair[0]);
            let row_end = row_end.map_or(rest.len(), |at| at + 1);
            let band = match rest.get(row_end) {
                Some(again) => rest[..row_end].iter().position(|patch| patch == again)?,
                None => row_end,
            };
            // What precedes the band are patches of one row each.
            let (rows, others) = rest.split_at(band);
            next = Self::in_one_row(rows, next, &mut maps)?;
            rest = others;
            let columns = row_end - band;
            if columns == 0 {
                continue;
            }
            let row = &rest[..columns];
            let height = rest
                .chunks_exact(columns)
                .take_while(|&other| other == row)
                .count();
            let mut found = Vec::new();
            let first = next;
            next = Self::in_one_row(row, next, &mut found)?;
            let width = row.iter().take_while(|&&patch| patch == first).count();
            // All patches of the row but the last must be as wide as the first.
            let across = (next - first) as usize;
            if columns.div_ceil(width) != across
                || row
                    .iter()
                    .zip(0..)
                    .any(|(&patch, at)| patch - first != at / width as u32)
            {
                return None;
            }
            rest = &rest[height * columns..];
            match maps.last_mut() {
                // Another band of the same map, or its smaller last one.
                Some(map)
                    if map.height > 1
                        && map.columns == columns
                        && map.width == width
                        && map.rows.is_multiple_of(map.height)
                        && height <= map.height =>
                {
                    map.rows += height;
                }
                _ => maps.push(Self {
                    rows: height,
                    columns,
                    height,
                    width,
                }),
            }
        }
        (next as usize == patches).then_some(maps)
    }

    /// Appends patches that are consecutive elements, numbered from `next`; returns the number after theirs.
    fn in_one_row(row: &[u32], mut next: u32, maps: &mut Vec<Self>) -> Option<u32> {
        for patch in row.chunk_by(|a, b| a == b) {
            if patch[0] != next {
                return None;
            }
            next += 1;
            match maps.last_mut() {
                Some(map)
                    if map.rows == 1
                        && map.width == patch.len()
                        && map.columns.is_multiple_of(map.width) =>
                {
                    map.columns += patch.len();
                }
                _ => maps.push(Self {
                    rows: 1,
                    columns: patch.len(),
                    height: 1,
                    width: patch.len(),
                }),
            }
        }
        Some(next)
    }
}

fn sum<R: Ring>(values: &[R]) -> R {
    values.iter().fold(R::ZERO, |sum, &x| sum + x)
}

/// Appends the sums of every `W` values.
fn pairs<R: Ring, const W: usize>(values: &[R], sums: &mut Vec<R>) {
    let (whole, rest) = values.as_chunks::<W>();
    sums.extend(whole.iter().map(|chunk| sum(chunk)));
    if !rest.is_empty() {
        sums.push(sum(rest));
    }
}

#[cfg(test)]
mod tests {
    use super::Map;

    /// Lists the patches of maps, as layers do.
    fn listed(maps: &[Map]) -> (Vec<u32>, usize) {
        let (mut list, mut first) = (Vec::new(), 0);
        for map in maps {
            for y in 0..map.rows {
                let row = first + y / map.height * map.across();
                list.extend((0..map.columns).map(|x| (row + x / map.width) as u32));
            }
            first += map.patches();
        }
        (list, first)
    }

    fn map([rows, columns, height, width]: [usize; 4]) -> Map {
        Map {
            rows,
            columns,
            height,
            width,
        }
    }

    #[test]
    fn maps_are_found_whatever_their_neighbours() {
        let sides = [1, 2, 3, 4, 7];
        let mut all = Vec::new();
        for rows in [1, 3, 4, 7] {
            for height in sides {
                for width in sides {
                    all.push(map([rows, 7, height, width]));
                }
            }
        }
        for (i, &first) in all.iter().enumerate() {
            for &second in &all[i % 3..] {
                let (list, patches) = listed(&[first, second, first]);
                let found = Map::all(&list, patches).expect("rectangles");
                assert_eq!(listed(&found), (list, patches), "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn a_layer_takes_as_many_maps_as_it_has_channels() {
        let channels: Vec<Map> = (0..30)
            .map(|i| map([16, 16, 2 + i % 3, 1 + i % 5]))
            .collect();
        let (list, patches) = listed(&channels);
        let found = Map::all(&list, patches).expect("rectangles");
        assert_eq!(listed(&found), (list, patches));
        // A last row of its own is a map of its own.
        assert!(found.len() <= 2 * channels.len());
        // Single pixels of all channels are one map.
        let list: Vec<u32> = (0..300).collect();
        assert_eq!(Map::all(&list, 300).map(|maps| maps.len()), Some(1));
    }

    #[test]
    fn other_patches_are_not_maps() {
        for list in [
            &[1, 0][..],
            &[0, 1, 0, 1, 1, 1],
            &[0, 2],
            &[0, u32::MAX],
            &[0, 0, 1, 2, 2, 0, 0, 1, 2, 2],
        ] {
            assert_eq!(Map::all(list, 3), None, "{list:?}");
        }
        assert_eq!(Map::all(&[0, 1], 3), None, "a patch without elements");
        assert_eq!(Map::all(&[], 0), Some(vec![]));
    }
}
