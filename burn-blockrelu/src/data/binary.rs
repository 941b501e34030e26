//! CIFAR in its original binary form: records of label bytes and 3072 bytes of planes.
//!
//! Format: <https://www.cs.toronto.edu/~kriz/cifar.html>.

use std::path::{Path, PathBuf};

use super::{DataError, Images, Split};

const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

/// Which label byte of a record holds its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// CIFAR-10: one byte, 10 classes.
    Cifar10,
    /// CIFAR-100: the second of two bytes, 100 classes.
    Fine,
    /// CIFAR-100: the first of two bytes, 20 groups of classes.
    Coarse,
}

impl Labels {
    /// Number of label bytes before the pixels.
    const fn bytes(self) -> usize {
        match self {
            Self::Cifar10 => 1,
            Self::Fine | Self::Coarse => 2,
        }
    }

    /// Index of the label byte that holds the class.
    const fn offset(self) -> usize {
        match self {
            Self::Cifar10 | Self::Coarse => 0,
            Self::Fine => 1,
        }
    }

    /// Number of classes.
    pub const fn classes(self) -> usize {
        match self {
            Self::Cifar10 => 10,
            Self::Fine => 100,
            Self::Coarse => 20,
        }
    }

    /// The file of class names that comes with the data.
    const fn names(self) -> &'static str {
        match self {
            Self::Cifar10 => "batches.meta.txt",
            Self::Fine => "fine_label_names.txt",
            Self::Coarse => "coarse_label_names.txt",
        }
    }
}

/// Reads `train.bin` or `test.bin` of the folder `cifar-100-binary`.
///
/// # Errors
///
/// Those of [`read_cifar_binary`].
pub fn open_cifar100_binary(
    folder: &Path,
    split: Split,
    labels: Labels,
) -> Result<Images, DataError> {
    let file = folder.join(format!("{split}.bin"));
    read_cifar_binary(&[file], labels)
}

/// Reads `data_batch_1.bin` to `data_batch_5.bin`, or `test_batch.bin`, of the folder
/// `cifar-10-batches-bin`.
///
/// # Errors
///
/// Those of [`read_cifar_binary`].
pub fn open_cifar10_binary(folder: &Path, split: Split) -> Result<Images, DataError> {
    let files: Vec<PathBuf> = match split {
        Split::Train => (1..=5)
            .map(|batch| folder.join(format!("data_batch_{batch}.bin")))
            .collect(),
        Split::Test => vec![folder.join("test_batch.bin")],
    };
    read_cifar_binary(&files, Labels::Cifar10)
}

/// Reads files of CIFAR records, one after the other. Class names come from the text file beside
/// the first one if there is one with the right number of lines, and are numbers otherwise.
///
/// # Errors
///
/// [`DataError`] naming the file: missing, cut short, or with a label beyond the last class.
pub fn read_cifar_binary(files: &[PathBuf], labels: Labels) -> Result<Images, DataError> {
    let record_bytes = labels.bytes() + PIXELS;
    let (mut pixels, mut classes_of) = (Vec::new(), Vec::new());
    for path in files {
        let content = std::fs::read(path).map_err(|source| DataError::File {
            path: path.clone(),
            source,
        })?;
        if content.is_empty() || content.len() % record_bytes != 0 {
            return Err(DataError::Length {
                path: path.clone(),
                bytes: content.len() as u64,
                record: record_bytes,
            });
        }
        pixels.reserve(content.len());
        for (record, bytes) in content.chunks_exact(record_bytes).enumerate() {
            let label = usize::from(bytes[labels.offset()]);
            if label >= labels.classes() {
                return Err(DataError::Label {
                    path: path.clone(),
                    record,
                    label,
                    classes: labels.classes(),
                });
            }
            classes_of.push(label);
            pixels.extend_from_slice(&bytes[labels.bytes()..]);
        }
    }
    let folder = files.first().and_then(|file| file.parent());
    let classes = class_names(folder, labels);
    Images::new([3, SIDE, SIDE], pixels, classes_of, classes)
}

fn class_names(folder: Option<&Path>, labels: Labels) -> Vec<String> {
    let text = folder.and_then(|folder| std::fs::read_to_string(folder.join(labels.names())).ok());
    let names: Vec<String> = text
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if names.len() == labels.classes() {
        names
    } else {
        (0..labels.classes())
            .map(|class| class.to_string())
            .collect()
    }
}
