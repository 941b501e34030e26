//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file at once, replacing one of that name: a reader, and a crash, find the old or the new content.
/// Processes that write beside each other do not share a draft.
///
/// # Errors
/// The system's.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.tmp", std::process::id()));
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    let result = write();
    if result.is_err() {
        // What is left of the draft is of no use; that it cannot be removed is not the error to report.
        let _ = std::fs::remove_file(&draft);
    }
    result
}
