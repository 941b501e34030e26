//! Which sign each pixel of a layer uses.

use crate::Block;

/// Which channels of a layer evaluate signs, which pass and which are dropped, and the patch of every
/// pixel of the signed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Channels with patches, in order.
    pub(crate) signed: Vec<usize>,
    /// Channels that pass unchanged, in order.
    pub(crate) identity: Vec<usize>,
    /// Channels that are dropped, in order.
    pub(crate) zero: Vec<usize>,
    /// Whether every patch is a single pixel.
    pub(crate) pixelwise: bool,
    /// Patches of all signed channels: the DReLUs of one image.
    pub(crate) patches: usize,
    map: [usize; 2],
    grids: Vec<([usize; 2], [usize; 2])>,
}

impl Layout {
    pub(crate) fn new(blocks: &[Block], map: [usize; 2]) -> Self {
        let mut layout = Self {
            signed: Vec::new(),
            identity: Vec::new(),
            zero: Vec::new(),
            pixelwise: true,
            patches: 0,
            map,
            grids: Vec::new(),
        };
        for (channel, block) in blocks.iter().enumerate() {
            match *block {
                Block::Identity => layout.identity.push(channel),
                Block::Zero => layout.zero.push(channel),
                Block::Patch { height, width } => {
                    let grid = block.grid(map);
                    layout.signed.push(channel);
                    layout.pixelwise &= grid == map;
                    layout.patches += grid[0] * grid[1];
                    layout.grids.push((grid, [height as usize, width as usize]));
                }
            }
        }
        layout
    }

    /// Rows and columns of a map.
    pub(crate) fn map(&self) -> [usize; 2] {
        self.map
    }

    /// For every pixel of the signed channels, row by row, the number of its patch. Patches are counted
    /// channel by channel and row by row.
    pub(crate) fn patch_of_pixel(&self) -> Vec<i64> {
        let [rows, columns] = self.map;
        let mut index = Vec::with_capacity(self.grids.len() * rows * columns);
        let mut first = 0;
        for &([down, across], [height, width]) in &self.grids {
            for y in 0..rows {
                let start = first + y / height * across;
                index.extend((0..columns).map(|x| (start + x / width) as i64));
            }
            first += down * across;
        }
        index
    }

    /// Position of every channel after the signed, identity and zero channels are put one after the other; `None` if
    /// they have that order already.
    pub(crate) fn order(&self) -> Option<Vec<i64>> {
        let grouped = [&self.signed, &self.identity, &self.zero];
        let mut position = vec![0; grouped.iter().map(|group| group.len()).sum()];
        for (at, &channel) in grouped.into_iter().flatten().enumerate() {
            position[channel] = at as i64;
        }
        let in_order = position.iter().enumerate().all(|(i, &p)| i as i64 == p);
        (!in_order).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;
    use crate::Block;

    fn block(h: u32, w: u32) -> Block {
        Block::patch(h, w).unwrap()
    }

    #[test]
    fn patches_tile_from_the_top_left_corner_and_are_cut_at_the_border() {
        let layout = Layout::new(&[block(2, 2), block(1, 3)], [3, 3]);
        assert_eq!(layout.patches, 4 + 3);
        let index = layout.patch_of_pixel();
        assert_eq!(index[..9], [0, 0, 1, 0, 0, 1, 2, 2, 3]);
        assert_eq!(index[9..], [4, 4, 4, 5, 5, 5, 6, 6, 6]);
    }

    #[test]
    fn channels_are_grouped_and_found_again() {
        let blocks = [Block::Zero, block(1, 1), Block::Identity, block(4, 4)];
        let layout = Layout::new(&blocks, [2, 2]);
        assert_eq!(layout.signed, [1, 3]);
        assert_eq!(layout.order(), Some(vec![3, 0, 2, 1]));
        assert!(!layout.pixelwise);
        assert_eq!(
            Layout::new(&[block(1, 1), Block::Zero], [2, 2]).order(),
            None
        );
    }

    #[test]
    fn a_patch_that_covers_one_pixel_is_pixelwise() {
        assert!(Layout::new(&[block(2, 2)], [1, 1]).pixelwise);
        assert!(!Layout::new(&[block(2, 2)], [1, 2]).pixelwise);
    }
}
