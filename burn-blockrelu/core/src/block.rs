//! What one channel does: a sign per patch, the identity, or zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The activation of one channel.
///
/// As a row of an integer tensor or a golden file it is `(h, w)`; `(0, 1)` is the identity and `(1, 0)`
/// is zero (Gorski, Jevnisek, Avidan, arXiv 2304.10442).
///
/// The order is: patches by height and width, then the identity, then zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Block {
    /// One sign for each patch of `height` times `width` pixels, tiled from the top left corner; patches
    /// at the right and bottom border are cut.
    Patch {
        /// Rows, at least 1.
        height: u32,
        /// Columns, at least 1.
        width: u32,
    },
    /// The channel passes unchanged.
    Identity,
    /// The channel is dropped.
    Zero,
}

/// A pair or a text that is no block.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockError {
    /// A pair other than `(h, w)` with positive sides, `(0, 1)` or `(1, 0)`.
    #[error(
        "({0}, {1}) is no block: expected (h, w) with h, w >= 1, (0, 1) for identity or (1, 0) for zero"
    )]
    Pair(i64, i64),
    /// A text other than `HxW`, `id` or `zero`.
    #[error("`{0}` is no block: expected HxW such as 2x3, `id` or `zero`")]
    Text(String),
}

impl Block {
    /// The ordinary ReLU: one sign per pixel.
    pub const RELU: Self = Self::Patch {
        height: 1,
        width: 1,
    };

    /// A patch of `height` times `width` pixels.
    ///
    /// # Errors
    /// If a side is 0.
    pub fn patch(height: u32, width: u32) -> Result<Self, BlockError> {
        if height == 0 || width == 0 {
            return Err(BlockError::Pair(height.into(), width.into()));
        }
        Ok(Self::Patch { height, width })
    }

    /// From a row of an integer tensor.
    ///
    /// # Errors
    /// If the pair is none of `(h, w)`, `(0, 1)` and `(1, 0)`.
    pub fn from_pair([height, width]: [i64; 2]) -> Result<Self, BlockError> {
        match (height, width) {
            (0, 1) => Ok(Self::Identity),
            (1, 0) => Ok(Self::Zero),
            _ => match (u32::try_from(height), u32::try_from(width)) {
                (Ok(h), Ok(w)) if h > 0 && w > 0 => Ok(Self::Patch {
                    height: h,
                    width: w,
                }),
                _ => Err(BlockError::Pair(height, width)),
            },
        }
    }

    /// As a row of an integer tensor.
    pub const fn to_pair(self) -> [i64; 2] {
        match self {
            Self::Patch { height, width } => [height as i64, width as i64],
            Self::Identity => [0, 1],
            Self::Zero => [1, 0],
        }
    }

    /// Rows and columns of patches on a map of `height` times `width` pixels; `[0, 0]` where no sign is
    /// evaluated.
    pub const fn grid(self, [height, width]: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Patch {
                height: h,
                width: w,
            } => [height.div_ceil(h as usize), width.div_ceil(w as usize)],
            Self::Identity | Self::Zero => [0, 0],
        }
    }

    /// How many patches of how many pixels there are on a map of `[height, width]` pixels: whole ones, and those that
    /// the borders cut. Counts may be 0.
    pub const fn areas(self, [height, width]: [usize; 2]) -> [(usize, usize); 4] {
        let Self::Patch {
            height: h,
            width: w,
        } = self
        else {
            return [(0, 0); 4];
        };
        let (h, w) = (h as usize, w as usize);
        let (rows, columns) = (height / h, width / w);
        let (low, narrow) = (height % h, width % w);
        let (bottom, right) = ((low > 0) as usize, (narrow > 0) as usize);
        [
            (rows * columns, h * w),
            (rows * right, h * narrow),
            (bottom * columns, low * w),
            (bottom * right, low * narrow),
        ]
    }

    /// Signs evaluated (DReLUs) on a map of `[height, width]` pixels; at most `usize::MAX`.
    pub const fn drelus(self, map: [usize; 2]) -> usize {
        let [rows, columns] = self.grid(map);
        rows.saturating_mul(columns)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patch { height, width } => f.pad(&format!("{height}x{width}")),
            Self::Identity => f.pad("id"),
            Self::Zero => f.pad("zero"),
        }
    }
}

impl FromStr for Block {
    type Err = BlockError;

    fn from_str(text: &str) -> Result<Self, BlockError> {
        let sides = || {
            let (height, width) = text.split_once('x')?;
            Self::patch(height.parse().ok()?, width.parse().ok()?).ok()
        };
        match text {
            "id" => Ok(Self::Identity),
            "zero" => Ok(Self::Zero),
            _ => sides().ok_or_else(|| BlockError::Text(text.to_owned())),
        }
    }
}

impl From<Block> for String {
    fn from(block: Block) -> Self {
        block.to_string()
    }
}

impl TryFrom<String> for Block {
    type Error = BlockError;

    fn try_from(text: String) -> Result<Self, BlockError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn pairs_and_texts_round_trip() {
        for block in [
            Block::RELU,
            Block::patch(3, 7).unwrap(),
            Block::Identity,
            Block::Zero,
        ] {
            assert_eq!(Block::from_pair(block.to_pair()), Ok(block));
            assert_eq!(block.to_string().parse(), Ok(block));
        }
        for pair in [[0, 0], [-1, 2], [0, 2], [2, 0], [1 << 40, 1]] {
            assert!(Block::from_pair(pair).is_err(), "{pair:?}");
        }
        for text in ["", "2", "0x3", "2x", "x2", "2x-3", "ID", "2x3x4"] {
            assert!(text.parse::<Block>().is_err(), "{text}");
        }
    }

    #[test]
    fn drelus_count_cut_patches() {
        let block = |h, w| Block::patch(h, w).unwrap();
        assert_eq!(block(2, 3).drelus([5, 7]), 9);
        assert_eq!(block(8, 8).drelus([5, 7]), 1);
        assert_eq!(Block::RELU.drelus([5, 7]), 35);
        assert_eq!(Block::Identity.drelus([5, 7]), 0);
        assert_eq!(Block::Zero.drelus([5, 7]), 0);
    }
}
