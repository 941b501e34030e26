//! Reading a weight file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use burn_store::{ModuleStore, PytorchStore, SafetensorsStore};

use super::names::{self, KeyStyle};
use super::{WeightsError, torch};

/// The tensors of a weight file, as f32, in PyTorch's shapes and under torchvision's names, those of a BERT under
/// Hugging Face's.
///
/// Files with f16 or bf16 are widened. `num_batches_tracked`, `position_ids` and a prefix that all names share
/// (`module.`, `state_dict.`, `model.`) are dropped.
#[derive(Clone, Debug)]
pub struct WeightFile {
    path: PathBuf,
    style: KeyStyle,
    pub(super) tensors: BTreeMap<String, TensorData>,
}

impl WeightFile {
    /// Reads a `.safetensors`, `.pt` or `.pth` file.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        let failed = |error: &dyn Display| unreadable(path, error);
        let read = match extension {
            "safetensors" => |path: &Path, bytes| {
                WeightFile::read(path, SafetensorsStore::from_file(path), bytes)
            },
            "pt" | "pth" => |path: &Path, bytes| {
                torch::check(path).map_err(|error| unreadable(path, &error))?;
                WeightFile::read(path, PytorchStore::from_file(path), bytes)
            },
            _ => return Err(WeightsError::UnknownFormat { path: path.into() }),
        };
        // Checked first: burn-store's message does not say which file is missing, and a pipe would block.
        let found = std::fs::metadata(path).map_err(|error| failed(&error))?;
        if !found.is_file() {
            return Err(failed(&"a folder, pipe or device, not a file"));
        }
        read(path, found.len())
    }

    /// Reads a safetensors file from memory; `name` stands for it in errors.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, WeightsError> {
        let store = SafetensorsStore::from_bytes(Some(bytes.to_vec()));
        Self::read(Path::new(name), store, bytes.len() as u64)
    }

    /// `file_bytes` is the length of the file, which none of its tensors can exceed.
    fn read<S: ModuleStore>(
        path: &Path,
        mut store: S,
        file_bytes: u64,
    ) -> Result<Self, WeightsError> {
        let snapshots = store
            .get_all_snapshots()
            .map_err(|error| unreadable(path, &error))?;
        let mut raw = BTreeMap::new();
        for (name, snapshot) in snapshots {
            // Integers that PyTorch keeps beside weights.
            if name.ends_with("num_batches_tracked") || name.ends_with("position_ids") {
                continue;
            }
            // Checks the size, because the reader would pad data missing from the file with zeros.
            let bytes = snapshot
                .shape
                .iter()
                .try_fold(snapshot.dtype.size(), |bytes, length| {
                    bytes.checked_mul(*length)
                });
            if bytes.is_none_or(|bytes| bytes as u64 > file_bytes) {
                let reason = format!("{name}: has more values than the file has room for");
                return Err(unreadable(path, &reason));
            }
            let data = snapshot
                .to_data()
                .map_err(|error| unreadable(path, &format!("{name}: {error}")))?;
            if !data.dtype.is_float() {
                let reason = format!("{name}: holds {:?}, not floating-point", data.dtype);
                return Err(unreadable(path, &reason));
            }
            raw.insert(name.clone(), data.convert::<f32>());
        }
        let (style, tensors) = names::to_torchvision(raw);
        Ok(Self {
            path: path.into(),
            style,
            tensors,
        })
    }

    /// Where the weights came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the file names its tensors.
    pub fn style(&self) -> KeyStyle {
        self.style
    }

    /// Torchvision names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Shape of a tensor, as PyTorch stores it.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|data| data.shape.as_slice())
    }

    /// All tensors by name, as f32.
    pub fn into_tensors(self) -> impl Iterator<Item = (String, TensorData)> {
        self.tensors.into_iter()
    }
}

fn unreadable(path: &Path, reason: &dyn Display) -> WeightsError {
    WeightsError::Read {
        path: path.into(),
        reason: reason.to_string(),
    }
}
