//! The patch sizes that the paper's authors let each channel choose from, by side of the map.

use crate::Block;

/// Side of a square map and its patches, the largest of which may exceed a map of another size.
const LISTS: &[(usize, &str)] = &[
    (1, "1x1"),
    (2, "1x1 1x2 2x1 2x2"),
    (4, "1x1 1x2 2x1 2x2 2x4 4x2 4x4"),
    (
        7,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 2x3 3x2 1x7 2x4 4x2 7x1 3x3 3x4 4x3 2x7 4x4 7x2 4x7 \
         7x4 7x7",
    ),
    (
        8,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 2x3 3x2 1x8 2x4 4x2 8x1 3x3 3x4 4x3 2x8 4x4 8x2 4x8 \
         8x4 8x8",
    ),
    (
        14,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 1x7 2x4 4x2 7x1 3x3 2x5 5x2 \
         2x6 3x4 4x3 6x2 3x5 5x3 2x7 4x4 7x2 3x6 6x3 4x5 5x4 3x7 4x6 6x4 7x3 5x5 3x9 9x3 5x6 \
         6x5 4x7 7x4 3x12 6x6 12x4 7x7 5x10 10x5 4x15 5x12 6x10 10x6 12x5 4x14 14x4 6x12 12x6 \
         5x14 7x10 10x7 14x5 6x14 7x12 12x7 14x6 10x10 7x14 14x7 14x14",
    ),
    (
        16,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 1x8 2x4 4x2 8x1 3x3 2x5 5x2 \
         2x6 3x4 4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 3x8 4x6 6x4 8x3 5x5 3x9 9x3 5x6 \
         6x5 4x8 8x4 3x12 6x6 6x8 8x6 12x4 7x7 5x10 10x5 4x15 5x12 6x10 10x6 12x5 4x16 8x8 \
         16x4 6x12 12x6 5x16 8x10 10x8 16x5 6x16 8x12 12x8 16x6 10x10 8x16 16x8 12x12 16x16",
    ),
    (
        28,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 1x7 2x4 4x2 7x1 3x3 2x5 5x2 \
         2x6 3x4 4x3 6x2 3x5 5x3 2x7 4x4 7x2 3x6 6x3 4x5 5x4 3x7 4x6 6x4 7x3 5x5 3x9 9x3 5x6 \
         6x5 4x7 7x4 3x12 6x6 6x7 7x6 12x4 7x7 5x10 10x5 4x15 5x12 6x10 10x6 12x5 4x14 14x4 \
         6x12 12x6 5x14 7x10 10x7 14x5 6x14 7x12 12x7 14x6 10x10 7x14 14x7 12x12 14x14 21x21 \
         28x28",
    ),
    (
        32,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 1x8 2x4 4x2 8x1 3x3 2x5 5x2 \
         2x6 3x4 4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 3x8 4x6 6x4 8x3 5x5 3x9 9x3 5x6 \
         6x5 4x8 8x4 3x12 6x6 6x8 8x6 12x4 7x7 5x10 10x5 4x15 5x12 6x10 10x6 12x5 4x16 8x8 \
         16x4 6x12 12x6 5x16 8x10 10x8 16x5 6x16 8x12 12x8 16x6 10x10 8x16 16x8 12x12 16x16 \
         24x24 32x32",
    ),
    (
        56,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x7 2x3 3x2 7x1 2x4 4x2 3x3 2x5 5x2 2x7 3x4 \
         4x3 7x2 3x5 5x3 2x8 4x4 8x2 3x7 7x3 4x5 5x4 2x12 3x8 4x7 7x4 8x3 12x2 5x5 3x9 9x3 \
         5x7 7x5 2x14 4x8 8x4 14x2 3x12 6x6 12x3 5x8 8x5 4x12 7x8 8x7 12x4 7x7 5x10 10x5 7x9 \
         9x7 5x12 7x10 10x7 12x5 4x14 8x8 14x4 7x12 12x7 5x15 15x5 8x10 10x8 9x9 7x14 8x12 \
         12x8 14x7 10x10 9x12 12x9 8x14 14x8 11x11 12x12 10x14 14x10 12x14 14x12 13x13 14x14 \
         28x28 56x56",
    ),
    (
        64,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 2x4 4x2 3x3 2x5 5x2 2x6 3x4 \
         4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 2x12 3x8 4x6 6x4 8x3 12x2 5x5 3x9 9x3 \
         5x6 6x5 2x16 4x8 8x4 16x2 3x12 6x6 12x3 5x8 8x5 4x12 6x8 8x6 12x4 7x7 5x10 10x5 6x9 \
         9x6 5x12 6x10 10x6 12x5 4x16 8x8 16x4 6x12 12x6 5x15 15x5 8x10 10x8 9x9 6x16 8x12 \
         12x8 16x6 10x10 9x12 12x9 8x14 14x8 11x11 8x16 16x8 12x12 10x16 16x10 12x14 14x12 \
         13x13 12x16 16x12 14x14 16x16 32x32 64x64",
    ),
    (
        112,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x7 2x3 3x2 7x1 2x4 4x2 3x3 2x5 5x2 2x7 3x4 \
         4x3 7x2 3x5 5x3 2x8 4x4 8x2 3x7 7x3 4x5 5x4 2x12 3x8 4x7 7x4 8x3 12x2 5x5 3x9 9x3 \
         5x7 7x5 2x14 4x8 8x4 14x2 3x12 6x6 12x3 5x8 8x5 4x12 7x8 8x7 12x4 7x7 5x10 10x5 7x9 \
         9x7 5x12 7x10 10x7 12x5 4x14 8x8 14x4 7x12 12x7 5x15 15x5 8x10 10x8 9x9 7x14 8x12 \
         12x8 14x7 10x10 9x12 12x9 8x14 14x8 11x11 12x12 10x14 14x10 12x14 14x12 13x13 14x14 \
         28x28 56x56 112x112",
    ),
    (
        128,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 2x4 4x2 3x3 2x5 5x2 2x6 3x4 \
         4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 2x12 3x8 4x6 6x4 8x3 12x2 5x5 3x9 9x3 \
         5x6 6x5 2x16 4x8 8x4 16x2 3x12 6x6 12x3 5x8 8x5 4x12 6x8 8x6 12x4 7x7 5x10 10x5 6x9 \
         9x6 5x12 6x10 10x6 12x5 4x16 8x8 16x4 6x12 12x6 5x15 15x5 8x10 10x8 9x9 6x16 8x12 \
         12x8 16x6 10x10 9x12 12x9 8x14 14x8 11x11 8x16 16x8 12x12 10x16 16x10 12x14 14x12 \
         13x13 12x16 16x12 14x14 16x16 32x32 64x64 128x128",
    ),
    (
        256,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 2x4 4x2 3x3 2x5 5x2 2x6 3x4 \
         4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 2x12 3x8 4x6 6x4 8x3 12x2 5x5 3x9 9x3 \
         5x6 6x5 2x16 4x8 8x4 16x2 3x12 6x6 12x3 5x8 8x5 4x12 6x8 8x6 12x4 7x7 5x10 10x5 6x9 \
         9x6 5x12 6x10 10x6 12x5 4x16 8x8 16x4 6x12 12x6 5x15 15x5 8x10 10x8 9x9 6x16 8x12 \
         12x8 16x6 10x10 9x12 12x9 8x14 14x8 11x11 8x16 16x8 12x12 10x16 16x10 12x14 14x12 \
         13x13 12x16 16x12 14x14 16x16 32x32 64x64 128x128 256x256",
    ),
    (
        320,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 2x4 4x2 3x3 2x5 5x2 2x6 3x4 \
         4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 2x12 3x8 4x6 6x4 8x3 12x2 5x5 3x9 9x3 \
         5x6 6x5 2x16 4x8 8x4 16x2 3x12 6x6 12x3 5x8 8x5 4x12 6x8 8x6 12x4 7x7 5x10 10x5 6x9 \
         9x6 5x12 6x10 10x6 12x5 4x16 8x8 16x4 6x12 12x6 5x15 15x5 8x10 10x8 9x9 6x16 8x12 \
         12x8 16x6 10x10 9x12 12x9 8x14 14x8 11x11 8x16 16x8 12x12 10x16 16x10 12x14 14x12 \
         13x13 12x16 16x12 14x14 16x16 32x32 64x64 128x128 256x256",
    ),
    (
        512,
        "1x1 1x2 2x1 1x3 3x1 1x4 2x2 4x1 1x5 5x1 1x6 2x3 3x2 6x1 2x4 4x2 3x3 2x5 5x2 2x6 3x4 \
         4x3 6x2 3x5 5x3 2x8 4x4 8x2 3x6 6x3 4x5 5x4 2x12 3x8 4x6 6x4 8x3 12x2 5x5 3x9 9x3 \
         5x6 6x5 2x16 4x8 8x4 16x2 3x12 6x6 12x3 5x8 8x5 4x12 6x8 8x6 12x4 7x7 5x10 10x5 6x9 \
         9x6 5x12 6x10 10x6 12x5 4x16 8x8 16x4 6x12 12x6 5x15 15x5 8x10 10x8 9x9 6x16 8x12 \
         12x8 16x6 10x10 9x12 12x9 8x14 14x8 11x11 8x16 16x8 12x12 10x16 16x10 12x14 14x12 \
         13x13 12x16 16x12 14x14 16x16 32x32 64x64 128x128 256x256 512x512",
    ),
];

