//! A folder of images with one subfolder per class.
//!
//! Burn's own `ImageFolderDataset` comes with an HTTP client and keeps images at their own sizes;
//! this reader needs the `image` crate alone.

use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};

use super::images::planes;
use super::{DataError, ImageSource, LabelledImage};

/// Endings of the files that are read, in lower case.
const EXTENSIONS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];

/// How images of different sizes become one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderSize {
    /// The shorter side is scaled to this length, in pixels.
    pub shorter_side: usize,
    /// Height and width of the centre that is cut out, in pixels.
    pub crop: [usize; 2],
}

impl FolderSize {
    /// Shorter side 256, centre 224x224: the usual evaluation on ImageNet.
    pub const IMAGENET: Self = Self {
        shorter_side: 256,
        crop: [224, 224],
    };

    /// Shorter side and centre of the same length.
    pub const fn square(side: usize) -> Self {
        Self {
            shorter_side: side,
            crop: [side, side],
        }
    }
}

/// `root/<class name>/<image>`: classes in alphabetical order, images by class and file name. Files
/// are decoded when they are asked for.
#[derive(Clone, Debug)]
pub struct ImageFolder {
    files: Vec<(usize, PathBuf)>,
    classes: Vec<String>,
    size: FolderSize,
}

impl ImageFolder {
    /// Lists a folder: PNG, JPEG, WebP and BMP files one level down; others are skipped.
    ///
    /// # Errors
    ///
    /// [`DataError::Folder`] and [`DataError::Empty`]: no folder, no class, or a class without
    /// images.
    pub fn open(root: &Path, size: FolderSize) -> Result<Self, DataError> {
        let mut folders: Vec<PathBuf> = entries(root)?;
        folders.retain(|path| path.is_dir());
        if folders.is_empty() {
            return Err(DataError::Empty {
                path: root.into(),
                expected: "folders of classes".into(),
            });
        }
        let (mut files, mut classes) = (Vec::new(), Vec::new());
        for (class, folder) in folders.iter().enumerate() {
            let mut images = entries(folder)?;
            images.retain(|path| path.is_file() && is_image(path));
            if images.is_empty() {
                return Err(DataError::Empty {
                    path: folder.clone(),
                    expected: format!("images ({})", EXTENSIONS.join(", ")),
                });
            }
            let name = folder.file_name().unwrap_or_default();
            classes.push(name.to_string_lossy().into_owned());
            files.extend(images.into_iter().map(|path| (class, path)));
        }
        Ok(Self {
            files,
            classes,
            size,
        })
    }
}

impl ImageSource for ImageFolder {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn shape(&self) -> [usize; 3] {
        let [height, width] = self.size.crop;
        [3, height, width]
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn label(&self, index: usize) -> Option<usize> {
        self.files.get(index).map(|(label, _)| *label)
    }

    fn image(&self, index: usize) -> Result<LabelledImage, DataError> {
        let (label, path) = self.files.get(index).ok_or(DataError::Index {
            index,
            images: self.files.len(),
        })?;
        Ok(LabelledImage {
            shape: self.shape(),
            pixels: fit(&decode(path)?, self.size),
            label: *label,
        })
    }

    fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let [height, width] = self.size.crop;
        for size in [self.size.shorter_side, height, width] {
            hasher.update(&(size as u64).to_le_bytes());
        }
        for (label, path) in &self.files {
            let name = path.file_name().unwrap_or_default();
            hasher.update(&(*label as u64).to_le_bytes());
            hasher.update(name.as_encoded_bytes());
            hasher.update(&[0]);
            let bytes = path.metadata().map_or(0, |metadata| metadata.len());
            hasher.update(&bytes.to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// Paths in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Folder {
        path: folder.into(),
        source,
    };
    let mut paths = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn is_image(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}

/// Decodes a file by its content, whatever format its name suggests.
pub(super) fn decode(path: &Path) -> Result<DynamicImage, DataError> {
    let failed = |source| DataError::File {
        path: path.into(),
        source,
    };
    ImageReader::open(path)
        .map_err(failed)?
        .with_guessed_format()
        .map_err(failed)?
        .decode()
        .map_err(|source| DataError::Image {
            path: path.into(),
            source,
        })
}

/// Scales an image and cuts out its centre; pixels outside of a smaller image are black.
fn fit(image: &DynamicImage, size: FolderSize) -> Vec<u8> {
    let image = image.to_rgb8();
    let (width, height) = image.dimensions();
    let shorter = size.shorter_side.max(1) as u32;
    let scale = |side: u32, other: u32| {
        if side <= other {
            shorter
        } else {
            let exact = f64::from(side) * f64::from(shorter) / f64::from(other.max(1));
            exact.round() as u32
        }
    };
    let (new_width, new_height) = (scale(width, height), scale(height, width));
    let scaled = if (new_width, new_height) == (width, height) {
        image
    } else {
        image::imageops::resize(&image, new_width, new_height, FilterType::Triangle)
    };
    let [crop_height, crop_width] = size.crop;
    let top = (i64::from(new_height) - crop_height as i64).div_euclid(2);
    let left = (i64::from(new_width) - crop_width as i64).div_euclid(2);
    let rows = (0..crop_height as i64).flat_map(|y| (0..crop_width as i64).map(move |x| (y, x)));
    let pixels = rows.map(|(y, x)| {
        let place = u32::try_from(left + x)
            .ok()
            .zip(u32::try_from(top + y).ok());
        place
            .and_then(|(x, y)| scaled.get_pixel_checked(x, y))
            .map_or([0; 3], |pixel| pixel.0)
    });
    planes(pixels).collect()
}
