//! Opens image files that strangers may have made.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use thiserror::Error;

use crate::text::shown;

/// How many times longer than the other one side of an image may be.
///
/// A network sees only the square in the centre, which is less than a twentieth of a longer strip. Panoramas and scans
/// of receipts stay well below this limit.
pub const MAX_ASPECT: u32 = 20;

/// Most bytes that a decoded image may take, enough for 178 million pixels of 8-bit colour; also the longest file.
pub const MAX_IMAGE_BYTES: u64 = 512 << 20;

/// An image file that cannot be used.
#[derive(Debug, Error)]
pub enum ImageError {
    /// Missing, damaged, or of another format.
    #[error(
        "{}: not an image that can be read (PNG, JPEG, WebP or BMP): {source}",
        shown(path)
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
    /// A folder, pipe, socket or device, which is not opened.
    #[error(
        "{}: not an image but a folder, pipe or device; name an image file",
        shown(path)
    )]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A strip so long that a network would see next to nothing of it, or an image without pixels.
    #[error(
        "{}: {width}x{height} pixels: an image must have pixels, and no side more than {MAX_ASPECT} times the other; cut \
         out what is to be classified",
        shown(path)
    )]
    Aspect {
        /// The file.
        path: PathBuf,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// More pixels than fit the memory that an image may take.
    #[error(
        "{}: {width}x{height} pixels take {bytes} bytes, and at most {MAX_IMAGE_BYTES} are decoded; scale the image down",
        shown(path)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// What it would take in memory.
        bytes: u64,
    },
    /// A file longer than any image that is decoded.
    #[error(
        "{}: not an image that can be read: the file has {bytes} bytes, and at most {MAX_IMAGE_BYTES} are read",
        shown(path)
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
}

/// Decodes an image file by its content, not its name, and rotates or mirrors it by its EXIF orientation.
///
/// Refuses a path that is not a file, a strip or an image larger than [`MAX_IMAGE_BYTES`] before it decodes a pixel.
pub fn open_image(path: &Path) -> Result<DynamicImage, ImageError> {
    let failed = |source| ImageError::Read {
        path: path.into(),
        source,
    };
    let io = |error| failed(image::ImageError::IoError(error));
    // Checks before opening, because opening a pipe waits for a writer.
    let found = std::fs::metadata(path).map_err(io)?;
    if !found.is_file() {
        return Err(ImageError::NotAFile { path: path.into() });
    }
    let bytes = found.len();
    if bytes > MAX_IMAGE_BYTES {
        let path = path.into();
        return Err(ImageError::TooLong { path, bytes });
    }
    let file = BufReader::new(File::open(path).map_err(io)?);
    let mut reader = ImageReader::new(file).with_guessed_format().map_err(io)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_IMAGE_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let (shorter, longer) = (width.min(height), width.max(height));
    if shorter == 0 || u64::from(longer) > u64::from(shorter) * u64::from(MAX_ASPECT) {
        let path = path.into();
        return Err(ImageError::Aspect {
            path,
            width,
            height,
        });
    }
    let bytes = decoder.total_bytes();
    if bytes > MAX_IMAGE_BYTES {
        return Err(ImageError::TooLarge {
            path: path.into(),
            width,
            height,
            bytes,
        });
    }
    let orientation = decoder.orientation().map_err(failed)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    image.apply_orientation(orientation);
    Ok(image)
}
