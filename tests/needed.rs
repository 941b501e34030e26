//! Folders that tests need and a clone does not have. Included by the tests of several packages.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder that `variable` names, or `../shared/{default}` beside the repository.
///
/// If neither exists, the test says `SKIPPED` with its name, and `.ci/run` counts these lines. If one exists, it must
/// have all `parts`: a missing part is a failure.
pub fn needed(variable: &str, default: &str, parts: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut roots = above.filter(|folder| folder.join("Cargo.lock").is_file());
    let beside = roots
        .next()
        .map(|root| root.join("../shared").join(default));
    let folder = named.clone().or(beside).unwrap_or_default();
    if named.is_none() && !folder.is_dir() {
        let (thread, folder) = (std::thread::current(), folder.display());
        let test = thread.name().unwrap_or("a test");
        // One write, so that lines of several tests stay apart; not `eprintln!`, whose output the harness hides.
        let line = format!("SKIPPED {test}: no folder {folder}, set {variable}\n");
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
        return None;
    }
    for path in [folder.clone()]
        .into_iter()
        .chain(parts.iter().map(|part| folder.join(part)))
    {
        assert!(path.exists(), "{variable}: {} is not there", path.display());
    }
    Some(folder)
}
