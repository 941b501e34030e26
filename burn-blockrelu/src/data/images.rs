//! Images held in memory.

use burn::data::dataset::Dataset;

use super::{DataError, ImageSource, LabelledImage};

/// A data set in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    shape: [usize; 3],
    pixels: Vec<u8>,
    labels: Vec<usize>,
    classes: Vec<String>,
}

impl Images {
    /// Makes a data set from its parts; `pixels` are the images one after the other.
    ///
    /// # Errors
    ///
    /// [`DataError::Parts`] if the number of pixels does not match `shape` and `labels`;
    /// [`DataError::Label`] for a label that names no class.
    pub fn new(
        shape: [usize; 3],
        pixels: Vec<u8>,
        labels: Vec<usize>,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let expected = labels.len() * shape.iter().product::<usize>();
        if pixels.len() != expected {
            return Err(DataError::Parts {
                shape,
                labels: labels.len(),
                expected,
                bytes: pixels.len(),
            });
        }
        if let Some(record) = labels.iter().position(|label| *label >= classes.len()) {
            return Err(DataError::Label {
                path: "memory".into(),
                record,
                label: labels[record],
                classes: classes.len(),
            });
        }
        Ok(Self {
            shape,
            pixels,
            labels,
            classes,
        })
    }

    /// Reads all images of another source into memory.
    ///
    /// # Errors
    ///
    /// Those of the source.
    pub fn load(source: &impl ImageSource) -> Result<Self, DataError> {
        let mut pixels =
            Vec::with_capacity(source.len() * source.shape().iter().product::<usize>());
        let mut labels = Vec::with_capacity(source.len());
        for index in 0..source.len() {
            let image = source.image(index)?;
            pixels.extend_from_slice(&image.pixels);
            labels.push(image.label);
        }
        Self::new(source.shape(), pixels, labels, source.classes().to_vec())
    }
}

impl ImageSource for Images {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn label(&self, index: usize) -> Option<usize> {
        self.labels.get(index).copied()
    }

    fn image(&self, index: usize) -> Result<LabelledImage, DataError> {
        Dataset::get(self, index).ok_or(DataError::Index {
            index,
            images: self.labels.len(),
        })
    }

    fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for size in self.shape {
            hasher.update(&(size as u64).to_le_bytes());
        }
        for label in &self.labels {
            hasher.update(&(*label as u64).to_le_bytes());
        }
        hasher.update(&self.pixels);
        *hasher.finalize().as_bytes()
    }
}

impl Dataset<LabelledImage> for Images {
    fn get(&self, index: usize) -> Option<LabelledImage> {
        let label = *self.labels.get(index)?;
        let size = self.shape.iter().product::<usize>();
        let pixels = self.pixels.get(index * size..(index + 1) * size)?.to_vec();
        Some(LabelledImage {
            shape: self.shape,
            pixels,
            label,
        })
    }

    fn len(&self) -> usize {
        self.labels.len()
    }
}

/// Rows of red-green-blue triples as planes `[3, H, W]`.
pub(super) fn planes(rows: impl Iterator<Item = [u8; 3]> + Clone) -> impl Iterator<Item = u8> {
    (0..3).flat_map(move |channel| rows.clone().map(move |pixel| pixel[channel]))
}
