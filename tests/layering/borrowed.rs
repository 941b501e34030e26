//! Files that a package takes from another one.

use std::fs;
use std::path::Path;

use super::{Source, code_of, root};

/// Files of another package that the main file of this one names as its modules, under the paths that they have here.
pub fn files(folder: &str) -> Vec<Source> {
    let folder = Path::new(folder);
    let main = fs::read_to_string(root().join(folder).join("main.rs")).unwrap_or_default();
    let named = main.lines().filter_map(|line| {
        let named = line.strip_prefix("#[path = \"")?;
        named.strip_suffix("\"]")
    });
    let read = |named: &str| {
        let name = Path::new(named).file_name().expect("a file");
        let text = fs::read_to_string(root().join(folder).join(named)).expect("a text file");
        Source {
            path: folder.join(name).to_string_lossy().into_owned(),
            code: code_of(&text),
            lines: text.lines().count(),
        }
    };
    named.map(read).collect()
}
