//! Random crops and flips of training images.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use super::LabelledImage;

/// How a training image is changed each time it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Pixels added on every side before a random part of the original size is cut out; 0 leaves
    /// the image in place.
    pub crop_padding: usize,
    /// Colour of the added pixels: black for recipes that pad images, the mean colour for those
    /// that pad normalised images with zeros. A colour that differs from the first training's
    /// shifts the statistics of batch normalisation.
    pub fill: [u8; 3],
    /// Mirror left and right with probability one half.
    pub flip: bool,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self::CIFAR
    }
}

impl Augmentation {
    /// A crop with 4 black pixels of padding, and flips.
    pub const CIFAR: Self = Self {
        crop_padding: 4,
        fill: [0; 3],
        flip: true,
    };

    /// Images as they are.
    pub const NONE: Self = Self {
        crop_padding: 0,
        fill: [0; 3],
        flip: false,
    };

    /// The image as it is used at one place of one pass over the data: a function of `seed`, `pass`
    /// and `place`.
    #[must_use]
    pub fn apply(self, image: LabelledImage, seed: u64, pass: u64, place: u64) -> LabelledImage {
        if self.crop_padding == 0 && !self.flip {
            return image;
        }
        let mut rng = generator(b"augment", [seed, pass, place]);
        let span = 2 * self.crop_padding;
        let (down, right) = (rng.random_range(0..=span), rng.random_range(0..=span));
        let mirrored = self.flip && rng.random_bool(0.5);
        let [channels, height, width] = image.shape;
        let mut pixels = Vec::with_capacity(image.pixels.len());
        for channel in 0..channels {
            let fill = self.fill[channel % 3];
            for y in 0..height {
                for x in 0..width {
                    let x = if mirrored { width - 1 - x } else { x };
                    // Coordinates in the padded image, then in the image.
                    let source_y = (y + down).checked_sub(self.crop_padding);
                    let source_x = (x + right).checked_sub(self.crop_padding);
                    let inside = source_y
                        .zip(source_x)
                        .filter(|(y, x)| *y < height && *x < width);
                    pixels.push(inside.map_or(fill, |(y, x)| {
                        image.pixels[(channel * height + y) * width + x]
                    }));
                }
            }
        }
        LabelledImage { pixels, ..image }
    }
}

/// A generator for one purpose at one place.
pub(super) fn generator<const N: usize>(purpose: &[u8], place: [u64; N]) -> StdRng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(purpose);
    for part in place {
        hasher.update(&part.to_le_bytes());
    }
    StdRng::from_seed(*hasher.finalize().as_bytes())
}