/// The authors' patches for a map of `[height, width]` pixels, without identity and zero (arXiv 2304.10442,
/// public implementation). They list square maps of some sizes; another map takes the list of the largest
/// listed side that it holds, and patches are cut to the map.
pub fn paper(map: [usize; 2]) -> Vec<Block> {
    let side = map[0].min(map[1]);
    let list = LISTS.iter().rev().find(|(listed, _)| *listed <= side);
    let [height, width] = map.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut blocks: Vec<Block> = Vec::new();
    for word in list.map_or("1x1", |(_, words)| words).split(' ') {
        if let Ok(Block::Patch {
            height: h,
            width: w,
        }) = word.parse()
        {
            let block = Block::Patch {
                height: h.min(height),
                width: w.min(width),
            };
            if !blocks.contains(&block) {
                blocks.push(block);
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{LISTS, paper};
    use crate::Block;

    #[test]
    fn every_word_of_the_lists_is_a_patch_and_sides_ascend() {
        for pair in LISTS.windows(2) {
            assert!(pair[0].0 < pair[1].0);
        }
        for (side, words) in LISTS {
            assert!(
                words.split(' ').all(|word| word.parse::<Block>().is_ok()),
                "{side}"
            );
            let patches = paper([*side, *side]);
            assert!(
                patches.iter().all(|block| {
                    matches!(block, Block::Patch { height, width }
                        if *height as usize <= *side && *width as usize <= *side)
                }),
                "{side}"
            );
            assert_eq!(patches[0], Block::RELU);
        }
    }

    #[test]
    fn other_maps_take_the_next_smaller_list() {
        assert_eq!(paper([33, 40]), paper([32, 32]));
        assert_eq!(paper([3, 5]), paper([2, 2]));
    }
}
