//! The interface of all data sets.

use std::sync::Arc;

use super::{DataError, LabelledImage};

/// Labelled images of one shape, by index.
pub trait ImageSource: Send + Sync {
    /// Number of images.
    fn len(&self) -> usize;

    /// Whether there are no images.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Channels, height and width of every image.
    fn shape(&self) -> [usize; 3];

    /// Names of the classes; a label is an index into them.
    fn classes(&self) -> &[String];

    /// The class of an image, without reading it; `None` beyond the last image.
    fn label(&self, index: usize) -> Option<usize>;

    /// An image.
    ///
    /// # Errors
    ///
    /// [`DataError::Index`] beyond the last image; read errors of a source that reads its files
    /// lazily.
    fn image(&self, index: usize) -> Result<LabelledImage, DataError>;

    /// Fingerprint of the data set's contents (of names and sizes where images are read lazily), to
    /// tell two data sets apart.
    fn digest(&self) -> [u8; 32];
}

impl<S: ImageSource + ?Sized> ImageSource for Arc<S> {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn shape(&self) -> [usize; 3] {
        (**self).shape()
    }

    fn classes(&self) -> &[String] {
        (**self).classes()
    }

    fn label(&self, index: usize) -> Option<usize> {
        (**self).label(index)
    }

    fn image(&self, index: usize) -> Result<LabelledImage, DataError> {
        (**self).image(index)
    }

    fn digest(&self) -> [u8; 32] {
        (**self).digest()
    }
}
