//! Checkpoint files that are whole or absent.

use std::fs::File;
use std::path::PathBuf;

use burn::record::{
    FileRecorder, FullPrecisionSettings, NamedMpkFileRecorder, Recorder, RecorderError,
};
use burn::tensor::backend::Backend;
use serde::Serialize;
use serde::de::DeserializeOwned;

type Inner = NamedMpkFileRecorder<FullPrecisionSettings>;

/// Suffix of a file's name while the file is written.
pub(super) const PARTIAL: &str = "partial";

/// Burn's message-pack recorder in full precision. It writes to another file and renames it, so
/// that a killed process leaves no partial file under the final name.
#[derive(Clone, Debug, Default)]
pub(super) struct AtomicRecorder {
    inner: Inner,
}

impl<B: Backend> FileRecorder<B> for AtomicRecorder {
    fn file_extension() -> &'static str {
        <Inner as FileRecorder<B>>::file_extension()
    }
}

impl<B: Backend> Recorder<B> for AtomicRecorder {
    type Settings = FullPrecisionSettings;
    type RecordArgs = PathBuf;
    type RecordOutput = ();
    type LoadArgs = PathBuf;

    fn save_item<I: Serialize>(&self, item: I, file: PathBuf) -> Result<(), RecorderError> {
        let extension = <Self as FileRecorder<B>>::file_extension();
        let target = file.with_extension(extension);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let partial = file.with_file_name(format!("{name}-{PARTIAL}"));
        Recorder::<B>::save_item(&self.inner, item, partial.clone())?;
        let partial = partial.with_extension(extension);
        File::open(&partial)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&partial, &target))
            .map_err(|error| RecorderError::Unknown(format!("{}: {error}", target.display())))
    }

    fn load_item<I: DeserializeOwned>(&self, file: &mut PathBuf) -> Result<I, RecorderError> {
        Recorder::<B>::load_item(&self.inner, file)
    }
}
