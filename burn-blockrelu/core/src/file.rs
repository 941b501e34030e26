//! Files that are written whole or not at all.

use std::ffi::OsString;
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file atomically, replacing one of that name: a reader, or a crash, finds either the old or the new content.
/// Processes that write at the same time use different drafts.
///
/// # Errors
/// The system's.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path);
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    };
    let result = write();
    if result.is_err() {
        // Removes what is left of the draft. A failure to do so is not the error to report.
        let _ = std::fs::remove_file(&draft);
    }
    result
}

/// Writes a file whole or not at all, like [`replace`]. A link stays, and its target is replaced. A path that is not a
/// file (a named pipe, `/dev/null`) is written into.
///
/// # Errors
/// The system's; a path that [`check`] refuses.
pub fn deliver(path: &Path, content: &[u8]) -> io::Result<()> {
    match target(path)? {
        Target::File(file) => replace(&file, content),
        Target::Stream => {
            let mut stream = OpenOptions::new().append(true).open(path)?;
            stream.write_all(content)?;
            stream.flush()
        }
    }
}

/// Checks, before the work, whether [`deliver`] could write there now. Leaves the content of a file as it is.
///
/// # Errors
/// The system's, for a folder that is missing or may not be written to, or a disk without room for 64 KiB; [`ErrorKind::IsADirectory`] for a folder,
/// [`ErrorKind::Unsupported`] for a socket or disk.
pub fn check(path: &Path) -> io::Result<()> {
    let Target::File(file) = target(path)? else {
        // Opening a pipe would wait for its reader.
        return Ok(());
    };
    if file.exists() {
        OpenOptions::new().write(true).open(&file)?;
    }
    let draft = draft(&file);
    let probe = || {
        let mut file = File::create(&draft)?;
        file.write_all(&[0; PROBE])?;
        // Some systems find out only now that the disk is full.
        file.sync_all()
    };
    let probed = probe();
    let removed = std::fs::remove_file(&draft);
    probed.and(removed)
}

/// Bytes for which [`check`] wants room: those of a usual report.
const PROBE: usize = 1 << 16;

/// Path of the draft of a file.
fn draft(path: &Path) -> OsString {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.tmp", std::process::id()));
    draft
}

/// What a path leads to.
enum Target {
    /// A file, or nothing yet: the path without links.
    File(PathBuf),
    /// Something that takes bytes and keeps none.
    Stream,
}

fn target(path: &Path) -> io::Result<Target> {
    let kind = match std::fs::metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A link to a file that does not exist yet. A cycle of links gives another error.
            return match std::fs::read_link(path) {
                Ok(to) => target(&path.parent().unwrap_or(Path::new("")).join(to)),
                Err(_) => Ok(Target::File(path.to_owned())),
            };
        }
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        return Err(io::Error::new(
            ErrorKind::IsADirectory,
            "is a folder, not a file to write",
        ));
    }
    if is_stream(kind) {
        return Ok(Target::Stream);
    }
    if !kind.is_file() {
        return Err(io::Error::new(
            ErrorKind::Unsupported,
            "is neither a file nor a pipe",
        ));
    }
    // An open file of a process, such as a redirected /dev/stderr, must not be replaced while it is in use.
    let open = ["/dev", "/proc"].iter().any(|root| path.starts_with(root));
    if open {
        return Ok(Target::Stream);
    }
    Ok(Target::File(std::fs::canonicalize(path)?))
}

#[cfg(unix)]
fn is_stream(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::path::{Path, PathBuf};

    use super::{check, deliver};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("core-file-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| name(entry.unwrap()))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_check_leaves_everything_as_it_was() {
        let folder = folder("check");
        check(&folder.join("new")).unwrap();
        assert!(names(&folder).is_empty());
        fs::write(folder.join("old"), "old").unwrap();
        check(&folder.join("old")).unwrap();
        assert_eq!(names(&folder), ["old"]);
        assert_eq!(fs::read(folder.join("old")).unwrap(), b"old");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_refused_before_and_after() {
        let folder = folder("refused");
        let missing = folder.join("missing").join("file");
        for (path, kind) in [
            (&missing, ErrorKind::NotFound),
            (&folder, ErrorKind::IsADirectory),
        ] {
            assert_eq!(check(path).unwrap_err().kind(), kind);
            assert_eq!(deliver(path, b"x").unwrap_err().kind(), kind);
        }
        assert!(names(&folder).is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_streams_are_written_into() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        let folder = folder("links");
        let (file, link, early) = (
            folder.join("file"),
            folder.join("link"),
            folder.join("early"),
        );
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        symlink("later", &early).unwrap();
        for link in [&link, &early] {
            deliver(link, b"new").unwrap();
            assert!(fs::symlink_metadata(link).unwrap().is_symlink());
            assert_eq!(fs::read(link).unwrap(), b"new");
        }
        assert_eq!(names(&folder), ["early", "file", "later", "link"]);
        check(Path::new("/dev/null")).unwrap();
        deliver(Path::new("/dev/null"), b"x").unwrap();
        let kind = fs::metadata("/dev/null").unwrap().file_type();
        assert!(kind.is_char_device(), "it was replaced");
        fs::remove_dir_all(folder).unwrap();
    }
}
