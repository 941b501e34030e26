//! The crate knows nothing of how its networks are run.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn no_source_names_the_protocols() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("Cargo.toml")];
    sources(&root.join("src"), &mut files);
    assert!(files.len() > 10);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // The one exception is the variable with the place of the test data.
        let text = text.replace("BURN_MPC_DATA", "").to_lowercase();
        for name in [
            "mpc",
            "private-inference",
            "private_inference",
            "secret-shar",
        ] {
            assert!(!text.contains(name), "{}: names `{name}`", file.display());
        }
    }
}
