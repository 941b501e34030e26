//! Checks which PyTorch files may be given to burn-store's reader.

use std::fs::File;
use std::io::{BufReader, Cursor, Read as _, Seek as _};
use std::path::Path;

use thiserror::Error;
use zip::{CompressionMethod, ZipArchive};

use super::pickle::{self, MAX_BYTES};

/// Why a PyTorch file is refused.
#[derive(Debug, Error)]
pub(super) enum TorchError {
    /// Its pickle is not one of a checkpoint.
    #[error(transparent)]
    Pickle(#[from] pickle::Unfit),
    /// Neither an archive nor a pickle.
    #[error("not a PyTorch file: no zip archive, and as a pickle: {0}")]
    Neither(pickle::Unfit),
    /// A compressed member: `torch.save` makes none, and it may expand to any size.
    #[error("its member {0} is compressed, as torch.save makes none")]
    Compressed(String),
    /// A pickle longer than all its objects may be together.
    #[error("its member {0} has more than {MAX_BYTES} bytes, as no checkpoint's has")]
    TooLong(String),
    /// A damaged archive.
    #[error("damaged archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// A tar archive, of 2016 or older.
    #[error(
        "a tar archive of PyTorch before 0.1.10 is not read; load it with PyTorch and save it again"
    )]
    Tar,
    /// Not readable.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// First pickle of a file in the format before PyTorch 1.6: a magic number.
const LEGACY: [u8; 15] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Checks every pickle that the reader would build from this file.
///
/// The reader opens archives with the same version of the same library, so that both see the same members.
pub(super) fn check(path: &Path) -> Result<(), TorchError> {
    if let Ok(archive) = ZipArchive::new(BufReader::new(File::open(path)?)) {
        return check_archive(archive);
    }
    let mut file = BufReader::new(File::open(path)?);
    let mut start = Vec::new();
    file.by_ref().take(263).read_to_end(&mut start)?;
    if start.get(257..262) == Some(b"ustar") {
        return Err(TorchError::Tar);
    }
    if start.starts_with(&LEGACY) {
        file.seek(std::io::SeekFrom::Start(LEGACY.len() as u64))?;
        // Version, system, state dict, and the names of the storages that follow.
        for _ in 0..4 {
            pickle::check(&mut file)?;
        }
        return Ok(());
    }
    file.rewind()?;
    pickle::check(&mut file).map_err(TorchError::Neither)
}

fn check_archive(mut archive: ZipArchive<BufReader<File>>) -> Result<(), TorchError> {
    for index in 0..archive.len() {
        let mut member = archive.by_index(index)?;
        let name = member.name().to_owned();
        if member.compression() != CompressionMethod::Stored {
            return Err(TorchError::Compressed(name));
        }
        // Checks all of them, whichever the reader takes.
        if name.ends_with("data.pkl") {
            let mut bytes = Vec::new();
            member
                .by_ref()
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)?;
            if bytes.len() as u64 > MAX_BYTES {
                return Err(TorchError::TooLong(name));
            }
            pickle::check(&mut Cursor::new(bytes))?;
        }
    }
    Ok(())
}
