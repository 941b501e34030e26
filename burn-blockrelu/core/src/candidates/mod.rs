//! Which blocks a channel may choose from.

mod paper;

use std::collections::BTreeSet;

use crate::Block;

pub use paper::paper;

/// Which blocks are profiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidates {
    /// Every rectangle of at most `bound` rows and columns, and the whole map.
    Rectangles {
        /// The largest side.
        bound: u32,
    },
    /// The authors' list for the map size, see [`paper`].
    Paper,
    /// A list for all layers.
    List(Vec<Block>),
}

impl Default for Candidates {
    /// Rectangles of up to 16 by 16 and the whole map.
    fn default() -> Self {
        Self::Rectangles { bound: 16 }
    }
}

impl Candidates {
    /// The candidates for a map of `[height, width]` pixels in ascending order: patches first, the ordinary
    /// ReLU always among them, then the identity. Of patches that tile the map alike only the first is kept.
    pub fn of(&self, map: [usize; 2]) -> Vec<Block> {
        let [height, width] = map.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let mut blocks = BTreeSet::from([Block::RELU, Block::Identity]);
        match self {
            Self::Rectangles { bound } => {
                let sides = |side: u32| (1..=side.min(*bound)).chain([side]);
                for h in sides(height) {
                    blocks.extend(sides(width).map(|w| Block::Patch {
                        height: h,
                        width: w,
                    }));
                }
            }
            Self::Paper => blocks.extend(paper(map)),
            Self::List(list) => blocks.extend(list),
        }
        let cut = |block| match block {
            Block::Patch {
                height: h,
                width: w,
            } => Block::Patch {
                height: h.min(height),
                width: w.min(width),
            },
            other => other,
        };
        blocks
            .into_iter()
            .map(cut)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Candidates;
    use crate::Block;

    #[test]
    fn rectangles_hold_every_size_up_to_the_bound_and_the_whole_map() {
        let blocks = Candidates::Rectangles { bound: 2 }.of([5, 3]);
        let names: Vec<String> = blocks.iter().map(ToString::to_string).collect();
        let expected = [
            "1x1", "1x2", "1x3", "2x1", "2x2", "2x3", "5x1", "5x2", "5x3", "id",
        ];
        assert_eq!(names, expected);
        assert_eq!(Candidates::default().of([32, 32]).len(), 17 * 17 + 1);
    }

    #[test]
    fn relu_and_identity_are_always_there_and_blocks_are_cut_to_the_map() {
        let list = Candidates::List(vec![
            Block::patch(8, 8).unwrap(),
            Block::patch(9, 9).unwrap(),
        ]);
        let names: Vec<String> = list.of([4, 4]).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["1x1", "4x4", "id"]);
        assert_eq!(Candidates::Paper.of([1, 1]), [Block::RELU, Block::Identity]);
    }
}
