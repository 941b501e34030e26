//! Converts photographs to the numbers that a network expects.

use std::path::Path;

use image::DynamicImage;

use crate::photograph::{ImageError, open_image};
use crate::scale;

/// How an image is scaled before its centre is cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// To this height and width, whatever the proportions.
    Exact([usize; 2]),
    /// Until the shorter side has this length, keeping the proportions.
    ShorterSide(usize),
}

/// The order of an image's three channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// Steps from an image to numbers: scale, cut out the centre, order the channels, and `(value / 255 - mean) / std`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preprocessing {
    /// Height and width of the result.
    pub size: [usize; 2],
    /// Scaling before the centre of `size` is cut out.
    pub resize: Resize,
    /// Order of the channels of the result.
    pub order: ChannelOrder,
    /// Subtracted from each channel of the result, on a scale where white is 1.
    pub mean: [f32; 3],
    /// Each channel is divided by this, on the same scale.
    pub std: [f32; 3],
}

impl Preprocessing {
    /// ImageNet networks of torchvision: shorter side 256, centre 224x224.
    pub const fn torchvision() -> Self {
        Self {
            size: [224, 224],
            resize: Resize::ShorterSide(256),
            order: ChannelOrder::Rgb,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
        }
    }

    /// CIFAR-10 networks: 32x32, ImageNet's mean and deviation.
    pub const fn cifar10() -> Self {
        Self {
            size: [32, 32],
            resize: Resize::ShorterSide(32),
            ..Self::torchvision()
        }
    }

    /// CIFAR-100 networks: 32x32, the data set's own mean and deviation.
    pub const fn cifar100() -> Self {
        Self {
            mean: [0.5071, 0.4865, 0.4409],
            std: [0.2673, 0.2564, 0.2762],
            ..Self::cifar10()
        }
    }

    /// MobileNetV2 of TensorFlow: `value / 127.5 - 1`.
    pub const fn tensorflow() -> Self {
        Self {
            mean: [0.5; 3],
            std: [0.5; 3],
            ..Self::torchvision()
        }
    }

    /// Networks converted from Caffe: 256x256, centre 224x224, BGR minus (104, 117, 123).
    pub const fn caffe() -> Self {
        Self {
            size: [224, 224],
            resize: Resize::Exact([256, 256]),
            order: ChannelOrder::Bgr,
            mean: [104.0 / 255.0, 117.0 / 255.0, 123.0 / 255.0],
            std: [1.0 / 255.0; 3],
        }
    }

    /// An image as `[3, H, W]`, row-major. Time and memory depend on the centre that is used, not on the scaled image.
    ///
    /// An image without pixels counts as black.
    pub fn image(&self, image: &DynamicImage) -> Vec<f32> {
        let [height, width] = self.size;
        let [new_height, new_width] =
            self.scaled([image.height() as usize, image.width() as usize]);
        let (top, left) = ((new_height - height) / 2, (new_width - width) / 2);
        let rows = scale::Window {
            scaled: new_height,
            range: top..top + height,
        };
        let columns = scale::Window {
            scaled: new_width,
            range: left..left + width,
        };
        let pixels = scale::window(image, &rows, &columns);
        (0..3)
            .flat_map(|channel| {
                let source = self.source(channel);
                let values = pixels.iter().map(move |pixel| pixel[source]);
                values.map(move |value| self.value(channel, value))
            })
            .collect()
    }

    /// Preprocesses pixels of the right size, `[3, H, W]` in RGB, to `[3, H, W]`.
    pub fn pixels(&self, pixels: &[u8]) -> Vec<f32> {
        let plane = pixels.len() / 3;
        (0..3)
            .flat_map(|channel| {
                let start = self.source(channel) * plane;
                let values = pixels[start..start + plane].iter();
                values.map(move |value| self.value(channel, *value))
            })
            .collect()
    }

    /// An image file as `[3, H, W]`, row-major.
    pub fn load(&self, path: &Path) -> Result<Vec<f32>, ImageError> {
        Ok(self.image(&open_image(path)?))
    }

    /// Height and width after scaling; never smaller than `size`.
    fn scaled(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let [least_height, least_width] = self.size;
        match self.resize {
            Resize::Exact([height, width]) => [height.max(least_height), width.max(least_width)],
            Resize::ShorterSide(side) => {
                let shorter = height.min(width).max(1);
                let scale = |length: usize| (length * side + shorter / 2) / shorter;
                [
                    scale(height).max(least_height),
                    scale(width).max(least_width),
                ]
            }
        }
    }

    /// Which channel of an RGB image becomes channel `channel`.
    fn source(&self, channel: usize) -> usize {
        match self.order {
            ChannelOrder::Rgb => channel,
            ChannelOrder::Bgr => 2 - channel,
        }
    }

    fn value(&self, channel: usize, value: u8) -> f32 {
        (f32::from(value) / 255.0 - self.mean[channel]) / self.std[channel]
    }
}
