//! CIFAR as sheets of tiles: one image file per class, its pictures in a grid.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::images::planes;
use super::{DataError, Images};

const SIDE: usize = 32;
const PATTERN: &str = "<split>_<class number>_<class name>.webp";

/// Which part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The images to learn from.
    Train,
    /// The images to test with.
    Test,
}

impl Split {
    /// The word in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "train" => Ok(Self::Train),
            "test" => Ok(Self::Test),
            _ => Err(format!("unknown split `{name}`: expected train or test")),
        }
    }
}

/// Reads the sheets `<split>_<class number>_<class name>.webp` of a folder: 32x32 tiles in
/// row-major order, any number of columns. Images are ordered by class, then by place.
///
/// `per_class` bounds the number of images of each class.
///
/// # Errors
///
/// [`DataError`] naming the file: no sheets, a name that does not follow the pattern, two sheets of
/// one class, a gap in the class numbers, no image, or a size that is no grid of tiles.
pub fn open_sheets(
    folder: &Path,
    split: Split,
    per_class: Option<usize>,
) -> Result<Images, DataError> {
    let sheets = list(folder, split)?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let mut classes = Vec::with_capacity(sheets.len());
    for (label, (name, path)) in sheets {
        // Labels are indices into the names.
        if label != classes.len() {
            return Err(DataError::Empty {
                path: folder.into(),
                expected: format!("sheet of class {} for split {split}", classes.len()),
            });
        }
        classes.push(name);
        let count = tiles(&path, per_class.unwrap_or(usize::MAX), &mut pixels)?;
        labels.extend(std::iter::repeat_n(label, count));
    }
    Images::new([3, SIDE, SIDE], pixels, labels, classes)
}

/// The sheets of a split by class: name and file.
fn list(folder: &Path, split: Split) -> Result<BTreeMap<usize, (String, PathBuf)>, DataError> {
    let failed = |source| DataError::Folder {
        path: folder.into(),
        source,
    };
    let mut sheets = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_sheet = path
            .extension()
            .is_some_and(|extension| extension == "webp");
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let prefix = format!("{split}_");
        let Some(rest) = stem
            .filter(|_| is_sheet)
            .and_then(|stem| stem.strip_prefix(&prefix))
        else {
            continue;
        };
        let parts = rest.split_once('_');
        let Some((class, name)) = parts.and_then(|(id, name)| Some((id.parse().ok()?, name)))
        else {
            let expected = PATTERN;
            return Err(DataError::Name { path, expected });
        };
        let name = name.to_owned();
        if let Some((other, _)) = sheets.get(&class) {
            let other = String::clone(other);
            return Err(DataError::Duplicate { path, other, class });
        }
        sheets.insert(class, (name, path));
    }
    if sheets.is_empty() {
        return Err(DataError::Empty {
            path: folder.into(),
            expected: format!("sheets `{split}_<class number>_<class name>.webp`"),
        });
    }
    Ok(sheets)
}

/// Appends the first tiles of a sheet to `pixels`, each `[3, 32, 32]`; returns their number.
fn tiles(path: &Path, limit: usize, pixels: &mut Vec<u8>) -> Result<usize, DataError> {
    let sheet = super::folder::decode(path)?.into_rgb8();
    let (width, height) = sheet.dimensions();
    let side = SIDE as u32;
    if width == 0 || height == 0 || width % side != 0 || height % side != 0 {
        return Err(DataError::Grid {
            path: path.into(),
            width,
            height,
            tile: side,
        });
    }
    let places =
        (0..height / side).flat_map(|row| (0..width / side).map(move |column| (row, column)));
    let mut count = 0;
    for (row, column) in places.take(limit) {
        let rows = (0..side * side).map(|at| {
            let (y, x) = (row * side + at / side, column * side + at % side);
            sheet.get_pixel(x, y).0
        });
        pixels.extend(planes(rows));
        count += 1;
    }
    Ok(count)
}
