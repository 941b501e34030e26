//! CIFAR test sets, stored as one sheet of 32x32 tiles per class.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::photograph::{ImageError, open_image};
use crate::text::shown;

const SIDE: usize = 32;

/// Environment variable with the folder of data sets and large weight files.
pub const DATA_VARIABLE: &str = "BURN_MPC_DATA";

/// The folder in [`DATA_VARIABLE`], or else `../shared/data` next to the workspace.
pub fn data_dir() -> PathBuf {
    match std::env::var_os(DATA_VARIABLE) {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    }
}

/// Images that could not be read.
#[derive(Debug, Error)]
pub enum DataError {
    /// No folder, or no right to read it.
    #[error(
        "{}: cannot list the test set: {source} ({DATA_VARIABLE} names the data folder)",
        shown(path)
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A folder without sheets.
    #[error("{}: holds no sheets `test_<class>_<name>.webp`", shown(path))]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A sheet whose size is no multiple of 32.
    #[error("{}: {width}x{height} pixels are no grid of 32x32 tiles", shown(path))]
    Grid {
        /// The sheet.
        path: PathBuf,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A sheet that is no image.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// One image of a test set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImage {
    /// `[3, 32, 32]`, red, green and blue.
    pub pixels: Vec<u8>,
    /// Its class.
    pub label: usize,
}

/// A CIFAR test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dataset {
    /// 10 classes of 1000 images.
    Cifar10,
    /// 100 classes of 100 images.
    Cifar100,
}

impl Dataset {
    /// The folder of the sheets inside of [`data_dir`].
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Cifar10 => "cifar10_test",
            Self::Cifar100 => "cifar100",
        }
    }

    /// Number of classes.
    pub const fn classes(self) -> usize {
        match self {
            Self::Cifar10 => 10,
            Self::Cifar100 => 100,
        }
    }

    /// Opens the test set in a data folder such as [`data_dir`].
    pub fn open(self, data: &Path) -> Result<TestSet, DataError> {
        TestSet::open(&data.join(self.folder()))
    }
}

/// The sheets of a test set; images are decoded class by class as they are asked for.
#[derive(Clone, Debug)]
pub struct TestSet {
    sheets: Vec<(usize, PathBuf)>,
}

impl TestSet {
    /// Lists the sheets `test_<class>_<name>.webp` of a folder.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let failed = |source| DataError::Folder {
            path: folder.into(),
            source,
        };
        let mut sheets = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            #[allow(
                clippy::case_sensitive_file_extension_comparisons,
                reason = "the data set names its files in lower case"
            )]
            let label = path
                .file_name()
                .and_then(|name| name.to_str())
                .filter(|name| name.ends_with(".webp"))
                .and_then(|name| name.strip_prefix("test_")?.split('_').next()?.parse().ok());
            if let Some(label) = label {
                sheets.push((label, path));
            }
        }
        sheets.sort();
        if sheets.is_empty() {
            let path = folder.into();
            return Err(DataError::Empty { path });
        }
        Ok(Self { sheets })
    }

    /// The images, class after class; after an error the next class follows.
    pub fn images(&self) -> impl Iterator<Item = Result<LabelledImage, DataError>> {
        self.first_of_each(usize::MAX)
    }

    /// The first `count` images of each class.
    pub fn first_of_each(
        &self,
        count: usize,
    ) -> impl Iterator<Item = Result<LabelledImage, DataError>> {
        self.sheets.iter().flat_map(move |(label, path)| {
            let (tiles, error) = match tiles(path, count) {
                Ok(tiles) => (tiles, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            let label = *label;
            let images = tiles
                .into_iter()
                .map(move |pixels| Ok(LabelledImage { pixels, label }));
            images.chain(error)
        })
    }
}

/// The first tiles of a sheet in row-major order, each `[3, 32, 32]`.
fn tiles(path: &Path, count: usize) -> Result<Vec<Vec<u8>>, DataError> {
    let sheet = open_image(path)?.to_rgb8();
    let (width, height) = sheet.dimensions();
    let side = SIDE as u32;
    if width == 0 || height == 0 || width % side != 0 || height % side != 0 {
        return Err(DataError::Grid {
            path: path.into(),
            width,
            height,
        });
    }
    let tile = |top: u32, left: u32| {
        let mut pixels = Vec::with_capacity(3 * SIDE * SIDE);
        for channel in 0..3 {
            for y in 0..side {
                for x in 0..side {
                    pixels.push(sheet.get_pixel(left + x, top + y).0[channel]);
                }
            }
        }
        pixels
    };
    Ok((0..height / side)
        .flat_map(|row| (0..width / side).map(move |column| (row * side, column * side)))
        .take(count)
        .map(|(top, left)| tile(top, left))
        .collect())
}
