//! Writing a scene as two files.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::PlotError;
use super::png::png;
use super::scene::Scene;
use super::svg::svg;

/// Writes `STEM.svg` and `STEM.png` (the extension is appended: `budget.v2` gives `budget.v2.svg`). The
/// folder is made where it is missing. Each file appears whole or not at all, and replaces an older one.
pub(super) fn write(scene: &Scene, stem: &Path) -> Result<[PathBuf; 2], PlotError> {
    if stem.file_name().is_none() {
        return Err(PlotError::Stem(stem.to_owned()));
    }
    // Both are drawn before one is written.
    let (svg, png) = (svg(scene)?, png(scene)?);
    if let Some(folder) = stem.parent().filter(|folder| *folder != Path::new("")) {
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    }
    let paths = ["svg", "png"].map(|extension| with_appended(stem, extension));
    write_whole(&paths[0], svg.as_bytes())?;
    write_whole(&paths[1], &png)?;
    Ok(paths)
}

fn with_appended(path: &Path, extension: &str) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Through a file beside `path` that is renamed once it is complete.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PlotError> {
    let part = with_appended(path, &format!("{}.part", std::process::id()));
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let result = match written {
        Ok(()) => fs::rename(&part, path).map_err(failed("replace", path)),
        Err(error) => Err(failed("write", &part)(error)),
    };
    if result.is_err() {
        // What went wrong first is what is reported.
        drop(fs::remove_file(&part));
    }
    result
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PlotError {
    move |source| PlotError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
