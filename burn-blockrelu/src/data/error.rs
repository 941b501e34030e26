//! What can be wrong with a data set.

use std::path::PathBuf;

use thiserror::Error;

/// A data set that could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// A folder that is missing or not readable.
    #[error("{}: cannot list the folder: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that is missing or not readable.
    #[error("{}: cannot read the file: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A folder that holds nothing of the expected kind.
    #[error("{}: holds no {expected}", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
        /// The expected kind.
        expected: String,
    },
    /// A file whose name does not follow the pattern of its folder.
    #[error("{}: the name is not of the form `{expected}`", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// The pattern.
        expected: &'static str,
    },
    /// Two files for one class.
    #[error("{}: class {class} has a sheet already, `{other}`", path.display())]
    Duplicate {
        /// The second file.
        path: PathBuf,
        /// Name of the first file's class.
        other: String,
        /// The class.
        class: usize,
    },
    /// A file that is not an image.
    #[error("{}: not an image that can be read (PNG, JPEG, WebP or BMP): {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
    /// A sheet whose size is no multiple of the tile's.
    #[error("{}: {width}x{height} pixels are no grid of {tile}x{tile} tiles", path.display())]
    Grid {
        /// The sheet.
        path: PathBuf,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// Side of a tile in pixels.
        tile: u32,
    },
    /// A binary file that is cut short or of another kind.
    #[error("{}: {bytes} bytes are no whole number of records of {record} bytes", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Length of a record.
        record: usize,
    },
    /// A label beyond the last class.
    #[error("{}: record {record} has the label {label}, but there are {classes} classes", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 0.
        record: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Parts of a data set in memory that contradict each other.
    #[error("images {shape:?} and {labels} labels need {expected} bytes of pixels, not {bytes}")]
    Parts {
        /// Shape of an image.
        shape: [usize; 3],
        /// Number of labels.
        labels: usize,
        /// Bytes that shape and labels ask for.
        expected: usize,
        /// Bytes that are there.
        bytes: usize,
    },
    /// An index beyond the last image.
    #[error("there is no image {index}: the data set has {images}")]
    Index {
        /// The index.
        index: usize,
        /// Number of images.
        images: usize,
    },
}
